//! Every way to the broker, with and without TLS under an authority of one's own.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faithcall::room::Devices;
use faithcall::room::fake::{FakeEngine, FakeLiveKit};
use faithcall::{Config, FixedToken, LinkError, News};
use faithcall_backend::broker::{
    self, Broker, BrokerConfig, Gate, Role, Session, TlsConfig, TlsFiles,
};
use faithcall_testing::{Log, Relay};
use tempfile::TempDir;

use crate::phone::Phone;

/// Lets one password in.
struct OnePassword(String);

#[async_trait]
impl Gate for OnePassword {
    async fn authenticate(&self, _client: &str, user: &str, password: &str) -> Option<Session> {
        (password == self.0).then(|| Session {
            role: Role::Member {
                church: "c".parse().unwrap(),
                member: user.parse().unwrap(),
            },
            expires_at_ms: None,
        })
    }

    async fn may_subscribe(&self, _session: &Session, filter: &str) -> bool {
        filter.starts_with("faithflow/c/member/ruth/")
    }

    async fn may_publish(&self, _session: &Session, _topic: &str, _payload: &[u8]) -> bool {
        false
    }
}

pub(crate) fn token(member: &str) -> String {
    let claims = format!(
        r#"{{"sub":"{member}","session_church_id":"c","role":"member","type":"member","exp":9999999999}}"#
    );
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
}

struct Setting {
    broker: Broker,
    root: String,
    _files: TempDir,
}

impl Setting {
    async fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = tempfile::tempdir().unwrap();
        let certificate = files.path().join("certificate.pem");
        let key = files.path().join("key.pem");
        let root = made.cert.pem();
        fs::write(&certificate, &root).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let anywhere = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let config = BrokerConfig {
            tcp: anywhere,
            ws: anywhere,
            tls: Some(TlsConfig {
                files: TlsFiles { certificate, key },
                mqtts: anywhere,
                wss: anywhere,
            }),
        };
        let gate = Arc::new(OnePassword(token("ruth")));
        Self {
            broker: broker::start(config, gate).await.unwrap(),
            root,
            _files: files,
        }
    }

    fn url(&self, scheme: &str) -> String {
        let addresses = self.broker.addresses();
        let (address, path) = match scheme {
            "mqtt" => (addresses.tcp, ""),
            "mqtts" => (addresses.mqtts, ""),
            "ws" => (addresses.ws, "/mqtt"),
            "wss" => (addresses.wss, "/mqtt"),
            other => panic!("{other}"),
        };
        format!("{scheme}://localhost:{}{path}", address.unwrap().port())
    }
}

/// Nothing answers at the server's URL: the broker is all that these tests are about.
fn config(broker: &str) -> Config {
    Config::new("http://localhost:9", broker, "device-1").unwrap()
}

async fn phone(config: Config, member: &str) -> Phone {
    let engine = FakeEngine::new(&FakeLiveKit::new(), Devices::silent());
    Phone::connect(config, FixedToken::new(token(member)), Arc::new(engine)).await
}

async fn first_loss(phone: &Phone) -> LinkError {
    phone
        .until(|news| match news {
            News::LinkDown(error) => *error,
            _ => None,
        })
        .await
}

#[tokio::test]
async fn the_link_comes_up_over_all_four_transports() {
    let setting = Setting::start().await;
    for scheme in ["mqtt", "ws", "mqtts", "wss"] {
        let config = config(&setting.url(scheme)).extra_root(setting.root.as_str());
        let phone = phone(config, "ruth").await;
        phone.link_up().await;
        phone.disconnect().await;
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_is_not_trusted() {
    let setting = Setting::start().await;
    for scheme in ["mqtts", "wss"] {
        let phone = phone(config(&setting.url(scheme)), "ruth").await;
        assert_eq!(first_loss(&phone).await, LinkError::Tls, "{scheme}");
    }
}

// One thread runs the phone, so that all that it logs is caught.
#[tokio::test]
async fn a_servers_certificate_of_nobody_is_named_in_the_log() {
    let log = Log::caught("faithcall=warn");
    let setting = Setting::start().await;
    // It never gets to speak HTTP.
    let api = setting.url("mqtts").replace("mqtts", "https");
    let config = Config::new(&api, &setting.url("mqtt"), "device-1").unwrap();
    let phone = phone(config, "ruth").await;
    phone.history(1, 1, None).await.unwrap_err();
    let log = log.text();
    assert!(log.contains("check the certificate and the roots"), "{log}");
}

#[tokio::test]
async fn a_refused_token_and_a_dead_broker_are_named() {
    let setting = Setting::start().await;
    for scheme in ["mqtt", "ws"] {
        let phone = phone(config(&setting.url(scheme)), "boas").await;
        assert_eq!(
            first_loss(&phone).await,
            LinkError::BadCredentials,
            "{scheme}"
        );
    }
    let dead: Vec<String> = ["mqtt", "ws"].map(|scheme| setting.url(scheme)).into();
    setting.broker.shutdown().await;
    for url in dead {
        let phone = phone(config(&url), "ruth").await;
        assert_eq!(first_loss(&phone).await, LinkError::Unreachable, "{url}");
    }
}

#[tokio::test]
async fn a_link_that_was_cut_comes_back() {
    let setting = Setting::start().await;
    let broker = setting.broker.addresses().tcp.unwrap();
    let relay = Relay::start(broker).await.unwrap();
    let phone = phone(config(&format!("mqtt://{}", relay.address())), "ruth").await;
    phone.link_up().await;
    relay.cut();
    assert_eq!(first_loss(&phone).await, LinkError::Lost);
    phone.link_up().await;
}
