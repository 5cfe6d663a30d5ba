//! What members say of a call that is over.

use serde_json::{Value, json};

use crate::backend::{Answer, Backend, Phone, fresh_id, id_of};

async fn say(phone: &Phone, id: &str, feedback: Value) -> Answer {
    phone.post(&format!("/{id}/feedback"), Some(feedback)).await
}

/// What is kept of each member's feedback.
async fn kept(backend: &Backend) -> Vec<(String, Value)> {
    let mut file = backend.database_connection().await;
    let rows = sqlx::query_as("SELECT member, feedback FROM history ORDER BY member");
    let rows: Vec<(String, Option<String>)> = rows.fetch_all(&mut file).await.unwrap();
    let read = |text: Option<String>| text.map(|text| serde_json::from_str(&text).unwrap());
    rows.into_iter()
        .map(|(member, text)| (member, read(text).unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn each_who_took_part_says_it_once_and_may_change_it() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let bob = backend.client("c1", "bob", Some("b1"));
    let id = id_of(&ann.dial("bob").await.ok());
    bob.accept(&id).await.ok();
    let early = say(&bob, &id, json!({"rating": 5})).await;
    assert_eq!(early.refusal(), (409, "not_over"));
    bob.end(&id).await.ok();

    let first = json!({"rating": 2, "issues": ["echo"], "comment": "a bit of an echo"});
    say(&bob, &id, first).await.ok();
    say(&bob, &id, json!({"rating": 4})).await.ok();
    say(
        &ann,
        &id,
        json!({"rating": 5, "issues": [], "comment": null}),
    )
    .await
    .ok();
    let bad = say(&ann, &id, json!({"rating": 6})).await;
    assert_eq!(bad.refusal(), (422, "invalid"));
    assert_eq!(
        kept(&backend).await,
        [
            ("ann".to_owned(), json!({"rating": 5})),
            ("bob".to_owned(), json!({"rating": 4}))
        ]
    );
}

#[tokio::test]
async fn nobody_speaks_of_a_call_that_it_was_not_in() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let bob = backend.client("c1", "bob", Some("b1"));
    let id = id_of(&ann.dial("bob").await.ok());
    let good = || json!({"rating": 5});
    let eve = backend.client("c2", "eve", Some("e1"));
    for stranger in [&backend.client("c1", "cleo", Some("c1")), &eve] {
        let refused = say(stranger, &id, good()).await;
        assert_eq!(refused.refusal(), (404, "call_not_found"));
    }
    bob.reject(&id, "rejected").await.ok();
    let refused = say(&bob, &id, good()).await;
    assert_eq!(refused.refusal(), (403, "not_a_participant"));
    let refused = say(&eve, &id, good()).await;
    assert_eq!(refused.refusal(), (404, "call_not_found"));
    let refused = say(&ann, &fresh_id(), good()).await;
    assert_eq!(refused.refusal(), (404, "call_not_found"));
    // The caller was in it, however it ended.
    say(&ann, &id, good()).await.ok();
}
