//! The media server is dead or silent while somebody calls or accepts.

use std::time::{Duration, Instant};

use crate::backend::{Answer, Backend, id_of};
use crate::media_line::{Line, MediaLine};

/// An answer waits 2 s for its room at most; the rest is for a busy machine.
const BOUND: Duration = Duration::from_secs(5);

/// 503 in time, with the words that tell a device to try again.
async fn told_to_come_back(answer: impl Future<Output = Answer>) -> Answer {
    let asked = Instant::now();
    let refused = answer.await;
    let took = asked.elapsed();
    assert_eq!(refused.refusal(), (503, "media_unavailable"));
    assert_eq!(refused.headers["retry-after"], "1");
    assert!(took < BOUND, "answered after {took:?}");
    refused
}

#[tokio::test]
async fn an_accept_without_a_room_is_kept_and_its_repeat_succeeds() {
    for outage in [Line::Dead, Line::Silent] {
        let (line, backend) = MediaLine::backend().await;
        let mut ann = backend.phone("ann", "a1").await;
        let bob = backend.phone("bob", "b1").await;
        let id = id_of(&ann.dial("bob").await.ok());

        line.set(outage);
        let refused = told_to_come_back(bob.accept(&id)).await;
        assert_eq!(refused.body["call"]["status"], "connecting", "{outage:?}");
        let accepted = ann.update("accepted").await;
        assert_eq!(accepted["snapshot"]["status"], "connecting");
        told_to_come_back(ann.post(&format!("/{id}/token"), None)).await;

        line.set(Line::Open);
        let accepted_again = bob.accept(&id).await;
        let token = ann.post(&format!("/{id}/token"), None).await;
        for answer in [accepted_again, token] {
            let body = answer.ok();
            assert!(
                body["livekit_token"]
                    .as_str()
                    .is_some_and(|it| !it.is_empty())
            );
        }
        let now = ann.snapshot(&id).await;
        assert_eq!(now["status"], "connecting");
        assert_eq!(now["rev"], accepted["rev"], "the repeat changed something");
    }
}

#[tokio::test]
async fn a_create_without_a_room_ends_by_name_and_engages_nobody() {
    for outage in [Line::Dead, Line::Silent] {
        let (line, backend) = MediaLine::backend().await;
        let ann = backend.phone("ann", "a1").await;
        let mut bob = backend.phone("bob", "b1").await;

        line.set(outage);
        let refused = told_to_come_back(ann.dial("bob")).await;
        let call = &refused.body["call"];
        assert_eq!(
            (&call["status"], &call["reason_detail"]),
            (&"failed".into(), &"media_unavailable".into())
        );
        let over = bob.update("ended").await;
        assert_eq!(over["call_id"], call["call_id"]);
        assert_eq!(over["snapshot"]["reason_detail"], "media_unavailable");

        line.set(Line::Open);
        assert_eq!(bob.dial("ann").await.ok()["snapshot"]["status"], "ringing");
    }
}

#[tokio::test]
async fn a_backend_without_its_media_server_says_so_and_goes_on() {
    let mut backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    backend.livekit.kill();
    told_to_come_back(ann.dial("bob")).await;
    assert!(!backend.running().is_ready().await);
    ann.get("/active").await.ok();
}
