//! What members find of calls that are over.

use serde_json::{Value, json};

use crate::backend::{Answer, Backend, Phone, id_of};

/// A call between two that both were in.
async fn talk(caller: &Phone, callee: &Phone) -> String {
    let id = id_of(&caller.dial(&callee.member).await.ok());
    callee.accept(&id).await.ok();
    caller.connected(&id).await.ok();
    callee.connected(&id).await.ok();
    callee.end(&id).await.ok();
    id
}

async fn history(phone: &Phone, query: &str) -> Value {
    phone.get(&format!("/history{query}")).await.ok()
}

fn ids(page: &Value) -> Vec<String> {
    page["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(id_of)
        .collect()
}

#[tokio::test]
async fn each_member_finds_the_call_from_its_own_side() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let bob = backend.client("c1", "bob", Some("b1"));
    let id = talk(&ann, &bob).await;
    let mine = history(&ann, "").await;
    assert_eq!(
        (
            &mine["total"],
            &mine["page"],
            &mine["page_size"],
            &mine["has_more"]
        ),
        (&json!(1), &json!(1), &json!(20), &json!(false))
    );
    let line = &mine["calls"][0];
    assert_eq!(line["call_id"], *id);
    assert_eq!(line["status"], "ended");
    assert_eq!(line["end_reason"], "normal");
    assert_eq!(line["callee_names"], json!(["Bob"]));
    assert_eq!(line["is_incoming"], false);
    assert!(line["initiated_at"].as_str().unwrap().ends_with('Z'));
    let mut theirs = history(&bob, "").await;
    assert_eq!(theirs["calls"][0]["is_incoming"], true);
    theirs["calls"][0]["is_incoming"] = json!(false);
    assert_eq!(theirs, mine);
    // Not the business of others, in this church or another.
    for (church, member) in [("c1", "cleo"), ("c2", "ann")] {
        let other = backend.client(church, member, Some("x1"));
        assert_eq!(history(&other, "").await["total"], 0);
    }
}

#[tokio::test]
async fn a_call_is_in_the_history_once_it_is_over_and_for_good() {
    let mut backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let bob = backend.client("c1", "bob", Some("b1"));
    let id = id_of(&ann.dial("bob").await.ok());
    assert_eq!(history(&ann, "").await["total"], 0);
    bob.reject(&id, "rejected").await.ok();
    let before = history(&bob, "").await;
    assert_eq!(before["calls"][0]["status"], "rejected");
    // The call's own record is forgotten in time.
    let mut file = backend.database_connection().await;
    let forgets = sqlx::query("DELETE FROM calls").execute(&mut file);
    assert_eq!(forgets.await.unwrap().rows_affected(), 1);
    backend.stop().await;
    backend.run().await;
    let bob = backend.client("c1", "bob", Some("b1"));
    assert_eq!(
        bob.get(&format!("/{id}")).await.refusal(),
        (404, "call_not_found")
    );
    assert_eq!(history(&bob, "").await, before);
}

#[tokio::test]
async fn pages_hold_every_call_once_newest_first() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let mut made = Vec::new();
    for call_type in ["voice", "video", "voice", "voice", "video"] {
        let body = json!({"callee_ids": ["bob"], "call_type": call_type});
        let id = id_of(&ann.post("", Some(body)).await.ok());
        ann.cancel(&id).await.ok();
        made.push((id, call_type));
    }
    // Calls of one moment have an order too.
    let mut file = backend.database_connection().await;
    let at_once = sqlx::query("UPDATE history SET initiated_ms = 7").execute(&mut file);
    at_once.await.unwrap();
    let mut found = Vec::new();
    for (page, has_more) in [(1, true), (2, true), (3, false), (4, false)] {
        let query = format!("?page={page}&page_size=2");
        let page = history(&ann, &query).await;
        assert_eq!(
            (&page["total"], &page["has_more"]),
            (&json!(5), &json!(has_more))
        );
        found.extend(ids(&page));
    }
    let mut expected: Vec<String> = made.iter().map(|(id, _)| id.clone()).collect();
    expected.sort_by(|a, b| b.cmp(a));
    assert_eq!(found, expected);
    let voice = history(&ann, "?page_size=100&call_type=voice").await;
    assert_eq!((voice["total"].as_u64(), ids(&voice).len()), (Some(3), 3));
    assert!(
        ids(&voice)
            .iter()
            .all(|id| made.contains(&(id.clone(), "voice")))
    );
}

#[tokio::test]
async fn newer_calls_come_first() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let mut made = Vec::new();
    for _ in 0..3 {
        let id = id_of(&ann.dial("bob").await.ok());
        ann.cancel(&id).await.ok();
        made.insert(0, id);
    }
    assert_eq!(ids(&history(&ann, "").await), made);
}

#[tokio::test]
async fn sums_are_over_the_days_that_are_asked_for() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let bob = backend.client("c1", "bob", Some("b1"));
    let nothing = json!({
        "total_calls": 0, "total_duration_seconds": 0, "voice_calls": 0, "video_calls": 0,
        "missed_calls": 0, "average_duration_seconds": 0.0
    });
    assert_eq!(bob.get("/stats").await.ok(), nothing);
    let talked = talk(&ann, &bob).await;
    let body = json!({"callee_ids": ["bob"], "call_type": "video"});
    let given_up = id_of(&ann.post("", Some(body)).await.ok());
    ann.cancel(&given_up).await.ok();
    let old = talk(&ann, &bob).await;
    let mut file = backend.database_connection().await;
    let lasted = sqlx::query("UPDATE history SET duration_seconds = 90 WHERE call_id = ?");
    lasted.bind(&talked).execute(&mut file).await.unwrap();
    let past = "UPDATE history SET initiated_ms = initiated_ms - 8 * 24 * 3600 * 1000, \
                duration_seconds = 10 WHERE call_id = ?";
    sqlx::query(past)
        .bind(&old)
        .execute(&mut file)
        .await
        .unwrap();
    let week = json!({
        "total_calls": 2, "total_duration_seconds": 90, "voice_calls": 1, "video_calls": 1,
        "missed_calls": 1, "average_duration_seconds": 90.0
    });
    assert_eq!(bob.get("/stats?days=7").await.ok(), week);
    let month = bob.get("/stats").await.ok();
    assert_eq!(
        (&month["total_calls"], &month["average_duration_seconds"]),
        (&json!(3), &json!(50.0))
    );
    // Whoever called has not missed it.
    assert_eq!(ann.get("/stats").await.ok()["missed_calls"], 0);
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused_by_its_parameter() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    for (path, kind, name) in [
        ("/history?page=0", "greater_than_equal", "page"),
        ("/history?page_size=101", "less_than_equal", "page_size"),
        ("/history?page=first", "int_parsing", "page"),
        ("/history?call_type=hologram", "enum", "call_type"),
        ("/stats?days=0", "greater_than_equal", "days"),
        ("/stats?days=366", "less_than_equal", "days"),
    ] {
        let answer = ann.get(path).await;
        assert_eq!(answer.refusal(), (422, "invalid"), "{path}");
        let detail = answer.body["detail"].as_array().unwrap();
        assert_eq!(detail.len(), 1, "{path}");
        assert_eq!(detail[0]["type"], kind, "{path}");
        assert_eq!(detail[0]["loc"], json!(["query", name]), "{path}");
    }
    let both = ann.get("/history?page=0&page_size=0").await;
    assert_eq!(both.body["detail"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_over_may_be_kept_for_a_moment_as_part_a_has_it_and_nothing_else() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", None);
    let bob = backend.client("c1", "bob", None);
    talk(&ann, &bob).await;
    let kept = |answer: &Answer| answer.headers["cache-control"].to_str().unwrap().to_owned();
    for path in ["/history", "/history?page_size=1", "/stats?days=30"] {
        let answer = ann.get(path).await;
        assert_eq!(kept(&answer), "private, max-age=30", "{path}");
        answer.ok();
    }
    let never = "no-store, no-cache, must-revalidate";
    for path in ["/history?page=0", "/stats?days=0", "/active", "/sync"] {
        assert_eq!(kept(&ann.get(path).await), never, "{path}");
    }
}
