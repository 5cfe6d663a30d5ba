//! A backend at a LiveKit server whose configuration a test chooses, and calls to attack.

use std::time::{Duration, Instant};

use faithcall_testing::{LiveKitOptions, LiveKitServer};
use serde_json::{Value, json};

use crate::backend::{Backend, Phone, fresh_id};
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

    /// Waits until this many participants of the room publish a microphone that is not muted.
    pub(crate) async fn microphones(&self, room: &str, wanted: usize) {
        let admin = self.backend.admin();
        let publish = async {
            loop {
                let present = admin.list_participants(room).await.unwrap();
                let loud = present.iter().filter(|someone| {
                    let mut tracks = someone.tracks.iter();
                    tracks.any(|track| track.source == "MICROPHONE" && !track.muted)
                });
                if loud.count() == wanted {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(crate::backend::PATIENCE, publish).await;
        waited.expect("not everybody publishes");
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
