//! Every way to the broker, with and without TLS under an authority of one's own.

use std::fs;

use super::{hung_up, talk};
use crate::ours::{ANN, BOB, Ours};
use crate::phone::Phone;
use crate::tone::{HIGH, LOW, assert_heard, played};

async fn calls_over(server: &Ours, link: &str) {
    let broker = server.broker(link);
    let ca = server.authority();
    let trusting = ["--ca", &ca, "--on-invite", "accept"];
    let mut bob = server
        .phone_over(&broker, BOB, &played(HIGH), &trusting)
        .await;
    let mut ann = server
        .phone_over(&broker, ANN, &played(LOW), &trusting)
        .await;
    talk(&mut ann, &mut bob).await;
    ann.say("end").await;
    for (phone, other) in [(&mut ann, HIGH), (&mut bob, LOW)] {
        assert_eq!(phone.ended().await, hung_up(), "{link}");
        let taken = phone.expect("connecting").await;
        let (_, heard) = phone.recorded(&taken).await;
        assert_heard(&heard, other);
    }
    ann.quit().await;
    bob.quit().await;
}

#[tokio::test]
async fn a_call_over_tcp() {
    calls_over(&Ours::start().await, "mqtt").await;
}

#[tokio::test]
async fn a_call_over_a_web_socket() {
    calls_over(&Ours::start().await, "ws").await;
}

#[tokio::test]
async fn a_call_over_tls() {
    calls_over(&Ours::start().await, "mqtts").await;
}

#[tokio::test]
async fn a_call_over_a_web_socket_with_tls() {
    calls_over(&Ours::start().await, "wss").await;
}

#[tokio::test]
async fn without_the_authority_the_broker_is_not_trusted() {
    let server = Ours::start().await;
    for link in ["mqtts", "wss"] {
        let broker = server.broker(link);
        let mut phone = Phone::spawn(server.setup(&broker, ANN, "silence", &[]));
        let offline = phone.expect("offline").await;
        let message = offline["message"].as_str().unwrap();
        assert!(
            message.contains("check its certificate"),
            "{link}: {message}"
        );
        assert_eq!(phone.count("online"), 0);
        phone.quit().await;
    }
}

#[tokio::test]
async fn a_file_without_a_certificate_is_named() {
    let server = Ours::start().await;
    let broker = server.broker("mqtts");
    let hollow = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    for (name, content) in [
        ("missing.pem", None),
        ("empty.pem", Some("")),
        ("other.pem", Some("hello")),
        ("hollow.pem", Some(hollow)),
    ] {
        let file = server.path(name);
        if let Some(content) = content {
            fs::write(&file, content).unwrap();
        }
        let mut phone = Phone::spawn(server.setup(&broker, ANN, "silence", &["--ca", &file]));
        let error = phone.expect("error").await;
        let message = error["message"].as_str().unwrap();
        let whose = format!("--ca {file} ");
        assert!(message.starts_with(&whose), "{message}");
        assert_eq!(phone.ends().await.code(), Some(1));
    }
}
