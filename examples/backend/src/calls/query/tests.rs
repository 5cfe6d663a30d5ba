//! What a member is told in the moment in which a deadline has passed and nobody has looked.

use faithcall_protocol::ledger::{Command, NewCall, Timeouts};
use faithcall_protocol::rest::Actor;

use super::*;
use crate::sample::{calls, keep, made, new_call, person};
use crate::store::SqliteStore;

/// Ann calls Bob and Cleo. Bob accepts, and Cleo's time to answer is over by now.
fn missed_by_one() -> Call {
    let times = Timeouts::default();
    let ring_ms = times.ring_ms + times.accept_grace_ms;
    let began = now_ms() - ring_ms;
    let group = NewCall {
        callees: vec![person("bob"), person("cleo")],
        ..new_call("k1")
    };
    let call = made(group, began).call;
    let actor = Actor {
        member_id: "bob".parse().unwrap(),
        device_id: Some("b1".parse().unwrap()),
    };
    let accepted = ledger::apply(&call, &Command::Accept { actor }, began + ring_ms - 1);
    accepted.unwrap().call
}

#[tokio::test]
async fn a_group_that_one_has_missed_this_moment_goes_on_for_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("calls"))
        .await
        .unwrap();
    let call = missed_by_one();
    assert!(call.is_overdue(now_ms()));
    keep(&store, &call).await;
    let calls = calls(store);
    let church = call.church_id();
    let [ann, bob, cleo] = ["ann", "bob", "cleo"].map(|id| id.parse().unwrap());

    let told = calls.sync(church, &ann, &[]).await.unwrap();
    assert_eq!(told.calls.len(), 1);
    assert_eq!(told.calls[0].snapshot.call_id, *call.call_id());
    assert!(calls.active(church, &bob).await.unwrap().is_some());
    assert!(calls.active(church, &cleo).await.unwrap().is_none());
}
