//! No room and no participant outlives its call: not where it ends unanswered, and not where somebody comes back with
//! a token of the call, old or refreshed by LiveKit.

use std::time::{Duration, Instant};

use faithcall_testing::LiveKitServer;
use serde_json::{Value, json};

use crate::backend::id_of;
use crate::livekit_peer::Silent;
use crate::participant::{Line, Participant};
use crate::world::{Media, World, dial, measured, nothing_is_forwarded};

const GONE_WITHIN: Duration = Duration::from_secs(20);
/// Longer than it takes until both are in the room.
const CLINGS: Duration = Duration::from_secs(1);

/// A call that was talked in and is over, with its two participants out of the room.
async fn talked_in(world: &World) -> [Participant; 2] {
    let (ann, bob) = (world.device("ann", "a1"), world.device("bob", "b1"));
    let mut caller = Participant::start("the caller", 440).await;
    let mut callee = Participant::start("the callee", 660).await;
    let made = dial(&ann, "voice").await;
    let id = id_of(&made);
    let ahead = bob.ringing(&id).await.ok()["join_ahead"]["livekit_token"].clone();
    caller.join(&world.url(), &made["livekit_token"]).await;
    callee.join(&world.url(), &ahead).await;
    let tap = Instant::now();
    bob.accept(&id).await.ok();
    caller.hears(&callee, "bob#b1", tap).await;
    callee.hears(&caller, "ann", tap).await;
    for participant in [&caller, &callee] {
        let may_hear = |line: &Line| line.is("token_refreshed");
        participant
            .until(tap, "gets a token with its new rights", may_hear)
            .await;
    }
    let ended = Instant::now();
    ann.end(&id).await.ok();
    for participant in [&caller, &callee] {
        let out = participant.is_out(ended).await - ended;
        measured("from the end until out", out);
        assert!(out < GONE_WITHIN);
    }
    world.backend.no_rooms().await;
    [caller, callee]
}

#[tokio::test]
async fn after_the_end_no_token_opens_the_room() {
    let world = World::start(Media::default(), &[]).await;
    for mut participant in talked_in(&world).await {
        for with in ["first", "refreshed"] {
            assert!(participant.rejoin(with).await.is_none());
        }
    }
    assert!(world.backend.admin().list_rooms().await.unwrap().is_empty());
}

/// A LiveKit that makes a room for whoever joins, as one whose configuration is not ours.
const fn auto_create(webhooks: bool) -> Media {
    Media {
        auto_create: true,
        webhooks,
    }
}

/// Waits until it is out again, and the room gone.
async fn goes(world: &World, participant: &Participant, joined: Instant) {
    let out = participant.is_out(joined).await - joined;
    measured("from coming back after the end until out", out);
    world.backend.no_rooms().await;
    measured("… until the room is gone", joined.elapsed());
    assert!(joined.elapsed() < GONE_WITHIN);
}

#[tokio::test]
async fn who_makes_the_room_anew_is_out_at_livekits_webhook() {
    let world = World::start(auto_create(true), &[]).await;
    for mut participant in talked_in(&world).await {
        for with in ["first", "refreshed"] {
            let joined = participant.rejoin(with).await.unwrap();
            goes(&world, &participant, joined).await;
        }
    }
}

#[tokio::test]
async fn who_makes_the_room_anew_is_out_without_any_webhook() {
    let world = World::start(auto_create(false), &[]).await;
    let [mut caller, mut callee] = talked_in(&world).await;
    let callers = caller.rejoin("first").await.unwrap();
    let callees = callee.rejoin("refreshed").await.unwrap();
    goes(&world, &caller, callers).await;
    goes(&world, &callee, callees).await;
}

/// Comes back at once each time that it is put out, until it is not let in or this time has come.
async fn cling(server: &LiveKitServer, token: &Value, until: Instant) {
    while let Some(silent) = Silent::enter(server, token.as_str().unwrap()).await {
        silent.closed().await;
        if Instant::now() > until {
            return;
        }
    }
}

#[tokio::test]
async fn who_comes_back_while_the_others_are_put_out_stays_in_no_forgotten_room() {
    let world = World::start(auto_create(false), &[]).await;
    let (ann, bob) = (world.device("ann", "a1"), world.device("bob", "b1"));
    // LiveKit's race is won or lost by chance.
    for _ in 0..4 {
        let made = dial(&ann, "voice").await;
        let (id, room) = (id_of(&made), made["room_name"].as_str().unwrap());
        let accepted = bob.accept(&id).await.ok();
        let server = &world.backend.livekit;
        let until = Instant::now() + CLINGS;
        let end = async {
            world.participants(room, 2).await;
            ann.end(&id).await.ok();
        };
        tokio::join!(
            cling(server, &made["livekit_token"], until),
            cling(server, &accepted["livekit_token"], until),
            end
        );
        world.backend.no_rooms().await;
    }
}

#[tokio::test]
async fn a_call_that_nobody_answered_leaves_no_room() {
    let world = World::start(Media::default(), &[("FAITHCALL_RING_SECONDS", "8")]).await;
    let (ann, bob) = (world.device("ann", "a1"), world.device("bob", "b1"));
    let mut caller = Participant::start("the caller", 440).await;
    let mut waiting = Participant::start("the waiting device", 660).await;
    let started = Instant::now();
    for end in ["cancelled", "rejected", "missed"] {
        let made = dial(&ann, "voice").await;
        let id = id_of(&made);
        let ahead = bob.ringing(&id).await.ok()["join_ahead"]["livekit_token"].clone();
        let since = caller.join(&world.url(), &made["livekit_token"]).await;
        waiting.join(&world.url(), &ahead).await;
        match end {
            "cancelled" => drop(ann.cancel(&id).await.ok()),
            "rejected" => drop(bob.reject(&id, "rejected").await.ok()),
            // The server's own deadline.
            _ => {}
        }
        for participant in [&caller, &waiting] {
            participant.is_out(since).await;
        }
        assert_eq!(ann.snapshot(&id).await["reason"], json!(end));
        world.backend.no_rooms().await;
        assert!(caller.rejoin("refreshed").await.is_none());
        assert!(waiting.rejoin("refreshed").await.is_none());
    }
    nothing_is_forwarded(started, &[&caller, &waiting]).await;
}
