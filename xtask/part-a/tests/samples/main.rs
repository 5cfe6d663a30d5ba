//! The stand-in against recordings of a deployed server: same statuses, same answers, same
//! messages on the same topics, in the same order.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use part_a::server::{Config, LiveKitKey, Recorder, member_token, router};
use serde_json::{Value, json};
use tower::ServiceExt;

const SECRET: &str = "a secret that is long enough for anybody";

/// Fields whose value is made anew in each run: ids, times, tokens, durations.
const FRESH: [&str; 6] = [
    "timestamp",
    "started_at",
    "initiated_at",
    "livekit_token",
    "duration_seconds",
    // The framework's own prose about a validation error.
    "detail",
];

struct World {
    router: Router,
    recorder: Arc<Recorder>,
    /// The recording's call id → ours.
    ids: BTreeMap<String, String>,
}

impl World {
    fn new() -> Self {
        let recorder = Arc::new(Recorder::default());
        let config = Config {
            jwt_secret: SECRET.into(),
            livekit_url: "wss://127.0.0.1:7880".into(),
            livekit_key: LiveKitKey {
                key: "key".into(),
                secret: SECRET.into(),
            },
            trouble: None,
        };
        Self {
            router: router(config, recorder.clone()),
            recorder,
            ids: BTreeMap::new(),
        }
    }

    /// Sends a recorded request; the answer's status and body.
    async fn send(&self, recording: &Value) -> (u16, Value) {
        let mut request = Request::builder()
            .method(recording["method"].as_str().unwrap())
            .uri(self.ours(recording["path"].as_str().unwrap()));
        match (recording["as"].as_str(), recording["name"].as_str()) {
            (Some(member), _) => {
                let token = member_token(SECRET, member);
                request = request.header("authorization", format!("Bearer {token}"));
            }
            (None, Some("garbage token")) => {
                request = request.header("authorization", "Bearer garbage");
            }
            (None, _) => {}
        }
        let body = match &recording["body"] {
            Value::Null => Body::empty(),
            body => Body::from(body.to_string()),
        };
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    /// The recording's ids replaced by ours.
    fn ours(&self, text: &str) -> String {
        self.ids
            .iter()
            .fold(text.to_owned(), |text, (theirs, ours)| {
                text.replace(theirs, ours)
            })
    }

    /// A call that the recording uses without having recorded its making.
    async fn make_up(&mut self, theirs: &str, caller: &str, callee: &str) {
        let (status, answer) = self
            .send(&json!({
                "method": "POST", "path": "/api/calls", "as": caller,
                "body": {"callee_ids": [callee], "call_type": "voice"},
            }))
            .await;
        assert_eq!(status, 200, "{answer}");
        self.ids.insert(
            theirs.to_owned(),
            answer["call_id"].as_str().unwrap().to_owned(),
        );
        self.recorder.take();
    }

    async fn check(&mut self, recording: &Value) {
        let name = recording["name"].as_str().unwrap();
        if name == "cancel" {
            let id = recording["path"]
                .as_str()
                .unwrap()
                .split('/')
                .nth(3)
                .unwrap();
            self.make_up(id, "member-3", "member-4").await;
        }
        let (status, answer) = self.send(recording).await;
        assert_eq!(status, recording["status"], "{name}: {answer}");
        let expected = match &recording["response"] {
            Value::String(text) => serde_json::from_str(text).unwrap(),
            other => other.clone(),
        };
        if let (Some(theirs), Some(ours)) = (expected.get("call_id"), answer.get("call_id")) {
            let pair = (
                theirs.as_str().unwrap().to_owned(),
                ours.as_str().unwrap().to_owned(),
            );
            self.ids.insert(pair.0, pair.1);
        }
        self.same(name, &answer, &expected);
        if status != 422 && expected.get("detail").is_some() {
            assert_eq!(answer["detail"], expected["detail"], "{name}");
        }
        let sent = self.recorder.take();
        let expected = recording["mqtt"].as_array().unwrap();
        assert_eq!(sent.len(), expected.len(), "{name}: {sent:?}");
        for (sent, expected) in sent.iter().zip(expected) {
            assert_eq!(sent.topic, self.ours(expected["topic"].as_str().unwrap()));
            assert_eq!(sent.qos, expected["qos"], "{name}");
            self.same(name, &sent.payload, &expected["payload"]);
        }
    }

    fn same(&self, name: &str, ours: &Value, theirs: &Value) {
        match (ours, theirs) {
            (Value::Object(ours), Value::Object(theirs)) => {
                let keys = |v: &serde_json::Map<String, Value>| {
                    v.keys().cloned().collect::<std::collections::BTreeSet<_>>()
                };
                assert_eq!(keys(ours), keys(theirs), "{name}");
                for (key, theirs) in theirs.iter().filter(|(k, _)| !FRESH.contains(&k.as_str())) {
                    self.same(&format!("{name}: {key}"), &ours[key], theirs);
                }
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                assert_eq!(ours.len(), theirs.len(), "{name}");
                for (ours, theirs) in ours.iter().zip(theirs) {
                    self.same(name, ours, theirs);
                }
            }
            (Value::String(ours), Value::String(theirs)) => {
                assert_eq!(*ours, self.ours(theirs), "{name}");
            }
            _ => assert_eq!(ours, theirs, "{name}"),
        }
    }
}

#[tokio::test]
async fn the_stand_in_answers_as_a_deployed_server_does() {
    let recordings: Vec<Value> = include_str!("../../../../core/protocol/fixtures/part-a.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut world = World::new();
    let mut checked = 0;
    for recording in &recordings {
        let name = recording["name"].as_str().unwrap();
        // Nothing in the SDK asks for statistics.
        if name == "stats" {
            continue;
        }
        // Here the recording cleared away what it had left over.
        if ["initiate group with community", "no token"].contains(&name) {
            world = World::new();
        }
        world.check(recording).await;
        checked += 1;
    }
    assert_eq!(checked, recordings.len() - 1);
}
