//! What a session asks of the library.

use super::{
    join::JoinedRoom,
    proto::{FfiRequest, GetSessionStatsRequest, SimulateScenarioKind, SimulateScenarioRequest},
    publish::{LocalAudioTrack, LocalVideoTrack},
    stats,
    track::RemoteTrack,
};
use crate::room::{CameraFormat, RoomError, RoomStats, native::Link};
use async_trait::async_trait;
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};

/// How long the figures may take.
pub(super) const STATS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long closing the signalling connection may take.
const NEW_WAY_TIMEOUT: Duration = Duration::from_secs(5);

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

    /// The library has no word for it but this: it closes the signalling connection, and then does
    /// what it does when that breaks, which is to connect anew and restart ICE.
    async fn find_new_way(&self) -> Result<(), RoomError> {
        const DOING: &str = "look for a new way to the server";
        let room_handle = self.id()?;
        let (told, answer) = oneshot::channel();
        let request = |id| FfiRequest {
            simulate_scenario: Some(SimulateScenarioRequest {
                room_handle,
                scenario: SimulateScenarioKind::SignalReconnect as i32,
                request_async_id: Some(id),
            }),
            ..FfiRequest::default()
        };
        self.ffi.ask(DOING, request, move |event| {
            let done = event.simulate_scenario.filter(|done| done.error.is_none());
            let _ = told.send(done.is_some());
        })?;
        match timeout(NEW_WAY_TIMEOUT, answer).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false) | Err(_)) | Err(_) => Err(RoomError::Engine(DOING)),
        }
    }

    fn leave(&self) -> oneshot::Receiver<()> {
        self.begin_to_leave()
    }
}
