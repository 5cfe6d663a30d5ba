//! Where the stand-in's messages go: a real broker, or a list that a test reads.

use std::sync::Mutex;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, QoS};
use serde_json::Value;

/// One message, as it would go to the broker.
#[derive(Debug, Clone, PartialEq)]
pub struct MqttMessage {
    /// Where.
    pub topic: String,
    /// 1 or 2.
    pub qos: u8,
    /// What.
    pub payload: Value,
}

/// Takes messages.
pub trait Publisher: Send + Sync {
    /// Hands one message over; never waits.
    fn publish(&self, message: MqttMessage);
}

/// Keeps messages for a test.
#[derive(Default)]
pub struct Recorder(Mutex<Vec<MqttMessage>>);

impl Recorder {
    /// What has been published since the last call.
    pub fn take(&self) -> Vec<MqttMessage> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

impl Publisher for Recorder {
    fn publish(&self, message: MqttMessage) {
        self.0
            .lock()
            .unwrap_or_else(|e| e.into_inner())
            .push(message);
    }
}

/// Publishes to a broker.
pub struct MqttPublisher {
    client: AsyncClient,
    task: tokio::task::JoinHandle<()>,
}

/// The broker did not take the connection.
#[derive(Debug, thiserror::Error)]
#[error("the broker did not take the connection: {0}")]
pub struct ConnectError(String);

impl MqttPublisher {
    /// Connects, and returns once the broker has said yes.
    ///
    /// # Errors
    /// When the broker refuses or cannot be reached.
    pub async fn connect(
        host: &str,
        port: u16,
        user: &str,
        password: &str,
    ) -> Result<Self, ConnectError> {
        let mut options = MqttOptions::new("part-a-server", host, port);
        options.set_credentials(user, password);
        options.set_max_packet_size(256 * 1024, 256 * 1024);
        options.set_keep_alive(Duration::from_secs(30));
        let (client, mut events) = AsyncClient::new(options, 64);
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Incoming::ConnAck(_))) => break,
                Ok(_) => {}
                Err(error) => return Err(ConnectError(error.to_string())),
            }
        }
        let task = tokio::spawn(async move { while events.poll().await.is_ok() {} });
        Ok(Self { client, task })
    }
}

impl Publisher for MqttPublisher {
    fn publish(&self, message: MqttMessage) {
        let qos = match message.qos {
            2 => QoS::ExactlyOnce,
            _ => QoS::AtLeastOnce,
        };
        if let Err(error) =
            self.client
                .try_publish(message.topic, qos, false, message.payload.to_string())
        {
            eprintln!("part-A stand-in: not published: {error}");
        }
    }
}

impl Drop for MqttPublisher {
    fn drop(&mut self) {
        self.task.abort();
    }
}
