//! The whole server in one value: started, asked where it listens, and stopped.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use faithcall_protocol::ledger::Timeouts;
use faithcall_protocol::redact::Secret;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::auth::Tokens;
use crate::broker::{self, Addresses, Broker, BrokerConfig, BrokerError};
use crate::bursts::Bursts;
use crate::calls::{CallSettings, Calls, News};
use crate::config::{BrokerChoice, Config, MembersSource, Times};
use crate::directory::{self, Directory, DirectoryError, MemberList};
use crate::gate::{CallGate, StoredCalls};
use crate::livekit::{ConfigError as LiveKitConfigError, LiveKit};
use crate::publish::{BrokerAddress, Publisher};
use crate::push::{self, DryRun};
use crate::readiness::LastReadiness;
use crate::rooms::{RoomWorker, Rooms};
use crate::service::Service;
use crate::store::{OpenError, SqliteStore, Store, pruning};
use crate::{deadlines, http, ringing, room_watch};

/// How long requests under way may take when the server stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// The backend's own name at the broker. No member is called so: ids hold no `$` by custom, and a
/// member's token would not be its password.
const BACKEND_NAME: &str = "$backend";

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// LiveKit's settings cannot be used.
    #[error("LIVEKIT_URL, LIVEKIT_API_KEY or LIVEKIT_API_SECRET: {0}")]
    LiveKit(#[from] LiveKitConfigError),
    /// The members cannot be read.
    #[error(transparent)]
    Members(#[from] DirectoryError),
    /// The database cannot be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The folder for pushes cannot be made.
    #[error("FAITHCALL_PUSH_DIR: the folder cannot be made: {0}")]
    PushFolder(std::io::Error),
    /// The broker inside this process does not start.
    #[error("{variable}: {0}", variable = set_by(.0))]
    Broker(#[from] BrokerError),
    /// The REST interface cannot listen.
    #[error("FAITHCALL_HTTP_LISTEN: cannot listen on {address}: {source}")]
    Http {
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A running server. Dropped, it stops at once; [`Running::shutdown`] lets requests end.
pub struct Running {
    http: SocketAddr,
    stop_http: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
    workers: Vec<JoinHandle<()>>,
    room_worker: Option<RoomWorker>,
    service: Arc<Service>,
    broker: Option<Broker>,
    store: SqliteStore,
}

/// Starts the server; it serves when this returns. The broker's and LiveKit's part may take a
/// moment longer: `/readyz` tells.
///
/// # Errors
/// Something that the configuration names cannot be used; the message says what.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let livekit = &config.livekit;
    let secret = livekit.api_secret.expose();
    let client = LiveKit::new(&livekit.url, &livekit.api_key, secret)?;
    let rooms = Arc::new(Rooms::new(client, livekit.public_url.clone()));
    let members = Arc::new(MemberList::load(&config.members)?);
    let directory: Arc<dyn Directory> = members.clone();
    let listener = TcpListener::bind(config.http)
        .await
        .map_err(|source| StartError::Http {
            address: config.http,
            source,
        })?;
    let http = listener.local_addr().unwrap_or(config.http);
    let database = SqliteStore::open(&config.database).await?;
    let store: Arc<dyn Store> = Arc::new(database.clone());
    let tokens = Tokens::new(&config.jwt_secret);
    let (broker, address) = broker(&config.broker, &tokens, &directory, &store).await?;

    let push_sender = match &config.push_folder {
        None => None,
        Some(folder) => Some(DryRun::open(folder).map_err(StartError::PushFolder)?),
    };

    let news = News::default();
    let (inbound, ringing_signals) = mpsc::channel(ringing::QUEUE);
    let outbox = Arc::clone(&news.outbox);
    let publisher = Publisher::start(
        &address,
        ringing::FILTER,
        Arc::clone(&store),
        outbox,
        inbound,
    );
    let room_worker = RoomWorker::start(
        Arc::new(rooms.livekit().clone()),
        Arc::clone(&store),
        Arc::clone(&news.room_work),
    );
    let calls = Arc::new(Calls {
        store: Arc::clone(&store),
        directory,
        rooms: Arc::clone(&rooms),
        settings: CallSettings {
            timeouts: timeouts(&config.times),
            limits: config.limits,
            join_ahead: config.join_ahead,
            push: config.push_folder.is_some(),
        },
        news,
    });
    let mut workers = vec![
        deadlines::start(Arc::clone(&calls)),
        room_watch::start(Arc::clone(&calls), config.times.room_watch),
        room_watch::start_reaper(Arc::clone(&calls), config.times.reaper),
        ringing::start(Arc::clone(&calls), ringing_signals),
        pruning::start(Arc::clone(&store), config.times.keep_ended),
    ];
    workers.extend(push_sender.map(|sender| {
        let news = Arc::clone(&calls.news.pushes);
        push::start(Arc::new(sender), store, news)
    }));
    if let MembersSource::File(path) = &config.members {
        workers.push(directory::start_reloading(members, path.clone()));
    }
    let service = Arc::new(Service {
        tokens,
        calls,
        rooms,
        publisher,
        patches: Bursts::default(),
        last_readiness: LastReadiness::default(),
    });
    let (stop_http, stopped) = oneshot::channel();
    let router = http::router(Arc::clone(&service));
    let serving = tokio::spawn(http::serve(listener, router, http::HEAD_WITHIN, async {
        // A sender that was dropped says the same as one that spoke.
        let _ = stopped.await;
    }));
    Ok(Running {
        http,
        stop_http: Some(stop_http),
        serving,
        workers,
        room_worker: Some(room_worker),
        service,
        broker,
        store: database,
    })
}

impl Running {
    /// Where the REST interface listens.
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Where the broker inside this process listens; `None` with an external one.
    pub fn broker_addresses(&self) -> Option<&Addresses> {
        self.broker.as_ref().map(Broker::addresses)
    }

    /// Whether the database, the broker and the media server are all there, as `/readyz` tells.
    pub async fn is_ready(&self) -> bool {
        self.service.readiness().await.all()
    }

    /// Stops listening, lets requests end (5 s at most), then stops everything else. What is
    /// committed and not sent yet is sent after the next start.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop_http.take() {
            // Its receiver is gone where serving has ended already.
            let _ = stop.send(());
        }
        if tokio::time::timeout(DRAIN_WITHIN, &mut self.serving)
            .await
            .is_err()
        {
            tracing::warn!("requests were cut off at the end");
        }
        self.abort();
        if let Some(broker) = self.broker.take() {
            broker.shutdown().await;
        }
        self.store.close().await;
    }

    fn abort(&mut self) {
        self.serving.abort();
        self.service.publisher.stop();
        self.room_worker = None;
        for worker in &self.workers {
            worker.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.abort();
    }
}

/// The broker, where it is ours, and how the backend itself connects.
async fn broker(
    choice: &BrokerChoice,
    tokens: &Tokens,
    directory: &Arc<dyn Directory>,
    store: &Arc<dyn Store>,
) -> Result<(Option<Broker>, BrokerAddress), StartError> {
    // Its own each time: two servers at one broker do not put each other out.
    let client_id = format!("faithcall-backend-{}", Uuid::new_v4().simple());
    match choice {
        BrokerChoice::External(external) => Ok((
            None,
            BrokerAddress {
                host: external.host.clone(),
                port: external.port,
                client_id,
                credentials: external.credentials.clone(),
            },
        )),
        BrokerChoice::Embedded(config) => {
            let password = Secret::new(format!("{}{}", Uuid::new_v4(), Uuid::new_v4()));
            let backend = (BACKEND_NAME.to_owned(), password);
            let gate = CallGate {
                tokens: tokens.clone(),
                backend: backend.clone(),
                directory: Arc::clone(directory),
                calls: StoredCalls(Arc::clone(store)),
            };
            // The backend is an ordinary client, and needs the plain listener.
            let config = BrokerConfig {
                tcp: config.tcp.or(Some((Ipv4Addr::LOCALHOST, 0).into())),
                ..config.clone()
            };
            let broker = broker::start(config, Arc::new(gate)).await?;
            let address = own_address(broker.addresses());
            let address = BrokerAddress {
                host: address.ip().to_string(),
                port: address.port(),
                client_id,
                credentials: Some(backend),
            };
            Ok((Some(broker), address))
        }
    }
}

/// Where this process itself reaches the broker that it holds.
fn own_address(addresses: &Addresses) -> SocketAddr {
    let bound = addresses
        .tcp
        .unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 1883).into());
    if bound.ip().is_unspecified() {
        let ip = IpAddr::from(Ipv4Addr::LOCALHOST);
        SocketAddr::new(ip, bound.port())
    } else {
        bound
    }
}

fn timeouts(times: &Times) -> Timeouts {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Timeouts {
        ring_ms: ms(times.ring),
        connect_ms: ms(times.connect),
        longest_ms: ms(times.longest_call),
        ..Timeouts::default()
    }
}

/// The variable that a broker's trouble comes from.
fn set_by(error: &BrokerError) -> &'static str {
    match error {
        BrokerError::Listen { listener, .. } => match *listener {
            "tcp" => "FAITHCALL_MQTT_LISTEN",
            "ws" => "FAITHCALL_MQTT_WS_LISTEN",
            "mqtts" => "FAITHCALL_MQTTS_LISTEN",
            _ => "FAITHCALL_MQTT_WSS_LISTEN",
        },
        BrokerError::Certificate { .. } => "FAITHCALL_TLS_CERTIFICATE or FAITHCALL_TLS_KEY",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_that_cannot_be_had_is_named_by_its_variable() {
        let error = StartError::from(BrokerError::Listen {
            listener: "ws",
            address: (Ipv4Addr::LOCALHOST, 1).into(),
            reason: "taken".to_owned(),
        });
        let text = error.to_string();
        assert!(text.starts_with("FAITHCALL_MQTT_WS_LISTEN: "), "{text}");
    }

    #[test]
    fn a_certificate_that_cannot_be_used_is_named_by_its_variables() {
        let error = StartError::from(BrokerError::Certificate {
            path: "key.pem".to_owned(),
            reason: "no key".to_owned(),
        });
        let text = error.to_string();
        let variables = "FAITHCALL_TLS_CERTIFICATE or FAITHCALL_TLS_KEY: ";
        assert!(text.starts_with(variables), "{text}");
    }
}
