//! Whatever the backend logs about a call bears the call's trace id, which is its UUID.

use faithcall_protocol::trace_id::{TRACE_HEADER, TraceId};
use faithcall_testing::Log;

use crate::backend::{Backend, id_of};

// One thread runs the whole backend, so that all it logs is caught.
#[tokio::test(flavor = "current_thread")]
async fn every_line_about_a_call_bears_its_trace_id() {
    let log = Log::caught("faithcall_backend=debug");

    let backend = Backend::with(&[("FAITHCALL_RING_SECONDS", "0.1")]).await;
    let mut ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let id = id_of(&ann.dial("bob").await.ok());
    bob.ringing(&id).await.ok();
    // The ring deadline, which no request asks for.
    ann.update("ended").await;
    backend.no_rooms().await;

    let trace = TraceId::of(&id.parse().unwrap()).unwrap().to_string();
    let text = log.text();
    let about: Vec<&str> = text.lines().filter(|line| line.contains(&id)).collect();
    for status in ["Ringing", "Missed"] {
        let says = |line: &&&str| line.contains(&format!("status={status}"));
        assert!(about.iter().any(|line| says(&line)), "{status}: {text}");
    }
    let untraced = about.iter().find(|line| !line.contains(&trace));
    assert_eq!(untraced, None);
    let answered = |line: &&str| line.contains("/{call_id}/ringing") && line.contains(&trace);
    assert!(text.lines().any(|line| answered(&line)), "{text}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_is_logged_with_the_trace_that_it_names() {
    let log = Log::caught("faithcall_backend=debug");

    let backend = Backend::start().await;
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let asked = reqwest::Client::new()
        .get(format!("{}/api/calls/active", backend.url()))
        .header(TRACE_HEADER, format!("00-{TRACE}-00f067aa0ba902b7-01"));
    assert_eq!(asked.send().await.unwrap().status(), 403);
    let text = log.text();
    let traced = |line: &&str| line.contains("/active") && line.contains(TRACE);
    assert!(text.lines().any(|line| traced(&line)), "{text}");
}
