//! What crosses on its way: cancel, accept, reject and the ring time-out (C).

use faithcall_protocol::end::{CallStatus, EndReason};

use crate::world::*;

#[test]
fn race_c1_cancel_crosses_accept() {
    let mut reasons = Vec::new();
    for offset in OFFSETS {
        let mut world = World::ringing();
        world.cross((ALICE, cancel("c1")), offset, (BOB, accept("c1")));
        reasons.push(world.reason());
        if world.reason() == EndReason::Cancelled {
            assert_eq!(world.hearings(&id("c1")), 0, "offset {offset}");
        }
    }
    assert!(reasons.contains(&EndReason::Cancelled) && reasons.contains(&EndReason::Normal));
}

#[test]
fn race_c2_a_cancel_before_its_create_or_its_invite() {
    // The cancel is faster than the create.
    let mut world = World::new();
    world.devices[ALICE].link.request_ms = 500;
    world.call(ALICE, "c1", "bob");
    world.devices[ALICE].link.request_ms = 5;
    world.act(ALICE, cancel("c1"));
    world.run(120_000);
    assert_eq!(world.rings("c1"), 0);
    assert!(world.server.calls.is_empty());
    assert!(world.devices[ALICE].end_of(&id("c1")).unwrap().confirmed);

    // The end is faster than the invite.
    let mut world = World::new();
    world.devices[BOB].link.mqtt_ms = 3_000;
    world.call(ALICE, "c1", "bob");
    world.run(100);
    world.devices[BOB].link.mqtt_ms = 10;
    world.act(ALICE, cancel("c1"));
    world.run(120_000);
    assert_eq!(world.devices[BOB].rang(&id("c1")), 0);
    world.check_agreement();
}

#[test]
fn race_c3_an_accept_crosses_the_ring_time_out() {
    let mut reasons = Vec::new();
    for before in [45_100, 44_990, 44_950, 44_900, 44_800, 43_000] {
        let mut world = World::new();
        world.call(ALICE, "c1", "bob");
        world.run(100);
        world.act_in(before, BOB, accept("c1"));
        world.run(60_000);
        world.check_agreement();
        world.check_once();
        reasons.push(world.server.call("c1").status());
    }
    assert!(reasons.contains(&CallStatus::Missed) && reasons.contains(&CallStatus::Active));
}

#[test]
fn race_c3_an_accept_that_is_too_slow_is_missed_at_both_ends() {
    let mut world = World::new();
    world.call(ALICE, "c1", "bob");
    world.run(44_900);
    world.devices[BOB].link.request_ms = 3_000;
    world.act(BOB, accept("c1"));
    world.run(120_000);
    world.check_agreement();
    assert_eq!(world.reason(), EndReason::Missed);
}

#[test]
fn race_c4_reject_or_busy_crosses_cancel() {
    let mut reasons = Vec::new();
    for offset in OFFSETS {
        let mut world = World::ringing();
        world.cross((ALICE, cancel("c1")), offset, (BOB, reject("c1")));
        reasons.push(world.reason());
    }
    assert!(reasons.contains(&EndReason::Cancelled) && reasons.contains(&EndReason::Rejected));
}
