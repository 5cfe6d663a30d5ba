//! Our sound on its way out.

use super::{
    link::{Link, LocalAudio},
    session::lock,
};
use crate::room::{AudioFrame, FRAME_SAMPLES, Microphone, RoomError};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

const FRAME_TIME: Duration = Duration::from_millis(10);
/// A feeder that is later than this (a suspended machine) does not make up for it.
const CATCH_UP: Duration = Duration::from_millis(200);

/// What the track is fed with.
enum Feed {
    /// Zeros: published, and no device is open.
    Silence,
    /// An open device.
    Device(Box<dyn Microphone>),
    /// Nothing: muted.
    Nothing,
}

/// The published microphone; dropped, its device is closed and nothing is fed any more.
pub(super) struct MicrophoneTrack<A> {
    track: Arc<A>,
    feed: Arc<Mutex<Feed>>,
    feeder: JoinHandle<()>,
}

impl<A: LocalAudio> MicrophoneTrack<A> {
    /// Publishes a track of silence.
    pub(super) async fn publish(link: &impl Link<Audio = A>) -> Result<Self, RoomError> {
        let track = Arc::new(link.publish_microphone().await?);
        let feed = Arc::new(Mutex::new(Feed::Silence));
        let feeder = tokio::spawn(feed_track(Arc::clone(&track), Arc::clone(&feed)));
        Ok(Self {
            track,
            feed,
            feeder,
        })
    }

    /// Whether a device is open and heard.
    pub(super) fn is_on(&self) -> bool {
        matches!(*lock(&self.feed), Feed::Device(_))
    }

    /// Lets an open device be heard.
    pub(super) fn unmute(&self, device: Box<dyn Microphone>) -> Result<(), RoomError> {
        self.track.set_muted(false)?;
        *lock(&self.feed) = Feed::Device(device);
        Ok(())
    }

    /// Closes the device and tells the others.
    pub(super) fn mute(&self) -> Result<(), RoomError> {
        *lock(&self.feed) = Feed::Nothing;
        self.track.set_muted(true)
    }
}

impl<A> Drop for MicrophoneTrack<A> {
    fn drop(&mut self) {
        self.feeder.abort();
        *lock(&self.feed) = Feed::Nothing;
    }
}

/// Feeds the track every 10 ms, and makes up for ticks that came late.
async fn feed_track(track: Arc<impl LocalAudio>, feed: Arc<Mutex<Feed>>) {
    let mut frame: AudioFrame = [0; FRAME_SAMPLES];
    let mut next = Instant::now();
    loop {
        sleep_until(next).await;
        next += FRAME_TIME;
        let now = Instant::now();
        if now.duration_since(next) > CATCH_UP {
            next = now;
        }
        match &mut *lock(&feed) {
            Feed::Silence => frame.fill(0),
            Feed::Device(device) => device.read(&mut frame),
            Feed::Nothing => continue,
        }
        if let Err(error) = track.capture(&frame).await {
            tracing::warn!(%error, "the microphone's track takes no more sound");
            return;
        }
    }
}
