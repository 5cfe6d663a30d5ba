//! A backend at a LiveKit server whose configuration a test chooses, and calls to attack.

use std::time::{Duration, Instant};

use faithcall_testing::{LiveKitOptions, LiveKitServer, ParticipantInfo, TrackInfo};
use serde_json::{Value, json};

use crate::backend::{Backend, PATIENCE, Phone, fresh_id};
use crate::hooks::Hooks;
use crate::participant::Participant;

/// How long an attack goes on unheard before it counts as held back.
pub(crate) const ATTACK: Duration = Duration::from_secs(3);
/// How long after the tap both hear each other: seconds on a busy machine are no failure of the rules.
pub(crate) const HEARD_WITHIN: Duration = Duration::from_secs(10);

/// What LiveKit is told in its configuration.
#[derive(Clone, Copy, Default)]
pub(crate) struct Media {
    /// A join makes the room, as at a LiveKit that is not ours.
    pub(crate) auto_create: bool,
    /// It sends webhooks.
    pub(crate) webhooks: bool,
}

pub(crate) struct World {
    pub(crate) backend: Backend,
    pub(crate) hooks: Hooks,
}

impl World {
    pub(crate) async fn start(media: Media, settings: &[(&str, &str)]) -> Self {
        let hooks = Hooks::listen().await;
        let options = LiveKitOptions {
            auto_create: media.auto_create,
            webhook_url: media.webhooks.then(|| hooks.url()),
            ..LiveKitOptions::default()
        };
        let livekit = LiveKitServer::start(&options).await.unwrap();
        let mut settings = settings.to_vec();
        if !media.webhooks {
            // Its default. With webhooks, what the reaper would mend must not need it.
            settings.push(("FAITHCALL_REAPER_SECONDS", "10"));
        }
        let backend = Backend::at(livekit, &settings).await;
        hooks.pass_on_to(&backend.url());
        backend.ready().await;
        Self { backend, hooks }
    }

    /// A device that only speaks HTTP.
    pub(crate) fn device(&self, member: &str, device: &str) -> Phone {
        self.backend.client("c1", member, Some(device))
    }

    pub(crate) fn url(&self) -> String {
        self.backend.livekit.url()
    }

    /// Waits until this many are in the room.
    pub(crate) async fn participants(&self, room: &str, wanted: usize) {
        self.room_is(room, |present| present.len() == wanted).await;
    }

    /// Waits until this many participants of the room publish a microphone that is not muted.
    pub(crate) async fn microphones(&self, room: &str, wanted: usize) {
        let is_loud = |track: &TrackInfo| track.source == "MICROPHONE" && !track.muted;
        self.room_is(room, |present| {
            let loud = present.iter().filter(|one| one.tracks.iter().any(is_loud));
            loud.count() == wanted
        })
        .await;
    }

    async fn room_is(&self, room: &str, wanted: impl Fn(&[ParticipantInfo]) -> bool) {
        let admin = self.backend.admin();
        let so = async {
            while !wanted(&admin.list_participants(room).await.unwrap()) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, so).await;
        waited.expect("the room does not become what it should be");
    }
}

/// Calls bob, with a device of ann; the answer.
pub(crate) async fn dial(ann: &Phone, call_type: &str) -> Value {
    let body = json!({"callee_ids": ["bob"], "call_type": call_type, "call_id": fresh_id()});
    ann.post("", Some(body)).await.ok()
}

/// Watches for [`ATTACK`] that LiveKit forwards nothing between these, from `since` on.
pub(crate) async fn nothing_is_forwarded(since: Instant, among: &[&Participant]) {
    tokio::time::sleep(ATTACK).await;
    for participant in among {
        let received = participant.received(since);
        assert!(received.is_empty(), "forwarded: {received:?}");
    }
}

/// Tells a measured time in the test's output.
pub(crate) fn measured(what: &str, took: Duration) {
    println!("measured: {what}: {} ms", took.as_millis());
}
