//! Each recording of a deployed server is read by our types, and what we write back says the same.

use faithcall_protocol::rest;
use faithcall_protocol::signal::{self, Signal, topic::Topic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn recordings() -> Vec<Value> {
    include_str!("../../fixtures/part-a.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Reads, writes, and asks that every field of the original is still there with its meaning.
fn survives<T: Serialize + DeserializeOwned>(name: &str, original: &Value) {
    let read: T = serde_json::from_value(original.clone())
        .unwrap_or_else(|e| panic!("{name}: {e}\n{original}"));
    contains(name, &serde_json::to_value(read).unwrap(), original);
}

fn contains(name: &str, ours: &Value, original: &Value) {
    match (ours, original) {
        (Value::Object(ours), Value::Object(original)) => {
            for (key, value) in original {
                // A token that a deployed server broadcasts is never read, so never written.
                if key == "livekit_token" && original.contains_key("callee_id") {
                    continue;
                }
                let ours = ours
                    .get(key)
                    .unwrap_or_else(|| panic!("{name}: lost {key}"));
                contains(name, ours, value);
            }
        }
        (Value::Array(ours), Value::Array(original)) => {
            assert_eq!(ours.len(), original.len(), "{name}");
            for (ours, original) in ours.iter().zip(original) {
                contains(name, ours, original);
            }
        }
        (Value::String(ours), Value::String(original)) => {
            assert_eq!(ours.trim_end_matches('Z'), original, "{name}");
        }
        _ => assert_eq!(ours, original, "{name}"),
    }
}

#[test]
fn every_answer_is_read() {
    let mut read = 0;
    for recording in recordings() {
        let name = recording["name"].as_str().unwrap();
        let (method, path) = (
            recording["method"].as_str().unwrap(),
            recording["path"].as_str().unwrap(),
        );
        // The recorder wrote JSON `null` as a text.
        let response = match &recording["response"] {
            Value::String(text) => {
                serde_json::from_str(text).unwrap_or_else(|_| text.clone().into())
            }
            other => other.clone(),
        };
        let route = path.split('?').next().unwrap().rsplit('/').next().unwrap();
        if recording["status"] != 200 {
            survives::<rest::ErrorBody>(name, &response);
        } else {
            match (method, route) {
                ("POST", "calls" | "accept") => survives::<rest::CallResponse>(name, &response),
                ("POST", _) | ("PATCH", _) => survives::<rest::Message>(name, &response),
                ("GET", "active") => survives::<Option<rest::ActiveCallInfo>>(name, &response),
                ("GET", "history") => survives::<rest::HistoryPage>(name, &response),
                ("GET", "stats") => continue,
                other => panic!("{name}: nobody reads {other:?}"),
            }
        }
        read += 1;
    }
    assert_eq!(read, 41, "all recordings but the statistics");
}

#[test]
fn every_request_body_is_ours() {
    for recording in recordings() {
        let (name, body) = (recording["name"].as_str().unwrap(), &recording["body"]);
        if body.is_null() || recording["status"] == 422 {
            continue;
        }
        match recording["path"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
        {
            "calls" => survives::<rest::CreateCall>(name, body),
            "reject" => survives::<rest::RejectCall>(name, body),
            "end" => survives::<rest::EndCall>(name, body),
            "participant" => survives::<rest::PatchParticipant>(name, body),
            other => panic!("{name}: nobody writes {other}"),
        }
    }
}

#[test]
fn every_signal_and_topic_is_read() {
    let mut kinds = std::collections::BTreeSet::new();
    for recording in recordings() {
        let name = recording["name"].as_str().unwrap();
        for message in recording["mqtt"].as_array().unwrap() {
            let topic = message["topic"].as_str().unwrap();
            assert_eq!(topic.parse::<Topic>().unwrap().to_string(), topic);
            let payload = &message["payload"];
            let envelope = signal::decode(payload.to_string().as_bytes()).unwrap();
            assert_ne!(envelope.signal, Signal::Unknown, "{name}");
            survives::<signal::Envelope>(name, payload);
            kinds.insert(payload["type"].as_str().unwrap().to_owned());
        }
    }
    insta::assert_json_snapshot!(kinds);
}
