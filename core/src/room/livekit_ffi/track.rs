//! The others' tracks as the library hands them over.

use super::{
    dispatch::Ffi,
    handle::Handle,
    link::STATS_TIMEOUT,
    proto::{
        self, EnableRemoteTrackPublicationRequest, FfiRequest, GetStatsRequest, TrackKind,
        TrackPublicationInfo,
    },
    stats,
    stream::Stream,
};
use crate::room::{
    RoomError, TrackSource, VideoFrame,
    native::{self, Publication},
};
use tokio::{sync::oneshot, time::timeout};

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

    fn count(&self, identity: String) -> native::Counting {
        let (told, answer) = oneshot::channel();
        let track_handle = self.track.id();
        let request = |id| FfiRequest {
            get_stats: Some(GetStatsRequest {
                track_handle,
                request_async_id: Some(id),
            }),
            ..FfiRequest::default()
        };
        let asked = self
            .ffi
            .ask("count a track's packets", request, move |event| {
                let _ = told.send(event.get_stats.map(|answer| answer.stats));
            });
        Box::pin(async move {
            let counted = match asked {
                Ok(()) => timeout(STATS_TIMEOUT, answer).await,
                Err(_) => Ok(Ok(None)),
            };
            let counted = counted.ok().and_then(Result::ok).flatten();
            stats::read_track(identity, &counted.unwrap_or_default())
        })
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
