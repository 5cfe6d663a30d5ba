//! Before the accept nothing is forwarded to or from anybody, whoever subscribes and publishes; after it everything
//! between the two, or else the silence would prove nothing.

use std::time::Instant;

use serde_json::Value;

use crate::backend::id_of;
use crate::participant::{Line, Participant};
use crate::world::{HEARD_WITHIN, Media, World, dial, measured, nothing_is_forwarded};

const DEFAULTS: Media = Media {
    auto_create: false,
    webhooks: true,
};

async fn attack(call_type: &str) {
    let world = World::start(DEFAULTS, &[]).await;
    let (ann, bob) = (world.device("ann", "a1"), world.device("bob", "b1"));
    let mut caller = Participant::start("the caller", 440).await;
    let mut waiting = Participant::start("the waiting device", 660).await;
    let mut again = Participant::start("the waiting token's second holder", 880).await;
    let started = Instant::now();
    let made = dial(&ann, call_type).await;
    let (id, room) = (id_of(&made), made["room_name"].as_str().unwrap());
    let ahead = bob.ringing(&id).await.ok()["join_ahead"]["livekit_token"].clone();

    caller.join(&world.url(), &made["livekit_token"]).await;
    let joined = waiting.join(&world.url(), &ahead).await;
    world.microphones(room, 2).await;
    nothing_is_forwarded(started, &[&caller, &waiting]).await;

    again.join(&world.url(), &ahead).await;
    waiting.is_out(joined).await;
    again.publishes(started).await;
    nothing_is_forwarded(started, &[&caller, &waiting, &again]).await;
    cameras(&world, room, if call_type == "video" { 2 } else { 0 }).await;

    let tap = Instant::now();
    bob.accept(&id).await.ok();
    let callee = again.hears(&caller, "ann", tap).await;
    let called = caller.hears(&again, "bob#b1", tap).await;
    measured("from the tap until the callee hears", callee);
    measured("from the tap until the caller hears", called);
    assert!(callee < HEARD_WITHIN && called < HEARD_WITHIN);
    caller.gets_data("bob#b1", tap).await;
    again.gets_data("ann", tap).await;
    if call_type == "video" {
        let picture = |line: &Line| line.is("picture");
        caller.until(tap, "sees the callee", picture).await;
        again.until(tap, "sees the caller", picture).await;
    }
    for line in again.received(started) {
        assert!(line.at > tap, "before the accept: {line:?}");
    }
    assert!(waiting.received(started).is_empty());
}

/// How many cameras LiveKit has taken. One that a voice call's waiting token does not allow is refused.
async fn cameras(world: &World, room: &str, wanted: usize) {
    let present = world.backend.admin().list_participants(room).await.unwrap();
    let tracks = present.iter().flat_map(|someone| &someone.tracks);
    let cameras = tracks.filter(|track| track.source == "CAMERA");
    assert_eq!(cameras.count(), wanted);
}

#[tokio::test]
async fn a_voice_call_is_silent_before_the_accept_and_heard_after_it() {
    attack("voice").await;
}

#[tokio::test]
async fn a_video_call_is_silent_and_dark_before_the_accept() {
    attack("video").await;
}

#[tokio::test]
async fn with_joining_ahead_off_a_caller_that_joins_all_the_same_waits_unheard() {
    let world = World::start(DEFAULTS, &[("FAITHCALL_JOIN_AHEAD", "off")]).await;
    let (ann, bob) = (world.device("ann", "a1"), world.device("bob", "b1"));
    let mut caller = Participant::start("the caller", 440).await;
    let mut callee = Participant::start("the callee", 660).await;
    let started = Instant::now();
    let made = dial(&ann, "voice").await;
    let (id, room) = (id_of(&made), made["room_name"].as_str().unwrap());
    assert_eq!(bob.ringing(&id).await.ok()["join_ahead"], Value::Null);
    caller.join(&world.url(), &made["livekit_token"]).await;
    world.microphones(room, 1).await;
    nothing_is_forwarded(started, &[&caller]).await;

    let tap = Instant::now();
    let accepted = bob.accept(&id).await.ok();
    callee.join(&world.url(), &accepted["livekit_token"]).await;
    let heard = callee.hears(&caller, "ann", tap).await;
    measured(
        "from the tap until the callee hears, joining after it",
        heard,
    );
    let heard = caller.hears(&callee, "bob", tap).await;
    measured(
        "from the tap until the caller hears, joining after it",
        heard,
    );
}
