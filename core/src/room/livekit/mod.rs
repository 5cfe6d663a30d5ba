//! The engine over the `livekit` crate, with libwebrtc in the app's own library.
//!
//! Behind the feature `livekit`, because the crate's build downloads libwebrtc. Everything that a
//! session does is shared with the engine over the prebuilt library; here is only how the crate is
//! asked, and what it says.

mod link;
mod news;
mod publish;
mod stats;
mod track;

use super::{
    Capabilities, ConnectOptions, Devices, Participant, RoomEngine, RoomError, RoomEvents,
    RoomSession,
    native::{CONNECT_TIMEOUT, Entered, Other, Session, check_url, entered, refusal},
};
use ::livekit::{Room, RoomEvent, RoomOptions};
use async_trait::async_trait;
use link::JoinedRoom;
use news::RoomQueue;
use tokio::sync::oneshot;

/// Enters rooms through the `livekit` crate.
pub struct LiveKit {
    devices: Devices,
}

impl LiveKit {
    /// Makes an engine with these devices.
    pub fn new(devices: Devices) -> Self {
        Self { devices }
    }
}

#[async_trait]
impl RoomEngine for LiveKit {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            silent_microphone: true,
        }
    }

    async fn connect(
        &self,
        options: ConnectOptions,
        events: RoomEvents,
    ) -> Result<Box<dyn RoomSession>, RoomError> {
        check_url(&options.url)?;
        let session = options.session;
        let (told, answer) = oneshot::channel();
        tokio::spawn(async move {
            // Where nobody waits any more the room is dropped here, and so left.
            let _ = told.send(enter(&options).await);
        });
        Ok(Box::new(Session::start(
            entered(answer).await?,
            session,
            self.devices.clone(),
            events,
        )))
    }
}

async fn enter(options: &ConnectOptions) -> Result<Entered<JoinedRoom, RoomQueue>, RoomError> {
    let mut how = RoomOptions::default();
    how.connect_timeout = CONNECT_TIMEOUT;
    how.join_retries = 0;
    let connected = Room::connect(&options.url, options.token.expose(), how).await;
    let (room, mut events) = connected.map_err(|error| refusal(&error.to_string()))?;
    let link = JoinedRoom::new(room);
    let Some(RoomEvent::Connected {
        participants_with_tracks,
    }) = events.recv().await
    else {
        return Err(RoomError::Engine("enter a room"));
    };
    let own = link.local_participant();
    let others = participants_with_tracks
        .into_iter()
        .map(|(other, publications)| Other {
            who: Participant {
                identity: other.identity().to_string(),
                sid: other.sid().into(),
            },
            publications: publications.iter().map(track::publication).collect(),
        });
    Ok(Entered {
        news: RoomQueue::new(events, own.identity()),
        // A server that does not say it decides when we publish.
        can_publish: own
            .permission()
            .is_none_or(|permission| permission.can_publish),
        others: others.collect(),
        link,
    })
}
