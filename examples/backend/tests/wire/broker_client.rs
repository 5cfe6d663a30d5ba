//! A foreign MQTT client, and a gate that knows a few members.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use faithcall_backend::broker::access::{self, Participants};
use faithcall_backend::broker::{self, Broker, BrokerConfig, Gate, Role, Session};
use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, Incoming, MqttOptions,
    Outgoing, QoS, SubscribeReasonCode, Transport,
};

/// Far more than anything on loopback takes: only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Knows every member of church `c1` by the password `pw-{member}`, and one call: `ann` called
/// `bob` in `k1`, and `bob` is rung.
pub(crate) struct TestGate {
    /// When the members' passwords expire, Unix milliseconds.
    pub(crate) expires_at_ms: Option<u64>,
}

#[async_trait]
impl Gate for TestGate {
    async fn authenticate(&self, _: &str, username: &str, password: &str) -> Option<Session> {
        if password != format!("pw-{username}") {
            return None;
        }
        let role = match username {
            "backend" => Role::Backend,
            member => Role::Member {
                church: "c1".parse().ok()?,
                member: member.parse().ok()?,
            },
        };
        let expires_at_ms = self.expires_at_ms;
        Some(Session {
            role,
            expires_at_ms,
        })
    }

    async fn may_subscribe(&self, session: &Session, filter: &str) -> bool {
        access::may_subscribe(session, filter, &OneCall).await
    }

    async fn may_publish(&self, session: &Session, topic: &str, payload: &[u8]) -> bool {
        access::may_publish(session, topic, payload, &OneCall).await
    }
}

struct OneCall;

#[async_trait]
impl Participants for OneCall {
    async fn takes_part(&self, _: &ChurchId, member: &MemberId, call: &CallId) -> bool {
        call.as_str() == "k1" && ["ann", "bob"].contains(&member.as_str())
    }
    async fn is_rung(&self, _: &ChurchId, member: &MemberId, call: &CallId) -> bool {
        call.as_str() == "k1" && member.as_str() == "bob"
    }
}

/// A broker on a free TCP port, with a [`TestGate`].
pub(crate) async fn broker() -> Broker {
    broker_with(TestGate {
        expires_at_ms: None,
    })
    .await
}

/// A broker on a free TCP port, with this gate.
pub(crate) async fn broker_with(gate: TestGate) -> Broker {
    let config = BrokerConfig {
        tcp: Some(([127, 0, 0, 1], 0).into()),
        ..BrokerConfig::default()
    };
    broker::start(config, Arc::new(gate)).await.unwrap()
}

/// How `username` connects over TCP, with its right password.
pub(crate) fn options(broker: &Broker, username: &str, client_id: &str) -> MqttOptions {
    let address = broker.addresses().tcp.unwrap();
    let mut options = MqttOptions::new(client_id, address.ip().to_string(), address.port());
    options.set_transport(Transport::tcp());
    as_member(&mut options, username);
    options
}

/// Puts the right password of `username` into these options.
pub(crate) fn as_member(options: &mut MqttOptions, username: &str) {
    options.set_credentials(username, format!("pw-{username}"));
    options.set_max_packet_size(1 << 20, 1 << 20);
}

/// One connection of a foreign client.
pub(crate) struct Peer {
    client: AsyncClient,
    events: EventLoop,
}

impl Peer {
    /// Connects once; a refusal is the broker's code.
    pub(crate) async fn connect(options: MqttOptions) -> Result<Self, ConnectReturnCode> {
        let (client, mut events) = AsyncClient::new(options, 16);
        match poll(&mut events).await {
            Ok(Event::Incoming(Incoming::ConnAck(_))) => Ok(Self { client, events }),
            Err(ConnectionError::ConnectionRefused(code)) => Err(code),
            other => panic!("neither accepted nor refused: {other:?}"),
        }
    }

    /// Connects `username` with a client id of its own.
    pub(crate) async fn join(broker: &Broker, username: &str) -> Self {
        let options = options(broker, username, &format!("test-{username}"));
        Self::connect(options).await.unwrap()
    }

    /// Whether the broker grants this subscription.
    pub(crate) async fn subscribe(&mut self, filter: &str) -> bool {
        self.client
            .subscribe(filter, QoS::AtLeastOnce)
            .await
            .unwrap();
        loop {
            if let Event::Incoming(Incoming::SubAck(ack)) = poll(&mut self.events).await.unwrap() {
                return ack.return_codes != [SubscribeReasonCode::Failure];
            }
        }
    }

    /// Sends a message and waits until the broker has dealt with it.
    pub(crate) async fn publish(&mut self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.publish_as(topic, payload, false).await;
    }

    /// Like [`Peer::publish`], retained or not.
    pub(crate) async fn publish_as(
        &mut self,
        topic: &str,
        payload: impl Into<Vec<u8>>,
        retain: bool,
    ) {
        self.client
            .publish(topic, QoS::AtLeastOnce, retain, payload)
            .await
            .unwrap();
        loop {
            if let Event::Incoming(Incoming::PubAck(_)) = poll(&mut self.events).await.unwrap() {
                return;
            }
        }
    }

    /// Sends a message that the broker may answer by hanging up.
    pub(crate) async fn send(&mut self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.client
            .publish(topic, QoS::AtLeastOnce, false, payload)
            .await
            .unwrap();
    }

    /// The next message, as text.
    pub(crate) async fn next(&mut self) -> (String, String) {
        loop {
            if let Event::Incoming(Incoming::Publish(got)) = poll(&mut self.events).await.unwrap() {
                let text = String::from_utf8(got.payload.to_vec()).unwrap();
                return (got.topic, text);
            }
        }
    }

    /// Waits until the broker has hung up.
    pub(crate) async fn closed(mut self) {
        while poll(&mut self.events).await.is_ok() {}
    }

    /// Hangs up, politely.
    pub(crate) async fn leave(mut self) {
        self.client.disconnect().await.unwrap();
        while !matches!(
            poll(&mut self.events).await,
            Ok(Event::Outgoing(Outgoing::Disconnect)) | Err(_)
        ) {}
    }
}

async fn poll(events: &mut EventLoop) -> Result<Event, ConnectionError> {
    let event = tokio::time::timeout(PATIENCE, events.poll()).await;
    event.expect("the broker said nothing for too long")
}
