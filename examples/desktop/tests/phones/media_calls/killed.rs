//! P3 of the catalogue of races: a phone that dies in a call. Broken by a participant that needs no
//! sign of life.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{anns_microphone, talk};
use crate::ours::{ANN, BOB, Ours};
use crate::phone::{End, PATIENCE};
use crate::tone::{HIGH, LOW, played};

/// The contract's bounds, from the kill on.
const RECONNECTING: Duration = Duration::from_secs(27);
const OVER: Duration = Duration::from_secs(45);

#[tokio::test]
async fn race_p3_a_phone_that_is_killed_in_a_call_ends_it() {
    let server = Ours::start().await;
    let takes = ["--on-invite", "accept"];
    let mut bob = server.phone(BOB, &played(HIGH), &takes).await;
    let mut ann = server.phone(ANN, &played(LOW), &[]).await;
    talk(&mut ann, &mut bob).await;
    let killed = Instant::now();
    bob.signal("KILL").await;
    ann.expect_within(RECONNECTING, "reconnecting", |_| true)
        .await;
    let left = OVER.saturating_sub(killed.elapsed());
    let ended = ann.expect_within(left, "ended", |_| true).await;
    assert_eq!(End::of(&ended), End::new("ended", "network_error", None));
    drop(bob);
    ann.quit().await;
}

// Broken by a rejoin that turns the microphone on, whatever it was before.
#[tokio::test]
async fn who_was_muted_when_its_phone_was_killed_is_muted_after_the_rejoin() {
    let server = Ours::start().await;
    let takes = ["--on-invite", "accept"];
    let mut bob = server.phone(BOB, &played(HIGH), &takes).await;
    let mut ann = server.phone(ANN, &played(LOW), &[]).await;
    talk(&mut ann, &mut bob).await;
    let call = ann.all("active", "call_id").remove(0);
    // It hears what the server is told.
    let mut app = server.app().await;
    app.follow(call.as_str().unwrap()).await.unwrap();
    anns_microphone(&mut bob, true).await;
    ann.say("mute").await;
    anns_microphone(&mut bob, false).await;
    app.signal("participant_muted", PATIENCE).await.unwrap();
    ann.signal("KILL").await;
    drop(ann);
    let mut ann = server.phone(ANN, &played(LOW), &[]).await;
    ann.expect("rejoinable").await;
    ann.say("rejoin").await;
    ann.expect("active").await;
    ann.hears().await;
    bob.count("peer_media_changed");
    let goes_on = |told: Vec<_>| told.into_iter().filter(|on| *on == json!(true)).count();
    assert_eq!(goes_on(bob.all("peer_media_changed", "on")), 1);
    ann.say("unmute").await;
    anns_microphone(&mut bob, true).await;
    let (_, told) = app.signal("participant_muted", PATIENCE).await.unwrap();
    assert_eq!(told["is_muted"], false);
    ann.say("end").await;
    bob.expect("ended").await;
    for phone in [ann, bob] {
        phone.quit().await;
    }
}
