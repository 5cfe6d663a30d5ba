//! One of our phones and a part-A app on our own server: the backend with its broker inside, and a
//! LiveKit that makes no room by itself.

mod app_calls;
mod app_media;
mod phone_calls;
mod repeats;

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faithcall_backend::Running;
use faithcall_backend::auth::Tokens;
use faithcall_backend::config::{Config, Source};
use faithcall_protocol::redact::Secret;
use faithcall_testing::{LiveKitOptions, LiveKitServer};
use part_a::app::{App, SignIn};
use serde_json::Value;
use tempfile::TempDir;

use crate::phone::{PATIENCE, Phone, Setup};
use crate::tone::LOW;

const SECRET: &str = "a-secret-for-tests-of-more-than-32-characters";
const CHURCH: &str = "c1";
/// Has our phone, and says [`LOW`].
const PHONE: &str = "ann";
/// Has a part-A app, and says [`crate::tone::HIGH`].
const APP: &str = "bob";
const LATER: u64 = 4_000_000_000;

/// All that part A sends.
const PART_A: [&str; 10] = [
    "call_invite",
    "call_ringing",
    "call_accept",
    "call_reject",
    "call_busy",
    "call_cancel",
    "call_end",
    "participant_joined",
    "participant_muted",
    "participant_video",
];

/// Our server, with all that belongs to it.
struct Ours {
    server: Running,
    _livekit: LiveKitServer,
    folder: TempDir,
}

impl Ours {
    async fn start() -> Self {
        let livekit = LiveKitServer::start(&LiveKitOptions::default())
            .await
            .unwrap();
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("calls.sqlite");
        let variables = [
            ("LIVEKIT_URL", livekit.url()),
            ("LIVEKIT_API_KEY", livekit.api_key().to_owned()),
            ("LIVEKIT_API_SECRET", livekit.api_secret().to_owned()),
            ("FAITHCALL_HTTP_LISTEN", "127.0.0.1:0".to_owned()),
            ("FAITHCALL_MQTT_LISTEN", "127.0.0.1:0".to_owned()),
            ("FAITHCALL_DATABASE", database.display().to_string()),
            ("FAITHCALL_JWT_SECRET", SECRET.to_owned()),
            (
                "FAITHCALL_DEV_MEMBERS",
                format!("{CHURCH}/{PHONE}=Ann,{CHURCH}/{APP}=Bob"),
            ),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let config = Config::read(&Source::from_pairs(variables)).unwrap();
        let server = faithcall_backend::start(config).await.unwrap();
        let ready = async {
            while !server.is_ready().await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, ready).await;
        waited.expect("the backend is not ready");
        Self {
            server,
            _livekit: livekit,
            folder,
        }
    }

    fn api(&self) -> String {
        format!("http://{}", self.server.http_address())
    }

    fn broker(&self) -> SocketAddr {
        self.server.broker_addresses().unwrap().tcp.unwrap()
    }

    fn token(&self, member: &str) -> String {
        let tokens = Tokens::new(&Secret::new(SECRET));
        let (church, member) = (CHURCH.parse().unwrap(), member.parse().unwrap());
        tokens
            .mint(&church, &member, LATER)
            .unwrap()
            .expose()
            .to_owned()
    }

    async fn phone(&self, arguments: &[&str]) -> Phone {
        Phone::start(Setup {
            member: PHONE,
            token: &self.token(PHONE),
            api: self.api(),
            broker: format!("mqtt://{}", self.broker()),
            says: LOW,
            folder: self.folder.path(),
            arguments,
        })
        .await
    }

    async fn app(&self) -> App {
        let broker = self.broker();
        App::sign_in(SignIn {
            api: &self.api(),
            broker: (&broker.ip().to_string(), broker.port()),
            church: CHURCH,
            member: APP,
            token: &self.token(APP),
        })
        .await
        .unwrap()
    }
}

/// The call's id, from a signal or an answer.
fn id_of(value: &Value) -> String {
    value["call_id"].as_str().unwrap().to_owned()
}

/// Waits for a signal, and asserts on which of the app's topics it came.
async fn hear(app: &mut App, kind: &str, leaf: &str) -> Value {
    let (topic, payload) = app.signal(kind, PATIENCE).await.unwrap();
    assert_eq!(topic, format!("faithflow/{CHURCH}/{leaf}"), "{kind}");
    payload
}

/// Asserts that the app got nothing that part A does not have, and nobody's token.
fn assert_part_a_only(app: &mut App) {
    for (topic, payload) in app.heard() {
        let kind = payload["type"].as_str().unwrap();
        assert!(PART_A.contains(&kind), "{kind} on {topic}");
        assert!(!payload.to_string().contains("eyJ"), "a token in {kind}");
    }
}

/// Asserts that an answer to the app lets only the app itself into the room.
fn assert_own_token(answer: &Value) {
    let token = answer["livekit_token"].as_str().unwrap();
    let claims = URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1).unwrap())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["sub"], APP);
    assert!(
        answer.get("snapshot").is_none(),
        "part B's fields in an answer to the app"
    );
}
