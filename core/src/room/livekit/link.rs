//! What a session asks of the crate.

use super::{
    publish::{LocalAudioTrack, LocalVideoTrack},
    stats,
    track::RemoteTrack,
};
use crate::room::{CameraFormat, RoomError, RoomStats, native::Link};
use ::livekit::{Room, SimulateScenario, prelude::LocalParticipant};
use async_trait::async_trait;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::{runtime::Handle, sync::oneshot};

/// A room that was entered; dropped, it is left.
pub(super) struct JoinedRoom {
    room: Arc<Room>,
    left: AtomicBool,
    /// Where the room is left, also when it is dropped elsewhere.
    runtime: Handle,
}

impl JoinedRoom {
    /// Takes over a room; inside a Tokio runtime.
    pub(super) fn new(room: Room) -> Self {
        Self {
            room: Arc::new(room),
            left: AtomicBool::new(false),
            runtime: Handle::current(),
        }
    }

    pub(super) fn local_participant(&self) -> LocalParticipant {
        self.room.local_participant()
    }

    fn check_running(&self) -> Result<(), RoomError> {
        if self.left.load(Ordering::Acquire) {
            Err(RoomError::Over)
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Link for JoinedRoom {
    type Audio = LocalAudioTrack;
    type Video = LocalVideoTrack;
    type Remote = RemoteTrack;

    async fn publish_microphone(&self) -> Result<LocalAudioTrack, RoomError> {
        self.check_running()?;
        LocalAudioTrack::publish(&self.local_participant()).await
    }

    async fn publish_camera(&self, format: CameraFormat) -> Result<LocalVideoTrack, RoomError> {
        self.check_running()?;
        LocalVideoTrack::publish(&self.local_participant(), format).await
    }

    async fn stats(&self) -> Result<RoomStats, RoomError> {
        let stats = self.room.get_stats().await;
        stats
            .map(|stats| stats::read(&stats))
            .map_err(|_| RoomError::Over)
    }

    /// The crate has no word for it but this: it closes the signalling connection, and then does
    /// what it does when that breaks, which is to connect anew and restart ICE.
    async fn find_new_way(&self) -> Result<(), RoomError> {
        self.check_running()?;
        let closed = self
            .room
            .simulate_scenario(SimulateScenario::SignalReconnect);
        let closed = closed.await;
        closed.map_err(|_| RoomError::Engine("look for a new way to the server"))
    }

    fn leave(&self) -> oneshot::Receiver<()> {
        let (told, left) = oneshot::channel();
        if !self.left.swap(true, Ordering::AcqRel) {
            let room = Arc::clone(&self.room);
            self.runtime.spawn(async move {
                if let Err(error) = room.close().await {
                    tracing::debug!(%error, "the room was closed already");
                }
                // A caller that waits no more has lost nothing.
                let _ = told.send(());
            });
        }
        left
    }
}

impl Drop for JoinedRoom {
    fn drop(&mut self) {
        drop(self.leave());
    }
}
