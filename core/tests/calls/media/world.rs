//! The reference server with its broker and a media server, and phones with real media.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use faithcall::room::livekit_ffi::LiveKitFfi;
use faithcall::{Config, FixedToken, Secret};
use faithcall_backend::Running;
use faithcall_backend::auth::Tokens;
use faithcall_backend::broker::Broker;
use faithcall_backend::config::{Config as ServerConfig, Source};
use faithcall_testing::{LiveKitOptions, LiveKitServer, free_tcp_port};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::devices::TestDevices;
use crate::phone::{PATIENCE, Phone};

const JWT_SECRET: &str = "a-secret-for-tests-of-more-than-32-characters";
const MEMBERS: &str = "c/ruth=Ruth Ahab,c/boas=Boas Levi,c/noomi=Noomi Katz";
const LATER: u64 = 4_000_000_000;

pub(crate) struct World {
    server: Running,
    /// In place of the server's own.
    broker: Option<Broker>,
    livekit: LiveKitServer,
    _folder: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these settings of the server too.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::made(None, settings).await
    }

    /// Over this broker, which lets `backend` in.
    pub(crate) async fn over(broker: Broker) -> Self {
        let port = broker.addresses().tcp.unwrap().port().to_string();
        let settings = [
            ("MQTT_BROKER_HOST", "127.0.0.1"),
            ("MQTT_BROKER_PORT", &port),
            ("FAITHCALL_MQTT_USERNAME", "backend"),
            ("FAITHCALL_MQTT_PASSWORD", "any"),
        ];
        Self::made(Some(broker), &settings).await
    }

    async fn made(broker: Option<Broker>, settings: &[(&str, &str)]) -> Self {
        // LiveKit is told where its webhooks go before the server is there.
        let http = format!("127.0.0.1:{}", free_tcp_port().unwrap());
        let livekit = LiveKitServer::start(&LiveKitOptions {
            webhook_url: Some(format!("http://{http}/api/webhooks/livekit")),
            ..LiveKitOptions::default()
        })
        .await
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("calls.sqlite");
        let settings = settings
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let variables = [
            ("LIVEKIT_URL", livekit.url()),
            ("LIVEKIT_API_KEY", livekit.api_key().to_owned()),
            ("LIVEKIT_API_SECRET", livekit.api_secret().to_owned()),
            ("FAITHCALL_HTTP_LISTEN", http),
            ("FAITHCALL_MQTT_LISTEN", "127.0.0.1:0".to_owned()),
            ("FAITHCALL_DATABASE", database.display().to_string()),
            ("FAITHCALL_JWT_SECRET", JWT_SECRET.to_owned()),
            ("FAITHCALL_DEV_MEMBERS", MEMBERS.to_owned()),
        ];
        let variables = variables.into_iter().chain(settings);
        let config = ServerConfig::read(&Source::from_pairs(variables)).unwrap();
        Self {
            server: faithcall_backend::start(config).await.unwrap(),
            broker,
            livekit,
            _folder: folder,
        }
    }

    pub(crate) fn token(&self, member: &str) -> String {
        self.token_until(member, LATER)
    }

    pub(crate) fn token_until(&self, member: &str, expires: u64) -> String {
        let tokens = Tokens::new(&Secret::new(JWT_SECRET));
        let token = tokens.mint(&"c".parse().unwrap(), &member.parse().unwrap(), expires);
        token.unwrap().expose().to_owned()
    }

    pub(crate) fn api(&self) -> SocketAddr {
        self.server.http_address()
    }

    /// Host and port of the media server.
    pub(crate) fn media_address(&self) -> String {
        let url = self.livekit.url();
        url.rsplit('/').next().unwrap().to_owned()
    }

    pub(crate) fn broker(&self) -> SocketAddr {
        let outside = self.broker.as_ref().map(Broker::addresses);
        let addresses = outside.or_else(|| self.server.broker_addresses());
        addresses.unwrap().tcp.unwrap()
    }

    pub(crate) fn config(&self, device: &str) -> Config {
        let api = format!("http://{}", self.api());
        let broker = format!("mqtt://{}", self.broker());
        Config::new(&api, &broker, device).unwrap()
    }

    /// A phone whose link is up, and whose microphone gives this tone.
    pub(crate) async fn phone(
        &self,
        member: &str,
        device: &str,
        hertz: f64,
    ) -> (Phone, TestDevices) {
        self.phone_with(member, device, hertz, |config| config)
            .await
    }

    /// The same, with further settings.
    pub(crate) async fn phone_with(
        &self,
        member: &str,
        device: &str,
        hertz: f64,
        settings: impl FnOnce(Config) -> Config,
    ) -> (Phone, TestDevices) {
        let devices = TestDevices::new(hertz);
        let engine = LiveKitFfi::new(None, devices.devices()).unwrap();
        let token = FixedToken::new(self.token(member));
        let phone = Phone::connect(settings(self.config(device)), token, Arc::new(engine)).await;
        phone.link_up().await;
        (phone, devices)
    }

    /// Waits until LiveKit has no room any more. It is asked again and again: it tells that to nobody.
    pub(crate) async fn no_rooms(&self) {
        let admin = self.livekit.admin().unwrap();
        let gone = async {
            while !admin.list_rooms().await.unwrap().is_empty() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = timeout(PATIENCE, gone).await;
        waited.expect("a room outlives its call");
    }
}

/// Waits until microphone and camera are closed.
pub(crate) async fn closed(devices: &TestDevices) {
    let mut uses = devices.uses();
    let closed = uses.wait_for(|()| !devices.microphone.is_open() && !devices.camera.is_open());
    let waited = timeout(PATIENCE, closed).await;
    waited.expect("a device stays open").unwrap();
}
