//! MQTT 3.1.1 over TCP, TLS and WebSocket, with rumqttc.

mod connection;
mod inbound;
mod link;
mod session;
mod url;

pub use url::{BrokerUrl, BrokerUrlError};

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use faithcall_protocol::id::{CallId, DeviceId};
use faithcall_protocol::signal::Envelope;
use faithcall_protocol::signal::topic::Topic;
use rustls::ClientConfig;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::{LinkEvent, Signaling};
use crate::token::Tokens;
use link::Link;

/// Commands that wait for the link; more than a few is a fault.
const COMMAND_QUEUE: usize = 256;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// What the link needs to know.
#[derive(Clone)]
pub(crate) struct MqttConfig {
    pub(crate) broker: BrokerUrl,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) device: DeviceId,
}

/// The link over rumqttc. Its task ends with it.
pub(crate) struct MqttSignaling {
    commands: mpsc::Sender<Command>,
}

#[derive(Debug)]
enum Command {
    Subscribe(CallId),
    Unsubscribe(CallId),
    Publish(Topic, Envelope),
    Reconnect,
    Disconnect(oneshot::Sender<()>),
}

impl MqttSignaling {
    /// Starts connecting; what happens is told on `events`.
    pub(crate) fn start(
        config: MqttConfig,
        tokens: Tokens,
        events: mpsc::Sender<LinkEvent>,
    ) -> Self {
        let (commands, inbox) = mpsc::channel(COMMAND_QUEUE);
        let link = Link {
            config,
            tokens,
            events,
            commands: inbox,
        };
        tokio::spawn(link.run());
        Self { commands }
    }

    fn command(&self, command: Command) {
        if let Err(error) = self.commands.try_send(command) {
            tracing::warn!(%error, "a command to the broker link was dropped");
        }
    }
}

#[async_trait]
impl Signaling for MqttSignaling {
    fn subscribe_call(&self, call: CallId) {
        self.command(Command::Subscribe(call));
    }

    fn unsubscribe_call(&self, call: CallId) {
        self.command(Command::Unsubscribe(call));
    }

    fn publish(&self, topic: Topic, envelope: Envelope) {
        self.command(Command::Publish(topic, envelope));
    }

    fn reconnect(&self) {
        self.command(Command::Reconnect);
    }

    async fn disconnect(&self) {
        let (done, gone) = oneshot::channel();
        let goodbye = async {
            if self.commands.send(Command::Disconnect(done)).await.is_ok() {
                let _ = gone.await;
            }
        };
        if timeout(GOODBYE, goodbye).await.is_err() {
            tracing::debug!("the broker was left without a goodbye");
        }
    }
}

#[cfg(test)]
mod tests;
