//! What is published, against what a deployed server really sent.

use faithcall_protocol::ledger::*;
use faithcall_protocol::redact::Personal;
use faithcall_protocol::rest::{Actor, PatchParticipant};
use serde_json::{Map, Value};

use crate::bench::*;

/// The recorded messages of the nth recording of that name, without what ours may differ in.
fn recorded(name: &str, nth: usize) -> Vec<(String, Value)> {
    let line = include_str!("../../fixtures/part-a.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|recording| recording["name"] == name)
        .nth(nth)
        .unwrap();
    let messages = line["mqtt"].as_array().unwrap().iter();
    messages
        .map(|message| {
            let payload = message["payload"].as_object().unwrap();
            let call = payload["call_id"].as_str().unwrap();
            let topic = message["topic"].as_str().unwrap().replace(call, "c1");
            (topic, comparable(payload, call))
        })
        .collect()
}

/// A payload with one call id, and without times, part B's fields, and the token that a deployed
/// server adds to its call_accept.
fn comparable(payload: &Map<String, Value>, call: &str) -> Value {
    let ours = ["rev", "cause", "by", "device_id", "server_time", "snapshot"];
    let other = [
        "timestamp",
        "livekit_token",
        "livekit_url",
        "ring_expires_in_ms",
    ];
    let left_out = ours.into_iter().chain(other).collect::<Vec<_>>();
    let kept = payload
        .iter()
        .filter(|(key, _)| !left_out.contains(&key.as_str()));
    let text = serde_json::to_string(&kept.collect::<std::collections::BTreeMap<_, _>>()).unwrap();
    serde_json::from_str(&text.replace(call, "c1")).unwrap()
}

/// Ours, but for call_update.
fn sent(step: &Step) -> Vec<(String, Value)> {
    step.messages(URL)
        .iter()
        .map(|message| {
            let payload = serde_json::to_value(&message.envelope).unwrap();
            let payload = comparable(payload.as_object().unwrap(), "c1");
            (message.topic.to_string(), payload)
        })
        .filter(|(_, payload)| payload["type"] != "call_update")
        .collect()
}

fn one() -> Actor {
    actor("member-1", "")
}

fn two() -> Actor {
    actor("member-2", "")
}

fn created() -> Step {
    let mut caller = person("member-1", "Member One");
    caller.avatar = Some(Personal::new("https://files.example/member-1.jpg"));
    let new = NewCall {
        caller,
        caller_device: None,
        callees: vec![person("member-2", "Member Two")],
        ..new_call()
    };
    made(new)
}

fn bench() -> Bench {
    Bench {
        call: created().call,
        now: START,
    }
}

#[test]
fn a_straight_call_of_part_a_sends_what_a_deployed_server_sends() {
    let mut bench = bench();
    assert_eq!(sent(&created()), recorded("initiate", 0));
    assert_eq!(sent(&bench.commits(accept(two()))), recorded("accept", 0));

    let joined = sent(&bench.commits(connected(one())));
    let mut theirs = recorded("connected by caller", 0);
    // A deployed server forgets the caller's picture here.
    theirs[0].1["participant"]["avatar"] = "https://files.example/member-1.jpg".into();
    assert_eq!(joined, theirs);
    bench.commits(connected(two()));

    assert_eq!(sent(&bench.commits(mute(one(), true))), recorded("mute", 0));
    let video_and_speaker = Command::Patch {
        actor: two(),
        flags: PatchParticipant {
            is_muted: None,
            is_video_enabled: Some(false),
            is_speaker_on: Some(true),
        },
    };
    assert_eq!(
        sent(&bench.commits(video_and_speaker)),
        recorded("video + speaker", 0)
    );
    bench.after(3_000);
    assert_eq!(
        sent(&bench.commits(end(two()))),
        recorded("end by callee", 0)
    );
    assert_eq!(sent(&bench.does(end(one()))), [], "on purpose");
}

#[test]
fn refusals_of_part_a_send_what_a_deployed_server_sends() {
    assert_eq!(sent(&bench().commits(reject(two()))), recorded("reject", 0));
    assert_eq!(
        sent(&bench().commits(busy(two()))),
        recorded("reject busy", 0)
    );
    assert_eq!(
        sent(&bench().commits(cancel(one()))),
        recorded("cancel by caller", 0)
    );
}

#[test]
fn each_confirmed_member_joins_once_and_nobody_before_the_accept() {
    let joins = |step: &Step| {
        let of_type = |(_, kind): &(String, String)| kind == "participant_joined";
        published(step).iter().filter(|m| of_type(m)).count()
    };
    let mut bench = Bench::ringing();
    assert_eq!(joins(&bench.does(connected(alice()))), 0);
    assert_eq!(joins(&bench.commits(accept(bob()))), 1, "remembered");
    assert_eq!(joins(&bench.commits(connected(bob()))), 1);
    assert_eq!(joins(&bench.lists(&["alice", "bob"])), 0);
}

#[test]
fn a_device_of_part_b_that_rings_is_heard_by_a_caller_of_part_a() {
    let signal = ("call/c1/signal".to_owned(), "call_ringing".to_owned());
    let mut bench = Bench::nameless();
    assert!(published(&bench.commits(ringing(bob()))).contains(&signal));
    let mut bench = Bench::nameless();
    let said_itself = bench.commits(ringing(actor("bob", "")));
    assert!(!published(&said_itself).contains(&signal));
}

#[test]
fn an_end_by_a_deadline_is_told_to_each_member_and_to_the_call() {
    let mut bench = Bench::nameless();
    bench.after(47_000);
    let step = bench.commits(Command::Tick);
    let ends: Vec<_> = published(&step)
        .into_iter()
        .filter(|(_, kind)| kind == "call_end")
        .map(|(topic, _)| topic)
        .collect();
    assert_eq!(
        ends,
        [
            "member/alice/call_status",
            "member/bob/call_status",
            "call/c1/signal"
        ]
    );
    let said = serde_json::to_value(&step.messages(URL)[0].envelope).unwrap();
    assert_eq!(said["reason"], "missed");
    assert_eq!(said["ended_by"], "server");
}

#[test]
fn part_a_is_told_before_part_b() {
    let kinds: Vec<_> = published(&created()).into_iter().map(|(_, k)| k).collect();
    assert_eq!(
        kinds,
        ["call_invite", "call_invite", "call_update", "call_update"]
    );
}

#[test]
fn an_invite_carries_what_part_b_adds() {
    let invite = &created().messages(URL)[0];
    let said = serde_json::to_value(&invite.envelope).unwrap();
    assert_eq!(said["rev"], 1);
    assert_eq!(said["cause"], "created");
    assert_eq!(said["by"], "member-1");
    assert_eq!(said["livekit_url"], URL);
    assert_eq!(said["snapshot"]["status"], "ringing");
}
