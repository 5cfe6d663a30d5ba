//! What the system does to a phone in a call, and what is left of the call afterwards.

use serde_json::{Value, json};

use super::{anns_microphone, talk};
use crate::ours::{ANN, BOB, Ours};
use crate::phone::is_loud;
use crate::tone::{HIGH, LOW, played};

#[tokio::test]
async fn a_call_outlives_another_network_an_interruption_and_a_taken_permission() {
    let server = Ours::start().await;
    let mut bob = server
        .phone(BOB, &played(HIGH), &["--on-invite", "accept"])
        .await;
    let mut ann = server.phone(ANN, &played(LOW), &[]).await;
    talk(&mut ann, &mut bob).await;
    anns_microphone(&mut bob, true).await;

    for (away, back) in [
        ("interruption began", "interruption ended"),
        ("permission microphone taken", "permission microphone given"),
    ] {
        ann.say(away).await;
        anns_microphone(&mut bob, false).await;
        ann.say(back).await;
        anns_microphone(&mut bob, true).await;
    }

    ann.say("network changed").await;
    let mine = |line: &Value| line["who"] == "me";
    ann.expect_where("reconnecting", mine).await;
    let back = ann.expect_where("reconnected", mine).await;
    ann.expect_where("media", |line| is_loud(line) && is_later(line, &back))
        .await;
    ann.say("speaker on").await;

    ann.say("end").await;
    let call = bob.expect("ended").await["call_id"].clone();
    ann.expect("ended").await;
    bob.say("history").await;
    let history = bob.expect("history").await;
    assert_eq!(history["total"], 1);
    let line = &history["calls"][0];
    assert_eq!(line["call_id"], call);
    assert_eq!(
        (&line["caller"], &line["missed"]),
        (&json!(ANN), &json!(false))
    );
    assert_eq!(ann.count("refused"), 0);
    for phone in [ann, bob] {
        phone.quit().await;
    }
}

fn is_later(line: &Value, than: &Value) -> bool {
    line["t_ms"].as_u64() > than["t_ms"].as_u64()
}
