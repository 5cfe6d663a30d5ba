//! The engine of the phones, with a hand on what it tells: its events can be repeated late, kept
//! back, or made up, and a session kept in its room after it was left.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use faithcall::room::livekit_ffi::LiveKitFfi;
use faithcall::room::{
    Capabilities, ConnectOptions, Devices, DisconnectReason, RoomEngine, RoomError, RoomEvent,
    RoomEvents, RoomSession, RoomStats, SessionId, VideoQuality,
};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::phone::PATIENCE;

/// The engine; its clones are the same one.
#[derive(Clone)]
pub(crate) struct Meddler(Arc<Inner>);

struct Inner {
    engine: LiveKitFfi,
    stays: watch::Sender<Vec<Stay>>,
    /// Whether the engine's own events are kept from the phone, for good.
    deaf: watch::Sender<bool>,
    clings: watch::Sender<bool>,
    attic: Mutex<Vec<Box<dyn RoomSession>>>,
}

/// One session, by the order in which they were entered.
struct Stay {
    session: SessionId,
    out: RoomEvents,
    told: Vec<RoomEvent>,
}

impl Meddler {
    pub(crate) fn new(devices: Devices) -> Self {
        Self(Arc::new(Inner {
            engine: LiveKitFfi::new(None, devices).unwrap(),
            stays: watch::Sender::default(),
            deaf: watch::Sender::default(),
            clings: watch::Sender::default(),
            attic: Mutex::default(),
        }))
    }

    /// Tells the phone this of a session, counted from 0.
    pub(crate) fn tell(&self, stay: usize, event: RoomEvent) {
        let stays = self.0.stays.borrow();
        stays[stay].out.send(stays[stay].session, event);
    }

    /// The same: the session was lost.
    pub(crate) fn lose(&self, stay: usize, reason: DisconnectReason) {
        self.tell(stay, RoomEvent::Disconnected { reason });
    }

    /// Keeps from now on from the phone what the engine itself tells.
    pub(crate) fn deafen(&self) {
        self.0.deaf.send_replace(true);
    }

    /// Keeps sessions in their rooms from now on, when the phone drops them.
    pub(crate) fn cling(&self) {
        self.0.clings.send_replace(true);
    }

    /// How many sessions there were.
    pub(crate) fn entered(&self) -> usize {
        self.0.stays.borrow().len()
    }

    /// Waits until the engine itself has told this of a session.
    pub(crate) async fn told(&self, stay: usize, wanted: impl Fn(&RoomEvent) -> bool) {
        let mut stays = self.0.stays.subscribe();
        let told = stays.wait_for(|stays| {
            let events = stays.get(stay).into_iter().flat_map(|stay| &stay.told);
            events.into_iter().any(&wanted)
        });
        let waited = timeout(PATIENCE, told).await;
        drop(waited.expect("the engine does not tell it").unwrap());
    }
}

#[async_trait]
impl RoomEngine for Meddler {
    fn capabilities(&self) -> Capabilities {
        self.0.engine.capabilities()
    }

    async fn connect(
        &self,
        options: ConnectOptions,
        out: RoomEvents,
    ) -> Result<Box<dyn RoomSession>, RoomError> {
        let session = options.session;
        let stay = self.entered();
        self.0.stays.send_modify(|stays| {
            stays.push(Stay {
                session,
                out: out.clone(),
                told: Vec::new(),
            });
        });
        let (events, mut told) = RoomEvents::channel();
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            while let Some((session, event)) = told.recv().await {
                if !*inner.deaf.borrow() {
                    out.send(session, event.clone());
                }
                inner
                    .stays
                    .send_modify(|stays| stays[stay].told.push(event));
            }
        });
        let entered = self.0.engine.connect(options, events).await?;
        Ok(Box::new(Session {
            session: Some(entered),
            inner: Arc::clone(&self.0),
        }))
    }
}

/// A session that may stay in its room after the phone has dropped it.
struct Session {
    session: Option<Box<dyn RoomSession>>,
    inner: Arc<Inner>,
}

impl Session {
    fn session(&self) -> &dyn RoomSession {
        self.session.as_deref().unwrap()
    }
}

#[async_trait]
impl RoomSession for Session {
    async fn prepare_microphone(&self) -> Result<(), RoomError> {
        self.session().prepare_microphone().await
    }

    async fn set_microphone(&self, on: bool) -> Result<(), RoomError> {
        self.session().set_microphone(on).await
    }

    async fn set_camera(&self, on: bool) -> Result<(), RoomError> {
        self.session().set_camera(on).await
    }

    fn set_video_quality(&self, quality: VideoQuality) {
        self.session().set_video_quality(quality);
    }

    async fn network_changed(&self) -> Result<(), RoomError> {
        self.session().network_changed().await
    }

    fn set_playable(&self, identities: &[String]) {
        self.session().set_playable(identities);
    }

    async fn stats(&self) -> Result<RoomStats, RoomError> {
        self.session().stats().await
    }

    async fn leave(&self) {
        if !*self.inner.clings.borrow() {
            self.session().leave().await;
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if *self.inner.clings.borrow() {
            self.inner.attic.lock().unwrap().extend(self.session.take());
        }
    }
}
