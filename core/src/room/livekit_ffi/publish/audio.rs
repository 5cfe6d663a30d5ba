//! A published microphone.

use super::{LocalTrack, UnpublishedTrack};
use crate::room::{
    AudioFrame, FRAME_SAMPLES, RoomError, SAMPLE_RATE,
    livekit_ffi::{
        dispatch::Ffi,
        handle::Handle,
        proto::{
            AudioFrameBufferInfo, AudioSourceType, CaptureAudioFrameRequest,
            CreateAudioTrackRequest, FfiRequest, NewAudioSourceRequest, TrackPublishOptions,
            TrackSource,
        },
    },
    native::LocalAudio,
};
use async_trait::async_trait;

/// A published microphone that is fed frame by frame.
#[derive(Debug)]
pub(in crate::room::livekit_ffi) struct LocalAudioTrack(LocalTrack);

impl LocalAudioTrack {
    pub(in crate::room::livekit_ffi) async fn publish(
        ffi: &'static Ffi,
        local_participant: u64,
    ) -> Result<Self, RoomError> {
        let options = TrackPublishOptions {
            dtx: Some(true),
            red: Some(true),
            source: Some(TrackSource::Microphone as i32),
            ..TrackPublishOptions::default()
        };
        LocalTrack::publish(ffi, local_participant, create(ffi)?, options)
            .await
            .map(Self)
    }
}

#[async_trait]
impl LocalAudio for LocalAudioTrack {
    async fn capture(&self, frame: &AudioFrame) -> Result<(), RoomError> {
        let buffer = AudioFrameBufferInfo {
            // The library copies the samples before it answers.
            data_ptr: frame.as_ptr() as usize as u64,
            num_channels: 1,
            sample_rate: SAMPLE_RATE,
            samples_per_channel: FRAME_SAMPLES as u32,
        };
        let capture = CaptureAudioFrameRequest {
            source_handle: self.0.source.id(),
            buffer,
        };
        let request = FfiRequest {
            capture_audio_frame: Some(capture),
            ..FfiRequest::default()
        };
        self.0.ffi.request("send sound", &request).map(drop)
    }

    fn set_muted(&self, muted: bool) -> Result<(), RoomError> {
        self.0.set_muted(muted)
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
