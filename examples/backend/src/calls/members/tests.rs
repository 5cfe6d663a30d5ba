//! What a member does while a deadline of another of its calls has passed, and nobody has looked.

use faithcall_protocol::ledger::{Claim, NewCall, Timeouts, claims};

use super::*;
use crate::clock::now_ms;
use crate::sample::{calls, keep, made, new_call, person};
use crate::store::SqliteStore;

fn bob() -> Actor {
    Actor {
        member_id: "bob".parse().unwrap(),
        device_id: Some("b1".parse().unwrap()),
    }
}

fn after(call: &Call, command: &Command, at_ms: u64) -> Call {
    ledger::apply(call, command, at_ms).unwrap().call
}

#[tokio::test]
async fn two_calls_change_places_though_the_one_that_makes_way_has_a_deadline_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls");
    let store = SqliteStore::open(&path).await.unwrap();
    let now = now_ms();
    let accept = Command::Accept { actor: bob() };
    // Bob is in a group, which Cleo has missed by now.
    let times = Timeouts::default();
    let ring_ms = times.ring_ms + times.accept_grace_ms;
    let group = NewCall {
        callees: vec![person("bob"), person("cleo")],
        ..new_call("k1")
    };
    let group = made(group, now - ring_ms).call;
    let group = after(&group, &accept, now - 1);
    assert!(group.is_overdue(now));
    // And holds a call of Dora's.
    let held = NewCall {
        caller: person("dora"),
        ..new_call("k2")
    };
    let held = after(&made(held, now - 3_000).call, &accept, now - 2_000);
    let hold = Command::Hold {
        actor: bob(),
        is_on_hold: true,
    };
    let held = after(&held, &hold, now - 1_000);
    keep(&store, &group).await;
    keep(&store, &held).await;
    let calls = calls(store);

    let patch = PatchHold {
        is_on_hold: false,
        hold: Some(group.call_id().clone()),
    };
    let church = held.church_id();
    let resumed = calls.hold(church, held.call_id(), &bob(), &patch).await;
    let claim = |call: &Call| {
        let mut claims = claims(call).into_iter();
        claims.find_map(|(who, claim)| (who == bob().member_id).then_some(claim))
    };
    assert_eq!(claim(&resumed.unwrap()), Some(Claim::Engaged));
    let group = calls.store.call(group.call_id()).await.unwrap().unwrap();
    assert_eq!(claim(&group.call), Some(Claim::Held));
    assert!(!group.call.is_overdue(now_ms()), "Cleo has missed it");
}
