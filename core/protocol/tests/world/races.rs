//! The races of the catalogue, from both ends.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{CallState, Command, Elsewhere, Event};

use crate::world::*;

/// When one side acts before, while and after the other's message is under way.
const OFFSETS: [i64; 11] = [-120, -60, -41, -40, -20, 0, 20, 40, 41, 60, 120];

/// Alice's phone calls Bob, and both of Bob's devices ring.
fn ringing() -> World {
    let mut world = World::new();
    world.call(ALICE, "c1", "bob");
    world.run(2_000);
    assert_eq!(world.rings("c1"), 2);
    world
}

fn active() -> World {
    let mut world = ringing();
    world.act(BOB, accept("c1"));
    world.run(2_000);
    assert!(world.devices[ALICE].is_active(&id("c1")));
    assert!(world.devices[BOB].is_active(&id("c1")));
    world
}

/// `first` at 1 s, `second` so much later or earlier; then all comes to rest.
fn cross(world: &mut World, first: (usize, Command), offset: i64, second: (usize, Command)) {
    let later = u64::try_from(1_000 + offset).unwrap();
    world.act_in(1_000, first.0, first.1);
    world.act_in(later, second.0, second.1);
    world.run(120_000);
    world.check_agreement();
    world.check_once();
}

fn reason(world: &World) -> EndReason {
    world.server.call("c1").ending().unwrap().outcome.reason
}

#[test]
fn a_call_from_dialling_to_hanging_up() {
    let mut world = active();
    world.check_agreement();
    assert_eq!(
        world.devices[BOB_TABLET]
            .end_of(&id("c1"))
            .unwrap()
            .elsewhere,
        Some(Elsewhere::Answered)
    );
    world.act(BOB, end("c1"));
    world.run(60_000);
    world.check_agreement();
    assert_eq!(reason(&world), EndReason::Normal);
    let by = world.devices[ALICE].end_of(&id("c1")).unwrap().by;
    assert_eq!(by, Some("bob".parse().unwrap()));
}

#[test]
fn nobody_answers() {
    let mut world = ringing();
    world.run(120_000);
    world.check_agreement();
    world.check_once();
    assert_eq!(reason(&world), EndReason::Missed);
    assert_eq!(world.hearings(&id("c1")), 0);
}

#[test]
fn a_phone_that_is_killed_in_a_call_is_told_within_45_s() {
    let mut world = active();
    world.kill(BOB);
    world.run(27_000);
    let view = world.devices[ALICE].view().unwrap();
    assert!(view.peer_reconnecting);
    world.run(18_000);
    assert!(world.devices[ALICE].is_idle());
    assert_eq!(reason(&world), EndReason::NetworkError);
    world.run(60_000);
    world.check_agreement();
}

#[test]
fn race_g1_both_call_each_other() {
    for offset in OFFSETS {
        let mut world = World::new();
        cross(
            &mut world,
            (ALICE, call_command("c1", "bob")),
            offset,
            (BOB, call_command("c2", "alice")),
        );
        let alive: Vec<_> = world
            .server
            .calls
            .values()
            .filter(|call| !call.is_over())
            .collect();
        let both_dialled =
            world.devices[ALICE].refused.is_empty() && world.devices[BOB].refused.is_empty();
        if both_dialled {
            assert_eq!(alive.len(), 1, "one call lives, offset {offset}");
            for device in [ALICE, BOB] {
                let events = &world.devices[device].events;
                assert!(
                    !events
                        .iter()
                        .any(|e| matches!(e, Event::Incoming { .. } | Event::Ended { .. })),
                    "no flash of ringing or hanging up, offset {offset}: {events:?}"
                );
            }
        }
    }
}

#[test]
fn race_g2_two_creates_with_one_id() {
    let mut world = World::new();
    world.call(ALICE, "c1", "bob");
    world.call(BOB, "c1", "alice");
    world.run(2_000);
    let id = id("c1");
    let created = [ALICE, BOB]
        .into_iter()
        .filter(|device| {
            let events = &world.devices[*device].events;
            events
                .iter()
                .any(|e| matches!(e, Event::Placed { call_id } if *call_id == id))
        })
        .count();
    assert_eq!(created, 1);
    let failed = &world.devices[BOB].events;
    assert!(
        failed
            .iter()
            .any(|e| matches!(e, Event::CommandFailed { .. }))
    );
}

#[test]
fn race_c1_cancel_crosses_accept() {
    let mut reasons = Vec::new();
    for offset in OFFSETS {
        let mut world = ringing();
        cross(
            &mut world,
            (ALICE, cancel("c1")),
            offset,
            (BOB, accept("c1")),
        );
        reasons.push(reason(&world));
        if reason(&world) == EndReason::Cancelled {
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
    assert_eq!(reason(&world), EndReason::Missed);
}

#[test]
fn race_c4_reject_or_busy_crosses_cancel() {
    let mut reasons = Vec::new();
    for offset in OFFSETS {
        let mut world = ringing();
        cross(
            &mut world,
            (ALICE, cancel("c1")),
            offset,
            (BOB, reject("c1")),
        );
        reasons.push(reason(&world));
    }
    assert!(reasons.contains(&EndReason::Cancelled) && reasons.contains(&EndReason::Rejected));
}

#[test]
fn race_a1_two_devices_accept_at_once() {
    for offset in OFFSETS {
        let mut world = ringing();
        cross(
            &mut world,
            (BOB, accept("c1")),
            offset,
            (BOB_TABLET, accept("c1")),
        );
        let loser = if world.devices[BOB].is_active(&id("c1")) {
            BOB_TABLET
        } else {
            BOB
        };
        let ended = world.devices[loser].end_of(&id("c1")).unwrap();
        assert_eq!(
            ended.elsewhere,
            Some(Elsewhere::Answered),
            "offset {offset}"
        );
        assert_eq!(
            world.devices[loser].machine.snapshot().in_call_elsewhere,
            Some(id("c1"))
        );
    }
}

#[test]
fn race_a2_one_device_rejects_while_another_accepts() {
    let mut outcomes = Vec::new();
    for offset in OFFSETS {
        let mut world = ringing();
        cross(
            &mut world,
            (BOB, reject("c1")),
            offset,
            (BOB_TABLET, accept("c1")),
        );
        let status = world.server.call("c1").status();
        outcomes.push(status);
        let other = if status == CallStatus::Active {
            BOB
        } else {
            BOB_TABLET
        };
        let ended = world.devices[other].end_of(&id("c1")).unwrap();
        let expected = if status == CallStatus::Active {
            Elsewhere::Answered
        } else {
            Elsewhere::Declined
        };
        assert_eq!(ended.elsewhere, Some(expected), "offset {offset}");
    }
    assert!(outcomes.contains(&CallStatus::Active) && outcomes.contains(&CallStatus::Rejected));
}

#[test]
fn race_d1_everything_comes_twice_and_answers_are_lost() {
    for seed in 1..20 {
        let mut world = World::with_links(seed, |link| {
            link.twice = true;
            link.loses_one_in = 4;
        });
        world.run(30_000);
        world.call(ALICE, "c1", "bob");
        world.run(12_000);
        world.act(BOB, accept("c1"));
        world.run(20_000);
        world.act(ALICE, end("c1"));
        world.run(120_000);
        for device in &mut world.devices {
            device.link.loses_one_in = 0;
        }
        world.run(120_000);
        world.check_agreement();
        world.check_once();
    }
}

#[test]
fn race_d2_everything_comes_in_another_order() {
    for seed in 1..40 {
        let mut world = World::with_links(seed, |link| link.jitter_ms = 400);
        world.call(ALICE, "c1", "bob");
        world.run(2_000);
        world.act(BOB, accept("c1"));
        world.run(1_000);
        world.act(BOB, end("c1"));
        world.run(120_000);
        world.check_agreement();
        world.check_once();
        assert_eq!(reason(&world), EndReason::Normal);
    }
}

#[test]
fn race_d3_a_call_that_came_and_went_in_the_silence_never_rings() {
    let mut world = World::new();
    for device in [BOB, BOB_TABLET] {
        world.disconnect(device);
    }
    world.call(ALICE, "c1", "bob");
    world.run(60_000);
    for device in [BOB, BOB_TABLET] {
        world.connect(device);
    }
    world.run(60_000);
    assert_eq!(world.rings("c1"), 0);
    world.check_agreement();
}

#[test]
fn race_d3_a_call_that_still_rings_after_the_silence_rings_for_what_is_left() {
    let mut world = World::new();
    world.disconnect(BOB);
    world.call(ALICE, "c1", "bob");
    world.run(30_000);
    world.connect(BOB);
    world.run(1_000);
    let left = world.devices[BOB].events.iter().find_map(|e| match e {
        Event::Incoming {
            ring_expires_in_ms, ..
        } => Some(*ring_expires_in_ms),
        _ => None,
    });
    assert!(
        left.is_some_and(|ms| (14_000..=15_500).contains(&ms)),
        "{left:?}"
    );
}

#[test]
fn race_d4_the_end_of_an_old_call_comes_during_a_new_one() {
    let mut world = active();
    world.devices[BOB].link.mqtt_ms = 4_000;
    world.act(ALICE, end("c1"));
    world.run(200);
    world.act(BOB, end("c1"));
    world.run(200);
    world.act(BOB, call_command("c2", "alice"));
    world.run(1_000);
    world.act(ALICE, accept("c2"));
    world.run(60_000);
    assert!(world.devices[BOB].is_active(&id("c2")));
    world.check_agreement();
    world.check_once();
}

#[test]
fn race_d5_clocks_that_differ_by_hours_change_nothing() {
    // The tablets' clocks are hours ahead of the phones'.
    let mut world = World::new();
    world.call(ALICE_TABLET, "c1", "bob");
    world.run(1_000);
    world.act(BOB_TABLET, accept("c1"));
    world.run(5_000);
    assert!(world.devices[ALICE_TABLET].is_active(&id("c1")));
    world.check_agreement();
}

#[test]
fn race_e1_hang_up_crosses_hang_up() {
    for offset in OFFSETS {
        let mut world = active();
        cross(&mut world, (ALICE, end("c1")), offset, (BOB, end("c1")));
        assert_eq!(reason(&world), EndReason::Normal);
        for device in &world.devices {
            assert!(
                !device
                    .events
                    .iter()
                    .any(|e| matches!(e, Event::CommandFailed { .. })),
                "no error is shown, offset {offset}"
            );
        }
    }
}

#[test]
fn race_e2_mute_crosses_hang_up() {
    for offset in OFFSETS {
        let mut world = active();
        cross(
            &mut world,
            (ALICE, Command::SetMicrophone(false)),
            offset,
            (BOB, end("c1")),
        );
        assert_eq!(reason(&world), EndReason::Normal);
    }
}

#[test]
fn race_e4_nothing_brings_a_call_back() {
    let mut world = active();
    world.act(ALICE, end("c1"));
    world.run(5_000);
    for device in 0..4 {
        world.disconnect(device);
        world.connect(device);
    }
    world.run(60_000);
    for device in &world.devices {
        assert!(device.is_idle());
    }
    world.check_once();
}

#[test]
fn race_m1_a_rejoin_is_not_undone_by_the_old_session() {
    let mut world = active();
    let session = *world.devices[BOB].stays.keys().max().unwrap();
    world.lose_room(BOB, session);
    world.run(30_000);
    assert_eq!(world.devices[BOB].stays.len(), 2, "a session of its own");
    world.check_agreement();
}

#[test]
fn race_p2_push_and_mqtt_bring_the_same_invite() {
    for seed in 1..10 {
        let mut world = World::with_links(seed, |link| link.jitter_ms = 60);
        world.pushes = true;
        world.call(ALICE, "c1", "bob");
        world.run(2_000);
        world.check_once();
        assert_eq!(world.rings("c1"), 2);
        world.act(BOB, accept("c1"));
        world.run(20_000);
        world.check_agreement();
    }
}

#[test]
fn race_p3_an_app_killed_while_ringing_or_calling() {
    let mut world = ringing();
    world.kill(BOB);
    world.kill(BOB_TABLET);
    world.run(120_000);
    world.check_agreement();
    assert_eq!(reason(&world), EndReason::Missed);

    let mut world = ringing();
    world.kill(ALICE);
    world.run(44_000);
    assert_eq!(reason(&world), EndReason::NetworkError);
    world.run(60_000);
    world.check_agreement();
}

#[test]
fn race_s1_the_server_dies_between_commit_and_publish() {
    for accepted_late in [false, true] {
        let mut world = World::new();
        world.publishing = accepted_late;
        world.call(ALICE, "c1", "bob");
        world.run(4_000);
        world.publishing = false;
        if accepted_late {
            world.act(BOB, accept("c1"));
            world.run(4_000);
        }
        world.publishing = true;
        world.run(2_000);
        if !accepted_late {
            world.act(BOB, accept("c1"));
        }
        world.run(20_000);
        assert_eq!(world.server.call("c1").status(), CallStatus::Active);
        world.check_agreement();
        world.check_once();
    }
}

#[test]
fn race_s2_the_broker_restarts_and_forgets() {
    for at in [10, 50, 500, 2_000] {
        let mut world = ringing();
        world.act(BOB, accept("c1"));
        world.run(at);
        for device in 0..4 {
            world.disconnect(device);
        }
        world.run(3_000);
        for device in 0..4 {
            world.connect(device);
        }
        world.run(20_000);
        world.check_agreement();
        world.check_once();
        assert_eq!(world.server.call("c1").status(), CallStatus::Active);
    }
}

#[test]
fn race_s2_a_call_that_ended_while_the_broker_was_away() {
    let mut world = active();
    for device in 0..4 {
        world.disconnect(device);
    }
    world.act(ALICE, end("c1"));
    world.run(3_000);
    for device in 0..4 {
        world.connect(device);
    }
    world.run(60_000);
    world.check_agreement();
}

#[test]
fn race_s3_a_caller_that_did_not_join_ahead_gets_a_fresh_token_at_the_accept() {
    let mut world = World::new();
    world.call(ALICE, "c1", "bob");
    world.run(10);
    world.rooms_refuse(true);
    world.run(30_000);
    world.rooms_refuse(false);
    world.act(BOB, accept("c1"));
    world.run(10_000);
    world.check_agreement();
    assert_eq!(world.server.call("c1").status(), CallStatus::Active);
}

#[test]
fn the_member_hears_of_a_call_on_its_other_device() {
    let mut world = ringing();
    let tablet = world.devices[ALICE_TABLET].machine.snapshot();
    assert_eq!(tablet.in_call_elsewhere, Some(id("c1")));
    assert!(tablet.call.is_none());
    world.act(ALICE, cancel("c1"));
    world.run(60_000);
    world.check_agreement();
}

#[test]
fn a_lost_room_is_found_again_and_one_lost_for_good_ends_the_call() {
    let mut world = active();
    world.rooms_refuse(true);
    let session = *world.devices[BOB].stays.keys().max().unwrap();
    world.lose_room(BOB, session);
    world.run(5_000);
    assert!(matches!(
        world.devices[BOB].view().unwrap().state,
        CallState::Reconnecting
    ));
    world.rooms_refuse(false);
    world.run(20_000);
    world.check_agreement();
    assert!(world.devices[BOB].is_active(&id("c1")));

    world.rooms_refuse(true);
    let session = *world.devices[BOB].stays.keys().max().unwrap();
    world.lose_room(BOB, session);
    world.run(120_000);
    world.check_agreement();
    assert_eq!(reason(&world), EndReason::NetworkError);
}
