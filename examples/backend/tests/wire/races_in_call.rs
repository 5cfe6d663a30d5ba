//! The catalogue of races, in a call: media that changes, an app that dies. What breaks each is said
//! beside it.

use faithcall_protocol::ledger::Timeouts;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

use crate::backend::{Answer, Backend, PATIENCE, Phone, id_of};

const ROUNDS: usize = 8;

async fn patch(phone: &Phone, id: &str, flags: Value) -> Answer {
    let path = format!("/{id}/participant");
    phone.request(Method::PATCH, &path, Some(flags)).await
}

/// Ann calls Bob, who takes it: the call's id.
async fn connecting(ann: &Phone, bob: &Phone) -> String {
    let id = id_of(&ann.dial("bob").await.ok());
    bob.accept(&id).await.ok();
    id
}

// E2: broken by taking a flag's change after the end, or by refusing it.

#[tokio::test]
async fn race_e2_mute_and_video_cross_hang_up_and_are_dropped() {
    let backend = Backend::start().await;
    let mut ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    for round in 0..ROUNDS {
        let id = connecting(&ann, &bob).await;
        // A camera counts as on until somebody says otherwise.
        let flag = [
            json!({"is_muted": true}),
            json!({"is_video_enabled": false}),
        ][round % 2]
            .clone();
        let changing = patch(&bob, &id, flag.clone());
        let (changed, ended) = tokio::join!(changing, ann.end(&id));
        changed.ok();
        let over = ended.ok()["call"].clone();
        assert_eq!(over["reason"], "normal");
        patch(&bob, &id, flag).await.ok();
        for phone in [&ann, &bob] {
            assert_eq!(phone.snapshot(&id).await, over, "nothing after the end");
        }
        // Nothing is told after the end either: the next update is the next call's.
        assert_eq!(ann.update("ended").await["rev"], over["rev"]);
        let next = id_of(&ann.dial("bob").await.ok());
        assert_eq!(ann.signal("/call_update").await["call_id"], *next);
        ann.cancel(&next).await.ok();
        ann.update("ended").await;
    }
}

// E3: broken by writing what was decided on an older record.

#[tokio::test]
async fn race_e3_both_turn_video_on_at_once() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    for _ in 0..ROUNDS {
        let id = connecting(&ann, &bob).await;
        for phone in [&ann, &bob] {
            patch(phone, &id, json!({"is_video_enabled": false}))
                .await
                .ok();
        }
        let on = json!({"is_video_enabled": true});
        let (one, other) = tokio::join!(patch(&ann, &id, on.clone()), patch(&bob, &id, on));
        one.ok();
        other.ok();
        let call = ann.snapshot(&id).await;
        for participant in call["participants"].as_array().unwrap() {
            assert_eq!(participant["is_video_enabled"], true, "{participant}");
        }
        assert_eq!(call["rev"], 6, "created, accepted, and two changes each");
        ann.end(&id).await.ok();
    }
}

// P3: broken by a caller that needs no sign of life while it rings.

#[tokio::test]
async fn race_p3_a_caller_that_dies_while_it_rings_stops_the_ring() {
    // So that the list that lacks her is asked for soon.
    let backend = Backend::with(&[("FAITHCALL_ROOM_WATCH_SECONDS", "0.1")]).await;
    let ann = backend.phone("ann", "a1").await;
    let mut bob = backend.phone("bob", "b1").await;
    let dialled = SystemTime::now();
    let id = id_of(&ann.dial("bob").await.ok());
    drop(ann);
    bob.ringing(&id).await.ok();
    let rings = dialled + Duration::from_millis(Timeouts::default().ring_ms);
    let lease = async {
        loop {
            let deadline = backend.next_deadline().await;
            if deadline < rings {
                return deadline;
            }
        }
    };
    let gone = tokio::time::timeout(PATIENCE, lease).await.unwrap();
    let left = gone.duration_since(SystemTime::now()).unwrap_or_default();
    tokio::time::sleep(left).await;
    let over = bob.update("ended").await;
    assert_eq!(over["call_id"], *id);
    let end = &over["snapshot"];
    assert_eq!(end["status"], "ended");
    assert_eq!(end["reason"], "network_error");
    assert_eq!(end["reason_detail"], "lease");
}
