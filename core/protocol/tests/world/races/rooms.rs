//! Rooms and sessions in them: M.

use faithcall_protocol::end::EndReason;
use faithcall_sim::{Backstage, Race};

use super::kit::*;

// Broken by keeping as gone who has come back.
#[test]
fn race_m1_the_end_of_an_old_session_comes_after_its_return() {
    let late = Backstage {
        webhook_ms: 3_000,
        ..Backstage::default()
    };
    let (mut world, call) = active_in(two_each().backstage(late).build());
    world.lose_room("bob/phone");
    settled(&mut world);
    happened(&world, Race::M1);
    assert!(world.is_active("bob/phone", &call));
    assert_eq!(world.in_room(&call).len(), 2);
}

// Broken by numbering sessions from one again.
#[test]
fn race_m2_an_echo_of_ones_own_leave_is_no_kick() {
    let (mut world, call) = active();
    // Both leave; word of the other's leave comes to a session that is left.
    world.end("ann", &call);
    world.run_ms(5);
    world.end("bob", &call);
    let again = world.call("bob/phone", &["ann"]);
    world.run_ms(1_000);
    world.accept("ann/phone", &again);
    settled(&mut world);
    happened(&world, Race::M2);
    assert!(world.is_active("bob/phone", &again));
}

// Broken by keeping as gone who has come back.
#[test]
fn race_m3_a_return_under_the_same_identity_takes_the_place_of_the_old_session() {
    let (mut world, call) = active();
    world.lose_room("bob/phone");
    world.run_ms(5_000);
    happened(&world, Race::M3);
    settled(&mut world);
    assert!(world.is_active("bob/phone", &call));
}

// Broken by asking nobody, and keeping one's own word for the server's.
#[test]
fn race_m4_the_peer_left_while_we_were_reconnecting() {
    let (mut world, call) = active();
    world.cut("ann/phone");
    world.run_ms(2_000);
    world.end("bob/phone", &call);
    world.run_ms(2_000);
    happened(&world, Race::M4);
    world.restore("ann/phone");
    settled(&mut world);
    assert_eq!(
        world.ended("ann/phone", &call).unwrap().reason,
        EndReason::Normal
    );
}

// Broken by taking the events of any session.
#[test]
fn race_m5_webhooks_come_late_twice_or_never() {
    for (lost, twice, late) in [(1, 0, 0), (0, 1, 0), (0, 0, 8_000), (2, 2, 8_000)] {
        let backstage = Backstage {
            loses_webhook_one_in: lost,
            repeats_webhook_one_in: twice,
            webhook_jitter_ms: late,
            ..Backstage::default()
        };
        let (mut world, call) = active_in(two_each().backstage(backstage).build());
        world.lose_room("bob/phone");
        world.run_ms(20_000);
        assert!(world.is_active("bob/phone", &call));
        world.end("ann/phone", &call);
        settled(&mut world);
        happened(&world, Race::M5);
        assert!(world.in_room(&call).is_empty());
    }
}

// Broken by waiting for media for ever.
#[test]
fn race_m6_an_accepted_call_whose_media_never_comes_ends_at_both() {
    let mut world = two_each().build();
    world.cut_room("bob/phone");
    let (mut world, call) = ringing_in(world);
    world.accept("bob/phone", &call);
    settled(&mut world);
    happened(&world, Race::M6);
    let ends = ["ann/phone", "bob/phone"].map(|name| world.ended(name, &call).unwrap().reason);
    assert_eq!(ends[0], ends[1]);
}

#[test]
fn a_media_server_that_restarts_costs_a_rejoin() {
    let (mut world, call) = active();
    world.restart_media();
    settled(&mut world);
    assert!(world.is_active("ann/phone", &call) && world.is_active("bob/phone", &call));
    assert_eq!(world.in_room(&call).len(), 2);
}
