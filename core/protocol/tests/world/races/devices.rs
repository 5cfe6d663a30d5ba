//! Several devices of one member: A; and S4.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::{Command, Elsewhere};
use faithcall_protocol::rest::{RejectReason, RejectScope};
use faithcall_sim::Race;

use super::kit::*;

// Broken by comparing members, not devices.
#[test]
fn race_a1_two_devices_of_a_member_accept() {
    let seen = cross(
        ringing,
        |world, call| world.accept("bob/phone", call),
        |world, call| world.accept("bob/tablet", call),
        |world, call| {
            let phone = world.is_active("bob/phone", call);
            assert_ne!(phone, world.is_active("bob/tablet", call), "one of them");
            let loser = if phone { "bob/tablet" } else { "bob/phone" };
            let ended = world.ended(loser, call).unwrap();
            assert_eq!(ended.elsewhere, Some(Elsewhere::Answered));
            assert_eq!(world.view(loser).in_call_elsewhere.as_ref(), Some(call));
            world.races().contains(&Race::A1)
        },
    );
    assert!(seen.contains(&true));
}

// Broken by taking a reject of who rings no more, or comparing members, not devices.
#[test]
fn race_a2_one_device_rejects_while_another_accepts() {
    let seen = cross(
        ringing,
        |world, call| world.reject("bob/phone", call),
        |world, call| world.accept("bob/tablet", call),
        |world, call| {
            let tablet = world.is_active("bob/tablet", call);
            let (loser, what) = if tablet {
                ("bob/phone", Elsewhere::Answered)
            } else {
                ("bob/tablet", Elsewhere::Declined)
            };
            let ended = world.ended(loser, call).unwrap();
            assert_eq!(ended.elsewhere, Some(what));
            (tablet, world.races().contains(&Race::A2))
        },
    );
    assert!(seen.contains(&(true, true)) && seen.contains(&(false, true)));
}

// Broken by comparing members, not devices.
#[test]
fn race_a2_a_device_that_says_busy_stops_the_other_and_is_told_there() {
    let (mut world, call) = ringing();
    let busy = Command::Reject {
        call_id: call.clone(),
        reason: RejectReason::Busy,
        scope: RejectScope::Member,
    };
    world.command("bob/phone", busy).unwrap();
    settled(&mut world);
    let said = |device| world.ended(device, &call).map(|e| (e.reason, e.elsewhere));
    let elsewhere = Some(Elsewhere::Busy);
    assert_eq!(said("bob/phone"), Some((EndReason::Busy, None)));
    assert_eq!(said("bob/tablet"), Some((EndReason::Busy, elsewhere)));
    assert_eq!(said("ann/phone"), Some((EndReason::Busy, None)));
}

// Broken by comparing members, not devices.
#[test]
fn race_a2_a_device_that_declines_for_itself_leaves_the_other_ringing() {
    let (mut world, call) = ringing();
    world.reject_here("bob/phone", &call);
    world.run_ms(1_000);
    assert!(!world.rings("bob/phone", &call) && world.rings("bob/tablet", &call));
    world.accept("bob/tablet", &call);
    settled(&mut world);
    assert!(world.is_active("bob/tablet", &call));
}

// Broken by comparing members, not devices.
#[test]
fn race_a3_an_accept_while_another_call_begins_elsewhere() {
    let mut world = two_each().device("cyd", "phone").build();
    let call = world.call("ann", &["bob"]);
    world.run_ms(2_000);
    let other = world.call("bob/tablet", &["cyd"]);
    // The phone does not know of it yet.
    world.run_ms(25);
    world.accept("bob/phone", &call);
    settled(&mut world);
    // The tablet was ringing itself: whether it may dial is its own machine's affair.
    if world.server_call(&other).is_some() {
        happened(&world, Race::A3);
    }
}

// Broken by comparing members, not devices.
#[test]
fn race_s4_another_device_signs_in_during_a_call() {
    let (mut world, call) = active();
    world.kill("bob/tablet");
    world.run_ms(1_000);
    world.start("bob/tablet");
    settled(&mut world);
    happened(&world, Race::S4);
    assert!(world.is_active("bob/phone", &call));
    let tablet = world.view("bob/tablet");
    assert_eq!(tablet.in_call_elsewhere, Some(call));
}
