//! Calls without a race, from both ends.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::{CallState, Elsewhere};

use crate::world::*;

#[test]
fn a_call_from_dialling_to_hanging_up() {
    let mut world = World::active();
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
    assert_eq!(world.reason(), EndReason::Normal);
    let by = world.devices[ALICE].end_of(&id("c1")).unwrap().by;
    assert_eq!(by, Some("bob".parse().unwrap()));
}

#[test]
fn nobody_answers() {
    let mut world = World::ringing();
    world.run(120_000);
    world.check_agreement();
    world.check_once();
    assert_eq!(world.reason(), EndReason::Missed);
    assert_eq!(world.hearings(&id("c1")), 0);
}

#[test]
fn a_phone_that_is_killed_in_a_call_is_told_within_45_s() {
    let mut world = World::active();
    world.kill(BOB);
    world.run(27_000);
    let view = world.devices[ALICE].view().unwrap();
    assert!(view.participants[0].reconnecting);
    world.run(18_000);
    assert!(world.devices[ALICE].is_idle());
    assert_eq!(world.reason(), EndReason::NetworkError);
    world.run(60_000);
    world.check_agreement();
}

#[test]
fn the_member_hears_of_a_call_on_its_other_device() {
    let mut world = World::ringing();
    let tablet = world.devices[ALICE_TABLET].machine.snapshot();
    assert_eq!(tablet.in_call_elsewhere, Some(id("c1")));
    assert!(tablet.call.is_none());
    world.act(ALICE, cancel("c1"));
    world.run(60_000);
    world.check_agreement();
}

#[test]
fn a_lost_room_is_found_again_and_one_lost_for_good_ends_the_call() {
    let mut world = World::active();
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
    assert_eq!(world.reason(), EndReason::NetworkError);
}
