//! Our own server: the backend with its broker inside this process, and a LiveKit that makes no
//! room by itself.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use faithcall_backend::Running;
use faithcall_backend::auth::Tokens;
use faithcall_backend::config::{Config, Source};
use faithcall_protocol::redact::Secret;
use faithcall_testing::{LiveKitOptions, LiveKitServer, free_tcp_port};
use part_a::app::{App, SignIn};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};

use crate::phone::{PATIENCE, Phone, Setup};

pub(crate) const CHURCH: &str = "c1";
/// A member.
pub(crate) const ANN: &str = "ann";
/// The other member.
pub(crate) const BOB: &str = "bob";
/// A third one, who calls while the two talk.
pub(crate) const CARA: &str = "cara";

const SECRET: &str = "a-secret-for-tests-of-more-than-32-characters";
const LATER: u64 = 4_000_000_000;
const ANYWHERE: &str = "127.0.0.1:0";

/// Real media wants the processor for itself: one test at a time, whatever runs them.
static STAGE: Mutex<()> = Mutex::const_new(());

/// A running server, with all that belongs to it.
pub(crate) struct Ours {
    server: Running,
    _livekit: LiveKitServer,
    folder: TempDir,
    _stage: MutexGuard<'static, ()>,
}

impl Ours {
    pub(crate) async fn start() -> Self {
        let stage = STAGE.lock().await;
        // LiveKit is told where its webhooks go before the backend is there.
        let http = format!("127.0.0.1:{}", free_tcp_port().unwrap());
        let livekit = LiveKitServer::start(&LiveKitOptions {
            webhook_url: Some(format!("http://{http}/api/webhooks/livekit")),
            ..LiveKitOptions::default()
        })
        .await
        .unwrap();
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(path("certificate.pem"), made.cert.pem()).unwrap();
        fs::write(path("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let members = format!("{CHURCH}/{ANN}=Ann,{CHURCH}/{BOB}=Bob,{CHURCH}/{CARA}=Cara");
        let config = Config::read(&Source::from_pairs([
            ("LIVEKIT_URL", livekit.url()),
            ("LIVEKIT_API_KEY", livekit.api_key().to_owned()),
            ("LIVEKIT_API_SECRET", livekit.api_secret().to_owned()),
            ("FAITHCALL_HTTP_LISTEN", http),
            ("FAITHCALL_MQTT_LISTEN", ANYWHERE.to_owned()),
            ("FAITHCALL_MQTT_WS_LISTEN", ANYWHERE.to_owned()),
            ("FAITHCALL_MQTTS_LISTEN", ANYWHERE.to_owned()),
            ("FAITHCALL_MQTT_WSS_LISTEN", ANYWHERE.to_owned()),
            ("FAITHCALL_TLS_CERTIFICATE", path("certificate.pem")),
            ("FAITHCALL_TLS_KEY", path("key.pem")),
            ("FAITHCALL_DATABASE", path("calls.sqlite")),
            ("FAITHCALL_JWT_SECRET", SECRET.to_owned()),
            ("FAITHCALL_DEV_MEMBERS", members),
        ]));
        let server = faithcall_backend::start(config.unwrap()).await.unwrap();
        let ready = async {
            while !server.is_ready().await {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = timeout(PATIENCE, ready).await;
        waited.expect("the backend is not ready");
        Self {
            server,
            _livekit: livekit,
            folder,
            _stage: stage,
        }
    }

    fn api(&self) -> String {
        format!("http://{}", self.server.http_address())
    }

    fn broker_tcp(&self) -> SocketAddr {
        self.server.broker_addresses().unwrap().tcp.unwrap()
    }

    /// The broker's URL of this scheme.
    pub(crate) fn broker(&self, scheme: &str) -> String {
        let addresses = self.server.broker_addresses().unwrap();
        let (address, path) = match scheme {
            "mqtt" => (addresses.tcp, ""),
            "mqtts" => (addresses.mqtts, ""),
            "ws" => (addresses.ws, "/mqtt"),
            "wss" => (addresses.wss, "/mqtt"),
            other => panic!("{other}"),
        };
        format!("{scheme}://{}{path}", address.unwrap())
    }

    /// The file of the certificate that its certificates are to be trusted by.
    pub(crate) fn authority(&self) -> String {
        self.path("certificate.pem")
    }

    /// A file or folder that is gone with the server.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn token(&self, member: &str) -> String {
        self.token_until(member, LATER)
    }

    /// A member's token that expires then, in seconds since 1970.
    pub(crate) fn token_until(&self, member: &str, expires: u64) -> String {
        let tokens = Tokens::new(&Secret::new(SECRET));
        let (church, member) = (CHURCH.parse().unwrap(), member.parse().unwrap());
        let token = tokens.mint(&church, &member, expires).unwrap();
        token.expose().to_owned()
    }

    /// What a phone here is started with; it says what `--play` takes.
    pub(crate) fn setup<'a>(
        &'a self,
        broker: &str,
        member: &'a str,
        says: &'a str,
        arguments: &'a [&'a str],
    ) -> Setup<'a> {
        Setup {
            member,
            token: self.token(member),
            api: self.api(),
            broker: broker.to_owned(),
            says,
            folder: self.folder.path(),
            arguments,
            variables: Vec::new(),
        }
    }

    /// A phone that is online over this link.
    pub(crate) async fn phone_over(
        &self,
        broker: &str,
        member: &str,
        says: &str,
        arguments: &[&str],
    ) -> Phone {
        Phone::start(self.setup(broker, member, says, arguments)).await
    }

    /// A phone that is online.
    pub(crate) async fn phone(&self, member: &str, says: &str, arguments: &[&str]) -> Phone {
        let broker = self.broker("mqtt");
        self.phone_over(&broker, member, says, arguments).await
    }

    /// Bob's part-A app, signed in.
    pub(crate) async fn app(&self) -> App {
        let broker = self.broker_tcp();
        App::sign_in(SignIn {
            api: &self.api(),
            broker: (&broker.ip().to_string(), broker.port()),
            church: CHURCH,
            member: BOB,
            token: &self.token(BOB),
        })
        .await
        .unwrap()
    }

    /// Ends all of it but the folder, which phones may still write to.
    pub(crate) async fn stop(self) -> TempDir {
        self.server.shutdown().await;
        self.folder
    }
}
