//! What the backend logs of a call: nothing about a person, and nothing that opens a door.

use faithcall_testing::Log;
use serde_json::{Value, json};

use crate::backend::{Backend, JWT_SECRET, id_of};

// One thread runs the whole backend and the phones, so that all they log is caught.
#[tokio::test(flavor = "current_thread")]
async fn no_token_and_no_name_is_logged_at_any_level() {
    let log = Log::caught("trace");

    let mut backend = Backend::start().await;
    let mut ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let made = ann.dial("bob").await.ok();
    let id = id_of(&made);
    let rings = bob.ringing(&id).await.ok();
    let accepted = bob.accept(&id).await.ok();
    let busy = backend.client("c1", "cleo", Some("c1"));
    assert_eq!(busy.dial("bob").await.refusal(), (409, "all_busy"));
    ann.post(&format!("/{id}/reject"), Some(json!({"reason": "x"})))
        .await;
    bob.end(&id).await.ok();
    ann.update("ended").await;
    // Errors say what they are about, and no more than that.
    backend.livekit.kill();
    ann.dial("bob").await;
    backend.stop().await;

    let log = log.text();
    assert!(log.contains(&id), "the log is not the one of this call");
    let tokens = [&made, &accepted, &rings["join_ahead"]].map(|body| &body["livekit_token"]);
    let tokens = tokens.map(|token: &Value| token.as_str().unwrap());
    let secrets = [
        &*ann.token,
        &*bob.token,
        JWT_SECRET,
        backend.livekit.api_secret(),
    ];
    let personal = ["Ann Ames", "Bob"];
    for told in tokens.into_iter().chain(secrets).chain(personal) {
        let line = log.lines().find(|line| line.contains(told));
        assert!(line.is_none(), "{told} is logged: {line:?}");
    }
}
