//! The MQTT broker inside the backend's process, with the contract's access table at its door.
//!
//! MQTT 3.1.1 and 5 over TCP, WebSocket, TLS and WebSocket over TLS. A WebSocket client may name any
//! path; the contract's is `/mqtt`. What may be done is asked of a [`Gate`]; [`access`] is the table
//! that a gate answers from.
//!
//! The broker logs through the `log` crate, at its `debug` level whole packets: a program that embeds
//! it must not forward `rmqtt`'s records below `info`.

pub mod access;
mod hooks;
mod sessions;
mod tls;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use faithcall_protocol::id::{ChurchId, MemberId};
use rmqtt::context::ServerContext;
use rmqtt::hook::Register;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;
use rmqtt::types::Id;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

use hooks::{Hooks, now_ms};
use sessions::{HANDSHAKE_MS, Sessions};
use tls::TlsFront;

pub use sessions::GRACE_MS;
pub use tls::TlsFiles;

/// Largest MQTT packet taken from a client, in bytes: the largest signal with its topic.
const MAX_PACKET_BYTES: u32 = 257 * 1024;

const MAX_CLIENT_ID_BYTES: usize = 512;
const MAX_TOPIC_LEVELS: usize = 16;
const MAX_SUBSCRIPTIONS: usize = 64;
/// How long a session that asked to be kept is kept after its connection broke.
const KEPT_SESSION: Duration = Duration::from_secs(300);
/// How often expired connections are looked for.
const SWEEP: Duration = Duration::from_secs(1);
/// How often it is asked anew whether a connection is still welcome.
pub const ADMITTED_AGAIN: Duration = Duration::from_secs(3);

/// Who is at the other end of a connection, proved by its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What the connection may do.
    pub role: Role,
    /// When its token expires, Unix milliseconds. The connection is cut [`GRACE_MS`] later.
    pub expires_at_ms: Option<u64>,
}

/// On whose behalf a connection acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// The backend itself.
    Backend,
    /// A member of a church.
    Member {
        /// The member's church.
        church: ChurchId,
        /// The member.
        member: MemberId,
    },
}

/// What the broker asks before it lets something pass. Asked anew each time; a slow answer delays
/// only the connection that it is about.
#[async_trait]
pub trait Gate: Send + Sync + 'static {
    /// Whose password this is, or `None` to refuse. The client id's own rule
    /// ([`access::may_use_client_id`]) is checked after it.
    async fn authenticate(
        &self,
        client_id: &str,
        username: &str,
        password: &str,
    ) -> Option<Session>;

    /// Whether whoever it is may still be connected. Asked of each connection every
    /// [`ADMITTED_AGAIN`]; one that is not is cut.
    async fn still_admits(&self, _session: &Session) -> bool {
        true
    }

    /// Whether this session may receive what `filter` matches.
    async fn may_subscribe(&self, session: &Session, filter: &str) -> bool;

    /// Whether this session may send `payload` to `topic`. A refused message is dropped.
    async fn may_publish(&self, session: &Session, topic: &str, payload: &[u8]) -> bool;
}

/// Where to listen. Port 0 takes a free one, which [`Broker::addresses`] tells.
#[derive(Debug, Clone, Default)]
pub struct BrokerConfig {
    /// MQTT over TCP (`mqtt://`).
    pub tcp: Option<SocketAddr>,
    /// MQTT over WebSocket (`ws://…/mqtt`).
    pub ws: Option<SocketAddr>,
    /// The same two inside TLS.
    pub tls: Option<TlsConfig>,
}

/// The TLS side of the broker: its certificate and where to listen with it.
#[derive(Debug, Clone)]
pub struct TlsConfig {
    /// The certificate and its key.
    pub files: TlsFiles,
    /// MQTT over TLS (`mqtts://`).
    pub mqtts: Option<SocketAddr>,
    /// MQTT over WebSocket over TLS (`wss://…/mqtt`).
    pub wss: Option<SocketAddr>,
}

/// Where the broker listens, port numbers as they came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// MQTT over TCP.
    pub tcp: Option<SocketAddr>,
    /// MQTT over WebSocket.
    pub ws: Option<SocketAddr>,
    /// MQTT over TLS.
    pub mqtts: Option<SocketAddr>,
    /// MQTT over WebSocket over TLS.
    pub wss: Option<SocketAddr>,
}

/// Why the broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The address is taken, not this machine's, or not allowed.
    #[error("the MQTT broker cannot listen on {address} ({listener}): {reason}")]
    Listen {
        /// Which listener: `tcp`, `ws`, `mqtts` or `wss`.
        listener: &'static str,
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// The certificate or its key cannot be used.
    #[error("the MQTT broker cannot use the TLS file {path}: {reason}")]
    Certificate {
        /// The configured path.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A running broker. Dropping it stops listening; [`Broker::shutdown`] also ends the connections.
pub struct Broker {
    addresses: Addresses,
    context: ServerContext,
    sessions: Arc<Sessions>,
    hooks: Box<dyn Register>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts the broker; it serves when this returns.
pub async fn start(config: BrokerConfig, gate: Arc<dyn Gate>) -> Result<Broker, BrokerError> {
    let mut addresses = Addresses::default();
    let mut listeners = Vec::new();
    let mut fronts = Vec::new();
    if let Some(address) = config.tcp {
        let listener = listen("tcp", address, Transport::Tcp)?;
        addresses.tcp = listener.local_addr().ok();
        listeners.push(listener);
    }
    if let Some(address) = config.ws {
        let listener = listen("ws", address, Transport::WebSocket)?;
        addresses.ws = listener.local_addr().ok();
        listeners.push(listener);
    }
    if let Some(tls) = config.tls {
        let acceptor = tls.files.acceptor()?;
        for (name, address, transport, bound) in [
            ("mqtts", tls.mqtts, Transport::Tcp, &mut addresses.mqtts),
            ("wss", tls.wss, Transport::WebSocket, &mut addresses.wss),
        ] {
            let Some(address) = address else { continue };
            let inner = listen(name, (Ipv4Addr::LOCALHOST, 0).into(), transport)?;
            let front = TlsFront::bind(name, address, acceptor.clone(), &inner).await?;
            *bound = Some(front.address());
            fronts.push(front);
            listeners.push(inner);
        }
    }

    // Its busy check compares the machine's load with a bound of its own and would refuse phones.
    let builder = ServerContext::new().busy_check_enable(false);
    let context = builder.build().await;
    let sessions = Arc::new(Sessions::default());
    let hooks = Hooks {
        gate: Arc::clone(&gate),
        sessions: Arc::clone(&sessions),
        context: context.clone(),
    };
    let hooks = hooks.register().await;

    let mut server = MqttServer::new(context.clone());
    for (id, listener) in (1..).zip(listeners) {
        server = server.listener_by_id(listener, id);
    }
    let server = server.build();
    let mut tasks = vec![tokio::spawn(async move {
        if let Err(error) = server.run().await {
            tracing::error!(%error, "the MQTT broker stopped");
        }
    })];
    tasks.extend(fronts.into_iter().map(|front| tokio::spawn(front.run())));
    tasks.push(tokio::spawn(sweep(context.clone(), Arc::clone(&sessions))));
    let unwelcome = cut_the_unwelcome(context.clone(), gate, Arc::clone(&sessions));
    tasks.push(tokio::spawn(unwelcome));
    Ok(Broker {
        addresses,
        context,
        sessions,
        hooks,
        tasks,
    })
}

impl Broker {
    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Stops listening and ends all connections. The ports are free when this returns.
    pub async fn shutdown(mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            // Only the cancellation just asked for can come back.
            let _ = task.await;
        }
        let everybody = self.sessions.all();
        cut(&self.context, &everybody).await;
        // Without its hooks the broker refuses every password, so that a handshake still under way
        // comes to nothing.
        self.hooks.stop().await;
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

#[derive(Clone, Copy)]
enum Transport {
    Tcp,
    WebSocket,
}

fn listen(
    name: &'static str,
    address: SocketAddr,
    transport: Transport,
) -> Result<Listener, BrokerError> {
    let builder = Builder::new()
        .name(name)
        .laddr(address)
        .reuseaddr(Some(true))
        .nodelay(true)
        .allow_anonymous(false)
        .handshake_timeout(Duration::from_millis(HANDSHAKE_MS))
        .max_packet_size(MAX_PACKET_BYTES)
        .max_clientid_len(MAX_CLIENT_ID_BYTES)
        .max_topic_levels(MAX_TOPIC_LEVELS)
        .max_subscriptions(MAX_SUBSCRIPTIONS)
        .session_expiry_interval(KEPT_SESSION)
        .max_session_expiry_interval(KEPT_SESSION);
    let bound = builder.bind().and_then(|listener| match transport {
        Transport::Tcp => listener.tcp(),
        Transport::WebSocket => listener.ws(),
    });
    bound.map_err(|error| BrokerError::Listen {
        listener: name,
        address,
        reason: error.to_string(),
    })
}

async fn sweep(context: ServerContext, sessions: Arc<Sessions>) {
    let mut ticks = tokio::time::interval(SWEEP);
    loop {
        ticks.tick().await;
        let due = {
            let shared = context.extends.shared().await;
            sessions.due(now_ms(), |client_id| shared.exist(client_id))
        };
        cut(&context, &due).await;
    }
}

async fn cut_the_unwelcome(context: ServerContext, gate: Arc<dyn Gate>, sessions: Arc<Sessions>) {
    let mut ticks = tokio::time::interval(ADMITTED_AGAIN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let mut unwelcome = Vec::new();
        for client_id in sessions.all() {
            if let Some(session) = sessions.get(&client_id)
                && !gate.still_admits(&session).await
            {
                unwelcome.push(client_id);
            }
        }
        cut(&context, &unwelcome).await;
    }
}

/// Cuts all of them at once: one that is stuck must not keep the others.
async fn cut(context: &ServerContext, client_ids: &[String]) {
    let cuts = client_ids
        .iter()
        .map(|client_id| cut_one(context.clone(), client_id.clone()));
    cuts.collect::<JoinSet<()>>().join_all().await;
}

async fn cut_one(context: ServerContext, client_id: String) {
    let id = Id::from(context.node.id(), client_id.into());
    let entry = context.extends.shared().await.entry(id);
    // Locked only while that client id connects; the sweep comes back for it.
    let Ok(mut entry) = entry.try_lock().await else {
        return;
    };
    if let Err(error) = entry.kick(true, true, true).await {
        tracing::warn!(%error, "an MQTT session could not be cut; trying again");
    }
}
