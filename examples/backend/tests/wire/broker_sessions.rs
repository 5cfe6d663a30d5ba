//! Whose client id it is, and when a connection is cut.

use std::time::{SystemTime, UNIX_EPOCH};

use faithcall_backend::broker::GRACE_MS;
use rumqttc::ConnectReturnCode;

use crate::broker_client::{Peer, TestGate, broker, broker_with, options};

const OWN: &str = "faithflow/c1/member/ann/#";

#[tokio::test]
async fn a_kept_client_id_is_for_its_member_only() {
    let broker = broker().await;
    let refused = Peer::connect(options(&broker, "bob", "fc:ann:phone")).await;
    assert_eq!(refused.err(), Some(ConnectReturnCode::NotAuthorized));
    Peer::connect(options(&broker, "ann", "fc:ann:phone"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_takeover_by_another_member_is_refused() {
    let broker = broker().await;
    let mut ann = Peer::connect(options(&broker, "ann", "x")).await.unwrap();
    let bob = Peer::connect(options(&broker, "bob", "x")).await;
    assert_eq!(bob.err(), Some(ConnectReturnCode::NotAuthorized));
    assert!(ann.subscribe(OWN).await, "ann is still connected");
}

#[tokio::test]
async fn a_reconnect_takes_its_own_connection_over() {
    let broker = broker().await;
    let old = Peer::connect(options(&broker, "ann", "x")).await.unwrap();
    let mut new = Peer::connect(options(&broker, "ann", "x")).await.unwrap();
    old.closed().await;
    assert!(new.subscribe(OWN).await);
}

#[tokio::test]
async fn a_stored_session_keeps_its_client_id() {
    let broker = broker().await;
    let mut stored = options(&broker, "ann", "x");
    stored.set_clean_session(false);
    let mut ann = Peer::connect(stored.clone()).await.unwrap();
    assert!(ann.subscribe(OWN).await);
    ann.leave().await;
    let mut taking = options(&broker, "bob", "x");
    taking.set_clean_session(false);
    let bob = Peer::connect(taking).await;
    assert_eq!(bob.err(), Some(ConnectReturnCode::NotAuthorized));
}

#[tokio::test]
async fn a_connection_is_cut_when_its_tokens_grace_is_over() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now_ms = u64::try_from(now.as_millis()).unwrap();
    let broker = broker_with(TestGate {
        expires_at_ms: Some(now_ms - GRACE_MS + 3_000),
    })
    .await;
    let mut ann = Peer::join(&broker, "ann").await;
    assert!(ann.subscribe(OWN).await, "still within its grace");
    ann.closed().await;
    let cut = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - now;
    assert!(cut.as_millis() >= 3_000, "cut too early: {cut:?}");
}
