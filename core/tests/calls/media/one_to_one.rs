//! Whole calls between two phones over the reference server.

use faithcall::{CallId, CallState, CallStatus, CallType, EndReason, Ended, Event, MediaSource};
use faithcall::{RejectReason, RejectScope};

use super::world::{World, closed};
use crate::phone::Phone;

pub(crate) async fn rings(phone: &Phone) -> CallId {
    phone
        .until_call(|event| match event {
            Event::Incoming { call_id, .. } => Some(call_id.clone()),
            _ => None,
        })
        .await
}

async fn remote_ringing(phone: &Phone) {
    let is = |event: &Event| matches!(event, Event::RemoteRinging { .. }).then_some(());
    phone.until_call(is).await;
}

fn active(event: &Event) -> bool {
    matches!(event, Event::Active { .. })
}

fn hears(event: &Event) -> bool {
    let sound = MediaSource::Microphone;
    matches!(event, Event::FirstMedia { source, .. } if *source == sound)
}

pub(crate) fn sees(event: &Event) -> bool {
    let picture = MediaSource::Camera;
    matches!(event, Event::FirstMedia { source, .. } if *source == picture)
}

/// Both are in the call and hear the other; which comes first is a matter of the network.
pub(crate) async fn talking(caller: &Phone, callee: &Phone) {
    let wanted = [active, hears];
    tokio::join!(caller.until_each(wanted), callee.until_each(wanted));
}

/// The same, and both see the other.
pub(crate) async fn seeing(caller: &Phone, callee: &Phone) {
    let wanted = [active, hears, sees];
    tokio::join!(caller.until_each(wanted), callee.until_each(wanted));
}

/// How it ended, once the server has said so: a device that ends a call shows its own word first.
pub(crate) async fn ended(phone: &Phone) -> Ended {
    phone
        .until_call(|event| match event {
            Event::Ended { ended, .. } | Event::EndConfirmed { ended, .. } => {
                ended.confirmed.then(|| ended.clone())
            }
            _ => None,
        })
        .await
}

/// A voice call from the first phone to the second, until both hear the other.
pub(crate) async fn talk(caller: &Phone, callee: &Phone) -> CallId {
    let whom = [callee.member().clone()];
    let dialled = caller.start_call(&whom, CallType::Voice);
    let call = dialled.await.unwrap();
    assert_eq!(rings(callee).await, call);
    remote_ringing(caller).await;
    callee.accept(&call).await.unwrap();
    talking(caller, callee).await;
    call
}

/// The same, to its end by the callee.
pub(crate) async fn talk_and_hang_up(caller: &Phone, callee: &Phone) {
    let call = talk(caller, callee).await;
    callee.end(&call).await.unwrap();
    for phone in [caller, callee] {
        let ended = ended(phone).await;
        let hang_up = (CallStatus::Ended, EndReason::Normal);
        assert_eq!((ended.status, ended.reason), hang_up);
        assert_eq!(ended.by.as_ref(), Some(callee.member()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_from_dialling_to_hanging_up() {
    let world = World::start().await;
    let (ruth, at_ruth) = world.phone("ruth", "r1", 500.0).await;
    let (boas, at_boas) = world.phone("boas", "b1", 900.0).await;
    talk_and_hang_up(&ruth, &boas).await;
    world.no_rooms().await;
    tokio::join!(closed(&at_ruth), closed(&at_boas));
    assert!(!at_ruth.ear.never_heard_anything() && !at_boas.ear.never_heard_anything());
    tokio::join!(ruth.disconnect(), boas.disconnect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_refused_or_taken_back() {
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, at_boas) = world.phone("boas", "b1", 900.0).await;
    let callee = ["boas".parse().unwrap()];

    let call = ruth.start_call(&callee, CallType::Voice).await.unwrap();
    rings(&boas).await;
    boas.reject(&call, RejectReason::Rejected, RejectScope::Member)
        .await
        .unwrap();
    for phone in [&ruth, &boas] {
        let ended = ended(phone).await;
        assert_eq!(
            (ended.status, ended.reason),
            (CallStatus::Rejected, EndReason::Rejected)
        );
    }

    let call = ruth.start_call(&callee, CallType::Voice).await.unwrap();
    rings(&boas).await;
    ruth.cancel(&call).await.unwrap();
    for phone in [&ruth, &boas] {
        let ended = ended(phone).await;
        assert_eq!(
            (ended.status, ended.reason),
            (CallStatus::Ended, EndReason::Cancelled)
        );
    }
    assert!(at_boas.ear.never_heard_anything());
    let call = boas.state().call.unwrap();
    assert!(matches!(call.state, CallState::Ended(_)), "{call:?}");
    tokio::join!(ruth.disconnect(), boas.disconnect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_dial_each_other_talk_at_once() {
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    let (to_boas, to_ruth) = (["boas".parse().unwrap()], ["ruth".parse().unwrap()]);
    let (first, second) = tokio::join!(
        ruth.start_call(&to_boas, CallType::Voice),
        boas.start_call(&to_ruth, CallType::Voice),
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    talking(&ruth, &boas).await;
    let shared = ruth.state().call.unwrap().call_id;
    assert_eq!(boas.state().call.unwrap().call_id, shared);
    assert!(shared == first || shared == second);
    // The id that each got when it dialled goes on working.
    ruth.end(&first).await.unwrap();
    assert_eq!(ended(&boas).await.reason, EndReason::Normal);
    tokio::join!(ruth.disconnect(), boas.disconnect());
}
