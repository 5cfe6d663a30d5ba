//! A device that waited and did not accept is put out, and out again each time that it comes back with its token.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::backend::{Phone, id_of};
use crate::participant::{Line, Participant};
use crate::world::{Media, World, dial, measured, nothing_is_forwarded};

/// The bound of invariant I1, from LiveKit's webhook on. The server waits for nothing in between: it
/// writes the work down, asks LiveKit who is there, and has it put out.
const WITH_WEBHOOK: Duration = Duration::from_secs(2);
/// The same without a webhook: the room is looked at every 5 s.
const WITHOUT_WEBHOOK: Duration = Duration::from_secs(6);

/// A ringing call whose caller and first callee's device wait in the room, attacking.
struct Ringing {
    world: World,
    ann: Phone,
    bob: Phone,
    tablet: Phone,
    caller: Participant,
    loser: Participant,
    id: String,
    started: Instant,
}

impl Ringing {
    async fn start(webhooks: bool) -> Self {
        let media = Media {
            auto_create: false,
            webhooks,
        };
        let world = World::start(media, &[]).await;
        let ann = world.device("ann", "a1");
        let (bob, tablet) = (world.device("bob", "b1"), world.device("bob", "b2"));
        let mut caller = Participant::start("the caller", 440).await;
        let mut loser = Participant::start("the losing device", 660).await;
        let started = Instant::now();
        let made = dial(&ann, "voice").await;
        let id = id_of(&made);
        let ahead = bob.ringing(&id).await.ok()["join_ahead"]["livekit_token"].clone();
        tablet.ringing(&id).await.ok();
        caller.join(&world.url(), &made["livekit_token"]).await;
        loser.join(&world.url(), &ahead).await;
        world
            .microphones(made["room_name"].as_str().unwrap(), 2)
            .await;
        Self {
            world,
            ann,
            bob,
            tablet,
            caller,
            loser,
            id,
            started,
        }
    }

    /// The tablet accepts and joins; the first device is out, and the two hear each other.
    async fn tablet_accepts(&mut self) -> Participant {
        let mut winner = Participant::start("the accepting device", 880).await;
        let tap = Instant::now();
        let accepted = self.tablet.accept(&self.id).await.ok();
        let out = self.loser.is_out(tap).await - tap;
        measured(
            "from another device's tap until the waiting one is out",
            out,
        );
        assert!(out < WITH_WEBHOOK);
        winner
            .join(&self.world.url(), &accepted["livekit_token"])
            .await;
        self.caller.hears(&winner, "bob", tap).await;
        winner.hears(&self.caller, "ann", tap).await;
        winner
    }

    /// The losing device comes back with a token that it has, and is out soon after LiveKit's webhook. Whether there
    /// was one: LiveKit tells of those whose media is up, and somebody may have been out before.
    async fn loser_comes_back(&mut self, with: &str) -> bool {
        let since = Instant::now();
        let joined = self.loser.rejoin(with).await.unwrap();
        let out = self.loser.is_out(joined).await;
        let Some(told) = self.world.hooks.told_of("bob#b1", since) else {
            return false;
        };
        let took = out.saturating_duration_since(told);
        measured("from LiveKit's webhook until who came back is out", took);
        assert!(took < WITH_WEBHOOK, "{took:?}");
        true
    }

    /// Nobody hears the losing device who goes by the snapshot, and it has heard and seen nobody. Data is another
    /// matter: LiveKit gives it to whoever is in the room.
    async fn loser_is_left_out(&self) {
        let snapshot = self.ann.snapshot(&self.id).await;
        let participants = snapshot["participants"].as_array().unwrap().iter();
        let named: Vec<&Value> = participants.map(|one| &one["identity"]).collect();
        assert_eq!(named, ["ann", "bob"]);
        let received = self.loser.received(self.started);
        assert!(!received.iter().any(Line::is_media), "{received:?}");
    }
}

#[tokio::test]
async fn who_comes_back_with_its_waiting_token_is_out_at_livekits_webhook() {
    let mut ringing = Ringing::start(true).await;
    let _winner = ringing.tablet_accepts().await;
    let mut told = false;
    for with in ["first", "refreshed", "first"] {
        told |= ringing.loser_comes_back(with).await;
    }
    assert!(told, "LiveKit sent no webhook");
    ringing.loser_is_left_out().await;
}

#[tokio::test]
async fn who_comes_back_is_out_without_any_webhook() {
    let mut ringing = Ringing::start(false).await;
    let _winner = ringing.tablet_accepts().await;
    for with in ["first", "refreshed"] {
        let joined = ringing.loser.rejoin(with).await.unwrap();
        let took = ringing.loser.is_out(joined).await - joined;
        measured("from coming back until out, without webhooks", took);
        assert!(took < WITHOUT_WEBHOOK, "{took:?}");
    }
    ringing.loser_is_left_out().await;
}

#[tokio::test]
async fn a_device_that_declines_is_out_while_it_rings_on() {
    let mut ringing = Ringing::start(true).await;
    let declined = Instant::now();
    let body = json!({"reason": "rejected", "scope": "device"});
    let path = format!("/{}/reject", ringing.id);
    ringing.bob.post(&path, Some(body)).await.ok();
    let out = ringing.loser.is_out(declined).await - declined;
    measured("from declining until out", out);
    assert!(out < WITH_WEBHOOK);
    ringing.loser_comes_back("first").await;
    ringing.loser_comes_back("refreshed").await;
    let snapshot = ringing.ann.snapshot(&ringing.id).await;
    assert_eq!(snapshot["status"], "ringing");
    nothing_is_forwarded(ringing.started, &[&ringing.caller, &ringing.loser]).await;
}
