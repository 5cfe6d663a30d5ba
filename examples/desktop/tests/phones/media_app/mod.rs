//! One of our phones and a part-A app on our own server.

mod app_calls;
mod app_media;
mod phone_calls;
mod repeats;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use part_a::app::App;
use serde_json::Value;

use crate::ours::{ANN as PHONE, BOB as APP, CHURCH, Ours};
use crate::phone::{PATIENCE, Phone};
use crate::tone::{LOW, played};

/// All that part A sends.
const PART_A: [&str; 10] = [
    "call_invite",
    "call_ringing",
    "call_accept",
    "call_reject",
    "call_busy",
    "call_cancel",
    "call_end",
    "participant_joined",
    "participant_muted",
    "participant_video",
];

/// Our server; the phone, which says [`LOW`]; the app, which says [`crate::tone::HIGH`].
async fn both(arguments: &[&str]) -> (Ours, Phone, App) {
    let server = Ours::start().await;
    let app = server.app().await;
    let phone = phone(&server, arguments).await;
    (server, phone, app)
}

async fn phone(server: &Ours, arguments: &[&str]) -> Phone {
    server.phone(PHONE, &played(LOW), arguments).await
}

/// The call's id, from a signal or an answer.
fn id_of(value: &Value) -> String {
    value["call_id"].as_str().unwrap().to_owned()
}

/// Waits for a signal, and asserts on which of the app's topics it came.
async fn hear(app: &mut App, kind: &str, leaf: &str) -> Value {
    let (topic, payload) = app.signal(kind, PATIENCE).await.unwrap();
    assert_eq!(topic, format!("faithflow/{CHURCH}/{leaf}"), "{kind}");
    payload
}

/// Asserts that the app got nothing that part A does not have, and nobody's token.
fn assert_part_a_only(app: &mut App) {
    for (topic, payload) in app.heard() {
        let kind = payload["type"].as_str().unwrap();
        assert!(PART_A.contains(&kind), "{kind} on {topic}");
        assert!(!payload.to_string().contains("eyJ"), "a token in {kind}");
    }
}

/// Asserts that an answer to the app lets only the app itself into the room.
fn assert_own_token(answer: &Value) {
    let token = answer["livekit_token"].as_str().unwrap();
    let claims = URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1).unwrap())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["sub"], APP);
    assert!(
        answer.get("snapshot").is_none(),
        "part B's fields in an answer to the app"
    );
}
