//! Devices that register, and what the server does for them: call waiting, ringing by push.

use reqwest::Method;
use serde_json::{Value, json};

use crate::backend::{Answer, Backend, Phone, id_of};

async fn device(phone: &Phone, method: Method, id: &str, body: Option<Value>) -> Answer {
    phone
        .request(method, &format!("/../devices/{id}"), body)
        .await
}

/// A device registers.
pub(crate) async fn registers(phone: &Phone, id: &str, body: Value) {
    device(phone, Method::PUT, id, Some(body)).await.ok();
}

#[tokio::test]
async fn a_second_call_rings_who_registered_call_waiting_and_finds_others_busy() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let mut bob = backend.phone("bob", "b1").await;
    let cleo = backend.phone("cleo", "c1").await;
    let dan = backend.phone("dan", "d1").await;
    let first = id_of(&ann.dial("bob").await.ok());
    bob.accept(&first).await.ok();
    assert_eq!(cleo.dial("bob").await.refusal(), (409, "all_busy"));

    registers(
        &bob,
        "b1",
        json!({"platform": "android", "call_waiting": true}),
    )
    .await;
    let second = id_of(&cleo.dial("bob").await.ok());
    assert_eq!(bob.signal("/incoming_call").await["call_id"], *first);
    assert_eq!(bob.signal("/incoming_call").await["call_id"], *second);
    dan.dial("bob").await.ok();
    let third = backend.client("c1", "ann", Some("a2"));
    ann.end(&first).await.ok();
    assert_eq!(
        third.dial("bob").await.refusal(),
        (409, "all_busy"),
        "two ring"
    );

    device(&bob, Method::DELETE, "b1", None).await.ok();
    cleo.cancel(&second).await.ok();
    assert_eq!(cleo.dial("bob").await.refusal(), (409, "all_busy"));
}

#[tokio::test]
async fn the_invitee_rings_on_while_a_push_may_reach_another_device() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let phone = backend.phone("bob", "b1").await;
    let push =
        |token: &str| json!({"platform": "ios", "push_token": token, "push_kind": "apns_voip"});
    registers(&phone, "b1", push("first")).await;
    registers(&phone, "b2", push("second")).await;
    let only_me = Some(json!({"reason": "rejected", "scope": "device"}));
    let id = id_of(&ann.dial("bob").await.ok());
    let stopped = phone
        .post(&format!("/{id}/reject"), only_me.clone())
        .await
        .ok();
    assert_eq!(stopped["call"]["status"], "ringing");
    ann.cancel(&id).await.ok();

    // The device has changed hands: its token is another member's.
    let cleo = backend.phone("cleo", "c1").await;
    registers(&cleo, "b2", push("second")).await;
    let id = id_of(&ann.dial("bob").await.ok());
    let last = phone.post(&format!("/{id}/reject"), only_me).await.ok();
    assert_eq!(last["call"]["status"], "rejected");
}

#[tokio::test]
async fn a_registration_that_makes_no_sense_is_refused() {
    let backend = Backend::start().await;
    let bob = backend.phone("bob", "b1").await;
    for body in [
        json!({}),
        json!({"platform": "toaster"}),
        json!({"platform": "ios", "push_token": "t"}),
        json!({"platform": "ios", "push_token": "t", "push_kind": "pigeon"}),
        json!({"platform": "ios", "call_waiting": "yes"}),
        json!({"platform": "ios", "device_key": "x".repeat(5000)}),
    ] {
        let answer = device(&bob, Method::PUT, "b1", Some(body)).await;
        assert_eq!(answer.refusal(), (422, "invalid"));
    }
    let good = Some(json!({"platform": "web"}));
    let named_badly = device(&bob, Method::PUT, "b%231", good).await;
    assert_eq!(named_badly.refusal(), (422, "invalid"));
    device(&bob, Method::DELETE, "never-seen", None).await.ok();
}
