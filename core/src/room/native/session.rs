//! One stay in one room.

use super::{
    Entered,
    camera::CameraTrack,
    link::Link,
    microphone::MicrophoneTrack,
    news::{self, NewsSource},
    presence::Presence,
    remote::RemoteTracks,
    stats,
    teller::Teller,
};
use crate::room::{
    DeviceError, Devices, RoomError, RoomEvent, RoomEvents, RoomSession, RoomStats, SessionId,
    VideoQuality,
};
use async_trait::async_trait;
use std::{
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Mutex as AsyncMutex, oneshot, watch},
    task::spawn_blocking,
    time::{sleep, timeout},
};

/// How long a client's request for tracks is given to go out before the next one: two that follow
/// each other closely may change places on their way.
const SETTLE_PAUSE: Duration = Duration::from_millis(300);

/// How long `leave` waits for the client.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A session over a link; dropped, it leaves without waiting.
pub(in crate::room) struct Session<L: Link>(Arc<Inner<L>>);

/// What commands and room news share.
pub(super) struct Inner<L: Link> {
    link: L,
    devices: Devices,
    teller: Arc<Teller>,
    /// Without it a client would wait 10 seconds for a server that does not answer.
    pub(super) can_publish: AtomicBool,
    microphone: AsyncMutex<Option<MicrophoneTrack<L::Audio>>>,
    camera: AsyncMutex<Option<CameraTrack<L::Video>>>,
    video_quality: watch::Sender<VideoQuality>,
    pub(super) remote: Mutex<RemoteTracks<L::Remote>>,
}

impl<L: Link> Session<L> {
    /// Begins to tell what happens in the room that was entered.
    pub(in crate::room) fn start(
        entered: Entered<L, impl NewsSource<L::Remote>>,
        session: SessionId,
        devices: Devices,
        events: RoomEvents,
    ) -> Self {
        let Entered {
            link,
            news,
            can_publish,
            others,
        } = entered;
        let teller = Arc::new(Teller::new(session, events));
        let present = others
            .iter()
            .map(|other| other.who.clone())
            .collect::<Vec<_>>();
        let presence = Presence::new(&present);
        teller.tell(RoomEvent::Connected { others: present });
        let tell = Arc::clone(&teller);
        let tell = Arc::new(move |event| tell.tell(event));
        let mut remote = RemoteTracks::new(devices.clone(), tell);
        for other in others {
            for publication in other.publications {
                remote.publish(other.who.identity.clone(), publication);
            }
        }
        let inner = Arc::new(Inner {
            link,
            devices,
            teller,
            can_publish: AtomicBool::new(can_publish),
            microphone: AsyncMutex::new(None),
            camera: AsyncMutex::new(None),
            video_quality: watch::Sender::new(VideoQuality::Full),
            remote: Mutex::new(remote),
        });
        let unsettled = lock(&inner.remote).unsettled();
        tokio::spawn(settle(Arc::downgrade(&inner), unsettled));
        tokio::spawn(news::follow(Arc::clone(&inner), presence, news));
        Self(inner)
    }

    /// Runs a command to its end, also where the caller stops waiting for it.
    async fn run<F>(&self, command: impl FnOnce(Arc<Inner<L>>) -> F) -> Result<(), RoomError>
    where
        F: Future<Output = Result<(), RoomError>> + Send + 'static,
    {
        tokio::spawn(command(Arc::clone(&self.0)))
            .await
            .unwrap_or(Err(RoomError::Engine("carry out a command")))
    }
}

impl<L: Link> Inner<L> {
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
            // It ends early where the client has failed, and then nothing is left to do.
            let _ = left.await;
        };
        if timeout(LEAVE_TIMEOUT, ended).await.is_err() {
            tracing::warn!("a room was not left in time");
        }
    }

    /// Stops playing and begins to leave the room.
    fn let_go(&self) -> oneshot::Receiver<()> {
        lock(&self.remote).clear();
        self.link.leave()
    }

    fn check_running(&self) -> Result<(), RoomError> {
        if self.teller.is_over() {
            Err(RoomError::Over)
        } else {
            Ok(())
        }
    }

    fn check_publish(&self, track: &'static str) -> Result<(), RoomError> {
        let may = self.can_publish.load(Ordering::Acquire);
        if may {
            Ok(())
        } else {
            Err(RoomError::PublishRefused { track })
        }
    }

    async fn prepare_microphone(self: Arc<Self>) -> Result<(), RoomError> {
        let mut microphone = self.microphone.lock().await;
        self.check_running()?;
        if microphone.is_none() {
            self.check_publish("microphone")?;
            *microphone = Some(MicrophoneTrack::publish(&self.link).await?);
        }
        Ok(())
    }

    async fn set_microphone(self: Arc<Self>, on: bool) -> Result<(), RoomError> {
        let mut microphone = self.microphone.lock().await;
        self.check_running()?;
        let is_on = microphone.as_ref().is_some_and(MicrophoneTrack::is_on);
        if on && !is_on {
            self.check_publish("microphone")?;
            let source = Arc::clone(&self.devices.microphone);
            let device = opened("microphone", move || source.open()).await?;
            let track = match microphone.take() {
                Some(track) => track,
                None => MicrophoneTrack::publish(&self.link).await?,
            };
            microphone.insert(track).unmute(device)?;
        } else if !on && let Some(track) = &*microphone {
            track.mute()?;
        }
        Ok(())
    }

    async fn set_camera(self: Arc<Self>, on: bool) -> Result<(), RoomError> {
        let mut camera = self.camera.lock().await;
        self.check_running()?;
        let is_on = camera.as_ref().is_some_and(CameraTrack::is_on);
        if on && !is_on {
            self.check_publish("camera")?;
            let source = Arc::clone(&self.devices.camera);
            let device = opened("camera", move || source.open()).await?;
            match &mut *camera {
                Some(track) => track.unmute(device)?,
                none => {
                    let quality = self.video_quality.subscribe();
                    *none = Some(CameraTrack::publish(&self.link, device, quality).await?);
                }
            }
        } else if !on && let Some(track) = &mut *camera {
            track.mute().await?;
        }
        Ok(())
    }
}

/// Keeps what the server sends as it is wanted, until the session is gone.
async fn settle<L: Link>(inner: Weak<Inner<L>>, mut unsettled: watch::Receiver<()>) {
    while unsettled.changed().await.is_ok() {
        let Some(asked) = inner.upgrade().map(|inner| lock(&inner.remote).settle()) else {
            return;
        };
        if asked {
            sleep(SETTLE_PAUSE).await;
        }
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
impl<L: Link> RoomSession for Session<L> {
    async fn prepare_microphone(&self) -> Result<(), RoomError> {
        self.run(Inner::prepare_microphone).await
    }

    async fn set_microphone(&self, on: bool) -> Result<(), RoomError> {
        self.run(|inner| inner.set_microphone(on)).await
    }

    async fn set_camera(&self, on: bool) -> Result<(), RoomError> {
        self.run(|inner| inner.set_camera(on)).await
    }

    fn set_video_quality(&self, quality: VideoQuality) {
        self.0.video_quality.send_replace(quality);
    }

    async fn network_changed(&self) -> Result<(), RoomError> {
        self.0.check_running()?;
        self.0.link.find_new_way().await
    }

    fn set_playable(&self, identities: &[String]) {
        lock(&self.0.remote).set_playable(identities);
    }

    async fn stats(&self) -> Result<RoomStats, RoomError> {
        self.0.check_running()?;
        let mut stats = self.0.link.stats().await?;
        // Not one after the other under the lock: each is asked of the client.
        let tracks = lock(&self.0.remote).count();
        for track in tracks {
            stats::merge(&mut stats.received, track.await);
        }
        Ok(stats)
    }

    async fn leave(&self) {
        self.0.end(None).await;
    }
}

impl<L: Link> Drop for Session<L> {
    fn drop(&mut self) {
        if self.0.teller.end(None) {
            // The devices are closed when the last command and the news task have let go.
            drop(self.0.let_go());
        }
    }
}

/// Locks; what a panic left behind is still whole, for every change is one assignment.
pub(in crate::room) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
