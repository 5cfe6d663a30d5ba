//! Servers that die, tokens that expire, apps that sign out: S, F.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_sim::{Link, Race};

use super::kit::*;

// Broken by an outbox that dies with its process.
#[test]
fn race_s1_the_server_dies_between_commit_and_publish() {
    let mut world = two_each().build();
    world.kill_server_at_commit();
    let call = world.call("ann", &["bob"]);
    world.run_ms(3_000);
    happened(&world, Race::S1);
    assert_eq!(world.rang("bob/phone", &call), 0);
    world.start_server();
    world.run_ms(2_000);
    assert!(world.rings("bob/phone", &call), "the outbox is replayed");

    world.kill_server_at_commit();
    world.accept("bob/phone", &call);
    world.run_ms(3_000);
    world.start_server();
    settled(&mut world);
    assert!(world.is_active("ann/phone", &call) && world.is_active("bob/phone", &call));
}

// Broken by not asking on connect.
#[test]
fn race_s2_the_broker_restarts_and_forgets() {
    for at in [10, 50, 500, 2_000] {
        let (mut world, call) = ringing();
        world.accept("bob/phone", &call);
        world.run_ms(at);
        world.restart_broker(3_000);
        happened(&world, Race::S2);
        settled(&mut world);
        assert!(world.is_active("ann/phone", &call));
    }
}

// Broken by not asking on connect.
#[test]
fn race_s2_a_call_that_ended_while_the_broker_was_away() {
    let (mut world, call) = active();
    world.restart_broker(20_000);
    world.end("ann/phone", &call);
    settled(&mut world);
    assert_eq!(reason(&world, &call), Some(EndReason::Normal));
}

// Broken by taking a refused token for a refused accept.
#[test]
fn race_s3_a_token_expires_while_it_rings() {
    let (mut world, call) = ringing();
    world.expire_token("bob/phone", 2_000);
    world.accept("bob/phone", &call);
    happened(&world, Race::S3);
    settled(&mut world);
    assert!(world.is_active("bob/phone", &call));
}

// Broken by ending every call at a refused token.
#[test]
fn race_s3_a_token_expires_in_a_call_and_the_call_goes_on() {
    let (mut world, call) = active();
    world.expire_token("ann/phone", 60_000);
    world.microphone("ann/phone", false);
    world.lose_room("bob/phone");
    world.run_ms(70_000);
    settled(&mut world);
    assert_eq!(world.server_call(&call).unwrap().status, CallStatus::Active);
}

// Broken by not being out after the sign-out.
#[test]
fn race_f1_nothing_comes_of_what_comes_after_signing_out() {
    let (mut world, call) = active();
    let slow = Link {
        answer_ms: 4_000,
        ..Link::default()
    };
    world.set_link("bob/phone", slow);
    world.microphone("bob/phone", false);
    world.sign_out("bob/phone");
    world.run_ms(3_500);
    let shown = world.events("bob/phone").len();
    settled(&mut world);
    happened(&world, Race::F1);
    assert_eq!(world.events("bob/phone").len(), shown);
    assert_eq!(reason(&world, &call), Some(EndReason::Normal));
    world.start("bob/phone");
    settled(&mut world);
}
