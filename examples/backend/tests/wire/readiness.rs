//! `/readyz` names what is dead; `/healthz` says that the process lives all the same.

use serde_json::{Value, json};

use crate::backend::{Backend, PATIENCE};
use crate::external_broker::External;

async fn ask(backend: &Backend, path: &str) -> (u16, Value) {
    let answer = reqwest::get(format!("{}{path}", backend.url())).await;
    let answer = answer.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Waits until exactly these parts are said to be dead.
async fn until_dead(backend: &Backend, dead: &[&str]) {
    let parts = ["database", "broker", "livekit"];
    let expected: Value = parts
        .map(|part| (part, !dead.contains(&part)))
        .into_iter()
        .collect();
    let status = if dead.is_empty() { 200 } else { 503 };
    let told = async {
        loop {
            let said = ask(backend, "/readyz").await;
            assert_eq!(
                said.0 == 200,
                said.1 == json!({"database": true, "broker": true, "livekit": true}),
                "{said:?}"
            );
            if said == (status, expected.clone()) {
                return;
            }
        }
    };
    let waited = tokio::time::timeout(PATIENCE, told).await;
    waited.unwrap_or_else(|_| panic!("/readyz does not say that {dead:?} are dead"));
    assert_eq!(
        ask(backend, "/healthz").await,
        (200, json!({"status": "ok"}))
    );
}

#[tokio::test]
async fn a_dead_media_server_is_named() {
    let mut backend = Backend::start().await;
    until_dead(&backend, &[]).await;
    backend.livekit.kill();
    until_dead(&backend, &["livekit"]).await;
}

#[tokio::test]
async fn a_dead_broker_is_named_until_it_is_back() {
    let external = External::reserve();
    let backend = external.backend(&[]).await;
    until_dead(&backend, &["broker"]).await;
    let broker = external.broker().await;
    until_dead(&backend, &[]).await;
    broker.shutdown().await;
    until_dead(&backend, &["broker"]).await;
    let _broker = external.broker().await;
    until_dead(&backend, &[]).await;
}

#[tokio::test]
async fn a_database_that_takes_no_write_is_named_until_it_does() {
    let backend = Backend::start().await;
    let mut other = backend.database_connection().await;
    let locks = sqlx::query("BEGIN IMMEDIATE").execute(&mut other);
    locks.await.unwrap();
    until_dead(&backend, &["database"]).await;
    let unlocks = sqlx::query("ROLLBACK").execute(&mut other);
    unlocks.await.unwrap();
    until_dead(&backend, &[]).await;
}

#[tokio::test]
async fn a_database_that_has_lost_its_tables_is_named() {
    let mut backend = Backend::start().await;
    let mut other = backend.database_connection().await;
    let breaks = sqlx::query("ALTER TABLE calls RENAME TO lost").execute(&mut other);
    breaks.await.unwrap();
    until_dead(&backend, &["database"]).await;
    backend.livekit.kill();
    until_dead(&backend, &["database", "livekit"]).await;
}
