//! A local track: its source, the track, and its publication.

use super::{
    dispatch::Ffi,
    handle::Handle,
    proto::{
        FfiOwnedHandle, FfiRequest, LocalTrackMuteRequest, PublishTrackCallback,
        PublishTrackRequest, TrackPublishOptions,
    },
};
use crate::room::RoomError;
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};

/// How long the server may take to accept a track.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(15);

/// A track that was published; it stays published as long as the room is not left.
#[derive(Debug)]
pub(super) struct LocalTrack {
    ffi: &'static Ffi,
    source: Handle,
    track: Handle,
    /// Kept, because a full reconnect stores the new publication under this number.
    _publication: Handle,
}

/// A source and its track, not published yet.
#[derive(Debug)]
pub(super) struct UnpublishedTrack {
    /// `microphone` or `camera`.
    pub(super) name: &'static str,
    pub(super) source: Handle,
    pub(super) track: Handle,
}

impl LocalTrack {
    /// Publishes a track as `local_participant`.
    pub(super) async fn publish(
        ffi: &'static Ffi,
        local_participant: u64,
        unpublished: UnpublishedTrack,
        options: TrackPublishOptions,
    ) -> Result<Self, RoomError> {
        let UnpublishedTrack {
            name,
            source,
            track,
        } = unpublished;
        let refused = RoomError::PublishRefused { track: name };
        let (told, answer) = oneshot::channel();
        let request = |id| FfiRequest {
            publish_track: Some(PublishTrackRequest {
                local_participant_handle: local_participant,
                track_handle: track.id(),
                options,
                request_async_id: Some(id),
            }),
            ..FfiRequest::default()
        };
        ffi.ask("publish a track", request, move |event| {
            if let Some(callback) = event.publish_track {
                let _ = told.send(published(ffi, callback));
            }
        })?;
        match timeout(PUBLISH_TIMEOUT, answer).await {
            Ok(Ok(Some(publication))) => Ok(Self {
                ffi,
                source,
                track,
                _publication: publication,
            }),
            Ok(Ok(None)) => Err(refused),
            Ok(Err(_)) => Err(RoomError::Engine("publish a track")),
            Err(_) => Err(RoomError::Unreachable),
        }
    }

    /// The source's number in requests.
    pub(super) fn source(&self) -> u64 {
        self.source.id()
    }

    /// Mutes or unmutes; the others are told.
    pub(super) fn set_muted(&self, mute: bool) -> Result<(), RoomError> {
        let request = FfiRequest {
            local_track_mute: Some(LocalTrackMuteRequest {
                track_handle: self.track.id(),
                mute,
            }),
            ..FfiRequest::default()
        };
        self.ffi.request("mute a track", &request).map(drop)
    }
}

fn published(ffi: &'static Ffi, callback: PublishTrackCallback) -> Option<Handle> {
    if callback.error.is_some() {
        return None;
    }
    let owned: FfiOwnedHandle = callback.publication?.handle;
    Some(Handle::new(ffi, &owned))
}
