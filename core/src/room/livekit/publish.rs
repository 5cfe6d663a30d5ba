//! Our tracks.

use crate::room::{
    AudioFrame, CameraFormat, FRAME_SAMPLES, PixelLayout, RoomError, SAMPLE_RATE, VideoFrame,
    native::{LocalAudio, LocalVideo, PUBLISH_TIMEOUT, max_bitrate},
};
use ::livekit::{
    options::{TrackPublishOptions, VideoCodec, VideoEncoding},
    prelude::{
        LocalAudioTrack as TheirAudio, LocalParticipant, LocalTrack, LocalVideoTrack as TheirVideo,
        RoomError as TheirError, TrackSource,
    },
    webrtc::{
        audio_frame,
        audio_source::{AudioSourceOptions, RtcAudioSource, native::NativeAudioSource},
        native::yuv_helper::abgr_to_i420,
        video_frame::{self, I420Buffer, VideoRotation},
        video_source::{RtcVideoSource, VideoResolution, native::NativeVideoSource},
    },
};
use async_trait::async_trait;
use tokio::time::timeout;

/// A published microphone.
pub(in crate::room) struct LocalAudioTrack {
    source: NativeAudioSource,
    track: TheirAudio,
}

impl LocalAudioTrack {
    pub(super) async fn publish(participant: &LocalParticipant) -> Result<Self, RoomError> {
        // No queue: each frame goes to the encoder as it comes.
        let source = NativeAudioSource::new(AudioSourceOptions::default(), SAMPLE_RATE, 1, 0);
        let rtc_source = RtcAudioSource::Native(source.clone());
        let track = TheirAudio::create_audio_track("microphone", rtc_source);
        let options = TrackPublishOptions {
            source: TrackSource::Microphone,
            ..TrackPublishOptions::default()
        };
        publish(
            participant,
            "microphone",
            LocalTrack::Audio(track.clone()),
            options,
        )
        .await?;
        Ok(Self { source, track })
    }
}

#[async_trait]
impl LocalAudio for LocalAudioTrack {
    async fn capture(&self, frame: &AudioFrame) -> Result<(), RoomError> {
        let frame = audio_frame::AudioFrame {
            data: frame.as_slice().into(),
            sample_rate: SAMPLE_RATE,
            num_channels: 1,
            samples_per_channel: FRAME_SAMPLES as u32,
        };
        let captured = self.source.capture_frame(&frame).await;
        captured.map_err(|_| RoomError::Engine("send sound"))
    }

    fn set_muted(&self, muted: bool) -> Result<(), RoomError> {
        if muted {
            self.track.mute()
        } else {
            self.track.unmute()
        }
        Ok(())
    }
}

/// A published camera.
pub(in crate::room) struct LocalVideoTrack {
    source: NativeVideoSource,
    track: TheirVideo,
}

impl LocalVideoTrack {
    pub(super) async fn publish(
        participant: &LocalParticipant,
        format: CameraFormat,
    ) -> Result<Self, RoomError> {
        let resolution = VideoResolution {
            width: format.width,
            height: format.height,
        };
        let source = NativeVideoSource::new(resolution, false);
        let rtc_source = RtcVideoSource::Native(source.clone());
        let track = TheirVideo::create_video_track("camera", rtc_source);
        let options = TrackPublishOptions {
            video_encoding: Some(VideoEncoding {
                max_bitrate: max_bitrate(format),
                max_framerate: f64::from(format.frames_per_second),
            }),
            video_codec: VideoCodec::VP8,
            // One size: a call of two has one receiver.
            simulcast: false,
            source: TrackSource::Camera,
            ..TrackPublishOptions::default()
        };
        publish(
            participant,
            "camera",
            LocalTrack::Video(track.clone()),
            options,
        )
        .await?;
        Ok(Self { source, track })
    }
}

impl LocalVideo for LocalVideoTrack {
    fn capture(&self, frame: &VideoFrame) -> Result<(), RoomError> {
        let buffer = i420(frame).ok_or(RoomError::Engine("send a picture"))?;
        self.source.capture_frame(&video_frame::VideoFrame::new(
            VideoRotation::VideoRotation0,
            buffer,
        ));
        Ok(())
    }

    fn set_muted(&self, muted: bool) -> Result<(), RoomError> {
        if muted {
            self.track.mute()
        } else {
            self.track.unmute()
        }
        Ok(())
    }
}

async fn publish(
    participant: &LocalParticipant,
    name: &'static str,
    track: LocalTrack,
    options: TrackPublishOptions,
) -> Result<(), RoomError> {
    match timeout(PUBLISH_TIMEOUT, participant.publish_track(track, options)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(TheirError::AlreadyClosed)) => Err(RoomError::Over),
        Ok(Err(_)) => Err(RoomError::PublishRefused { track: name }),
        Err(_) => Err(RoomError::Unreachable),
    }
}

/// The picture in the crate's own buffer; nothing where its data is shorter than its size says.
fn i420(frame: &VideoFrame) -> Option<I420Buffer> {
    let (width, height) = (frame.width, frame.height);
    let mut buffer = I420Buffer::new(width, height);
    let (stride_y, stride_u, stride_v) = buffer.strides();
    let (y, u, v) = buffer.data_mut();
    match frame.layout {
        // The crate names the order of the bytes in a word, the port their order in memory.
        PixelLayout::Rgba => abgr_to_i420(
            &frame.data,
            width * 4,
            y,
            stride_y,
            u,
            stride_u,
            v,
            stride_v,
            i32::try_from(width).ok()?,
            i32::try_from(height).ok()?,
        ),
        PixelLayout::I420 => {
            let (luma, chroma) = frame.data.split_at_checked(y.len())?;
            let (first, second) = chroma.split_at_checked(u.len())?;
            y.copy_from_slice(luma);
            u.copy_from_slice(first);
            v.copy_from_slice(second.get(..v.len())?);
        }
    }
    Some(buffer)
}
