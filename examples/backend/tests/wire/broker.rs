//! The embedded broker starts, says where it listens, and stops.

use std::net::TcpListener;
use std::sync::Arc;

use faithcall_backend::broker::{self, BrokerConfig};
use rumqttc::ConnectReturnCode;

use crate::broker_client::{Peer, TestGate, broker, options};

#[tokio::test]
async fn only_the_right_password_connects() {
    let broker = broker().await;
    Peer::connect(options(&broker, "ann", "a")).await.unwrap();

    let mut wrong = options(&broker, "ann", "b");
    wrong.set_credentials("ann", "pw-bob");
    let refused = Peer::connect(wrong).await.err();
    assert_eq!(refused, Some(ConnectReturnCode::BadUserNamePassword));

    let mut nameless = options(&broker, "ann", "c");
    nameless.set_credentials("", "");
    assert!(Peer::connect(nameless).await.is_err());
    broker.shutdown().await;
}

#[tokio::test]
async fn nobody_connects_without_credentials() {
    let broker = broker().await;
    let address = broker.addresses().tcp.unwrap();
    let anonymous = rumqttc::MqttOptions::new("a", address.ip().to_string(), address.port());
    assert!(Peer::connect(anonymous).await.is_err());
}

#[tokio::test]
async fn a_message_reaches_its_member() {
    let broker = broker().await;
    let mut ann = Peer::join(&broker, "ann").await;
    assert!(ann.subscribe("faithflow/c1/member/ann/#").await);
    let mut backend = Peer::join(&broker, "backend").await;
    let topic = "faithflow/c1/member/ann/call_update";
    let large = "x".repeat(200 * 1024);
    backend.publish(topic, large.clone()).await;
    assert_eq!(ann.next().await, (topic.to_owned(), large));
}

#[tokio::test]
async fn a_packet_that_is_too_large_ends_its_connection_only() {
    let broker = broker().await;
    let mut ann = Peer::join(&broker, "ann").await;
    let mut bob = Peer::join(&broker, "bob").await;
    let too_large = vec![b' '; 300 * 1024];
    ann.send("faithflow/c1/call/k1/signal", too_large).await;
    ann.closed().await;
    assert!(bob.subscribe("faithflow/c1/member/bob/#").await);
}

#[tokio::test]
async fn a_shutdown_ends_the_connections_and_frees_the_port() {
    let broker = broker().await;
    let address = broker.addresses().tcp.unwrap();
    let ann = Peer::join(&broker, "ann").await;
    broker.shutdown().await;
    ann.closed().await;
    assert!(std::net::TcpStream::connect(address).is_err());

    let config = BrokerConfig {
        tcp: Some(address),
        ..BrokerConfig::default()
    };
    let gate = TestGate {
        expires_at_ms: None,
    };
    let again = broker::start(config, Arc::new(gate)).await.unwrap();
    Peer::join(&again, "ann").await;
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let config = BrokerConfig {
        ws: Some(address),
        ..BrokerConfig::default()
    };
    let gate = TestGate {
        expires_at_ms: None,
    };
    let error = broker::start(config, Arc::new(gate)).await.err().unwrap();
    let text = error.to_string();
    assert!(text.contains(&address.to_string()), "{text}");
    assert!(text.contains("ws"), "{text}");
}
