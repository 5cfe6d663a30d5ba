//! A second call while one goes on.

use serde_json::Value;

use crate::ours::{ANN, BOB, CARA, Ours};
use crate::phone::Phone;
use crate::tone::{HIGH, LOW, played};

#[tokio::test]
async fn a_second_call_rings_and_the_first_is_held_for_it() {
    let server = Ours::start().await;
    let waits = ["--call-waiting", "on"];
    let mut bob = server.phone(BOB, &played(HIGH), &waits).await;
    let mut ann = server.phone(ANN, &played(LOW), &[]).await;
    let mut cara = server.phone(CARA, &played(LOW), &[]).await;
    ann.say(&format!("call {BOB}")).await;
    let first = bob.expect("incoming").await;
    bob.say("accept").await;
    for phone in [&mut ann, &mut bob] {
        phone.expect("active").await;
        phone.hears().await;
    }
    the_microphone(&mut ann, BOB, true).await;

    cara.say(&format!("call {BOB}")).await;
    let second = bob.expect("incoming").await;
    assert_eq!(second["caller"], CARA);
    bob.say("accept hold").await;
    held(&mut ann, &first, BOB, true).await;
    the_microphone(&mut ann, BOB, false).await;
    cara.expect("active").await;
    cara.hears().await;
    the_microphone(&mut cara, BOB, true).await;
    let of_cara = |line: &Value| line["member"] == CARA;
    bob.expect_where("first_media", of_cara).await;

    bob.say("swap").await;
    held(&mut ann, &first, BOB, false).await;
    held(&mut cara, &second, BOB, true).await;
    the_microphone(&mut cara, BOB, false).await;
    the_microphone(&mut ann, BOB, true).await;
    for phone in [bob, ann, cara] {
        phone.quit().await;
    }
}

/// Somebody's microphone goes on or off for the others.
async fn the_microphone(phone: &mut Phone, member: &str, on: bool) {
    let source = "microphone";
    let fits = |line: &Value| {
        (&line["member"], &line["source"], &line["on"])
            == (&member.into(), &source.into(), &on.into())
    };
    phone.expect_where("peer_media_changed", fits).await;
}

/// It is told that somebody holds its call, or goes on with it.
async fn held(phone: &mut Phone, call: &Value, who: &str, on_hold: bool) {
    let fits = |line: &Value| {
        (&line["call_id"], &line["who"], &line["on_hold"])
            == (&call["call_id"], &who.into(), &on_hold.into())
    };
    phone.expect_where("hold_changed", fits).await;
}
