//! The others' tracks as the library hands them over.

use super::{
    dispatch::Ffi,
    handle::Handle,
    proto::{self, TrackKind, TrackPublicationInfo},
    stream::Stream,
};
use crate::room::{
    RoomError, TrackSource, VideoFrame,
    native::{self, Publication},
};

/// A track that comes to us.
pub(super) struct RemoteTrack {
    ffi: &'static Ffi,
    kind: TrackKind,
    track: Handle,
}

impl RemoteTrack {
    pub(super) fn new(ffi: &'static Ffi, kind: i32, track: Handle) -> Self {
        let kind = TrackKind::try_from(kind).unwrap_or(TrackKind::Unknown);
        Self { ffi, kind, track }
    }
}

impl native::RemoteTrack for RemoteTrack {
    type Stream = Stream;

    fn play(
        &self,
        sound: impl FnMut(&[i16]) + Send + 'static,
        picture: impl FnMut(VideoFrame) + Send + 'static,
    ) -> Result<Option<Stream>, RoomError> {
        match self.kind {
            TrackKind::Audio => Stream::audio(self.ffi, &self.track, sound).map(Some),
            TrackKind::Video => Stream::video(self.ffi, &self.track, picture).map(Some),
            TrackKind::Unknown => Ok(None),
        }
    }
}

/// What somebody publishes.
pub(super) fn publication(info: TrackPublicationInfo) -> Publication {
    let source = match proto::TrackSource::try_from(info.source) {
        Ok(proto::TrackSource::Camera) => TrackSource::Camera,
        Ok(proto::TrackSource::Microphone) => TrackSource::Microphone,
        Ok(proto::TrackSource::ScreenShare) => TrackSource::ScreenShare,
        Ok(proto::TrackSource::ScreenShareAudio) => TrackSource::ScreenShareAudio,
        Ok(proto::TrackSource::Unknown) | Err(_) => TrackSource::Unknown,
    };
    Publication {
        sid: info.sid,
        source,
        muted: info.muted,
    }
}
