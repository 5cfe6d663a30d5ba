//! A broker at which a test may speak as the backend does, and hears all that it says.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use faithcall_backend::broker::{self, Broker, BrokerConfig, Gate, Role, Session};
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, MqttOptions, QoS};
use serde_json::Value;
use tokio::time::timeout;

use crate::phone::PATIENCE;

/// Lets everybody in, members of church `c` and the backend.
struct Anybody;

#[async_trait]
impl Gate for Anybody {
    async fn authenticate(&self, _client: &str, user: &str, _password: &str) -> Option<Session> {
        let role = match user {
            "backend" => Role::Backend,
            member => Role::Member {
                church: "c".parse().unwrap(),
                member: member.parse().unwrap(),
            },
        };
        Some(Session {
            role,
            expires_at_ms: None,
        })
    }

    async fn may_subscribe(&self, _session: &Session, _filter: &str) -> bool {
        true
    }

    async fn may_publish(&self, session: &Session, _topic: &str, _payload: &[u8]) -> bool {
        session.role == Role::Backend
    }
}

pub(crate) async fn broker() -> Broker {
    let config = BrokerConfig {
        tcp: Some(([127, 0, 0, 1], 0).into()),
        ..BrokerConfig::default()
    };
    broker::start(config, Arc::new(Anybody)).await.unwrap()
}

/// One message, as it was published.
pub(crate) type Said = (String, Value);

/// Speaks as the backend, and hears what is said to members.
pub(crate) struct Voice {
    client: AsyncClient,
    events: EventLoop,
    heard: VecDeque<Said>,
}

impl Voice {
    pub(crate) async fn at(broker: &Broker) -> Self {
        let address = broker.addresses().tcp.unwrap();
        let mut options = MqttOptions::new("voice", address.ip().to_string(), address.port());
        options.set_credentials("backend", "any");
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, events) = AsyncClient::new(options, 64);
        let mut voice = Self {
            client,
            events,
            heard: VecDeque::new(),
        };
        let members = "faithflow/c/member/#";
        let asked = voice.client.subscribe(members, QoS::AtLeastOnce);
        asked.await.unwrap();
        voice
            .poll_until(|got| matches!(got, Incoming::SubAck(_)))
            .await;
        voice
    }

    /// The next message to a member.
    pub(crate) async fn next(&mut self) -> Said {
        while self.heard.is_empty() {
            self.poll_until(|got| matches!(got, Incoming::Publish(_)))
                .await;
        }
        self.heard.pop_front().unwrap()
    }

    /// Publishes a message, and waits until the broker has it.
    pub(crate) async fn say(&mut self, (topic, message): &Said) {
        let sent = self
            .client
            .publish(topic, QoS::AtLeastOnce, false, message.to_string());
        sent.await.unwrap();
        self.poll_until(|got| matches!(got, Incoming::PubAck(_)))
            .await;
    }

    async fn poll_until(&mut self, wanted: impl Fn(&Incoming) -> bool) {
        loop {
            let event = timeout(PATIENCE, self.events.poll()).await;
            let Event::Incoming(got) = event.expect("the broker is silent").unwrap() else {
                continue;
            };
            if let Incoming::Publish(message) = &got {
                let value = serde_json::from_slice(&message.payload).unwrap();
                self.heard.push_back((message.topic.clone(), value));
            }
            if wanted(&got) {
                return;
            }
        }
    }
}
