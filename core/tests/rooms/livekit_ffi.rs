//! The suite over LiveKit's prebuilt library and a real server.

use crate::{
    devices::TestDevices,
    suite,
    world::{MuteServer, ROOM, World},
};
use async_trait::async_trait;
use faithcall::room::{RoomEngine, livekit_ffi::LiveKitFfi};
use faithcall_testing::{Grants, LiveKitOptions, LiveKitServer, Relay, RoomAdmin, free_tcp_port};
use std::{net::TcpListener, sync::Arc};
use tokio::sync::{Mutex, MutexGuard, watch};

/// Real media wants the machine for itself: one test at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

struct Real {
    server: LiveKitServer,
    admin: RoomAdmin,
    /// Everybody connects through it; media goes its own way.
    relay: Relay,
    _alone: MutexGuard<'static, ()>,
}

impl Real {
    async fn start() -> Self {
        let alone = ALONE.lock().await;
        let server = LiveKitServer::start(&LiveKitOptions::default()).await;
        let server = server.unwrap_or_else(|error| panic!("{error}"));
        let admin = server.admin().unwrap();
        admin.create_room(ROOM).await.unwrap();
        let relay = Relay::start(server.address()).await.unwrap();
        Self {
            server,
            admin,
            relay,
            _alone: alone,
        }
    }
}

#[async_trait]
impl World for Real {
    fn engine(&self, devices: &TestDevices) -> Arc<dyn RoomEngine> {
        let engine = LiveKitFfi::new(None, devices.devices());
        Arc::new(engine.unwrap_or_else(|error| panic!("{error}")))
    }

    fn url(&self) -> String {
        format!("ws://{}", self.relay.address())
    }

    fn dead_url(&self) -> String {
        format!("ws://127.0.0.1:{}", free_tcp_port().unwrap())
    }

    fn mute_server(&self) -> MuteServer {
        let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("ws://{}", socket.local_addr().unwrap());
        MuteServer {
            url,
            _socket: Some(socket),
        }
    }

    fn token(&self, identity: &str, grants: Grants) -> String {
        self.server.token(identity, grants).unwrap()
    }

    async fn set_permission(&self, identity: &str, grants: Grants) {
        self.admin.set_permission(identity, &grants).await.unwrap();
    }

    async fn remove(&self, identity: &str) {
        self.admin.remove_participant(ROOM, identity).await.unwrap();
    }

    async fn delete_room(&self) {
        self.admin.delete_room(ROOM).await.unwrap();
    }

    async fn break_connections(&self) {
        self.relay.cut();
    }

    async fn advance(&self, uses: &mut watch::Receiver<()>) {
        uses.changed().await.unwrap();
    }
}

macro_rules! over_livekit_ffi {
    ($($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                suite::$name(&Real::start().await).await;
            }
        )*
    };
}
every_test!(over_livekit_ffi);
