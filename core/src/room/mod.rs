//! The room port: how a call's media is reached, whoever carries it.
//!
//! A [`RoomEngine`] enters LiveKit rooms; a [`RoomSession`] is one stay in one room. An engine
//! knows rooms, tracks and devices, and no rule about calls. Engines: `livekit_ffi` (LiveKit's
//! prebuilt library, loaded at run time), `livekit` (the crate), `fake` (for tests).

mod devices;
mod error;
mod event;
#[cfg(feature = "test-support")]
pub mod fake;
#[cfg(feature = "livekit")]
pub mod livekit;
#[cfg(feature = "livekit_ffi")]
pub mod livekit_ffi;
#[cfg(any(feature = "livekit", feature = "livekit_ffi"))]
mod native;
mod scale;
mod stats;

pub use devices::{
    AudioFrame, Camera, CameraFormat, CameraSource, Devices, FRAME_SAMPLES, Microphone,
    MicrophoneSource, PixelLayout, SAMPLE_RATE, SpeakerSink, VideoFrame, VideoQuality, VideoSink,
};
pub use error::{DeviceError, RoomError};
pub use event::{DisconnectReason, Participant, RoomEvent, RoomEvents, TrackSource};
pub use faithcall_protocol::quality::ServerWord;
pub use faithcall_protocol::redact::Secret;
pub use stats::{MediaStats, ReceivedStats, RoomStats};

use async_trait::async_trait;

/// Names one stay in one room, so that news of an old one is never taken for news of the new one.
///
/// The caller of [`RoomEngine::connect`] chooses it and never uses it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// What an engine can do beyond the common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether [`RoomSession::prepare_microphone`] can publish silence without opening a device.
    pub silent_microphone: bool,
}

/// Where and as whom to enter a room.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// The media server, `ws://…` or `wss://…`.
    pub url: String,
    /// Who we are and what we may do, signed by the backend.
    pub token: Secret,
    /// The name of this stay.
    pub session: SessionId,
}

/// Enters rooms.
#[async_trait]
pub trait RoomEngine: Send + Sync + 'static {
    /// What this engine can do.
    fn capabilities(&self) -> Capabilities;

    /// Enters a room and subscribes whatever the token allows; plays nothing yet.
    ///
    /// Ends within 15 seconds. Dropping the future gives the attempt up, and what was entered
    /// meanwhile is left again. Events carry `options.session`.
    async fn connect(
        &self,
        options: ConnectOptions,
        events: RoomEvents,
    ) -> Result<Box<dyn RoomSession>, RoomError>;
}

/// One stay in a room. Dropping it leaves the room without waiting.
///
/// Commands may be given side by side: a mute does not wait for a camera that is being opened. Those
/// on one source come one after another.
///
/// After the room has ended, by [`leave`](Self::leave) or by an event, every command answers
/// [`RoomError::Over`].
#[async_trait]
pub trait RoomSession: Send + Sync {
    /// Publishes the microphone's track with silence in it and opens no device.
    ///
    /// Does nothing where the track is published already.
    async fn prepare_microphone(&self) -> Result<(), RoomError>;

    /// On: opens the device, publishes where needed, unmutes. Off: mutes and closes the device;
    /// the others are told, and receive no sound.
    async fn set_microphone(&self, on: bool) -> Result<(), RoomError>;

    /// On: opens the device, publishes where needed, unmutes. Off: mutes and closes the device.
    async fn set_camera(&self, on: bool) -> Result<(), RoomError>;

    /// Says how the camera's picture is sent from now on; whole at first. Holds for a camera that is
    /// on and for one that will be.
    fn set_video_quality(&self, quality: VideoQuality);

    /// The device is on another network now: looks for a new way to the media server at once,
    /// instead of when the old one is found to be dead. [`RoomEvent::Reconnecting`] and
    /// [`RoomEvent::Reconnected`] may follow.
    async fn network_changed(&self) -> Result<(), RoomError>;

    /// Says whose tracks are played and shown; those of all others are not, whatever comes.
    ///
    /// Holds for tracks that are there and for tracks to come. Nobody is playable at first, and
    /// media comes all the same, so that it waits. An empty list keeps it back as well: the server
    /// sends none until somebody is playable again. Tracks stay subscribed, and no event tells.
    fn set_playable(&self, identities: &[String]);

    /// Returns what the transport has counted.
    async fn stats(&self) -> Result<RoomStats, RoomError>;

    /// Leaves the room, waits for it 5 seconds at most, and tells no event from its start on.
    ///
    /// A second call does nothing.
    async fn leave(&self);
}
