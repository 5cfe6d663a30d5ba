//! A create that names no call and is repeated with its idempotency key.

use reqwest::Method;
use serde_json::json;

use crate::backend::{Answer, Backend, Phone, fresh_id, id_of};

async fn dial(phone: &Phone, callee: &str, key: &str) -> Answer {
    let body = json!({"callee_ids": [callee], "call_type": "voice"});
    let headers = [("Idempotency-Key", key)];
    let asked = phone.request_with(&headers, Method::POST, "", Some(body));
    asked.await
}

#[tokio::test]
async fn a_create_with_the_same_key_is_the_same_call() {
    let backend = Backend::start().await;
    let mut bob = backend.phone("bob", "b1").await;
    for device in [None, Some("a1")] {
        let ann = backend.client("c1", "ann", device);
        let key = format!("key of {device:?}");
        let (one, other) = tokio::join!(dial(&ann, "bob", &key), dial(&ann, "bob", &key));
        let id = id_of(&one.ok());
        assert_eq!(id_of(&other.ok()), id, "at the same time");
        assert_eq!(id_of(&dial(&ann, "bob", &key).await.ok()), id, "and later");

        let another = dial(&ann, "bob", "another key").await;
        assert_eq!(another.refusal(), (409, "already_in_call"));
        let body = dial(&ann, "cleo", &key).await;
        assert_eq!(body.refusal(), (422, "invalid"));

        let rung = bob.signal("incoming_call").await;
        assert_eq!(rung["call_id"], id.as_str(), "{rung}");
        ann.cancel(&id).await.ok();
        let late = dial(&ann, "bob", &key).await;
        assert_eq!(late.refusal(), (409, "cancelled"));
    }
}

#[tokio::test]
async fn a_key_is_of_one_member_and_must_be_one() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", None);
    let cleo = backend.client("c1", "cleo", None);
    let of_ann = id_of(&dial(&ann, "bob", "1").await.ok());
    let of_cleo = id_of(&dial(&cleo, "dan", "1").await.ok());
    assert_ne!(of_ann, of_cleo);
    // A member of another church may have the same id.
    let namesake = backend.client("c2", "ann", None);
    let of_namesake = id_of(&dial(&namesake, "bob", "1").await.ok());
    assert_ne!(of_ann, of_namesake);
    let too_long = "k".repeat(129);
    for bad in ["", too_long.as_str()] {
        let refused = dial(&ann, "bob", bad).await;
        assert_eq!(refused.refusal(), (422, "invalid"), "{bad:?}");
    }
}

#[tokio::test]
async fn a_create_that_names_its_call_needs_no_key() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", None);
    let id = fresh_id();
    let body = json!({"callee_ids": ["bob"], "call_type": "voice", "call_id": id});
    let headers = [("Idempotency-Key", "1")];
    let asked = ann.request_with(&headers, Method::POST, "", Some(body));
    assert_eq!(id_of(&asked.await.ok()), id);
}
