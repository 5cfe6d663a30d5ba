//! Apps that know nothing but part A: the backend answers and signals as a deployed server was
//! recorded to, but for the deviations that the contract names.

use std::collections::HashMap;
use std::sync::Arc;

use faithcall_backend::broker::{self, BrokerConfig};
use part_a::app::App;
use reqwest::Method;
use serde_json::{Value, json};

use crate::backend::{Answer, Backend, PATIENCE, Phone, id_of};
use crate::broker_client::{Peer, TestGate};

/// Made anew each time.
const FRESH: [&str; 5] = [
    "timestamp",
    "initiated_at",
    "started_at",
    "livekit_token",
    "duration_seconds",
];
/// What this server does otherwise, on purpose or not yet.
const OTHERWISE: [&str; 10] = [
    "end again",                     // signals nothing
    "stats",                         // a deployed server had not counted the call before
    "cancel",                        // its create was not recorded
    "initiate group with community", // not yet
    "member-2 rejects",              // in that group
    "member-3 accepts",              // in that group
    "member-4 accepts second",       // in that group
    "empty callees",                 // 422
    "no token",                      // tests/wire/refusals.rs
    "garbage token",                 // tests/wire/refusals.rs
];
const MEMBERS: &str = r#"[
  {"id": "member-1", "name": "Member One", "church": "church-1",
   "avatar": "https://files.example/member-1.jpg"},
  {"id": "member-2", "name": "Member Two", "church": "church-1"},
  {"id": "member-3", "name": "Member Three", "church": "church-1"}
]"#;

struct Replay {
    backend: Backend,
    /// Hears everything on the broker.
    ear: Peer,
    /// The recorded calls' ids → ours.
    ids: HashMap<String, String>,
}

impl Replay {
    fn phone(&self, member: &str) -> Phone {
        self.backend.client("church-1", member, None)
    }

    fn ours(&self, text: &str) -> String {
        let replace =
            |text: String, (recorded, ours): (&String, &String)| text.replace(recorded, ours);
        self.ids.iter().fold(text.to_owned(), replace)
    }

    /// Sends a recorded request, and compares the answer and the signals.
    async fn step(&mut self, recording: &Value) {
        let name = recording["name"].as_str().unwrap();
        let path = self.ours(recording["path"].as_str().unwrap());
        let path = path.strip_prefix("/api/calls").unwrap();
        let phone = self.phone(recording["as"].as_str().unwrap());
        let method: Method = recording["method"].as_str().unwrap().parse().unwrap();
        let creates = path.is_empty() && recording["status"] == 200;
        if creates {
            self.hang_up_all().await;
        }
        let body = Some(recording["body"].clone()).filter(|body| !body.is_null());
        let answer = phone.request(method, path, body).await;
        if creates {
            let recorded = id_of(&recording["response"]);
            self.ids.insert(recorded, id_of(&answer.body));
        }
        self.same_answer(name, recording, &answer);
        for recorded in recording["mqtt"].as_array().unwrap() {
            let (topic, payload) = self.next_signal().await;
            assert_eq!(
                topic,
                self.ours(recorded["topic"].as_str().unwrap()),
                "{name}"
            );
            self.same(name, &recorded["payload"], &payload);
        }
    }

    fn same_answer(&self, name: &str, recording: &Value, answer: &Answer) {
        assert_eq!(
            answer.status.as_u16(),
            recording["status"],
            "{name}: {}",
            answer.body
        );
        let recorded = match &recording["response"] {
            Value::String(null) if null == "null" => &Value::Null,
            other => other,
        };
        if answer.status == 200 {
            // Not a field more: part A's answers, whole.
            let keys = |value: &Value| {
                value
                    .as_object()
                    .map(|o| o.keys().cloned().collect::<Vec<_>>())
            };
            assert_eq!(keys(&answer.body), keys(recorded), "{name}");
        }
        match &recorded["detail"] {
            Value::Array(errors) => {
                let ours = answer.body["detail"].as_array().unwrap();
                assert_eq!(ours.len(), errors.len(), "{name}");
                for (ours, recorded) in ours.iter().zip(errors) {
                    for field in ["type", "loc", "msg", "input"] {
                        assert_eq!(ours[field], recorded[field], "{name}: {field}");
                    }
                }
            }
            _ => self.same(name, recorded, &answer.body),
        }
    }

    /// Every recorded field is there, and the same.
    fn same(&self, name: &str, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(ours)) => {
                for (key, value) in recorded {
                    let found = ours.get(key);
                    let found = match key.as_str() {
                        // A deployed server puts the callee's token on MQTT; we never do.
                        "livekit_token" if recorded.contains_key("callee_id") => continue,
                        _ => found.unwrap_or_else(|| panic!("{name}: no {key}")),
                    };
                    match key.as_str() {
                        "livekit_url" => assert_eq!(*found, self.backend.livekit.url()),
                        // A deployed server forgets it here.
                        "avatar" if value.is_null() => {}
                        key if FRESH.contains(&key) => {
                            assert_eq!(found.is_string(), value.is_string(), "{name}: {key}");
                        }
                        _ => self.same(name, value, found),
                    }
                }
            }
            (Value::Array(recorded), Value::Array(ours)) => {
                assert_eq!(recorded.len(), ours.len(), "{name}");
                for (recorded, ours) in recorded.iter().zip(ours) {
                    self.same(name, recorded, ours);
                }
            }
            (Value::String(recorded), Value::String(ours)) => {
                assert_eq!(self.ours(recorded), *ours, "{name}");
            }
            // Ours shows no end of a participant that never joined, and the time of one that did.
            (Value::Null, Value::String(_)) => {}
            (recorded, ours) => assert_eq!(recorded, ours, "{name}"),
        }
    }

    /// The next of part A's signals.
    async fn next_signal(&mut self) -> (String, Value) {
        loop {
            let (topic, payload) = self.ear.next().await;
            let payload: Value = serde_json::from_str(&payload).unwrap();
            // Ours tells of each that joins, a deployed server of the first only.
            let second = payload["type"] == "participant_joined"
                && payload["participant"]["id"] == "member-2";
            if !topic.ends_with("/call_update") && !second {
                return (topic, payload);
            }
        }
    }

    /// Ends what the recording left open, without a trace in the signals that are compared.
    async fn hang_up_all(&mut self) {
        for member in ["member-1", "member-2", "member-3"] {
            let phone = self.phone(member);
            let active = phone.get("/active").await.ok();
            if active.is_null() {
                continue;
            }
            phone.end(&id_of(&active)).await.ok();
            for _ in ["member-1", "member-2", "the call"] {
                assert_eq!(self.next_signal().await.1["type"], "call_end");
            }
        }
    }
}

#[tokio::test]
async fn the_backend_is_what_was_recorded() {
    let gate = TestGate {
        expires_at_ms: None,
    };
    let config = BrokerConfig {
        tcp: Some(([127, 0, 0, 1], 0).into()),
        ..BrokerConfig::default()
    };
    let broker = broker::start(config, Arc::new(gate)).await.unwrap();
    let mut ear = Peer::join(&broker, "backend").await;
    assert!(ear.subscribe("#").await);
    let folder = tempfile::tempdir().unwrap();
    let members = folder.path().join("members.json");
    std::fs::write(&members, MEMBERS).unwrap();
    let port = broker.addresses().tcp.unwrap().port().to_string();
    let backend = Backend::with(&[
        ("MQTT_BROKER_HOST", "127.0.0.1"),
        ("MQTT_BROKER_PORT", &port),
        ("FAITHCALL_MQTT_USERNAME", "backend"),
        ("FAITHCALL_MQTT_PASSWORD", "pw-backend"),
        ("FAITHCALL_DEV_MEMBERS", ""),
        ("FAITHCALL_MEMBERS_FILE", members.to_str().unwrap()),
    ])
    .await;
    let mut replay = Replay {
        backend,
        ear,
        ids: HashMap::new(),
    };
    let recordings = include_str!("../../../../core/protocol/fixtures/part-a.jsonl");
    let recordings = recordings
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let recordings = recordings
        .filter(|recording: &Value| !OTHERWISE.contains(&recording["name"].as_str().unwrap()));
    let mut replayed = 0;
    for recording in recordings {
        replay.step(&recording).await;
        replayed += 1;
    }
    assert_eq!(replayed, 32);
}

/// The next of these signals that the app hears.
async fn heard(app: &mut App, kind: &str) -> Value {
    app.signal(kind, PATIENCE).await.unwrap().1
}

#[tokio::test]
async fn a_part_a_app_calls_a_phone() {
    let backend = Backend::start().await;
    let mut ann = backend.app("ann").await;
    let mut bob = backend.phone("bob", "b1").await;
    let made = ann.call("bob", "video").await.unwrap();
    let id = id_of(&made);
    let invite = bob.signal("/incoming_call").await;
    assert_eq!(
        (&invite["call_id"], &invite["rev"]),
        (&json!(id), &json!(1))
    );
    // A nameless caller is answered with a waiting token too, but nobody waits for its call.
    assert_eq!(bob.ringing(&id).await.ok()["join_ahead"], Value::Null);
    assert_eq!(heard(&mut ann, "call_ringing").await["callee_id"], "bob");
    bob.accept(&id).await.ok();
    let accept = heard(&mut ann, "call_accept").await;
    assert_eq!(
        (&accept["callee_id"], &accept["livekit_token"]),
        (&json!("bob"), &Value::Null)
    );
    assert_eq!(ann.post(&id, "connected", None).await.unwrap().0, 200);
    assert_eq!(
        heard(&mut ann, "participant_joined").await["participant"]["id"],
        "ann"
    );
    bob.connected(&id).await.ok();
    assert_eq!(bob.update("active").await["snapshot"]["status"], "active");
    bob.end(&id).await.ok();
    let end = heard(&mut ann, "call_end").await;
    assert_eq!(
        (&end["ended_by"], &end["reason"]),
        (&json!("bob"), &json!("normal"))
    );
}

#[tokio::test]
async fn a_phone_calls_a_part_a_app() {
    let backend = Backend::start().await;
    let mut ann = backend.phone("ann", "a1").await;
    let mut bob = backend.app("bob").await;
    let id = id_of(&ann.dial("bob").await.ok());
    assert_eq!(heard(&mut bob, "call_invite").await["call_id"], *id);
    bob.follow(&id).await.unwrap();
    bob.ringing(&id).await.unwrap();
    let update = ann.update("ringing").await;
    assert_eq!(update["snapshot"]["invitees"][0]["state"], "ringing");
    let (status, answer) = bob.post(&id, "accept", None).await.unwrap();
    assert_eq!((status, &answer["snapshot"]), (200, &Value::Null));
    let accepted = ann.update("accepted").await;
    assert_eq!(accepted["snapshot"]["participants"][1]["identity"], "bob");
    ann.connected(&id).await.ok();
    bob.post(&id, "connected", None).await.unwrap();
    ann.update("active").await;
    ann.end(&id).await.ok();
    assert_eq!(heard(&mut bob, "call_end").await["ended_by"], "ann");

    let id = id_of(&ann.dial("bob").await.ok());
    heard(&mut bob, "call_invite").await;
    ann.cancel(&id).await.ok();
    assert_eq!(heard(&mut bob, "call_cancel").await["call_id"], *id);
    let (status, refused) = bob.post(&id, "accept", None).await.unwrap();
    assert_eq!(
        (status, &refused["detail"]),
        (409, &json!("Call cannot be accepted (status: ended)"))
    );
}

#[tokio::test]
async fn a_part_a_apps_repeats_get_part_as_answers() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", None);
    let bob = backend.client("c1", "bob", None);
    let dial = json!({"callee_ids": ["bob"], "call_type": "voice"});
    let made = ann.post("", Some(dial.clone())).await.ok();
    let id = id_of(&made);
    assert_eq!(
        ann.post("", Some(dial.clone())).await.refusal(),
        (409, "already_in_call")
    );
    bob.accept(&id).await.ok();
    let again = bob.accept(&id).await;
    assert_eq!(
        again.body["detail"],
        "Call cannot be accepted (status: connecting)"
    );
    assert_eq!(ann.cancel(&id).await.refusal(), (404, "already_handled"));
    for phone in [&ann, &bob] {
        assert_eq!(
            phone.connected(&id).await.ok(),
            json!({"message": "Call connected"})
        );
        assert_eq!(phone.end(&id).await.ok(), json!({"message": "Call ended"}));
    }
    let id = id_of(&ann.post("", Some(dial)).await.ok());
    bob.reject(&id, "rejected").await.ok();
    let again = bob.reject(&id, "rejected").await;
    assert_eq!(again.body["detail"], "Call not found or already handled");
}
