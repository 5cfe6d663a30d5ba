//! Our picture on its way out.

use super::link::{Link, LocalVideo};
use crate::room::{Camera, CameraFormat, RoomError, VideoQuality};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

/// Bits that a pixel of a moving picture is given: 640x360 at 15 pictures a second gets 415 kbit/s.
const BITS_PER_PIXEL: f64 = 0.12;
/// What the encoder gets at least, in bits a second.
const LEAST_BITRATE: u64 = 150_000;

/// What an encoder of such pictures gets at most, in bits a second.
pub(in crate::room) fn max_bitrate(format: CameraFormat) -> u64 {
    let CameraFormat {
        width,
        height,
        frames_per_second,
    } = format;
    let rate = f64::from(width) * f64::from(height) * f64::from(frames_per_second);
    ((rate * BITS_PER_PIXEL) as u64).max(LEAST_BITRATE)
}

/// The published camera; dropped, its device is closed and nothing is sent any more.
pub(super) struct CameraTrack<V> {
    track: Arc<V>,
    feeder: Option<JoinHandle<()>>,
    quality: watch::Receiver<VideoQuality>,
}

impl<V: LocalVideo> CameraTrack<V> {
    /// Publishes an open camera.
    pub(super) async fn publish(
        link: &impl Link<Video = V>,
        device: Box<dyn Camera>,
        quality: watch::Receiver<VideoQuality>,
    ) -> Result<Self, RoomError> {
        let track = Arc::new(link.publish_camera(device.format()).await?);
        let mut published = Self {
            track,
            feeder: None,
            quality,
        };
        published.feed(device);
        Ok(published)
    }

    /// Whether a device is open and seen.
    pub(super) fn is_on(&self) -> bool {
        self.feeder.is_some()
    }

    /// Lets an open camera be seen.
    pub(super) fn unmute(&mut self, device: Box<dyn Camera>) -> Result<(), RoomError> {
        self.track.set_muted(false)?;
        self.feed(device);
        Ok(())
    }

    /// Closes the device and tells the others.
    pub(super) async fn mute(&mut self) -> Result<(), RoomError> {
        self.close_device().await;
        self.track.set_muted(true)
    }

    /// Closes the device.
    pub(super) async fn close_device(&mut self) {
        if let Some(feeder) = self.feeder.take() {
            feeder.abort();
            // The device is closed when its task has ended.
            let _ = feeder.await;
        }
    }

    fn feed(&mut self, device: Box<dyn Camera>) {
        let (track, quality) = (Arc::clone(&self.track), self.quality.clone());
        self.feeder = Some(tokio::spawn(feed_track(track, device, quality)));
    }
}

impl<V> Drop for CameraTrack<V> {
    fn drop(&mut self) {
        if let Some(feeder) = self.feeder.take() {
            feeder.abort();
        }
    }
}

/// Feeds the track once a picture time; a tick that came late is not made up for. A lowered picture
/// needs no other track: the encoder follows the size of what it is given.
async fn feed_track(
    track: Arc<impl LocalVideo>,
    mut device: Box<dyn Camera>,
    quality: watch::Receiver<VideoQuality>,
) {
    let rate = device.format().frames_per_second.clamp(1, 60);
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_left_out = false;
    loop {
        ticks.tick().await;
        let Some(mut frame) = device.read() else {
            continue;
        };
        if *quality.borrow() == VideoQuality::Lowered {
            is_left_out = !is_left_out;
            if is_left_out {
                continue;
            }
            frame = frame.halved();
        }
        if !frame.is_complete() {
            tracing::warn!("a camera's picture is not as long as its size says: left out");
        } else if let Err(error) = track.capture(&frame) {
            tracing::warn!(%error, "the camera's track takes no more pictures");
            return;
        }
    }
}
