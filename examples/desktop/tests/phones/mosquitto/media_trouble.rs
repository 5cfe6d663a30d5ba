//! Answers that are lost, late, or cross each other.

use std::time::Duration;

use part_a::server::Trouble;
use reqwest::Method;
use serde_json::Value;

use super::{CALLEE, CALLER, Deployed, Unusual};
use crate::phone::{End, PATIENCE};

async fn troubled(trouble: Trouble) -> Deployed {
    Deployed::with(Unusual {
        trouble: Some(trouble),
        ..Unusual::default()
    })
    .await
}

#[tokio::test]
async fn an_accept_that_the_caller_could_not_hear_is_found_by_asking() {
    let server = troubled(Trouble::AnswersCreateLate).await;
    let mut caller = server.caller(&[]).await;
    let mut callee = server.callee(&["--on-invite", "accept"]).await;
    // Who does not know the call's id yet listens to none of its signals.
    caller.say(&format!("call {CALLEE}")).await;
    for phone in [&mut caller, &mut callee] {
        phone.expect("active").await;
        phone.expect("sound").await;
    }
    callee.say("end").await;
    assert_eq!(
        caller.ended().await,
        End::new("ended", "normal", Some(CALLEE))
    );
}

#[tokio::test]
async fn two_who_call_each_other_are_in_one_call_without_a_ring() {
    let server = troubled(Trouble::CreatesMeet).await;
    let (mut caller, mut callee) = (server.caller(&[]).await, server.callee(&[]).await);
    caller.say(&format!("call {CALLEE}")).await;
    callee.say(&format!("call {CALLER}")).await;
    let mut calls = Vec::new();
    for phone in [&mut caller, &mut callee] {
        calls.push(phone.expect("connecting").await["call_id"].clone());
        phone.expect("active").await;
        phone.expect("sound").await;
        let told = ["incoming", "ended", "command_failed"].map(|event| phone.count(event));
        assert_eq!(told, [0, 0, 0]);
    }
    assert_eq!(calls[0], calls[1]);
    caller.say("end").await;
    assert_eq!(
        callee.ended().await,
        End::new("ended", "normal", Some(CALLER))
    );
}

/// The token for the room was in that answer, and such a server has no other way to one.
#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_and_ends_at_both_ends() {
    let server = troubled(Trouble::LosesCreateAnswer).await;
    let (mut caller, mut callee) = (server.caller(&[]).await, server.callee(&[]).await);
    caller.say(&format!("call {CALLEE}")).await;
    let incoming = callee.expect("incoming").await;
    let placed = caller.expect("placed").await;
    assert_eq!(placed["call_id"], incoming["call_id"]);
    callee.say("accept").await;
    let failed = End::new("failed", "failed", None);
    assert_eq!(caller.ended().await, failed);
    assert_eq!(callee.ended().await.how(), failed.how());
    assert_eq!(callee.count("incoming"), 1);
}

/// There is no second way to the room on such a server: what the accept answered is lost for good.
#[tokio::test]
async fn an_accept_whose_answer_is_lost_ends_at_both_ends() {
    let server = troubled(Trouble::LosesAcceptAnswer).await;
    let (mut caller, mut callee) = (server.caller(&[]).await, server.callee(&[]).await);
    caller.say(&format!("call {CALLEE}")).await;
    callee.expect("incoming").await;
    callee.say("accept").await;
    caller.expect("connecting").await;
    // The repeated accept learns that the call is taken; by whom, such a server does not say.
    let lost = End::new("ended", "network_error", None);
    assert_eq!(callee.ended().await, lost);
    callee
        .expect_where("in_call_elsewhere", |line| line["call_id"] != Value::Null)
        .await;
    // The caller goes on connecting for 30 s, as long as the contract says, and is alone.
    let patience = PATIENCE + Duration::from_secs(30);
    let end = caller.expect_within(patience, "ended", |_| true).await;
    assert_eq!(End::of(&end), End::new("failed", "failed", None));
    assert_eq!(caller.count("active"), 0);
    caller.expect("end_confirmed").await;
    callee
        .expect_where("in_call_elsewhere", |line| line["call_id"] == Value::Null)
        .await;
    let end = callee.expect("end_confirmed").await;
    assert_eq!(End::of(&end), End::new("failed", "failed", Some(CALLER)));
    for member in [CALLER, CALLEE] {
        let app = server.app(member).await;
        let active = app.request(Method::GET, "/active", None).await.unwrap();
        assert_eq!(active, (200, Value::Null));
    }
    callee.say(&format!("call {CALLER}")).await;
    caller.expect("incoming").await;
}
