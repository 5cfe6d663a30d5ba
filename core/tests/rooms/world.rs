//! What the suite needs of a place where rooms are: LiveKit, or its fake.

use crate::devices::TestDevices;
use async_trait::async_trait;
use faithcall::room::{
    ConnectOptions, RoomEngine, RoomError, RoomEvent, RoomEvents, RoomSession, Secret, SessionId,
};
use faithcall_testing::Grants;
use std::{
    fmt::Debug,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{mpsc::UnboundedReceiver, watch},
    time::{Instant, timeout, timeout_at},
};

/// How long anything may take that should happen at once.
const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const ROOM: &str = "room";

/// A server with one room, and what its backend can do.
#[async_trait]
pub(crate) trait World: Send + Sync {
    /// An engine with these devices.
    fn engine(&self, devices: &TestDevices) -> Arc<dyn RoomEngine>;
    /// Where the server is.
    fn url(&self) -> String;
    /// Where no server is.
    fn dead_url(&self) -> String;
    /// A server that takes connections and says nothing.
    fn mute_server(&self) -> MuteServer;
    /// A token of this server.
    fn token(&self, identity: &str, grants: Grants) -> String;
    /// Replaces what somebody in the room may do.
    async fn set_permission(&self, identity: &str, grants: Grants);
    /// Removes somebody from the room.
    async fn remove(&self, identity: &str);
    /// Deletes the room.
    async fn delete_room(&self);
    /// Breaks everybody's connection once.
    async fn break_connections(&self);
    /// Lets media move: some 10 ms of it, or until a device is used of which `uses` tells.
    async fn advance(&self, uses: &mut watch::Receiver<()>);
}

/// A server that says nothing as long as it lives.
pub(crate) struct MuteServer {
    pub(crate) url: String,
    pub(crate) _socket: Option<TcpListener>,
}

/// Somebody in the room.
pub(crate) struct Phone {
    pub(crate) session: Box<dyn RoomSession>,
    pub(crate) id: SessionId,
    pub(crate) devices: TestDevices,
    events: UnboundedReceiver<(SessionId, RoomEvent)>,
    /// All events so far.
    pub(crate) seen: Vec<RoomEvent>,
}

/// Enters as `identity`.
pub(crate) async fn enter(
    world: &dyn World,
    identity: &str,
    grants: Grants,
    devices: TestDevices,
) -> Result<Phone, RoomError> {
    let token = world.token(identity, grants);
    enter_with(world, &world.url(), &token, devices).await
}

/// Enters with any URL and token.
pub(crate) async fn enter_with(
    world: &dyn World,
    url: &str,
    token: &str,
    devices: TestDevices,
) -> Result<Phone, RoomError> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = SessionId(NEXT.fetch_add(1, Ordering::Relaxed));
    let (sender, events) = RoomEvents::channel();
    let options = ConnectOptions {
        url: url.to_owned(),
        token: Secret::new(token),
        session: id,
    };
    let session = world.engine(&devices).connect(options, sender).await?;
    Ok(Phone {
        session,
        id,
        devices,
        events,
        seen: Vec::new(),
    })
}

impl Phone {
    /// Waits for an event; every event must carry this session's id.
    pub(crate) async fn sees(&mut self, wanted: impl Fn(&RoomEvent) -> bool + Send) -> RoomEvent {
        if let Some(event) = self.seen.iter().find(|event| wanted(event)) {
            return event.clone();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            match timeout_at(deadline, self.events.recv()).await {
                Ok(Some((id, event))) => {
                    assert_eq!(id, self.id, "an event of another session: {event:?}");
                    self.seen.push(event.clone());
                    if wanted(&event) {
                        return event;
                    }
                }
                Ok(None) => panic!("the events ended; seen: {:#?}", self.seen),
                Err(_) => panic!("the event did not come; seen: {:#?}", self.seen),
            }
        }
    }

    /// Takes all events that have come, and returns all so far.
    pub(crate) fn all_seen(&mut self) -> &[RoomEvent] {
        while let Ok((id, event)) = self.events.try_recv() {
            assert_eq!(id, self.id);
            self.seen.push(event);
        }
        &self.seen
    }

    /// Forgets what was seen, so that `sees` waits for something new.
    pub(crate) fn forget(&mut self) {
        self.all_seen();
        self.seen.clear();
    }
}

/// Lets media move until `done` holds, which something at these devices must bring about.
pub(crate) async fn until(
    world: &dyn World,
    devices: &TestDevices,
    what: impl Debug + Send,
    mut done: impl FnMut() -> bool + Send,
) {
    let mut uses = devices.uses();
    let waited = timeout(PATIENCE, async {
        while !done() {
            world.advance(&mut uses).await;
        }
    });
    waited
        .await
        .unwrap_or_else(|_| panic!("did not happen: {what:?}"));
}

/// Lets `speaker` send so many packets, so that whoever could hear it would have. `clock`: devices that are in use
/// meanwhile, for nothing tells of a packet.
pub(crate) async fn let_it_speak(
    world: &dyn World,
    speaker: &Phone,
    clock: &TestDevices,
    packets: u64,
) {
    let sent = || async { speaker.session.stats().await.unwrap().audio.packets_sent };
    let mut uses = clock.uses();
    let waited = timeout(PATIENCE, async {
        let enough = sent().await + packets;
        while sent().await < enough {
            world.advance(&mut uses).await;
        }
    });
    waited.await.expect("it sends nothing");
}
