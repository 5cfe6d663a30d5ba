//! One stay in one room.

use super::{
    camera::CameraTrack,
    dispatch::{Ffi, lock},
    join::{Entered, JoinedRoom},
    microphone::MicrophoneTrack,
    news,
    presence::Presence,
    proto::{FfiRequest, GetSessionStatsRequest},
    remote::RemoteTracks,
    stats,
};
use crate::room::{
    DeviceError, Devices, RoomError, RoomEvent, RoomEvents, RoomSession, RoomStats, SessionId,
};
use async_trait::async_trait;
use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Mutex as AsyncMutex, oneshot},
    task::spawn_blocking,
    time::timeout,
};

/// How long `leave` waits for the library.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the figures may take.
const STATS_TIMEOUT: Duration = Duration::from_secs(5);

/// A session of this engine; dropped, it leaves without waiting.
pub(super) struct Session(Arc<Inner>);

/// What commands and room news share.
pub(super) struct Inner {
    ffi: &'static Ffi,
    devices: Devices,
    teller: Arc<Teller>,
    pub(super) own_identity: String,
    /// Without it the library would wait 10 seconds for a server that does not answer.
    pub(super) can_publish: AtomicBool,
    room: Mutex<Option<JoinedRoom>>,
    microphone: AsyncMutex<Option<MicrophoneTrack>>,
    camera: AsyncMutex<Option<CameraTrack>>,
    pub(super) remote: Mutex<RemoteTracks>,
}

/// Tells events until the session is over.
struct Teller {
    session: SessionId,
    events: RoomEvents,
    over: Mutex<bool>,
}

impl Teller {
    fn tell(&self, event: RoomEvent) {
        let over = lock(&self.over);
        if !*over {
            self.events.send(self.session, event);
        }
    }

    /// Tells the last event, if any. Returns whether the session was not over before.
    fn end(&self, last: Option<RoomEvent>) -> bool {
        let mut over = lock(&self.over);
        if *over {
            return false;
        }
        *over = true;
        if let Some(event) = last {
            self.events.send(self.session, event);
        }
        true
    }
}

impl Session {
    /// Begins to tell what happens in the room that was entered.
    pub(super) fn start(
        ffi: &'static Ffi,
        entered: Entered,
        session: SessionId,
        devices: Devices,
        events: RoomEvents,
    ) -> Self {
        let teller = Arc::new(Teller {
            session,
            events,
            over: Mutex::new(false),
        });
        let identities: Vec<String> = entered
            .others
            .iter()
            .map(|other| other.identity.clone())
            .collect();
        let presence = Presence::new(identities.iter().cloned());
        teller.tell(RoomEvent::Connected { identities });
        let tell = Arc::clone(&teller);
        let mut remote = RemoteTracks::new(
            ffi,
            devices.clone(),
            Arc::new(move |event| tell.tell(event)),
        );
        for other in entered.others {
            for publication in other.publications {
                remote.publish(&other.identity, publication);
            }
        }
        let inner = Arc::new(Inner {
            ffi,
            devices,
            teller,
            own_identity: entered.own_identity,
            can_publish: AtomicBool::new(entered.can_publish),
            room: Mutex::new(Some(entered.room)),
            microphone: AsyncMutex::new(None),
            camera: AsyncMutex::new(None),
            remote: Mutex::new(remote),
        });
        tokio::spawn(news::follow(Arc::clone(&inner), presence, entered.news));
        Self(inner)
    }

    /// Runs a command to its end, also where the caller stops waiting for it.
    async fn run<F>(&self, command: impl FnOnce(Arc<Inner>) -> F) -> Result<(), RoomError>
    where
        F: Future<Output = Result<(), RoomError>> + Send + 'static,
    {
        tokio::spawn(command(Arc::clone(&self.0)))
            .await
            .unwrap_or(Err(RoomError::Over))
    }
}

impl Inner {
    pub(super) fn tell_all(&self, events: Vec<RoomEvent>) {
        events.into_iter().for_each(|event| self.teller.tell(event));
    }

    /// Ends the session: tells `last`, closes devices, stops playing, leaves the room.
    pub(super) async fn end(&self, last: Option<RoomEvent>) {
        if !self.teller.end(last) {
            return;
        }
        let left = self.let_go();
        let ended = async {
            *self.microphone.lock().await = None;
            if let Some(mut camera) = self.camera.lock().await.take() {
                camera.close_device().await;
            }
            if let Some(left) = left {
                let _ = left.await;
            }
        };
        if timeout(LEAVE_TIMEOUT, ended).await.is_err() {
            tracing::warn!("a room was not left in time");
        }
    }

    /// Stops playing and begins to leave the room.
    fn let_go(&self) -> Option<oneshot::Receiver<()>> {
        lock(&self.remote).clear();
        let room = lock(&self.room).take();
        room.map(JoinedRoom::leave)
    }

    /// The number of our own participant in requests.
    fn local_participant(&self) -> Result<u64, RoomError> {
        let room = lock(&self.room);
        room.as_ref()
            .and_then(JoinedRoom::local_participant)
            .ok_or(RoomError::Over)
    }

    fn may_publish(&self, track: &'static str) -> Result<(), RoomError> {
        let may = self.can_publish.load(Ordering::Acquire);
        may.then_some(()).ok_or(RoomError::PublishRefused { track })
    }

    async fn prepare_microphone(self: Arc<Self>) -> Result<(), RoomError> {
        let mut microphone = self.microphone.lock().await;
        let local_participant = self.local_participant()?;
        if microphone.is_none() {
            self.may_publish("microphone")?;
            *microphone = Some(MicrophoneTrack::publish(self.ffi, local_participant).await?);
        }
        Ok(())
    }

    async fn set_microphone(self: Arc<Self>, on: bool) -> Result<(), RoomError> {
        let mut microphone = self.microphone.lock().await;
        let local_participant = self.local_participant()?;
        let is_on = microphone.as_ref().is_some_and(MicrophoneTrack::is_on);
        if on && !is_on {
            self.may_publish("microphone")?;
            let source = Arc::clone(&self.devices.microphone);
            let device = opened("microphone", move || source.open()).await?;
            let track = match microphone.take() {
                Some(track) => track,
                None => MicrophoneTrack::publish(self.ffi, local_participant).await?,
            };
            microphone.insert(track).unmute(device)?;
        } else if !on && let Some(track) = &*microphone {
            track.mute()?;
        }
        Ok(())
    }

    async fn set_camera(self: Arc<Self>, on: bool) -> Result<(), RoomError> {
        let mut camera = self.camera.lock().await;
        let local_participant = self.local_participant()?;
        let is_on = camera.as_ref().is_some_and(CameraTrack::is_on);
        if on && !is_on {
            self.may_publish("camera")?;
            let source = Arc::clone(&self.devices.camera);
            let device = opened("camera", move || source.open()).await?;
            match &mut *camera {
                Some(track) => track.unmute(device)?,
                none => {
                    *none = Some(CameraTrack::publish(self.ffi, local_participant, device).await?);
                }
            }
        } else if !on && let Some(track) = &mut *camera {
            track.mute().await?;
        }
        Ok(())
    }
}

/// Opens a device where it may take its time.
async fn opened<T: Send + 'static>(
    device: &'static str,
    open: impl FnOnce() -> Result<T, DeviceError> + Send + 'static,
) -> Result<T, RoomError> {
    let failed = |_| DeviceError::Unavailable {
        device,
        reason: "it failed to open".into(),
    };
    Ok(spawn_blocking(open).await.map_err(failed)??)
}

#[async_trait]
impl RoomSession for Session {
    async fn prepare_microphone(&self) -> Result<(), RoomError> {
        self.run(Inner::prepare_microphone).await
    }

    async fn set_microphone(&self, on: bool) -> Result<(), RoomError> {
        self.run(|inner| inner.set_microphone(on)).await
    }

    async fn set_camera(&self, on: bool) -> Result<(), RoomError> {
        self.run(|inner| inner.set_camera(on)).await
    }

    fn set_playable(&self, identities: &[String]) {
        lock(&self.0.remote).set_playable(identities);
    }

    async fn stats(&self) -> Result<RoomStats, RoomError> {
        const DOING: &str = "count packets";
        let room_handle = lock(&self.0.room).as_ref().and_then(JoinedRoom::id);
        let room_handle = room_handle.ok_or(RoomError::Over)?;
        let (told, answer) = oneshot::channel();
        let request = |id| FfiRequest {
            get_session_stats: Some(GetSessionStatsRequest {
                room_handle,
                request_async_id: Some(id),
            }),
            ..FfiRequest::default()
        };
        self.0.ffi.ask(DOING, request, move |event| {
            let result = event.get_session_stats.and_then(|answer| answer.result);
            let _ = told.send(result);
        })?;
        match timeout(STATS_TIMEOUT, answer).await {
            Ok(Ok(Some(result))) => Ok(stats::sum(&result)),
            Ok(Ok(None)) => Err(RoomError::Over),
            Ok(Err(_)) | Err(_) => Err(RoomError::Engine(DOING)),
        }
    }

    async fn leave(&self) {
        self.0.end(None).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.0.teller.end(None) {
            // The devices are closed when the last command and the news task have let go.
            drop(self.0.let_go());
        }
    }
}
