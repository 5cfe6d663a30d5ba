//! A `livekit-server` process of one's own.

use crate::{
    Grants, RoomAdmin, ServerError, TokenSpec, free_tcp_port, free_udp_port, livekit_server_binary,
    mint,
};
use serde_json::json;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long a server may take to answer for the first time.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How often a start is repeated when somebody took a reserved port in between.
const STARTS: usize = 3;
const API_KEY: &str = "faithcall-test";
const API_SECRET: &str = "a-secret-for-tests-of-more-than-32-characters";

/// What a test wants of its server.
#[derive(Clone, Debug, Default)]
pub struct LiveKitOptions {
    /// The program, in place of the one that [`livekit_server_binary`] finds.
    pub binary: Option<PathBuf>,
    /// Whether a join makes a room that nobody created (LiveKit's own default; ours is no).
    pub auto_create: bool,
    /// Where the server sends its webhooks, signed with the server's key.
    pub webhook_url: Option<String>,
}

/// A running `livekit-server` on free loopback ports; dropped, it is killed.
#[derive(Debug)]
pub struct LiveKitServer {
    child: Child,
    folder: TempDir,
    ports: Ports,
}

#[derive(Clone, Copy, Debug)]
struct Ports {
    http: u16,
    rtc_tcp: u16,
    rtc_udp: u16,
}

impl LiveKitServer {
    /// Starts a server and waits until it answers.
    pub async fn start(options: &LiveKitOptions) -> Result<Self, ServerError> {
        let binary = match &options.binary {
            Some(binary) => binary.clone(),
            None => livekit_server_binary()?,
        };
        let mut attempt = 1;
        loop {
            match Self::start_once(&binary, options).await {
                Err(ServerError::NotReady { log, .. })
                    if attempt < STARTS && log.contains("address already in use") =>
                {
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    async fn start_once(binary: &Path, options: &LiveKitOptions) -> Result<Self, ServerError> {
        let io = |doing| move |source| ServerError::Io { doing, source };
        let ports = Ports {
            http: free_tcp_port()?,
            rtc_tcp: free_tcp_port()?,
            rtc_udp: free_udp_port()?,
        };
        let folder = TempDir::new().map_err(io("make a folder for livekit-server"))?;
        let config = folder.path().join("livekit.json");
        fs::write(&config, configuration(ports, options).to_string())
            .map_err(io("write livekit-server's configuration"))?;
        let log = fs::File::create(folder.path().join("log"))
            .map_err(io("create livekit-server's log"))?;
        let child = Command::new(binary)
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(io("share livekit-server's log"))?)
            .stderr(log)
            .spawn()
            .map_err(io("start livekit-server"))?;
        let mut server = Self {
            child,
            folder,
            ports,
        };
        server.wait_until_ready().await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self) -> Result<(), ServerError> {
        let admin = self.admin()?;
        let deadline = Instant::now() + READY_WITHIN;
        while admin.list_rooms().await.is_err() {
            let ended = self.child.try_wait().ok().flatten().is_some();
            if ended || Instant::now() > deadline {
                let what = if ended {
                    "ended at its start"
                } else {
                    "did not answer"
                };
                return Err(ServerError::NotReady {
                    what,
                    log: self.log_end(),
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Where clients connect: `ws://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.ports.http)
    }

    /// Where backends ask: `http://127.0.0.1:PORT`.
    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.http)
    }

    /// Its TCP address, for a relay in front of it.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports.http))
    }

    /// The key that its tokens and webhooks are signed with.
    pub fn api_key(&self) -> &'static str {
        API_KEY
    }

    /// The secret of [`api_key`](Self::api_key).
    pub fn api_secret(&self) -> &'static str {
        API_SECRET
    }

    /// Somebody who may do everything at this server.
    pub fn admin(&self) -> Result<RoomAdmin, ServerError> {
        RoomAdmin::new(&self.http_url(), API_KEY, API_SECRET)
    }

    /// A token for `identity` with these grants, valid for ten minutes.
    pub fn token(&self, identity: &str, grants: Grants) -> Result<String, ServerError> {
        mint(API_KEY, API_SECRET, &TokenSpec::new(identity, grants))
    }

    /// The last lines of the server's log, for the message of a test that fails.
    pub fn log_end(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines
            .get(lines.len().saturating_sub(30)..)
            .unwrap_or_default()
            .join("\n")
    }

    /// Kills the server at once, as a crash would.
    pub fn kill(&mut self) {
        // Both fail only where the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for LiveKitServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// LiveKit reads YAML, and JSON is YAML.
fn configuration(ports: Ports, options: &LiveKitOptions) -> serde_json::Value {
    let webhook_urls: Vec<&String> = options.webhook_url.iter().collect();
    json!({
        "port": ports.http,
        "bind_addresses": ["127.0.0.1"],
        "rtc": {
            "tcp_port": ports.rtc_tcp,
            "udp_port": ports.rtc_udp,
            "node_ip": "127.0.0.1",
            "use_external_ip": false,
        },
        "keys": {API_KEY: API_SECRET},
        "room": {"auto_create": options.auto_create},
        "webhook": {"api_key": API_KEY, "urls": webhook_urls},
        "logging": {"level": "info"},
    })
}
