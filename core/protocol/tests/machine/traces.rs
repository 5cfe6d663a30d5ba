//! A call's trace: nothing personal in it, and a difference is named.

use faithcall_protocol::machine::Reply;
use faithcall_protocol::machine::{Failure, Input, Machine, MachineConfig, RoomEvent};
use faithcall_protocol::redact::{Personal, Secret};
use faithcall_protocol::rest::ErrorBody;
use faithcall_protocol::trace::{CUT_LINE, Difference, Recorder, Replay, TraceError};
use serde_json::{Value, json};

use crate::kit::{Phone, created, incoming, refusal};

/// Alice's call to Bob, from the invite to the hang-up, as a trace.
fn trace() -> Vec<String> {
    let mut bob = Phone::part_b();
    bob.push("c-secret", 45_000).invite("c-secret", 45_000);
    bob.accept("c-secret").accept_counts("c-secret", 2);
    bob.room(RoomEvent::Connected).joined("alice");
    bob.update(incoming("c-secret").rev(3).active("phone"));
    bob.end("c-secret");
    lines(bob.machine.config().clone(), bob.given())
}

fn lines(config: MachineConfig, inputs: &[(u64, Input)]) -> Vec<String> {
    let (mut recorder, header) = Recorder::new(&config).unwrap();
    let mut machine = Machine::new(config);
    let steps = inputs.iter().map(|(at, input)| {
        let outputs = machine.handle(*at, input.clone());
        recorder.step(*at, input, &outputs).unwrap()
    });
    std::iter::once(header).chain(steps).collect()
}

fn differences(trace: &[String]) -> Vec<Difference> {
    let mut replay = Replay::new(&trace[0]).unwrap();
    let replayed = trace[1..].iter().map(|line| replay.step(line).unwrap());
    replayed
        .filter_map(|step| step.unwrap().difference)
        .collect()
}

#[test]
fn nothing_personal_is_written() {
    let trace = trace().join("\n");
    for word in [
        "bob",
        "alice",
        "Alice",
        "Somebody",
        "/church/",
        "\"phone\"",
        "tablet",
        "c-secret",
        "wss:",
        ":\"room\"",
        "2026",
        "\"token\":\"token\"",
    ] {
        let line = trace.lines().find(|line| line.contains(word));
        assert!(line.is_none(), "{word:?} shows: {line:?}");
    }
    for stand_in in [
        "\"m1\"",
        "\"m2\"",
        "\"d1\"",
        "\"c1\"",
        "\"token1\"",
        "\"url1\"",
        "2000-01-01T",
    ] {
        assert!(trace.contains(stand_in), "no {stand_in} in {trace}");
    }
}

#[test]
fn a_server_s_sentence_keeps_only_what_the_machine_looks_for() {
    let mut bob = Phone::part_a();
    bob.invite_a("c1", "alice").accept("c1");
    let mut refused = refusal(409, faithcall_protocol::rest::ErrorCode::Other, None);
    if let Failure::Status {
        body: Some(body), ..
    } = &mut refused
    {
        **body = ErrorBody {
            detail: json!([{"msg": "Ruth Ahab has no money", "ruth@example.org": 1}, "Ruth is active"]),
            code: None,
            call: None,
        };
    }
    bob.fail("accept", refused);
    let trace = lines(bob.machine.config().clone(), bob.given()).join("\n");
    assert!(
        !trace.contains("Ruth") && !trace.contains("ruth"),
        "{trace}"
    );
    assert!(trace.contains(r#""detail":[null,"active"]"#), "{trace}");
}

#[test]
fn one_identity_is_the_same_in_whatever_field_it_stands() {
    let mut bob = Phone::ringing("c1");
    let mut reply = created(incoming("c1").rev(2).accepted("phone"), false);
    if let Reply::Call(response) = &mut reply {
        response.livekit_token = Secret::new("alice");
        response.participants.clear();
        if let Some(part_b) = &mut response.part_b {
            part_b.snapshot.participants[0].participant.member_name = Personal::new("alice");
        }
    }
    bob.accept("c1").answer("accept", reply);
    let trace = lines(bob.machine.config().clone(), bob.given());
    assert_eq!(differences(&trace), []);
    assert!(trace.last().unwrap().contains(r#""member_name":"m2""#));
}

#[test]
fn a_replay_of_what_was_recorded_shows_no_difference() {
    assert_eq!(differences(&trace()), []);
}

#[test]
fn an_output_that_was_recorded_otherwise_is_named_with_both_sides() {
    let mut trace = trace();
    let at = trace
        .iter()
        .position(|line| line.contains(r#"{"event":{"incoming":"#))
        .unwrap();
    let (input, outputs) = trace[at].split_once(r#""outputs""#).unwrap();
    let outputs = outputs.replace(":45000", ":44000");
    trace[at] = format!(r#"{input}"outputs"{outputs}"#);
    let found = differences(&trace);
    assert_eq!(found.len(), 1, "{found:?}");
    let ring = |side: &Option<Value>| {
        side.as_ref().unwrap()["event"]["incoming"]["ring_expires_in_ms"].clone()
    };
    assert_eq!(ring(&found[0].recorded), 44_000);
    assert_eq!(ring(&found[0].replayed), 45_000);
}

#[test]
fn an_output_more_or_less_is_a_difference() {
    let mut trace = trace();
    let at = trace
        .iter()
        .position(|line| line.contains(r#"{"event":{"incoming":"#))
        .unwrap();
    let mut step: Value = serde_json::from_str(&trace[at]).unwrap();
    let outputs = step["outputs"].as_array_mut().unwrap();
    let count = outputs.len();
    outputs.pop();
    trace[at] = step.to_string();
    let less = differences(&trace).remove(0);
    assert_eq!((less.output, less.recorded), (count - 1, None));
    let outputs = step["outputs"].as_array_mut().unwrap();
    outputs.push(less.replayed.unwrap());
    outputs.push(json!({"event": "auth_needed"}));
    trace[at] = step.to_string();
    let more = differences(&trace).remove(0);
    assert_eq!((more.output, more.replayed), (count, None));
}

#[test]
fn a_text_that_is_no_trace_is_refused_with_what_to_do() {
    let later = trace()[0].replacen(":1,", ":2,", 1);
    let error = Replay::new(&later).unwrap_err();
    assert!(matches!(error, TraceError::Format(2)), "{error}");
    assert!(
        error
            .to_string()
            .contains("replay it with the version that wrote it")
    );
    assert!(matches!(
        Replay::new("hello"),
        Err(TraceError::NotATrace(_))
    ));
    let mut replay = Replay::new(&trace()[0]).unwrap();
    assert!(matches!(replay.step("{}"), Err(TraceError::NotAStep(_))));
    let unknown = r#"{"at_ms":1,"input":"teleported","outputs":[]}"#;
    assert!(matches!(
        replay.step(unknown),
        Err(TraceError::UnknownInput(_))
    ));
    assert_eq!(replay.step(CUT_LINE).unwrap(), None);
}
