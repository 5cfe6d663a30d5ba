//! What a session asks of the library.

use super::{
    join::JoinedRoom,
    proto::{FfiRequest, GetSessionStatsRequest},
    publish::{LocalAudioTrack, LocalVideoTrack},
    stats,
    track::RemoteTrack,
};
use crate::room::{CameraFormat, RoomError, RoomStats, native::Link};
use async_trait::async_trait;
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};

/// How long the figures may take.
const STATS_TIMEOUT: Duration = Duration::from_secs(5);

#[async_trait]
impl Link for JoinedRoom {
    type Audio = LocalAudioTrack;
    type Video = LocalVideoTrack;
    type Remote = RemoteTrack;

    async fn publish_microphone(&self) -> Result<LocalAudioTrack, RoomError> {
        LocalAudioTrack::publish(self.ffi, self.local_participant()?).await
    }

    async fn publish_camera(&self, format: CameraFormat) -> Result<LocalVideoTrack, RoomError> {
        LocalVideoTrack::publish(self.ffi, self.local_participant()?, format).await
    }

    async fn stats(&self) -> Result<RoomStats, RoomError> {
        const DOING: &str = "count packets";
        let room_handle = self.id()?;
        let (told, answer) = oneshot::channel();
        let request = |id| FfiRequest {
            get_session_stats: Some(GetSessionStatsRequest {
                room_handle,
                request_async_id: Some(id),
            }),
            ..FfiRequest::default()
        };
        self.ffi.ask(DOING, request, move |event| {
            let result = event.get_session_stats.and_then(|answer| answer.result);
            let _ = told.send(result);
        })?;
        match timeout(STATS_TIMEOUT, answer).await {
            Ok(Ok(Some(result))) => Ok(stats::read(&result)),
            Ok(Ok(None)) => Err(RoomError::Over),
            Ok(Err(_)) | Err(_) => Err(RoomError::Engine(DOING)),
        }
    }

    fn leave(&self) -> oneshot::Receiver<()> {
        self.begin_to_leave()
    }
}
