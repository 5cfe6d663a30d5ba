//! The backend's own connection to the broker: an ordinary MQTT client.

use std::time::Duration;

use faithcall_protocol::redact::Secret;
use faithcall_protocol::signal::MAX_SIGNAL_BYTES;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};
use tokio::sync::mpsc;

/// A topic's bytes and the packet's head beside the largest signal.
const PACKET_BYTES: usize = MAX_SIGNAL_BYTES + 1024;
/// More packet ids than are ever under way at once, so that none is given twice.
const PACKET_IDS: u16 = 1000;
const REQUESTS: usize = 64;
const RECONNECT_AFTER: Duration = Duration::from_millis(200);

/// Where the broker is, and who the backend is there.
#[derive(Debug, Clone)]
pub(crate) struct BrokerAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) client_id: String,
    pub(crate) credentials: Option<(String, Secret)>,
}

/// What happens on the connection.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// Connected. Nothing sent before counts any more.
    Up,
    /// Lost; it connects again by itself.
    Down,
    /// The oldest publication that was handed over went out under this packet id.
    Sent(u16),
    /// The broker has taken the publication with this packet id.
    Acknowledged(u16),
    /// The broker granted or refused a subscription.
    Subscribed,
    /// A message of somebody else.
    Message { topic: String, payload: Vec<u8> },
}

/// Opens the connection, and keeps opening it until the receiver is dropped.
pub(super) fn open(address: &BrokerAddress) -> (AsyncClient, mpsc::Receiver<LinkEvent>) {
    let mut options = MqttOptions::new(&address.client_id, &address.host, address.port);
    options.set_max_packet_size(PACKET_BYTES, PACKET_BYTES);
    options.set_inflight(PACKET_IDS);
    options.set_keep_alive(Duration::from_secs(15));
    if let Some((name, password)) = &address.credentials {
        options.set_credentials(name, password.expose());
    }
    let (client, mut event_loop) = AsyncClient::new(options, REQUESTS);
    let mut network = event_loop.network_options();
    network.set_tcp_nodelay(true);
    event_loop.set_network_options(network);
    let (events, receiver) = mpsc::channel(REQUESTS);
    tokio::spawn(run(event_loop, events));
    (client, receiver)
}

async fn run(mut event_loop: EventLoop, events: mpsc::Sender<LinkEvent>) {
    let mut up = false;
    loop {
        let event = tokio::select! {
            event = event_loop.poll() => event,
            () = events.closed() => return,
        };
        let news = match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                up = true;
                Some(LinkEvent::Up)
            }
            Ok(Event::Incoming(Packet::PubAck(ack))) => Some(LinkEvent::Acknowledged(ack.pkid)),
            Ok(Event::Incoming(Packet::SubAck(_))) => Some(LinkEvent::Subscribed),
            Ok(Event::Incoming(Packet::Publish(message))) => Some(LinkEvent::Message {
                topic: message.topic,
                payload: message.payload.to_vec(),
            }),
            Ok(Event::Outgoing(Outgoing::Publish(id))) => Some(LinkEvent::Sent(id)),
            Ok(_) => None,
            Err(error) => {
                if up {
                    tracing::warn!(%error, "the connection to the MQTT broker broke; trying again");
                }
                let lost = std::mem::take(&mut up);
                if lost && events.send(LinkEvent::Down).await.is_err() {
                    return;
                }
                tokio::time::sleep(RECONNECT_AFTER).await;
                None
            }
        };
        if let Some(news) = news
            && events.send(news).await.is_err()
        {
            return;
        }
    }
}

/// Asks for all messages that match `filter`, each at least once.
pub(super) async fn subscribe(client: &AsyncClient, filter: &str) {
    if let Err(error) = client.subscribe(filter, QoS::AtLeastOnce).await {
        tracing::warn!(%error, "a subscription of the backend could not be asked for");
    }
}
