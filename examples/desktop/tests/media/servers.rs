//! A LiveKit server, and a backend with its broker inside this process.

use std::time::Duration;

use faithcall_backend::Running;
use faithcall_backend::config::{Config, Source};
use faithcall_testing::{LiveKitOptions, LiveKitServer, free_tcp_port};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};

const CHURCH: &str = "c1";
const JWT_SECRET: &str = "a-secret-for-tests-of-more-than-32-characters";
const LATER: u64 = 4_000_000_000;
const READY_WITHIN: Duration = Duration::from_secs(20);

/// Real media wants the processor for itself: one test at a time, whatever runs them.
static STAGE: Mutex<()> = Mutex::const_new(());

pub(crate) struct Servers {
    backend: Running,
    _livekit: LiveKitServer,
    folder: TempDir,
    _stage: MutexGuard<'static, ()>,
}

impl Servers {
    pub(crate) async fn start() -> Self {
        let stage = STAGE.lock().await;
        let http = format!("127.0.0.1:{}", free_tcp_port().unwrap());
        let livekit = LiveKitServer::start(&LiveKitOptions {
            webhook_url: Some(format!("http://{http}/api/webhooks/livekit")),
            ..LiveKitOptions::default()
        })
        .await
        .unwrap();
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("calls.sqlite");
        let config = Config::read(&Source::from_pairs([
            ("LIVEKIT_URL", livekit.url()),
            ("LIVEKIT_API_KEY", livekit.api_key().to_owned()),
            ("LIVEKIT_API_SECRET", livekit.api_secret().to_owned()),
            ("FAITHCALL_HTTP_LISTEN", http),
            ("FAITHCALL_MQTT_LISTEN", "127.0.0.1:0".to_owned()),
            ("FAITHCALL_DATABASE", database.display().to_string()),
            ("FAITHCALL_JWT_SECRET", JWT_SECRET.to_owned()),
            ("FAITHCALL_DEV_MEMBERS", "c1/ada=Ada,c1/ben=Ben".to_owned()),
        ]));
        let backend = faithcall_backend::start(config.unwrap()).await.unwrap();
        let ready = async {
            while !backend.is_ready().await {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(READY_WITHIN, ready)
            .await
            .expect("the backend is not ready");
        Self {
            backend,
            _livekit: livekit,
            folder,
            _stage: stage,
        }
    }

    pub(crate) fn api(&self) -> String {
        format!("http://{}", self.backend.http_address())
    }

    pub(crate) fn broker(&self) -> String {
        let addresses = self.backend.broker_addresses().unwrap();
        format!("mqtt://{}", addresses.tcp.unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

pub(crate) fn token(member: &str) -> String {
    let claims = json!({
        "sub": member,
        "session_church_id": CHURCH,
        "role": "member",
        "type": "member",
        "exp": LATER,
    });
    let key = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}
