//! TCP, WebSocket, TLS and WebSocket over TLS.

use std::path::Path;
use std::sync::Arc;

use faithcall_backend::broker::{self, Broker, BrokerConfig, TlsConfig, TlsFiles};
use rumqttc::{MqttOptions, TlsConfiguration, Transport};
use rustls::{ClientConfig, RootCertStore};

use crate::broker_client::{Peer, TestGate, as_member};

const ANY: &str = "127.0.0.1:0";

async fn start(folder: &Path) -> Result<Broker, broker::BrokerError> {
    let files = TlsFiles {
        certificate: folder.join("cert.pem"),
        key: folder.join("key.pem"),
    };
    let config = BrokerConfig {
        tcp: Some(ANY.parse().unwrap()),
        ws: Some(ANY.parse().unwrap()),
        tls: Some(TlsConfig {
            files,
            mqtts: Some(ANY.parse().unwrap()),
            wss: Some(ANY.parse().unwrap()),
        }),
    };
    let gate = TestGate {
        expires_at_ms: None,
    };
    broker::start(config, Arc::new(gate)).await
}

/// Writes a certificate for `localhost`, and returns a client's trust in it.
fn certificate(folder: &Path) -> TlsConfiguration {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConfiguration::Rustls(Arc::new(config))
}

#[tokio::test]
async fn one_message_passes_through_all_four() {
    let folder = tempfile::tempdir().unwrap();
    let trust = certificate(folder.path());
    let broker = start(folder.path()).await.unwrap();
    let at = broker.addresses();
    let (tcp, ws) = (at.tcp.unwrap().port(), at.ws.unwrap().port());
    let (mqtts, wss) = (at.mqtts.unwrap().port(), at.wss.unwrap().port());
    let ws_url = format!("ws://127.0.0.1:{ws}/mqtt");
    let wss_url = format!("wss://localhost:{wss}/mqtt");

    let mut peers = Vec::new();
    for (name, host, port, transport) in [
        ("tcp", "127.0.0.1", tcp, Transport::tcp()),
        ("ws", ws_url.as_str(), ws, Transport::ws()),
        (
            "mqtts",
            "localhost",
            mqtts,
            Transport::tls_with_config(trust.clone()),
        ),
        (
            "wss",
            wss_url.as_str(),
            wss,
            Transport::wss_with_config(trust.clone()),
        ),
    ] {
        let mut options = MqttOptions::new(name, host, port);
        options.set_transport(transport);
        as_member(&mut options, "ann");
        let mut peer = Peer::connect(options).await.unwrap();
        assert!(peer.subscribe("faithflow/c1/member/ann/#").await, "{name}");
        peers.push(peer);
    }
    let mut options = MqttOptions::new("backend", "127.0.0.1", tcp);
    as_member(&mut options, "backend");
    let mut backend = Peer::connect(options).await.unwrap();
    let topic = "faithflow/c1/member/ann/call_update";
    backend.publish(topic, "hello").await;
    for peer in &mut peers {
        assert_eq!(peer.next().await, (topic.to_owned(), "hello".to_owned()));
    }
    broker.shutdown().await;
    for peer in peers {
        peer.closed().await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_certificate_stays_out() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let broker = start(folder.path()).await.unwrap();
    let other = tempfile::tempdir().unwrap();
    let trust = certificate(other.path());
    let port = broker.addresses().mqtts.unwrap().port();
    let mut options = MqttOptions::new("x", "localhost", port);
    options.set_transport(Transport::tls_with_config(trust));
    as_member(&mut options, "ann");
    let (_client, mut events) = rumqttc::AsyncClient::new(options, 1);
    let refused = events.poll().await;
    assert!(matches!(refused, Err(rumqttc::ConnectionError::Tls(_))));
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    std::fs::write(folder.path().join("key.pem"), "nonsense").unwrap();
    let error = start(folder.path()).await.err().unwrap().to_string();
    assert!(error.contains("key.pem"), "{error}");
    std::fs::remove_file(folder.path().join("cert.pem")).unwrap();
    let error = start(folder.path()).await.err().unwrap().to_string();
    assert!(error.contains("cert.pem"), "{error}");
}
