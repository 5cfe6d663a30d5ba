//! The others' tracks as the crate hands them over.

use super::stats;
use crate::room::{
    PixelLayout, RoomError, SAMPLE_RATE, TrackSource, VideoFrame,
    native::{self, Publication},
};
use ::livekit::{
    prelude::{RemoteTrack as TheirTrack, RemoteTrackPublication, TrackSource as TheirSource},
    webrtc::{
        audio_stream::native::NativeAudioStream,
        video_frame::{I420Buffer, VideoBuffer as _},
        video_stream::native::NativeVideoStream,
    },
};
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;

/// A track that comes to us.
pub(in crate::room) struct RemoteTrack(pub(super) TheirTrack);

/// A track being decoded; dropped, the decoding ends.
pub(in crate::room) struct Stream(JoinHandle<()>);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What we get of a track, asked of the crate.
pub(in crate::room) struct Subscription(RemoteTrackPublication);

impl native::Subscription for Subscription {
    fn set_sent(&self, sent: bool) -> Result<(), RoomError> {
        self.0.set_enabled(sent);
        Ok(())
    }
}

impl native::RemoteTrack for RemoteTrack {
    type Subscription = Subscription;
    type Stream = Stream;

    fn play(
        &self,
        mut sound: impl FnMut(&[i16]) + Send + 'static,
        mut picture: impl FnMut(VideoFrame) + Send + 'static,
    ) -> Result<Option<Stream>, RoomError> {
        let task = match &self.0 {
            TheirTrack::Audio(track) => {
                let rate = SAMPLE_RATE as i32;
                let mut frames = NativeAudioStream::new(track.rtc_track(), rate, 1);
                tokio::spawn(async move {
                    while let Some(frame) = frames.next().await {
                        sound(&frame.data);
                    }
                })
            }
            TheirTrack::Video(track) => {
                let mut pictures = NativeVideoStream::new(track.rtc_track());
                tokio::spawn(async move {
                    while let Some(frame) = pictures.next().await {
                        picture(packed(&frame.buffer.to_i420()));
                    }
                })
            }
        };
        Ok(Some(Stream(task)))
    }

    fn count(&self, identity: String) -> native::Counting {
        let track = self.0.clone();
        Box::pin(async move {
            let counted = track.get_stats().await.unwrap_or_default();
            stats::read_track(identity, &counted)
        })
    }
}

/// The picture's planes one after the other, without padding.
fn packed(buffer: &I420Buffer) -> VideoFrame {
    let (width, height) = (buffer.width(), buffer.height());
    let (half_width, half_height) = (buffer.chroma_width(), buffer.chroma_height());
    let (y, u, v) = buffer.data();
    let (stride_y, stride_u, stride_v) = buffer.strides();
    let mut data = Vec::with_capacity(y.len() + u.len() + v.len());
    for (plane, stride, width, height) in [
        (y, stride_y, width, height),
        (u, stride_u, half_width, half_height),
        (v, stride_v, half_width, half_height),
    ] {
        for line in plane.chunks(stride.max(1) as usize).take(height as usize) {
            data.extend_from_slice(line.get(..width as usize).unwrap_or(line));
        }
    }
    VideoFrame {
        width,
        height,
        layout: PixelLayout::I420,
        data,
    }
}

/// What somebody publishes.
pub(super) fn publication(publication: &RemoteTrackPublication) -> Publication<RemoteTrack> {
    let source = match publication.source() {
        TheirSource::Camera => TrackSource::Camera,
        TheirSource::Microphone => TrackSource::Microphone,
        TheirSource::Screenshare => TrackSource::ScreenShare,
        TheirSource::ScreenshareAudio => TrackSource::ScreenShareAudio,
        TheirSource::Unknown => TrackSource::Unknown,
    };
    Publication {
        sid: publication.sid().into(),
        source,
        muted: publication.is_muted(),
        subscription: Subscription(publication.clone()),
    }
}
