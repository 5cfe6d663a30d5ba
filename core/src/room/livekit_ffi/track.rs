//! The others' tracks as the library hands them over.

use super::{
    dispatch::Ffi,
    handle::Handle,
    proto::{
        self, EnableRemoteTrackPublicationRequest, FfiRequest, TrackKind, TrackPublicationInfo,
    },
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

/// What we get of a track, asked of the library.
pub(super) struct Subscription {
    ffi: &'static Ffi,
    publication: Handle,
}

impl native::Subscription for Subscription {
    fn set_sent(&self, sent: bool) -> Result<(), RoomError> {
        let request = FfiRequest {
            enable_remote_track_publication: Some(EnableRemoteTrackPublicationRequest {
                enabled: sent,
                track_publication_handle: self.publication.id(),
            }),
            ..FfiRequest::default()
        };
        self.ffi
            .request("ask for somebody's media", &request)
            .map(drop)
    }
}

impl native::RemoteTrack for RemoteTrack {
    type Subscription = Subscription;
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
pub(super) fn publication(
    ffi: &'static Ffi,
    info: TrackPublicationInfo,
    publication: Handle,
) -> Publication<RemoteTrack> {
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
        subscription: Subscription { ffi, publication },
    }
}
