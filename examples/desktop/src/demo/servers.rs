//! The server side of a run: media server, backend with its broker, and the members' tokens.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::rest::MemberClaims;
use faithcall_testing::{LiveKitOptions, LiveKitServer, free_tcp_port};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::args::DemoArgs;

/// Whose members they are.
const CHURCH: &str = "demo";
/// Everybody who takes part.
pub(super) const MEMBERS: [(&str, &str); 3] = [("ada", "Ada"), ("ben", "Ben"), ("cleo", "Cleo")];
/// How long a call rings in the demo, so that nobody has to wait 45 s for 'no answer'.
pub(super) const RING: Duration = Duration::from_secs(8);
const READY_WITHIN: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
const TOKENS_LIVE: Duration = Duration::from_secs(3600);

/// Why the server side is not there.
#[derive(Debug, thiserror::Error)]
pub enum ServersError {
    /// LiveKit.
    #[error(transparent)]
    LiveKit(#[from] faithcall_testing::ServerError),
    /// The backend's process.
    #[error("the backend cannot be started: {0}")]
    Start(std::io::Error),
    /// The backend's words are in its log.
    #[error("the backend {what}; its log is {log}")]
    Backend {
        /// What it did.
        what: String,
        /// The log's path.
        log: String,
    },
    /// A token could not be signed.
    #[error("a member's token cannot be signed: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    /// The demo's own names are not ids.
    #[error(transparent)]
    Id(#[from] faithcall_protocol::id::IdError),
}

/// A running server side; dropped, what was started is killed.
pub(super) struct Servers {
    /// The REST interface.
    pub http: SocketAddr,
    /// MQTT over TCP.
    pub mqtt: SocketAddr,
    /// Where the media server is.
    pub livekit_url: String,
    /// Of everybody.
    pub church: ChurchId,
    secret: String,
    _backend: Child,
    /// None where a running one is used.
    _livekit: Option<LiveKitServer>,
}

impl Servers {
    /// Starts everything on free loopback ports and waits until it answers.
    ///
    /// # Errors
    /// See [`ServersError`].
    pub(super) async fn start(args: &DemoArgs, folder: &Path) -> Result<Self, ServersError> {
        let http = local(free_tcp_port()?);
        let mqtt = local(free_tcp_port()?);
        let (livekit_url, key, secret, livekit) = match &args.livekit_url {
            Some(url) => {
                let given = |text: &Option<String>| text.clone().unwrap_or_default();
                let (key, secret) = (
                    given(&args.livekit_api_key),
                    given(&args.livekit_api_secret),
                );
                (url.clone(), key, secret, None)
            }
            None => {
                let server = LiveKitServer::start(&LiveKitOptions {
                    binary: args.livekit_server.clone(),
                    webhook_url: Some(format!("http://{http}/api/webhooks/livekit")),
                    ..LiveKitOptions::default()
                })
                .await?;
                let (key, secret) = (server.api_key(), server.api_secret());
                (
                    server.url(),
                    key.to_owned(),
                    secret.to_owned(),
                    Some(server),
                )
            }
        };
        let jwt_secret = format!("{0}{0}", uuid::Uuid::new_v4().simple());
        let members: Vec<String> = MEMBERS
            .iter()
            .map(|(id, name)| format!("{CHURCH}/{id}={name}"))
            .collect();
        let log_path = folder.join("backend.log");
        let log = std::fs::File::create(&log_path).map_err(ServersError::Start)?;
        let database = folder.join("backend.sqlite");
        // A database of an earlier run would bring its calls along.
        let _ = std::fs::remove_file(&database);
        let mut backend = Command::new(&args.backend)
            .env("LIVEKIT_URL", &livekit_url)
            .env("LIVEKIT_API_KEY", key)
            .env("LIVEKIT_API_SECRET", secret)
            .env("FAITHCALL_HTTP_LISTEN", http.to_string())
            .env("FAITHCALL_MQTT_LISTEN", mqtt.to_string())
            .env("FAITHCALL_DATABASE", database)
            .env("FAITHCALL_JWT_SECRET", &jwt_secret)
            .env("FAITHCALL_DEV_MEMBERS", members.join(","))
            .env("FAITHCALL_RING_SECONDS", RING.as_secs().to_string())
            // The demo calls more often than people do.
            .env("FAITHCALL_LIMIT_CREATES", "1000")
            .env("FAITHCALL_LIMIT_CREATES_PER_PAIR", "1000")
            .env("FAITHCALL_LIMIT_UNANSWERED_PER_PAIR", "1000")
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(ServersError::Start)?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(ServersError::Start)?;
        let fail = |what: String| ServersError::Backend {
            what,
            log: log_path.display().to_string(),
        };
        let deadline = Instant::now() + READY_WITHIN;
        while !is_ready(http).await {
            if let Ok(Some(status)) = backend.try_wait() {
                return Err(fail(format!("ended with {status}")));
            }
            if Instant::now() > deadline {
                return Err(fail(format!("was not ready within {READY_WITHIN:?}")));
            }
            sleep(BETWEEN_LOOKS).await;
        }
        Ok(Self {
            http,
            mqtt,
            livekit_url,
            church: CHURCH.parse()?,
            secret: jwt_secret,
            _backend: backend,
            _livekit: livekit,
        })
    }

    /// A token of a member, valid for longer than any run.
    ///
    /// # Errors
    /// It could not be signed.
    pub(super) fn token(&self, member: &MemberId) -> Result<String, ServersError> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let claims = MemberClaims {
            sub: member.to_string(),
            member_id: None,
            session_church_id: self.church.to_string(),
            role: "member".to_owned(),
            kind: "member".to_owned(),
            exp: (now + TOKENS_LIVE).as_secs(),
        };
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        Ok(jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &claims,
            &key,
        )?)
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// `GET /readyz` answers 200.
async fn is_ready(http: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(http).await?;
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut start = [0; "HTTP/1.1 200".len()];
        stream.read_exact(&mut start).await?;
        std::io::Result::Ok(start.ends_with(b" 200"))
    };
    matches!(timeout(Duration::from_secs(2), ask).await, Ok(Ok(true)))
}
