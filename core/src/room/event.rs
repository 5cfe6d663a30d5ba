//! What happens in a room.

use super::{ServerWord, SessionId};
use tokio::sync::mpsc;

/// Something that happened in one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// The room was entered; the first event of every session.
    Connected {
        /// Who was there before.
        others: Vec<Participant>,
    },
    /// The connection broke and the engine is mending it. Until it is whole again nobody is told to
    /// come or go; tracks may end and begin again.
    Reconnecting,
    /// The connection is whole again.
    Reconnected,
    /// The session is over; the last event. None comes for one's own `leave`.
    Disconnected {
        /// Why.
        reason: DisconnectReason,
    },
    /// Somebody came.
    ParticipantJoined {
        /// Who.
        identity: String,
        /// Which stay of that identity, as the server names it.
        sid: String,
    },
    /// Somebody went.
    ParticipantLeft {
        /// Who.
        identity: String,
        /// Which stay of that identity; where the client says only who, the one told last.
        sid: String,
        /// It said that it leaves; otherwise it was dropped or removed, or the engine cannot tell.
        deliberate: bool,
    },
    /// Media of somebody's track comes to us now.
    TrackSubscribed {
        /// Whose.
        identity: String,
        /// Which.
        source: TrackSource,
    },
    /// Media of somebody's track comes to us no more.
    TrackUnsubscribed {
        /// Whose.
        identity: String,
        /// Which.
        source: TrackSource,
    },
    /// Somebody else muted or unmuted a track. A track that is muted when it is first seen says so
    /// right after its `TrackSubscribed`.
    TrackMuted {
        /// Whose.
        identity: String,
        /// Which.
        source: TrackSource,
        /// Whether it is muted now.
        muted: bool,
    },
    /// What we may do has changed.
    PermissionsChanged {
        /// Whether the others' tracks come to us.
        can_subscribe: bool,
        /// Whether ours go to the others.
        can_publish: bool,
    },
    /// The media server says how good a connection is. It tells changes only; nothing means good.
    ConnectionQuality {
        /// Whose; `None`: ours.
        identity: Option<String>,
        /// How good.
        quality: ServerWord,
    },
    /// The first sound (a decoded frame that is not all zeros) of a playable identity's track went
    /// to the speaker.
    FirstAudio {
        /// Whose.
        identity: String,
    },
    /// The first picture of a playable identity's track went to the screen.
    FirstVideo {
        /// Whose.
        identity: String,
    },
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub identity: String,
    /// Which stay of that identity, as the server names it: each time it comes, another.
    pub sid: String,
}

/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrackSource {
    /// A camera.
    Camera,
    /// A microphone.
    Microphone,
    /// A screen.
    ScreenShare,
    /// The sound of a screen.
    ScreenShareAudio,
    /// Something that we do not know.
    Unknown,
}

/// Why a session ended without us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// Somebody entered with the same identity.
    DuplicateIdentity,
    /// The backend removed us.
    Removed,
    /// The backend deleted the room, or the server closed it.
    RoomDeleted,
    /// The server is shutting down.
    ServerShutdown,
    /// The connection broke and could not be mended.
    ConnectionLost,
    /// The engine failed inside.
    EngineFailed,
    /// The server gave a reason that says nothing to us.
    Other,
}

/// Where an engine puts the events of all its sessions; cloned freely, never blocks.
#[derive(Clone, Debug)]
pub struct RoomEvents(mpsc::UnboundedSender<(SessionId, RoomEvent)>);

impl RoomEvents {
    /// Makes the two ends.
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<(SessionId, RoomEvent)>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Tells one event; nobody listens any more when the receiver is gone, and that is no error.
    pub fn send(&self, session: SessionId, event: RoomEvent) {
        let _ = self.0.send((session, event));
    }
}
