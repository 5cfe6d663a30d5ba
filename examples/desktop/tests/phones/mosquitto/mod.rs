//! Two of our phones on servers that are not ours: the stand-in for a deployed part-A server, a
//! mosquitto, and a LiveKit that makes rooms for whoever joins.

mod broker;
mod media_calls;
mod media_outcomes;
mod media_trouble;

use std::sync::Arc;

use broker::Broker;
use faithcall_testing::{LiveKitOptions, LiveKitServer};
use part_a::app::{App, SignIn};
use part_a::server::{
    Config, LiveKitKey, MqttMessage, MqttPublisher, Publisher, Running, Trouble, member_token,
    serve,
};
use tempfile::TempDir;

use crate::phone::{Phone, Setup};
use crate::tone::{HIGH, LOW, played};

const SECRET: &str = "a-secret-for-tests-of-more-than-32-characters";
const CHURCH: &str = "church-1";
/// Who calls in these tests, and says [`LOW`].
const CALLER: &str = "member-1";
/// Who is called, and says [`HIGH`].
const CALLEE: &str = "member-2";

/// How a server is unlike the usual one.
#[derive(Default)]
struct Unusual {
    trouble: Option<Trouble>,
    /// Names `wss://` where only `ws://` answers.
    names_wss: bool,
    /// Every message comes twice, as a redelivered one of QoS 2 may.
    publishes_twice: bool,
}

/// A deployed server, with all that belongs to it.
struct Deployed {
    server: Running,
    broker: Broker,
    livekit: LiveKitServer,
    folder: TempDir,
}

impl Deployed {
    async fn start() -> Self {
        Self::with(Unusual::default()).await
    }

    async fn with(unusual: Unusual) -> Self {
        let options = LiveKitOptions {
            auto_create: true,
            ..LiveKitOptions::default()
        };
        let (livekit, broker) = tokio::join!(LiveKitServer::start(&options), Broker::start());
        let livekit = livekit.unwrap();
        let publisher = MqttPublisher::connect("127.0.0.1", broker.tcp, "server", "").await;
        let publisher = publisher.unwrap();
        let publisher: Arc<dyn Publisher> = match unusual.publishes_twice {
            true => Arc::new(Twice(publisher)),
            false => Arc::new(publisher),
        };
        let livekit_url = match unusual.names_wss {
            true => livekit.url().replacen("ws://", "wss://", 1),
            false => livekit.url(),
        };
        let config = Config {
            jwt_secret: SECRET.to_owned(),
            livekit_url,
            livekit_key: LiveKitKey {
                key: livekit.api_key().to_owned(),
                secret: livekit.api_secret().to_owned(),
            },
            trouble: unusual.trouble,
        };
        Self {
            server: serve(config, publisher).await.unwrap(),
            broker,
            livekit,
            folder: TempDir::new().unwrap(),
        }
    }

    fn api(&self) -> String {
        format!("http://{}", self.server.address)
    }

    async fn caller(&self, arguments: &[&str]) -> Phone {
        let broker = format!("mqtt://127.0.0.1:{}", self.broker.tcp);
        self.phone(CALLER, LOW, broker, arguments).await
    }

    async fn callee(&self, arguments: &[&str]) -> Phone {
        let broker = format!("mqtt://127.0.0.1:{}", self.broker.tcp);
        self.phone(CALLEE, HIGH, broker, arguments).await
    }

    async fn phone(&self, member: &str, says: u32, broker: String, arguments: &[&str]) -> Phone {
        Phone::start(Setup {
            member,
            token: member_token(SECRET, member),
            api: self.api(),
            broker,
            says: &played(says),
            folder: self.folder.path(),
            arguments,
            variables: Vec::new(),
        })
        .await
    }

    /// An app that is not ours.
    async fn app(&self, member: &str) -> App {
        App::sign_in(SignIn {
            api: &self.api(),
            broker: ("127.0.0.1", self.broker.tcp),
            church: CHURCH,
            member,
            token: &member_token(SECRET, member),
        })
        .await
        .unwrap()
    }

    /// Asserts that nobody has joined a room: this LiveKit makes one for whoever does.
    async fn nobody_joined(&self) {
        let rooms = self.livekit.admin().unwrap().list_rooms().await.unwrap();
        assert!(rooms.is_empty(), "somebody joined before the accept");
    }
}

/// Publishes every message two times.
struct Twice(MqttPublisher);

impl Publisher for Twice {
    fn publish(&self, message: MqttMessage) {
        self.0.publish(message.clone());
        self.0.publish(message);
    }
}
