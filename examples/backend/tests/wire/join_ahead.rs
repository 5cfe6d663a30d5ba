//! Joining while it rings: who gets a waiting token, and what becomes of it.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use faithcall_backend::livekit::{Participant, RoomServer};
use serde_json::{Value, json};

use crate::backend::{Backend, PATIENCE, id_of};
use crate::livekit_peer::Silent;

/// What a LiveKit token says.
fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Waits until the room's participants are so.
async fn room_becomes(backend: &Backend, room: &str, wanted: impl Fn(&[Participant]) -> bool) {
    let livekit = backend.rooms();
    let settled = async {
        loop {
            let present = livekit.list_participants(room).await.unwrap();
            if wanted(&present) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, settled).await;
    waited.expect("the room does not become what it should be");
}

fn may_hear(present: &[Participant], identity: &str) -> Option<bool> {
    let someone = present.iter().find(|p| p.identity == identity)?;
    Some(someone.permission.as_ref()?.can_subscribe)
}

#[tokio::test]
async fn before_the_accept_nobody_receives_and_after_it_both_do() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let tablet = backend.phone("bob", "b2").await;
    let made = ann.dial("bob").await.ok();
    let (id, room) = (id_of(&made), made["room_name"].as_str().unwrap());
    let waiting = json!({
        "roomJoin": true, "room": room, "canPublish": true, "canPublishSources": ["microphone"],
        "canSubscribe": false, "canPublishData": false,
        "canUpdateOwnMetadata": false, "hidden": false,
    });
    let own = claims(&made["livekit_token"]);
    assert_eq!((&own["sub"], &own["video"]), (&json!("ann"), &waiting));
    let ahead = bob.ringing(&id).await.ok()["join_ahead"]["livekit_token"].clone();
    let bobs = claims(&ahead);
    assert_eq!((&bobs["sub"], &bobs["video"]), (&json!("bob#b1"), &waiting));
    // One device only; the same one again.
    assert_eq!(tablet.ringing(&id).await.ok()["join_ahead"], Value::Null);
    assert!(bob.ringing(&id).await.ok()["join_ahead"].is_object());

    let server = &backend.livekit;
    let token = made["livekit_token"].as_str().unwrap();
    let _ann_waits = Silent::enter(server, token).await.unwrap();
    let _bob_waits = Silent::enter(server, ahead.as_str().unwrap())
        .await
        .unwrap();
    room_becomes(&backend, room, |present| present.len() == 2).await;
    let present = backend.rooms().list_participants(room).await.unwrap();
    assert_eq!(may_hear(&present, "ann"), Some(false));
    assert_eq!(may_hear(&present, "bob#b1"), Some(false));

    let accepted = bob.accept(&id).await.ok();
    assert_eq!(
        claims(&accepted["livekit_token"])["video"]["canSubscribe"],
        true
    );
    room_becomes(&backend, room, |present| {
        may_hear(present, "ann") == Some(true) && may_hear(present, "bob#b1") == Some(true)
    })
    .await;
    let fresh = ann.post(&format!("/{id}/token"), None).await.ok();
    assert_eq!(
        claims(&fresh["livekit_token"])["video"]["canPublishData"],
        true
    );
    let stranger = tablet.post(&format!("/{id}/token"), None).await;
    assert_eq!(stranger.refusal(), (403, "not_a_participant"));
}

#[tokio::test]
async fn a_waiting_device_goes_when_another_one_accepts() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let tablet = backend.phone("bob", "b2").await;
    let made = ann.dial("bob").await.ok();
    let (id, room) = (id_of(&made), made["room_name"].as_str().unwrap());
    let ahead = bob.ringing(&id).await.ok()["join_ahead"]["livekit_token"].clone();
    let waits = Silent::enter(&backend.livekit, ahead.as_str().unwrap())
        .await
        .unwrap();
    room_becomes(&backend, room, |present| present.len() == 1).await;
    let accepted = tablet.accept(&id).await.ok();
    assert_eq!(claims(&accepted["livekit_token"])["sub"], "bob");
    waits.closed().await;
    // Its token still opens the door; nobody lets it stay.
    let back = Silent::enter(&backend.livekit, ahead.as_str().unwrap())
        .await
        .unwrap();
    back.closed().await;
}

#[tokio::test]
async fn joining_ahead_can_be_turned_off() {
    let backend = Backend::with(&[("FAITHCALL_JOIN_AHEAD", "off")]).await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let made = ann.dial("bob").await.ok();
    assert_eq!(made["join_ahead"], false);
    let rings = bob.ringing(&id_of(&made)).await.ok();
    assert_eq!(rings["join_ahead"], Value::Null);
}
