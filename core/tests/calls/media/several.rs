//! Groups, and two calls at once, over the reference server.

use faithcall::{
    CallId, CallState, CallType, EndReason, Event, InviteeState, MemberId, OtherCall, Platform,
    RegisterDevice, Side,
};

use super::one_to_one::{ended, rings, talk};
use super::world::{World, closed};
use crate::phone::{PATIENCE, Phone};

async fn stands(phone: &Phone, who: &Phone, wanted: InviteeState) {
    let is = |event: &Event| match event {
        Event::InviteeChanged { member, state, .. } => {
            (member == who.member() && *state == wanted).then_some(())
        }
        _ => None,
    };
    phone.until_call(is).await;
}

async fn active(phone: &Phone) {
    let is = |event: &Event| matches!(event, Event::Active { .. }).then_some(());
    phone.until_call(is).await;
}

/// Hears this member.
async fn hears(phone: &Phone, whom: &Phone) {
    let is = |event: &Event| match event {
        Event::FirstMedia { member, .. } => (member == whom.member()).then_some(()),
        _ => None,
    };
    phone.until_call(is).await;
}

fn state(phone: &Phone, call: &CallId) -> Option<CallState> {
    let view = phone.state();
    let mut calls = view.call.into_iter().chain(view.others);
    calls.find(|c| c.call_id == *call).map(|c| c.state)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_grows_is_left_and_ends_when_one_is_left() {
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    let (noomi, _) = world.phone("noomi", "n1", 1300.0).await;
    let call = talk(&ruth, &boas).await;
    let whom: [MemberId; 1] = [noomi.member().clone()];
    boas.invite(&call, &whom).await.unwrap();
    assert_eq!(rings(&noomi).await, call);
    stands(&ruth, &noomi, InviteeState::Ringing).await;
    noomi.accept(&call).await.unwrap();
    tokio::join!(
        stands(&ruth, &noomi, InviteeState::Accepted),
        active(&noomi)
    );
    tokio::join!(hears(&ruth, &noomi), hears(&noomi, &ruth));
    assert!(noomi.state().call.unwrap().is_group);
    boas.leave(&call).await.unwrap();
    assert_eq!(ended(&boas).await.reason, EndReason::Normal);
    stands(&ruth, &boas, InviteeState::Left).await;
    assert_eq!(state(&ruth, &call), Some(CallState::Active));
    noomi.leave(&call).await.unwrap();
    assert_eq!(ended(&ruth).await.reason, EndReason::Normal);
    world.no_rooms().await;
    tokio::join!(ruth.disconnect(), boas.disconnect(), noomi.disconnect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_call_is_taken_while_the_first_is_held_and_they_change_places() {
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, at_boas) = world
        .phone_with("boas", "b1", 900.0, |c| c.call_waiting(true))
        .await;
    let (noomi, _) = world.phone("noomi", "n1", 1300.0).await;
    let desktop = RegisterDevice {
        platform: Platform::Desktop,
        push_token: None,
        push_kind: None,
        call_waiting: false,
        device_key: None,
    };
    boas.register_device(desktop).await.unwrap();
    let first = talk(&ruth, &boas).await;
    let second = waiting_call(&noomi, &boas).await;
    assert!(boas.accept(&second).await.is_err(), "one at a time");
    boas.accept_and(&second, OtherCall::Hold).await.unwrap();
    held(&ruth, &boas, true).await;
    tokio::join!(hears(&boas, &noomi), hears(&noomi, &boas));
    assert_eq!(state(&boas, &first), Some(CallState::Held));
    boas.swap().await.unwrap();
    tokio::join!(held(&ruth, &boas, false), held(&noomi, &boas, true));
    assert_eq!(state(&boas, &second), Some(CallState::Held));
    boas.end(&first).await.unwrap();
    assert_eq!(ended(&ruth).await.reason, EndReason::Normal);
    boas.resume(&second).await.unwrap();
    held(&noomi, &boas, false).await;
    noomi.end(&second).await.unwrap();
    closed(&at_boas).await;
    tokio::join!(ruth.disconnect(), boas.disconnect(), noomi.disconnect());
}

/// The registration may still be on its way: until it is there, the call is busy.
async fn waiting_call(caller: &Phone, callee: &Phone) -> CallId {
    let whom = [callee.member().clone()];
    let rung = async {
        loop {
            let call = caller.start_call(&whom, CallType::Voice).await.unwrap();
            let rings = |event: &Event| match event {
                Event::RemoteRinging { .. } => Some(true),
                Event::Ended { .. } => Some(false),
                _ => None,
            };
            if caller.until_call(rings).await {
                return call;
            }
        }
    };
    tokio::time::timeout(PATIENCE, rung).await.unwrap()
}

async fn held(phone: &Phone, by: &Phone, wanted: bool) {
    let is = |event: &Event| match event {
        Event::HoldChanged {
            who: Side::Peer(member),
            on_hold,
            ..
        } => (member == by.member() && *on_hold == wanted).then_some(()),
        _ => None,
    };
    phone.until_call(is).await;
}
