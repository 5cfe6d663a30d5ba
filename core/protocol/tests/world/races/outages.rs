//! Rooms, pushes, apps, servers and brokers that were away (M, P, S).

use faithcall_protocol::end::{CallStatus, EndReason};

use crate::world::*;

#[test]
fn race_m1_a_rejoin_is_not_undone_by_the_old_session() {
    let mut world = World::active();
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
    let mut world = World::ringing();
    world.kill(BOB);
    world.kill(BOB_TABLET);
    world.run(120_000);
    world.check_agreement();
    assert_eq!(world.reason(), EndReason::Missed);

    let mut world = World::ringing();
    world.kill(ALICE);
    world.run(44_000);
    assert_eq!(world.reason(), EndReason::NetworkError);
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
        let mut world = World::ringing();
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
    let mut world = World::active();
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
