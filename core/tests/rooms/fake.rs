//! The suite over rooms in memory.

use crate::{
    devices::TestDevices,
    suite,
    world::{MuteServer, ROOM, World},
};
use async_trait::async_trait;
use faithcall::room::{
    RoomEngine,
    fake::{FakeEngine, FakeGrants, FakeLiveKit},
};
use faithcall_testing::Grants;
use std::sync::Arc;
use tokio::sync::watch;

const DEAD: &str = "ws://dead.invalid";

struct Memory(FakeLiveKit);

impl Memory {
    fn start() -> Self {
        let server = FakeLiveKit::new();
        server.create_room(ROOM);
        Self(server)
    }
}

fn grants(grants: &Grants) -> FakeGrants {
    FakeGrants {
        can_publish: grants.can_publish,
        can_subscribe: grants.can_subscribe,
    }
}

#[async_trait]
impl World for Memory {
    fn engine(&self, devices: &TestDevices) -> Arc<dyn RoomEngine> {
        Arc::new(FakeEngine::new(&self.0, devices.devices()))
    }

    fn url(&self) -> String {
        FakeLiveKit::URL.into()
    }

    fn dead_url(&self) -> String {
        self.0.set_unreachable(true);
        DEAD.into()
    }

    fn mute_server(&self) -> MuteServer {
        MuteServer {
            url: self.dead_url(),
            _socket: None,
        }
    }

    fn token(&self, identity: &str, wanted: Grants) -> String {
        self.0
            .token(&wanted.room, identity, grants(&wanted))
            .expose()
            .to_owned()
    }

    async fn set_permission(&self, identity: &str, wanted: Grants) {
        assert!(self.0.set_permission(ROOM, identity, grants(&wanted)));
    }

    async fn remove(&self, identity: &str) {
        assert!(self.0.remove_participant(ROOM, identity));
    }

    async fn delete_room(&self) {
        self.0.delete_room(ROOM);
    }

    async fn break_connections(&self) {
        for (identity, _) in self.0.participants(ROOM) {
            self.0.set_reconnecting(ROOM, &identity, true);
            self.0.set_reconnecting(ROOM, &identity, false);
        }
    }

    async fn advance(&self, _uses: &mut watch::Receiver<()>) {
        self.0.pump();
        // What waits here for a failure must be able to give up.
        tokio::task::yield_now().await;
    }
}

macro_rules! over_the_fake {
    ($($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                suite::$name(&Memory::start()).await;
            }
        )*
    };
}
every_test!(over_the_fake);

#[tokio::test]
async fn an_engine_without_a_silent_microphone_says_so() {
    use faithcall::room::{ConnectOptions, RoomError, RoomEvents, SessionId};
    let Memory(server) = Memory::start();
    let devices = TestDevices::new(600.0).devices();
    let engine = FakeEngine::new(&server, devices).without_silent_microphone();
    assert!(!engine.capabilities().silent_microphone);
    let grants = FakeGrants {
        can_publish: true,
        can_subscribe: true,
    };
    let token = server.token(ROOM, "ada", grants);
    let options = ConnectOptions {
        url: FakeLiveKit::URL.into(),
        token,
        session: SessionId(1),
    };
    let session = engine
        .connect(options, RoomEvents::channel().0)
        .await
        .unwrap();
    let refused = session.prepare_microphone().await;
    assert!(
        matches!(refused, Err(RoomError::Unsupported(_))),
        "{refused:?}"
    );
}
