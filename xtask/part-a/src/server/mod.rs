//! A stand-in for a deployed server (part A of the contract), with the habits that the SDK must
//! survive. For tests: its answers and messages are checked against recordings of a real one.
//!
//! Habits on purpose: the server makes the call's id and ignores ours; `call_accept`,
//! `call_reject` and `call_busy` go to `call/{id}/signal` only, and an accept carries the callee's
//! token; `participant_joined` comes once a call, for whoever posts `/connected` first;
//! `/connected` answers 200 for any id; nobody ends a ring that times out; the first accept of a
//! group call stops the others without a word; an end that repeats is published again; times have
//! no zone.

mod calls;
mod publisher;
mod routes;
mod tokens;
mod trouble;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

pub use publisher::{MqttMessage, MqttPublisher, Publisher, Recorder};
pub use tokens::{LiveKitKey, member_token};
pub use trouble::Trouble;

use calls::Calls;
use trouble::Troubles;

/// How the stand-in is set up.
#[derive(Clone)]
pub struct Config {
    /// Signs and checks the members' JWTs.
    pub jwt_secret: String,
    /// What clients are told to join. A deployed server may name `wss://` where only `ws://`
    /// answers.
    pub livekit_url: String,
    /// Signs the tokens for the rooms.
    pub livekit_key: LiveKitKey,
    /// What goes wrong beyond the habits.
    pub trouble: Option<Trouble>,
}

/// Everything that a request needs.
#[derive(Clone)]
pub(super) struct Server {
    config: Config,
    calls: Arc<Mutex<Calls>>,
    publisher: Arc<dyn Publisher>,
    troubles: Arc<Troubles>,
}

/// The routes, to be served or called directly.
pub fn router(config: Config, publisher: Arc<dyn Publisher>) -> axum::Router {
    let troubles = Arc::new(Troubles::new(config.trouble));
    routes::router(Server {
        config,
        calls: Arc::default(),
        publisher,
        troubles,
    })
}

/// A running stand-in; stops when dropped.
pub struct Running {
    /// Where it listens, on loopback.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves on a free port of loopback.
///
/// # Errors
/// When no port can be had.
pub async fn serve(config: Config, publisher: Arc<dyn Publisher>) -> std::io::Result<Running> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = router(config, publisher);
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            eprintln!("part-A stand-in: {error}");
        }
    });
    Ok(Running { address, task })
}
