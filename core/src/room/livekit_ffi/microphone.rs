//! Our sound on its way out.

use super::{
    dispatch::{Ffi, lock},
    handle::Handle,
    proto::{
        AudioFrameBufferInfo, AudioSourceType, CaptureAudioFrameRequest, CreateAudioTrackRequest,
        FfiRequest, NewAudioSourceRequest, TrackPublishOptions, TrackSource,
    },
    publish::{LocalTrack, UnpublishedTrack},
};
use crate::room::{AudioFrame, FRAME_SAMPLES, Microphone, RoomError, SAMPLE_RATE};
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
pub(super) struct MicrophoneTrack {
    track: LocalTrack,
    feed: Arc<Mutex<Feed>>,
    feeder: JoinHandle<()>,
}

impl MicrophoneTrack {
    /// Publishes a track of silence.
    pub(super) async fn publish(
        ffi: &'static Ffi,
        local_participant: u64,
    ) -> Result<Self, RoomError> {
        let options = TrackPublishOptions {
            dtx: Some(true),
            red: Some(true),
            source: Some(TrackSource::Microphone as i32),
            ..TrackPublishOptions::default()
        };
        let unpublished = create(ffi)?;
        let track = LocalTrack::publish(ffi, local_participant, unpublished, options).await?;
        let feed = Arc::new(Mutex::new(Feed::Silence));
        let feeder = tokio::spawn(feed_source(ffi, track.source(), Arc::clone(&feed)));
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

impl Drop for MicrophoneTrack {
    fn drop(&mut self) {
        self.feeder.abort();
        *lock(&self.feed) = Feed::Nothing;
    }
}

fn create(ffi: &'static Ffi) -> Result<UnpublishedTrack, RoomError> {
    const DOING: &str = "make a microphone track";
    let new_audio_source = NewAudioSourceRequest {
        r#type: AudioSourceType::Native as i32,
        sample_rate: Some(SAMPLE_RATE),
        num_channels: Some(1),
        // No queue: each frame goes to the encoder as it comes.
        queue_size_ms: Some(0),
    };
    let request = FfiRequest {
        new_audio_source: Some(new_audio_source),
        ..FfiRequest::default()
    };
    let answer = ffi.request(DOING, &request)?;
    let answer = answer.new_audio_source.ok_or(RoomError::Engine(DOING))?;
    let source = Handle::new(ffi, &answer.source.handle);
    let create_audio_track = CreateAudioTrackRequest {
        name: "microphone".into(),
        source_handle: source.id(),
    };
    let request = FfiRequest {
        create_audio_track: Some(create_audio_track),
        ..FfiRequest::default()
    };
    let answer = ffi.request(DOING, &request)?;
    let answer = answer.create_audio_track.ok_or(RoomError::Engine(DOING))?;
    let track = Handle::new(ffi, &answer.track.handle);
    Ok(UnpublishedTrack {
        name: "microphone",
        source,
        track,
    })
}

/// Feeds the source every 10 ms, and makes up for ticks that came late.
async fn feed_source(ffi: &'static Ffi, source: u64, feed: Arc<Mutex<Feed>>) {
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
        let buffer = AudioFrameBufferInfo {
            // The library copies the samples before it answers.
            data_ptr: frame.as_ptr() as usize as u64,
            num_channels: 1,
            sample_rate: SAMPLE_RATE,
            samples_per_channel: FRAME_SAMPLES as u32,
        };
        let capture = CaptureAudioFrameRequest {
            source_handle: source,
            buffer,
        };
        let request = FfiRequest {
            capture_audio_frame: Some(capture),
            ..FfiRequest::default()
        };
        if let Err(error) = ffi.request("send sound", &request) {
            tracing::warn!(%error, "the microphone's track takes no more sound");
            return;
        }
    }
}
