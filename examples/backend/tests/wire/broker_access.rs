//! The access table, asked by a foreign client.

use rumqttc::{ConnectReturnCode, LastWill, QoS};

use crate::broker_client::{Peer, broker, options};

fn said(kind: &str, callee: &str) -> String {
    format!(
        r#"{{"type":"{kind}","call_id":"k1","timestamp":"2026-11-22T15:24:51","callee_id":"{callee}","callee_name":"B"}}"#
    )
}

#[tokio::test]
async fn a_member_subscribes_to_its_own_and_to_its_calls_only() {
    let broker = broker().await;
    let mut ann = Peer::join(&broker, "ann").await;
    for own in ["faithflow/c1/member/ann/#", "faithflow/c1/call/k1/#"] {
        assert!(ann.subscribe(own).await, "{own}");
    }
    for foreign in [
        "#",
        "+/#",
        "faithflow/c1/member/bob/#",
        "faithflow/c1/member/+/incoming_call",
        "faithflow/c1/call/k2/#",
        "faithflow/c1/call/+/signal",
        "faithflow/c2/member/ann/#",
        "$SYS/#",
    ] {
        assert!(!ann.subscribe(foreign).await, "{foreign}");
    }
}

#[tokio::test]
async fn a_shared_subscription_is_refused() {
    let broker = broker().await;
    let mut ann = Peer::join(&broker, "ann").await;
    assert!(!ann.subscribe("$share/g/faithflow/c1/member/ann/#").await);
}

#[tokio::test]
async fn forged_messages_are_dropped_and_the_true_one_passes() {
    let broker = broker().await;
    let mut ann = Peer::join(&broker, "ann").await;
    assert!(ann.subscribe("faithflow/c1/member/ann/#").await);
    assert!(ann.subscribe("faithflow/c1/call/k1/#").await);
    let mut bob = Peer::join(&broker, "bob").await;
    let signal = "faithflow/c1/call/k1/signal";

    bob.publish(signal, said("call_accept", "bob")).await;
    bob.publish(signal, said("call_ringing", "ann")).await;
    bob.publish("faithflow/c1/member/ann/incoming_call", "{}")
        .await;
    bob.publish_as(signal, said("call_ringing", "bob"), true)
        .await;
    let ringing = said("call_ringing", "bob");
    bob.publish(signal, ringing.clone()).await;

    // In order from one sender: had a forged one passed, it would be here first.
    assert_eq!(ann.next().await, (signal.to_owned(), ringing));
    let end = (
        "faithflow/c1/member/ann/call_update".to_owned(),
        "end".to_owned(),
    );
    let mut backend = Peer::join(&broker, "backend").await;
    backend.publish(&end.0, end.1.clone()).await;
    assert_eq!(ann.next().await, end);
}

#[tokio::test]
async fn a_caller_cannot_ring_for_its_callee() {
    let broker = broker().await;
    let mut bob = Peer::join(&broker, "bob").await;
    assert!(bob.subscribe("faithflow/c1/call/k1/#").await);
    let mut ann = Peer::join(&broker, "ann").await;
    let signal = "faithflow/c1/call/k1/signal";
    ann.publish(signal, said("call_ringing", "ann")).await;
    let mut backend = Peer::join(&broker, "backend").await;
    backend.publish(signal, "end").await;
    assert_eq!(bob.next().await.1, "end");
}

#[tokio::test]
async fn the_backend_reads_and_writes_everything() {
    let broker = broker().await;
    let mut backend = Peer::join(&broker, "backend").await;
    assert!(backend.subscribe("faithflow/+/call/+/signal").await);
    let mut bob = Peer::join(&broker, "bob").await;
    let ringing = said("call_ringing", "bob");
    bob.publish("faithflow/c1/call/k1/signal", ringing.clone())
        .await;
    assert_eq!(backend.next().await.1, ringing);
}

#[tokio::test]
async fn nothing_is_retained() {
    let broker = broker().await;
    let mut backend = Peer::join(&broker, "backend").await;
    let topic = "faithflow/c1/member/ann/call_update";
    backend.publish_as(topic, "old", true).await;
    let mut ann = Peer::join(&broker, "ann").await;
    assert!(ann.subscribe("faithflow/c1/member/ann/#").await);
    backend.publish(topic, "new").await;
    assert_eq!(ann.next().await.1, "new");
}

#[tokio::test]
async fn a_will_is_refused() {
    let broker = broker().await;
    let mut options = options(&broker, "bob", "b");
    let topic = "faithflow/c1/call/k1/signal";
    let will = LastWill::new(topic, said("call_ringing", "bob"), QoS::AtLeastOnce, false);
    options.set_last_will(will);
    let refused = Peer::connect(options).await.err();
    assert_eq!(refused, Some(ConnectReturnCode::NotAuthorized));
}
