//! Who is turned away, and with what words.

use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::backend::{Answer, Backend, JWT_SECRET, Phone, fresh_id, id_of};

async fn raw(backend: &Backend, authorization: Option<&str>) -> Answer {
    let url = format!("{}/api/calls/active", backend.url());
    let mut request = reqwest::Client::new().get(url);
    if let Some(value) = authorization {
        request = request.header("Authorization", value);
    }
    let answer = request.send().await.unwrap();
    Answer {
        status: answer.status(),
        headers: answer.headers().clone(),
        body: answer.json().await.unwrap(),
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_so_in_part_as_words() {
    let backend = Backend::start().await;
    for none in [None, Some("Basic YTpi"), Some("Bearer")] {
        let refused = raw(&backend, none).await;
        assert_eq!(refused.refusal(), (403, "not_authenticated"));
        assert_eq!(refused.body["detail"], "Not authenticated");
        assert_eq!(refused.headers["faithcall"], "1");
    }
    let refused = raw(&backend, Some("Bearer garbage")).await;
    assert_eq!(refused.refusal(), (401, "invalid_token"));
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
    let claims = json!({
        "sub": "ann", "member_id": "a#1", "session_church_id": "c1",
        "role": "member", "type": "member", "exp": 4_000_000_000_u64,
    });
    let key = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    let token = encode(&Header::default(), &claims, &key).unwrap();
    let refused = raw(&backend, Some(&format!("Bearer {token}"))).await;
    assert_eq!(refused.refusal(), (403, "bad_member_id"));
}

#[tokio::test]
async fn every_answer_says_which_server_it_is() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let http = reqwest::Client::new();
    for path in [
        "/healthz",
        "/readyz",
        "/nowhere",
        "/api/calls/nowhere/at/all",
    ] {
        let answer = http.get(format!("{}{path}", backend.url())).send();
        assert_eq!(answer.await.unwrap().headers()["faithcall"], "1", "{path}");
    }
    assert_eq!(ann.get("/active").await.headers["faithcall"], "1");
    let wrong = ann.request(Method::DELETE, "/active", None).await;
    assert_eq!(wrong.status, 405);
    assert_eq!(wrong.headers["faithcall"], "1");
}

#[tokio::test]
async fn a_body_that_is_not_of_the_contract_is_422() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    for callees in [
        json!([]),
        json!(["bob", "bob"]),
        json!(["ann"]),
        json!("bob"),
    ] {
        let body = json!({"callee_ids": callees, "call_type": "voice"});
        let refused = ann.post("", Some(body)).await;
        assert_eq!(refused.refusal(), (422, "invalid"), "{}", refused.body);
        assert_eq!(refused.body["detail"][0]["loc"][1], "callee_ids");
    }
    let id = id_of(&ann.dial("bob").await.ok());
    let refused = ann.post(&format!("/{id}/reject"), Some(json!({}))).await;
    assert_eq!(refused.body["detail"][0]["type"], "missing");
    let long = "x".repeat(200_000);
    let refused = ann.post("", Some(json!({"callee_ids": [long]}))).await;
    assert_eq!(refused.status, 413);
    let nameless = backend.client("c1", "ann", Some("a/1"));
    let refused = nameless.get("/active").await;
    assert_eq!(refused.refusal(), (422, "invalid"));
}

/// Everything that can be asked about a call.
async fn everything(phone: &Phone, id: &str) -> Vec<Answer> {
    let patch = Some(json!({"is_muted": true, "is_on_hold": true}));
    let callees = Some(json!({"callee_ids": ["dan"]}));
    vec![
        phone.get(&format!("/{id}")).await,
        phone.accept(id).await,
        phone.reject(id, "rejected").await,
        phone.connected(id).await,
        phone.end(id).await,
        phone
            .request(Method::PATCH, &format!("/{id}/participant"), patch)
            .await,
        phone.ringing(id).await,
        phone.post(&format!("/{id}/token"), None).await,
        phone.post(&format!("/{id}/leave"), None).await,
        phone.post(&format!("/{id}/invite"), callees).await,
    ]
}

#[tokio::test]
async fn another_church_finds_neither_the_member_nor_the_call() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    assert_eq!(ann.dial("eve").await.refusal(), (404, "member_not_found"));
    assert_eq!(
        ann.dial("nobody").await.refusal(),
        (404, "member_not_found")
    );
    let id = id_of(&ann.dial("bob").await.ok());
    // Of the same name as the callee, and of another church.
    for stranger in ["eve", "bob"] {
        let stranger = backend.client("c2", stranger, Some("e1"));
        for answer in everything(&stranger, &id).await {
            assert_eq!(answer.status, 404, "{}", answer.body);
            assert_eq!(answer.body["call"], Value::Null);
        }
        assert_eq!(stranger.cancel(&id).await.status, 404);
        let known = stranger.get(&format!("/sync?known={id}:1")).await.ok();
        assert_eq!((&known["calls"], &known["over"]), (&json!([]), &json!([])));
    }
    assert_eq!(ann.snapshot(&id).await["rev"], 1);
}

#[tokio::test]
async fn only_participants_act_on_a_call() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let cleo = backend.client("c1", "cleo", Some("c1"));
    let id = id_of(&ann.dial("bob").await.ok());
    for answer in everything(&cleo, &id).await {
        assert!(
            [403, 404].contains(&answer.status.as_u16()),
            "{}",
            answer.body
        );
        assert_eq!(answer.body["call"], Value::Null);
    }
    assert_eq!(ann.accept(&id).await.refusal(), (403, "not_a_participant"));
    assert_eq!(ann.snapshot(&id).await["rev"], 1);
    for nonsense in ["nope", "%00", "a%2Fb"] {
        for answer in everything(&cleo, nonsense).await {
            assert_eq!(answer.status, 404, "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn who_is_in_a_call_is_busy() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let cleo = backend.client("c1", "cleo", Some("c1"));
    ann.dial("bob").await.ok();
    let refused = ann.dial("cleo").await;
    assert_eq!(refused.refusal(), (409, "already_in_call"));
    for busy in ["ann", "bob"] {
        assert_eq!(cleo.dial(busy).await.refusal(), (409, "all_busy"));
    }
}

fn retry_after(answer: &Answer) -> u64 {
    answer.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn who_calls_too_often_waits() {
    let limits = [
        ("FAITHCALL_LIMIT_CREATES", "3"),
        ("FAITHCALL_LIMIT_CREATES_PER_PAIR", "2"),
    ];
    let mut backend = Backend::with(&limits).await;
    let ann = backend.client("c1", "ann", Some("a1"));
    for _ in 0..2 {
        // An end is no unanswered ring.
        ann.end(&id_of(&ann.dial("bob").await.ok())).await.ok();
    }
    let refused = ann.dial("bob").await;
    assert_eq!(refused.refusal(), (429, "rate_limited"));
    assert!(
        (50..=60).contains(&retry_after(&refused)),
        "{:?}",
        refused.headers
    );
    let id = fresh_id();
    ann.dial_as("cleo", &id).await.ok();
    // A repeat is no new call, and somebody else's calls do not count.
    ann.dial_as("cleo", &id).await.ok();
    ann.end(&id).await.ok();
    assert_eq!(ann.dial("dan").await.refusal(), (429, "rate_limited"));
    backend
        .client("c1", "bob", Some("b1"))
        .dial("dan")
        .await
        .ok();
    // Counted in the store: a restart forgets nothing.
    backend.stop().await;
    backend.run().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    assert_eq!(ann.dial("dan").await.refusal(), (429, "rate_limited"));
}

#[tokio::test]
async fn what_was_cancelled_before_it_was_made_is_so_whatever_else_stands_in_its_way() {
    let backend = Backend::with(&[("FAITHCALL_LIMIT_CREATES_PER_PAIR", "1")]).await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let bob = backend.client("c1", "bob", Some("b1"));
    let id = fresh_id();
    assert_eq!(ann.cancel(&id).await.refusal(), (404, "cancel_remembered"));
    let theirs = id_of(&bob.dial("ann").await.ok());
    // No glare, though Bob rings her.
    assert_eq!(ann.dial_as("bob", &id).await.refusal(), (409, "cancelled"));
    ann.accept(&theirs).await.ok();
    // Nor is she in another call.
    assert_eq!(ann.dial_as("bob", &id).await.refusal(), (409, "cancelled"));
    ann.end(&theirs).await.ok();
    // Nor has she called.
    ann.dial("bob").await.ok();
    assert_eq!(ann.dial_as("bob", &id).await.refusal(), (409, "cancelled"));
}

#[tokio::test]
async fn who_changes_its_flags_too_often_waits() {
    let backend = Backend::start().await;
    let [ann, bob] = [("ann", "a1"), ("bob", "b1")]
        .map(|(member, device)| backend.client("c1", member, Some(device)));
    let id = id_of(&ann.dial("bob").await.ok());
    bob.accept(&id).await.ok();
    let path = format!("/{id}/participant");
    let mute = async |phone: &Phone, is_muted: bool| {
        let flags = json!({"is_muted": is_muted});
        phone.request(Method::PATCH, &path, Some(flags)).await
    };
    let mut taken = 0;
    let refused = loop {
        let answer = mute(&ann, taken % 2 == 0).await;
        if answer.status != 200 {
            break answer;
        }
        taken += 1;
        assert!(taken < 1_000, "every change is taken");
    };
    assert_eq!(refused.refusal(), (429, "rate_limited"));
    assert_eq!(retry_after(&refused), 1);
    assert!(taken >= 20, "{taken}");
    mute(&bob, true).await.ok();
}

#[tokio::test]
async fn who_rings_in_vain_too_often_waits() {
    let backend = Backend::with(&[("FAITHCALL_LIMIT_UNANSWERED_PER_PAIR", "1")]).await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let bob = backend.client("c1", "bob", Some("b1"));
    let answered = id_of(&ann.dial("bob").await.ok());
    bob.reject(&answered, "rejected").await.ok();
    let in_vain = id_of(&ann.dial("bob").await.ok());
    ann.cancel(&in_vain).await.ok();
    assert_eq!(ann.dial("bob").await.refusal(), (429, "rate_limited"));
    ann.dial("cleo").await.ok();
}
