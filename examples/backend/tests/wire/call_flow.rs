//! A call from dialling to hanging up.

use reqwest::Method;
use serde_json::{Value, json};

use crate::backend::{Backend, id_of};

#[tokio::test]
async fn a_call_is_dialled_rung_answered_and_hung_up() {
    let backend = Backend::start().await;
    let mut ann = backend.phone("ann", "a1").await;
    let mut bob = backend.phone("bob", "b1").await;

    let made = ann.dial("bob").await.ok();
    let id = id_of(&made);
    assert_eq!(made["snapshot"]["status"], "ringing");
    assert_eq!(made["join_ahead"], true);

    let invite = bob.signal("/incoming_call").await;
    assert_eq!(invite["type"], "call_invite");
    assert_eq!(invite["call_id"], *id);
    assert_eq!(invite["caller"]["name"], "Ann Ames");
    let ring_left = invite["ring_expires_in_ms"].as_u64().unwrap();
    assert!((40_000..=45_000).contains(&ring_left), "{ring_left}");

    let rings = bob.ringing(&id).await.ok();
    assert!(rings["join_ahead"]["livekit_token"].is_string());
    assert_eq!(ann.update("ringing").await["device_id"], "b1");

    let accepted = bob.accept(&id).await.ok();
    assert_eq!(accepted["snapshot"]["status"], "connecting");
    let update = ann.update("accepted").await;
    assert_eq!(update["by"], "bob");
    assert_eq!(update["snapshot"]["participants"][1]["identity"], "bob#b1");

    ann.connected(&id).await.ok();
    bob.connected(&id).await.ok();
    assert_eq!(ann.update("active").await["snapshot"]["status"], "active");
    let active = bob.get("/active").await.ok();
    assert_eq!(active["status"], "active");
    assert_eq!(backend.admin().list_rooms().await.unwrap().len(), 1);

    let ended = bob.end(&id).await.ok();
    assert_eq!(ended["message"], "Call ended");
    let over = ann.update("ended").await;
    assert_eq!(over["snapshot"]["reason"], "normal");
    assert_eq!(over["snapshot"]["ended_by"], "bob");
    assert_eq!(ann.get("/active").await.ok(), Value::Null);
    backend.no_rooms().await;
}

#[tokio::test]
async fn one_device_stops_ringing_and_the_other_rings_on() {
    let backend = Backend::start().await;
    let mut ann = backend.phone("ann", "a1").await;
    let phone = backend.phone("bob", "b1").await;
    let tablet = backend.phone("bob", "b2").await;
    let id = id_of(&ann.dial("bob").await.ok());
    phone.ringing(&id).await.ok();
    tablet.ringing(&id).await.ok();
    let only_me = Some(json!({"reason": "rejected", "scope": "device"}));
    let path = format!("/{id}/reject");
    let stopped = phone.post(&path, only_me.clone()).await.ok();
    assert_eq!(stopped["call"]["invitees"][0]["state"], "ringing");
    assert_eq!(ann.update("rejected").await["device_id"], "b1");
    let last = tablet.post(&path, only_me).await.ok();
    assert_eq!(last["call"]["status"], "rejected");
    assert_eq!(
        ann.signal("/call_update").await["snapshot"]["status"],
        "rejected"
    );
}

#[tokio::test]
async fn what_a_participant_mutes_is_told_once() {
    let backend = Backend::start().await;
    let mut ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let id = id_of(&ann.dial("bob").await.ok());
    bob.accept(&id).await.ok();
    let path = format!("/{id}/participant");
    for _ in 0..2 {
        let muted = Some(json!({"is_muted": true}));
        let patched = bob.request(Method::PATCH, &path, muted).await.ok();
        assert_eq!(patched["call"]["rev"], 3);
    }
    let update = ann.update("participant").await;
    assert_eq!(update["snapshot"]["participants"][1]["is_muted"], true);
    bob.end(&id).await.ok();
    assert_eq!(ann.signal("/call_update").await["cause"], "ended");
}
