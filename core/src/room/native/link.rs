//! What a LiveKit client does for one room.

use crate::room::{AudioFrame, CameraFormat, ReceivedStats, RoomError, RoomStats, VideoFrame};
use async_trait::async_trait;
use std::{future::Future, pin::Pin};
use tokio::sync::oneshot;

/// A client's side of one room; dropped, the room is left.
#[async_trait]
pub(in crate::room) trait Link: Send + Sync + 'static {
    /// A published microphone.
    type Audio: LocalAudio;
    /// A published camera.
    type Video: LocalVideo;
    /// A track of somebody else.
    type Remote: RemoteTrack;

    /// Publishes a microphone that is fed frame by frame.
    async fn publish_microphone(&self) -> Result<Self::Audio, RoomError>;

    /// Publishes a camera that is fed picture by picture.
    async fn publish_camera(&self, format: CameraFormat) -> Result<Self::Video, RoomError>;

    /// Returns what the transport has counted in all; of whom it came the tracks say.
    async fn stats(&self) -> Result<RoomStats, RoomError>;

    /// Gives the present way to the server up and looks for a new one; the room is not left.
    async fn find_new_way(&self) -> Result<(), RoomError>;

    /// Begins to leave; what is returned ends when that is done. Publishing fails from now on.
    fn leave(&self) -> oneshot::Receiver<()>;
}

/// A published microphone.
#[async_trait]
pub(in crate::room) trait LocalAudio: Send + Sync + 'static {
    /// Sends 10 ms of sound.
    async fn capture(&self, frame: &AudioFrame) -> Result<(), RoomError>;

    /// Mutes or unmutes; the others are told.
    fn set_muted(&self, muted: bool) -> Result<(), RoomError>;
}

/// A published camera.
pub(in crate::room) trait LocalVideo: Send + Sync + 'static {
    /// Sends a picture that is complete.
    fn capture(&self, frame: &VideoFrame) -> Result<(), RoomError>;

    /// Mutes or unmutes; the others are told.
    fn set_muted(&self, muted: bool) -> Result<(), RoomError>;
}

/// What we get of a track that somebody publishes.
pub(in crate::room) trait Subscription: Send + 'static {
    /// Asks the server to send a track that comes to us, or to keep its media back: it stays
    /// subscribed, so that nothing is negotiated.
    fn set_sent(&self, sent: bool) -> Result<(), RoomError>;
}

/// What a track will say that has come of it.
pub(in crate::room) type Counting = Pin<Box<dyn Future<Output = ReceivedStats> + Send>>;

/// A track of somebody else that comes to us.
pub(in crate::room) trait RemoteTrack: Send + 'static {
    /// Says what we get of it; there also while it does not come.
    type Subscription: Subscription;
    /// The track being decoded; dropped, the decoding ends.
    type Stream: Send;

    /// Decodes into one of the two sinks, by the track's kind; nothing where it has none.
    fn play(
        &self,
        sound: impl FnMut(&[i16]) + Send + 'static,
        picture: impl FnMut(VideoFrame) + Send + 'static,
    ) -> Result<Option<Self::Stream>, RoomError>;

    /// Says what has come of it; nothing where the client cannot tell.
    fn count(&self, identity: String) -> Counting;
}
