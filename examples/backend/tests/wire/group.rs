//! Calls of several members: who is rung, who is in, and who goes on without whom.

use faithcall_backend::livekit::RoomServer;
use serde_json::{Value, json};

use crate::backend::{Answer, Backend, Phone, fresh_id, id_of};
use crate::livekit_peer::Silent;
use crate::races::{ROUNDS, crossing};

/// Ann calls several members.
pub(crate) async fn call_group(ann: &Phone, callees: &[&str]) -> Answer {
    let body = json!({"callee_ids": callees, "call_type": "voice", "call_id": fresh_id()});
    ann.post("", Some(body)).await
}

async fn leave(phone: &Phone, id: &str) -> Answer {
    phone.post(&format!("/{id}/leave"), None).await
}

async fn invite(phone: &Phone, id: &str, callees: &[&str]) -> Answer {
    let body = json!({"callee_ids": callees});
    phone.post(&format!("/{id}/invite"), Some(body)).await
}

/// Where a member stands in a call, as the phone is shown it.
fn state<'a>(call: &'a Value, member: &str) -> &'a str {
    let invitees = call["invitees"].as_array().unwrap();
    let own = invitees.iter().find(|entry| entry["member_id"] == member);
    own.unwrap()["state"].as_str().unwrap()
}

#[tokio::test]
async fn several_are_rung_and_talk_and_leave_one_by_one() {
    let backend = Backend::start().await;
    let mut ann = backend.phone("ann", "a1").await;
    let mut bob = backend.phone("bob", "b1").await;
    let mut cleo = backend.phone("cleo", "c1").await;
    let made = call_group(&ann, &["bob", "cleo"]).await.ok();
    let id = id_of(&made);
    assert_eq!(made["snapshot"]["is_group"], true);
    assert_eq!(made["join_ahead"], false);
    for callee in [&mut bob, &mut cleo] {
        assert_eq!(callee.signal("/incoming_call").await["call_id"], *id);
        assert_eq!(callee.ringing(&id).await.ok()["join_ahead"], Value::Null);
    }
    bob.accept(&id).await.ok();
    assert_eq!(
        state(&cleo.update("accepted").await["snapshot"], "cleo"),
        "ringing"
    );
    let accepted = cleo.accept(&id).await.ok();
    assert_eq!(state(&accepted["snapshot"], "bob"), "accepted");
    for phone in [&ann, &bob, &cleo] {
        phone.connected(&id).await.ok();
    }
    assert_eq!(ann.update("active").await["snapshot"]["status"], "active");

    let left = leave(&cleo, &id).await.ok();
    assert_eq!(
        (state(&left["call"], "cleo"), &left["call"]["status"]),
        ("left", &json!("active"))
    );
    assert_eq!(ann.update("left").await["by"], "cleo");
    assert_eq!(cleo.get("/active").await.ok(), Value::Null);
    let token = cleo.post(&format!("/{id}/token"), None).await;
    assert_eq!(token.refusal(), (403, "not_a_participant"));
    bob.end(&id).await.ok();
    let over = ann.update("ended").await;
    assert_eq!(over["snapshot"]["reason"], "normal");
    assert_eq!(cleo.update("ended").await["snapshot"]["ended_by"], "bob");
    backend.no_rooms().await;
}

#[tokio::test]
async fn one_who_left_is_put_out_of_the_room_and_the_others_stay() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let cleo = backend.phone("cleo", "c1").await;
    let id = id_of(&call_group(&ann, &["bob", "cleo"]).await.ok());
    let mut peers = Vec::new();
    for phone in [&bob, &cleo] {
        let token = phone.accept(&id).await.ok()["livekit_token"].clone();
        let peer = Silent::enter(&backend.livekit, token.as_str().unwrap()).await;
        peers.push(peer.unwrap());
    }
    leave(&cleo, &id).await.ok();
    peers.remove(1).closed().await;
    let room = ann.snapshot(&id).await["room_name"].clone();
    let present = backend
        .rooms()
        .list_participants(room.as_str().unwrap())
        .await;
    let there: Vec<_> = present
        .unwrap()
        .into_iter()
        .map(|one| one.identity)
        .collect();
    assert_eq!(there, ["bob"]);
}

#[tokio::test]
async fn a_call_of_two_takes_in_a_third_who_missed_it_and_is_invited_again() {
    let backend = Backend::with(&[("FAITHCALL_RING_SECONDS", "1")]).await;
    let mut ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let mut cleo = backend.phone("cleo", "c1").await;
    let id = id_of(&ann.dial("bob").await.ok());
    bob.accept(&id).await.ok();
    for phone in [&ann, &bob] {
        phone.connected(&id).await.ok();
    }
    let invited = invite(&bob, &id, &["cleo"]).await.ok();
    assert_eq!(invited["call"]["is_group"], true);
    let rung = cleo.signal("/incoming_call").await;
    assert_eq!(
        (&rung["cause"], &rung["by"]),
        (&json!("invited"), &json!("bob"))
    );
    assert_eq!(rung["caller"]["id"], "ann");
    let missed = ann.update("missed").await;
    assert_eq!(state(&missed["snapshot"], "cleo"), "missed");
    assert_eq!(missed["snapshot"]["status"], "active");
    assert_eq!(cleo.signal("/call_status").await["reason"], "missed");

    let repeated = invite(&ann, &id, &["bob", "cleo"]).await.ok();
    assert_eq!(state(&repeated["call"], "cleo"), "invited");
    assert_eq!(cleo.signal("/incoming_call").await["by"], "ann");
    cleo.accept(&id).await.ok();
    assert_eq!(state(&ann.snapshot(&id).await, "cleo"), "accepted");
    let known = format!("/sync?known={id}:1");
    assert_eq!(cleo.get(&known).await.ok()["calls"][0]["call_id"], *id);
}

// Broken by ending a group at a reject while somebody is in it.
#[tokio::test]
async fn race_a4_the_last_reject_of_a_group_after_somebody_accepted() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let cleo = backend.phone("cleo", "c1").await;
    for round in 0..ROUNDS {
        let id = id_of(&call_group(&ann, &["bob", "cleo"]).await.ok());
        let (accept, reject) = crossing(round, bob.accept(&id), cleo.reject(&id, "rejected")).await;
        accept.ok();
        reject.ok();
        let call = ann.snapshot(&id).await;
        assert_eq!(
            (state(&call, "bob"), state(&call, "cleo")),
            ("accepted", "rejected")
        );
        assert_eq!(call["status"], "connecting");
        ann.end(&id).await.ok();
    }
}

#[tokio::test]
async fn who_is_busy_is_not_rung_and_only_a_call_to_busy_members_alone_is_refused() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let cleo = backend.phone("cleo", "c1").await;
    let mut dan = backend.phone("dan", "d1").await;
    let other = id_of(&cleo.dial("dan").await.ok());
    assert_eq!(dan.signal("/incoming_call").await["call_id"], *other);
    assert_eq!(
        call_group(&ann, &["cleo", "dan"]).await.refusal(),
        (409, "all_busy")
    );
    let made = call_group(&ann, &["bob", "dan"]).await.ok();
    assert_eq!(state(&made["snapshot"], "dan"), "busy");
    let id = id_of(&made);
    assert_eq!(
        invite(&ann, &id, &["cleo"]).await.refusal(),
        (409, "all_busy")
    );
    cleo.cancel(&other).await.ok();
    let invited = invite(&ann, &id, &["cleo", "dan"]).await.ok();
    assert_eq!(state(&invited["call"], "dan"), "invited");
    assert_eq!(dan.signal("/incoming_call").await["call_id"], *id);
}

#[tokio::test]
async fn the_caller_leaves_and_cannot_be_rung_back() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let cleo = backend.phone("cleo", "c1").await;
    let id = id_of(&call_group(&ann, &["bob", "cleo"]).await.ok());
    bob.accept(&id).await.ok();
    cleo.accept(&id).await.ok();
    leave(&ann, &id).await.ok();
    assert_eq!(ann.get("/active").await.ok(), Value::Null);
    assert_eq!(
        invite(&bob, &id, &["ann"]).await.refusal(),
        (409, "caller_left")
    );
    assert_eq!(
        invite(&ann, &id, &["dan"]).await.refusal(),
        (403, "not_a_participant")
    );
    ann.dial("dan").await.ok();
    assert_eq!(bob.snapshot(&id).await["status"], "connecting");
}

#[tokio::test]
async fn what_cannot_be_invited_is_said() {
    let backend = Backend::with(&[("FAITHCALL_LIMIT_CREATES_PER_PAIR", "2")]).await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let id = id_of(&ann.dial("bob").await.ok());
    assert_eq!(
        invite(&bob, &id, &["cleo"]).await.refusal(),
        (403, "not_a_participant")
    );
    assert_eq!(
        invite(&ann, &id, &["nobody"]).await.refusal(),
        (404, "member_not_found")
    );
    assert_eq!(
        invite(&ann, &id, &["eve"]).await.refusal(),
        (404, "member_not_found")
    );
    assert_eq!(invite(&ann, &id, &[]).await.refusal(), (422, "invalid"));
    let cleo = backend.phone("cleo", "c1").await;
    for _ in 0..2 {
        invite(&ann, &id, &["cleo"]).await.ok();
        invite(&ann, &id, &["cleo"]).await.ok();
        cleo.reject(&id, "rejected").await.ok();
    }
    let third = invite(&ann, &id, &["cleo"]).await;
    assert_eq!(third.refusal(), (429, "rate_limited"));
    ann.cancel(&id).await.ok();
    assert_eq!(
        invite(&ann, &id, &["cleo"]).await.refusal(),
        (409, "already_handled")
    );
    let many: Vec<String> = (0..32).map(|n| format!("m{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        call_group(&ann, &many).await.refusal(),
        (404, "member_not_found")
    );
}

#[tokio::test]
async fn an_invite_that_comes_twice_is_answered_twice_and_rings_once() {
    let settings = [("FAITHCALL_LIMIT_CREATES_PER_PAIR", "1")];
    let backend = Backend::with(&settings).await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let mut cleo = backend.phone("cleo", "c1").await;
    let id = id_of(&ann.dial("bob").await.ok());
    bob.accept(&id).await.ok();
    let path = format!("/{id}/invite");
    let asks = |known: Value| {
        let body = json!({"callee_ids": ["cleo"], "known": known});
        ann.post(&path, Some(body))
    };
    asks(json!([])).await.ok();
    cleo.signal("/incoming_call").await;
    // The answer was lost, and is asked for again: at once, and after cleo said no.
    let repeated = asks(json!([])).await.ok();
    assert_eq!(state(&repeated["call"], "cleo"), "invited");
    cleo.reject(&id, "rejected").await.ok();
    let repeated = asks(json!([])).await.ok();
    assert_eq!(state(&repeated["call"], "cleo"), "rejected");
    let told = ann.snapshot(&id).await;
    assert_eq!(repeated["call"]["rev"], told["rev"]);
    // Whoever knows of that no means cleo anew, and that is counted.
    let knows = json!([{"member_id": "cleo", "invited_again": 0}]);
    let anew = asks(knows).await;
    assert_eq!(anew.refusal(), (429, "rate_limited"));
    for wrong in [json!({"cleo": 0}), json!(["cleo"])] {
        assert_eq!(asks(wrong).await.refusal(), (422, "invalid"));
    }
    ann.end(&id).await.ok();
    let next = id_of(&bob.dial("cleo").await.ok());
    assert_eq!(cleo.signal("/incoming_call").await["call_id"], *next);
}

#[tokio::test]
async fn leaving_is_a_no_a_cancel_or_a_hang_up_where_nobody_would_be_left() {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let group = id_of(&call_group(&ann, &["bob", "cleo"]).await.ok());
    let declined = leave(&bob, &group).await.ok();
    assert_eq!(state(&declined["call"], "bob"), "rejected");
    assert_eq!(declined["call"]["status"], "ringing");
    let taken_back = leave(&ann, &group).await.ok();
    assert_eq!(taken_back["call"]["reason"], "cancelled");

    let two = id_of(&ann.dial("bob").await.ok());
    bob.accept(&two).await.ok();
    let left = leave(&bob, &two).await.ok();
    assert_eq!(
        (&left["call"]["reason"], &left["call"]["ended_by"]),
        (&json!("normal"), &json!("bob"))
    );
    assert_eq!(
        leave(&ann, &two).await.ok()["call"]["rev"],
        left["call"]["rev"]
    );
}

#[tokio::test]
async fn part_a_apps_take_part_in_a_group() {
    let backend = Backend::start().await;
    let ann = backend.client("c1", "ann", None);
    let bob = backend.client("c1", "bob", None);
    let mut cleo = backend.phone("cleo", "c1").await;
    let body = json!({"callee_ids": ["bob", "cleo"], "call_type": "video"});
    let made = ann.post("", Some(body)).await.ok();
    assert_eq!(made["snapshot"], Value::Null);
    let id = id_of(&made);
    bob.accept(&id).await.ok();
    cleo.signal("/incoming_call").await;
    cleo.accept(&id).await.ok();
    assert_eq!(bob.end(&id).await.ok()["message"], "Call ended");
    let left = cleo.update("left").await;
    assert_eq!(state(&left["snapshot"], "bob"), "left");
    ann.end(&id).await.ok();
    assert_eq!(cleo.signal("/call_status").await["type"], "call_end");
}
