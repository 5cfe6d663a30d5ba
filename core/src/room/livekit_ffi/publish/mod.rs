//! A local track: its source, the track, and its publication.

mod audio;
mod video;

pub(super) use audio::LocalAudioTrack;
pub(super) use video::LocalVideoTrack;

use super::{
    dispatch::Ffi,
    handle::Handle,
    proto::{
        FfiRequest, LocalTrackMuteRequest, PublishTrackCallback, PublishTrackRequest,
        TrackPublishOptions,
    },
};
use crate::room::{RoomError, native::PUBLISH_TIMEOUT};
use tokio::{sync::oneshot, time::timeout};

/// A track that was published; it stays published as long as the room is not left.
#[derive(Debug)]
struct LocalTrack {
    ffi: &'static Ffi,
    source: Handle,
    track: Handle,
    /// Kept, because a full reconnect stores the new publication under this number.
    _publication: Handle,
}

/// A source and its track, not published yet.
#[derive(Debug)]
struct UnpublishedTrack {
    /// `microphone` or `camera`.
    name: &'static str,
    source: Handle,
    track: Handle,
}

impl LocalTrack {
    /// Publishes a track as `local_participant`.
    async fn publish(
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
            Ok(Ok(None)) => Err(RoomError::PublishRefused { track: name }),
            Ok(Err(_)) => Err(RoomError::Engine("publish a track")),
            Err(_) => Err(RoomError::Unreachable),
        }
    }

    /// Mutes or unmutes; the others are told.
    fn set_muted(&self, mute: bool) -> Result<(), RoomError> {
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
    callback
        .publication
        .map(|publication| Handle::new(ffi, &publication.handle))
}
