//! What the engines share that run LiveKit's own client in the process.
//!
//! [`session`] is a stay in a room over any [`Link`]: devices, who is played, what is told. An
//! engine gives it a [`Link`] for the requests and a [`NewsSource`] for what happens.

mod camera;
mod ending;
mod link;
mod microphone;
mod news;
mod presence;
mod refusal;
mod remote;
mod session;
mod stats;
mod teller;

pub(super) use camera::max_bitrate;
pub(super) use ending::{Ending, ending_from};
pub(super) use link::{Counting, Link, LocalAudio, LocalVideo, RemoteTrack, Subscription};
pub(super) use news::{News, NewsSource};
pub(super) use refusal::{check_url, refusal};
pub(super) use session::Session;
#[cfg(feature = "livekit_ffi")]
pub(super) use session::lock;
pub(super) use stats::{Record, received, sum};

use super::{Participant, RoomError, TrackSource};
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};

/// How long a client may try one connection.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// How long an engine waits for its client's word, whatever the client does.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(14);
/// How long the server may take to accept a track.
pub(super) const PUBLISH_TIMEOUT: Duration = Duration::from_secs(15);

/// A room as it was when it was entered.
pub(super) struct Entered<L: Link, N> {
    pub(super) link: L,
    pub(super) news: N,
    pub(super) can_publish: bool,
    pub(super) others: Vec<Other<L::Remote>>,
}

/// Waits for a client's word on entering a room: [`RoomError::Unreachable`] where it does not come in time,
/// [`RoomError::Engine`] where the client failed and will not give it.
pub(super) async fn entered<T>(
    word: oneshot::Receiver<Result<T, RoomError>>,
) -> Result<T, RoomError> {
    match timeout(ANSWER_TIMEOUT, word).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(RoomError::Engine("enter a room")),
        Err(_) => Err(RoomError::Unreachable),
    }
}

/// Somebody who was there before, and what it published.
pub(super) struct Other<R: RemoteTrack> {
    pub(super) who: Participant,
    pub(super) publications: Vec<Publication<R>>,
}

/// A track that somebody publishes, whether it comes to us or not.
pub(super) struct Publication<R: RemoteTrack> {
    pub(super) sid: String,
    pub(super) source: TrackSource,
    pub(super) muted: bool,
    pub(super) subscription: R::Subscription,
}
