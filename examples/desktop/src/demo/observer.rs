//! The server's lane: what the backend published about calls, as one of its members receives it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::signal::{Change, Signal, decode};
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, MqttOptions, QoS};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::log::{Entry, Log};

const SUBSCRIBED_WITHIN: Duration = Duration::from_secs(5);

/// Why there is nobody to watch the server.
#[derive(Debug, thiserror::Error)]
#[error("the observer was not let in by the broker within {SUBSCRIBED_WITHIN:?}")]
pub struct ObserverError;

/// Where news of the server goes now: the present scene's log, and the server's lane in it.
type Target = Arc<Mutex<Option<(Arc<Log>, usize)>>>;

/// An MQTT client that listens and never speaks.
pub(super) struct Observer {
    target: Target,
    task: JoinHandle<()>,
}

impl Observer {
    /// Connects as `member` and listens to its `call_update`.
    ///
    /// # Errors
    /// The broker did not let it in.
    pub(super) async fn start(
        broker: std::net::SocketAddr,
        church: &ChurchId,
        member: &MemberId,
        token: &str,
    ) -> Result<Self, ObserverError> {
        let mut options = MqttOptions::new("demo-observer", broker.ip().to_string(), broker.port());
        options
            .set_credentials(member.as_str(), token)
            .set_max_packet_size(1 << 20, 1 << 20);
        let (client, events) = AsyncClient::new(options, 16);
        let topic = format!("faithflow/{church}/member/{member}/call_update");
        let subscribed = client.subscribe(topic, QoS::AtLeastOnce).await;
        subscribed.map_err(|_| ObserverError)?;
        let target = Target::default();
        let (ready, is_ready) = oneshot::channel();
        let task = tokio::spawn(listen(client, events, target.clone(), ready));
        let observer = Self { target, task };
        match timeout(SUBSCRIBED_WITHIN, is_ready).await {
            Ok(Ok(())) => Ok(observer),
            _ => Err(ObserverError),
        }
    }

    /// From now on, changes are told in this lane of this log.
    pub(super) fn tell(&self, log: &Arc<Log>, lane: usize) {
        let mut target = self.target.lock().unwrap_or_else(PoisonError::into_inner);
        *target = Some((log.clone(), lane));
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `_client` is held for as long as the connection is wanted.
async fn listen(
    _client: AsyncClient,
    mut events: EventLoop,
    target: Target,
    ready: oneshot::Sender<()>,
) {
    let mut ready = Some(ready);
    let mut last = None;
    while let Ok(event) = events.poll().await {
        match event {
            Event::Incoming(Incoming::SubAck(_)) => {
                // Nobody waits any more: the start was given up.
                let _ = ready.take().map(|ready| ready.send(()));
            }
            Event::Incoming(Incoming::Publish(publish)) => {
                let Ok(envelope) = decode(&publish.payload) else {
                    continue;
                };
                let Signal::CallUpdate(update) = envelope.signal else {
                    continue;
                };
                // At QoS 1 a message may come twice.
                let this = Some((envelope.call_id, envelope.rev));
                if this == last {
                    continue;
                }
                last = this;
                let target = target
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                if let Some((log, lane)) = target {
                    log.add(entry(&update.change, lane));
                }
            }
            _ => {}
        }
    }
}

fn entry(change: &Change, lane: usize) -> Entry {
    let fields = json!({
        "cause": change.cause,
        "by": change.by,
        "status": change.snapshot.status,
        "reason": change.snapshot.reason,
    });
    Entry {
        at_ms: change.server_time.unix_ms() as f64,
        lane,
        event: "server".to_owned(),
        fields: match fields {
            Value::Object(fields) => fields,
            _ => serde_json::Map::new(),
        },
    }
}
