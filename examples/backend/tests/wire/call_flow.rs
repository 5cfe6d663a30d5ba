//! A call from dialling to hanging up.

use serde_json::Value;

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
