//! Against a broker on the loopback whose every packet the test writes.

use std::sync::Arc;

use bytes::BytesMut;
use faithcall_protocol::signal::topic::Channel;
use faithcall_protocol::signal::{self, Signal};
use rumqttc::{
    ConnAck, Connect, ConnectReturnCode as Code, Packet, Publish, QoS, SubAck, Subscribe,
    SubscribeReasonCode as Grant,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::signaling::LinkError;
use crate::tls;
use crate::token::fake::{NewEachTime, nth};

const MAX: usize = 256 * 1024;
const YES: Grant = Grant::Success(QoS::AtLeastOnce);

struct Phone {
    link: MqttSignaling,
    events: mpsc::Receiver<LinkEvent>,
    broker: TcpListener,
    tokens: Tokens,
    provider: NewEachTime,
}

/// The broker's end of one connection.
struct Peer {
    stream: TcpStream,
    read: BytesMut,
}

impl Phone {
    async fn start() -> Self {
        let broker = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = NewEachTime::default();
        let tokens = Tokens::start(Arc::new(provider.clone())).await.unwrap();
        let (tell, events) = mpsc::channel(16);
        let url = format!("mqtt://{}", broker.local_addr().unwrap());
        let config = MqttConfig {
            broker: url.parse().unwrap(),
            tls: Arc::new(tls::client_config(&[]).unwrap()),
            device: "d1".parse().unwrap(),
        };
        Self {
            link: MqttSignaling::start(config, tokens.clone(), tell),
            events,
            broker,
            tokens,
            provider,
        }
    }

    async fn next(&mut self) -> LinkEvent {
        self.events.recv().await.unwrap()
    }

    async fn accept(&self) -> Peer {
        let (stream, _) = self.broker.accept().await.unwrap();
        Peer {
            stream,
            read: BytesMut::new(),
        }
    }

    /// A connection, as far as the member's subscriptions.
    async fn connected(&mut self) -> (Peer, Connect, Subscribe) {
        let mut peer = self.accept().await;
        let connect = peer.connect().await;
        peer.send(Packet::ConnAck(ConnAck::new(Code::Success, false)))
            .await;
        let subscribe = peer.subscribe().await;
        (peer, connect, subscribe)
    }

    /// A link that is up.
    async fn up(&mut self) -> Peer {
        let (mut peer, _, subscribe) = self.connected().await;
        peer.grant(&subscribe, vec![YES; 3]).await;
        assert_eq!(self.next().await, LinkEvent::Up);
        peer
    }
}

impl Peer {
    async fn send(&mut self, packet: Packet) {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, MAX).unwrap();
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// `None` once the other end has closed.
    async fn receive(&mut self) -> Option<Packet> {
        loop {
            match Packet::read(&mut self.read, MAX) {
                Ok(packet) => return Some(packet),
                Err(rumqttc::Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("{error}"),
            }
            if self.stream.read_buf(&mut self.read).await.ok()? == 0 {
                return None;
            }
        }
    }

    async fn connect(&mut self) -> Connect {
        match self.receive().await {
            Some(Packet::Connect(connect)) => connect,
            other => panic!("{other:?}"),
        }
    }

    async fn subscribe(&mut self) -> Subscribe {
        match self.receive().await {
            Some(Packet::Subscribe(subscribe)) => subscribe,
            other => panic!("{other:?}"),
        }
    }

    async fn grant(&mut self, subscribe: &Subscribe, codes: Vec<Grant>) {
        self.send(Packet::SubAck(SubAck::new(subscribe.pkid, codes)))
            .await;
    }

    async fn publish(&mut self, topic: &str, qos: QoS, json: &str) {
        let mut message = Publish::new(topic, qos, json);
        message.pkid = u16::from(qos != QoS::AtMostOnce);
        self.send(Packet::Publish(message)).await;
    }
}

fn paths(subscribe: &Subscribe) -> Vec<&str> {
    subscribe.filters.iter().map(|f| f.path.as_str()).collect()
}

const MINE: &str = "faithflow/c/member/ruth/call_status";
const CANCEL: &str =
    r#"{"type":"call_cancel","call_id":"c1","timestamp":"2026-11-22T15:24:51","caller_id":"boas"}"#;

#[tokio::test]
async fn it_connects_as_the_contract_says_and_is_up_after_the_suback() {
    let mut phone = Phone::start().await;
    let (mut peer, connect, subscribe) = phone.connected().await;
    assert_eq!(connect.client_id, "fc:ruth:d1");
    assert!(connect.clean_session);
    let login = connect.login.unwrap();
    assert_eq!(
        (login.username.as_str(), login.password.as_str()),
        ("ruth", nth(0).expose())
    );
    assert_eq!(
        paths(&subscribe),
        [
            "faithflow/c/member/ruth/incoming_call",
            "faithflow/c/member/ruth/call_status",
            "faithflow/c/member/ruth/call_update",
        ]
    );
    assert!(phone.events.try_recv().is_err(), "up before the SUBACK");
    // A broker of part A may refuse what part A does not have.
    peer.grant(&subscribe, vec![YES, YES, Grant::Failure]).await;
    assert_eq!(phone.next().await, LinkEvent::Up);
}

#[tokio::test]
async fn signals_of_any_size_and_quality_come_through_in_order() {
    let mut phone = Phone::start().await;
    let mut peer = phone.up().await;
    let padded = CANCEL.replace("boas", &format!(r#"boas","pad":"{}"#, "x".repeat(200_000)));
    peer.publish(MINE, QoS::AtMostOnce, "no signal").await;
    peer.publish(MINE, QoS::AtLeastOnce, &padded).await;
    assert!(matches!(peer.receive().await, Some(Packet::PubAck(_))));
    peer.publish(MINE, QoS::ExactlyOnce, CANCEL).await;
    for _ in 0..2 {
        let LinkEvent::Signal { envelope, .. } = phone.next().await else {
            panic!()
        };
        assert!(matches!(envelope.signal, Signal::CallCancel { .. }));
    }
}

#[tokio::test]
async fn a_calls_topics_are_answered_whatever_the_broker_does() {
    let mut phone = Phone::start().await;
    let mut peer = phone.up().await;
    let call: CallId = "c1".parse().unwrap();
    for (codes, subscribed) in [(vec![YES, YES], true), (vec![YES, Grant::Failure], false)] {
        phone.link.subscribe_call(call.clone());
        let subscribe = peer.subscribe().await;
        assert_eq!(
            paths(&subscribe),
            [
                "faithflow/c/call/c1/signal",
                "faithflow/c/call/c1/participants"
            ]
        );
        peer.grant(&subscribe, codes).await;
        let call = call.clone();
        assert_eq!(
            phone.next().await,
            LinkEvent::CallTopics { call, subscribed }
        );
    }
    // The connection breaks instead of an answer.
    phone.link.subscribe_call(call.clone());
    peer.subscribe().await;
    drop(peer);
    let subscribed = false;
    assert_eq!(
        phone.next().await,
        LinkEvent::CallTopics { call, subscribed }
    );
    assert_eq!(phone.next().await, LinkEvent::Down(Some(LinkError::Lost)));
}

#[tokio::test]
async fn without_its_own_topics_there_is_no_link() {
    let mut phone = Phone::start().await;
    let (mut peer, _, subscribe) = phone.connected().await;
    peer.grant(&subscribe, vec![Grant::Failure, YES, YES]).await;
    assert_eq!(
        phone.next().await,
        LinkEvent::Down(Some(LinkError::NotAllowed))
    );
}

#[tokio::test]
async fn a_slow_suback_is_waited_for_and_a_missing_one_is_no_refusal() {
    let mut phone = Phone::start().await;
    let (mut peer, _, subscribe) = phone.connected().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    peer.grant(&subscribe, vec![YES; 3]).await;
    assert_eq!(phone.next().await, LinkEvent::Up);

    let mut phone = Phone::start().await;
    let (_peer, ..) = phone.connected().await;
    tokio::time::pause();
    assert_eq!(
        phone.next().await,
        LinkEvent::Down(Some(LinkError::Unreachable))
    );
}

#[tokio::test]
async fn after_a_loss_it_comes_back_and_subscribes_again() {
    let mut phone = Phone::start().await;
    drop(phone.up().await);
    assert_eq!(phone.next().await, LinkEvent::Down(Some(LinkError::Lost)));
    phone.up().await;
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_then_named() {
    let mut phone = Phone::start().await;
    for n in 0..2 {
        let mut peer = phone.accept().await;
        let login = peer.connect().await.login.unwrap();
        assert_eq!(login.password, nth(n).expose());
        peer.send(Packet::ConnAck(ConnAck::new(
            Code::BadUserNamePassword,
            false,
        )))
        .await;
    }
    assert_eq!(
        phone.next().await,
        LinkEvent::Down(Some(LinkError::BadCredentials))
    );
    assert_eq!(phone.provider.asked(), 2);
}

#[tokio::test]
async fn a_new_token_reconnects_under_the_same_name() {
    let mut phone = Phone::start().await;
    let mut old = phone.up().await;
    phone.tokens.replace(0).await.unwrap();
    assert_eq!(old.receive().await, Some(Packet::Disconnect));
    assert_eq!(phone.next().await, LinkEvent::Down(None));
    let (_peer, connect, _) = phone.connected().await;
    assert_eq!(connect.client_id, "fc:ruth:d1");
    assert_eq!(connect.login.unwrap().password, nth(1).expose());
}

#[tokio::test]
async fn what_is_no_broker_is_named() {
    let mut phone = Phone::start().await;
    let mut peer = phone.accept().await;
    peer.connect().await;
    let page = format!("HTTP/1.1 400 Bad Request\r\n\r\n{}", " ".repeat(100));
    peer.stream.write_all(page.as_bytes()).await.unwrap();
    assert_eq!(
        phone.next().await,
        LinkEvent::Down(Some(LinkError::NotABroker))
    );
}

#[tokio::test]
async fn it_publishes_while_it_is_up_and_says_goodbye() {
    let mut phone = Phone::start().await;
    let mut peer = phone.up().await;
    let church = "c".parse().unwrap();
    let envelope = signal::decode(CANCEL.as_bytes()).unwrap();
    phone.link.publish(
        Topic::new(&church, Channel::Signal("c1".parse().unwrap())),
        envelope,
    );
    let Some(Packet::Publish(message)) = peer.receive().await else {
        panic!()
    };
    assert_eq!(message.topic, "faithflow/c/call/c1/signal");
    assert_eq!((message.qos, message.retain), (QoS::AtLeastOnce, false));
    let (_, last) = tokio::join!(phone.link.disconnect(), peer.receive());
    assert_eq!(last, Some(Packet::Disconnect));
    assert_eq!(phone.events.recv().await, None);
}

#[tokio::test]
async fn another_network_reconnects_at_once_and_without_a_goodbye() {
    let mut phone = Phone::start().await;
    let mut old = phone.up().await;
    phone.link.reconnect();
    assert_eq!(phone.next().await, LinkEvent::Down(None));
    phone.up().await;
    assert!(old.receive().await.is_none(), "closed, with no DISCONNECT");
}

// Broken by counting how long a link stood from the start of its attempt: the time-out of an attempt
// alone made each failure a first one.
#[tokio::test]
async fn a_broker_that_takes_connections_and_says_nothing_is_tried_more_and_more_seldom() {
    let phone = Phone::start().await;
    tokio::time::pause();
    let mut silent = vec![phone.accept().await];
    let mut waits = Vec::new();
    for _ in 0..9 {
        let before = tokio::time::Instant::now();
        silent.push(phone.accept().await);
        waits.push(before.elapsed());
    }
    assert!(waits[8] >= Duration::from_secs(15), "{waits:?}");
}

// Broken by telling every attempt: a night without a network filled the queue of the app's events.
#[tokio::test]
async fn that_there_is_no_link_is_told_once_and_again_for_another_reason() {
    let mut phone = Phone::start().await;
    tokio::time::pause();
    let codes = [
        Code::ServiceUnavailable,
        Code::ServiceUnavailable,
        Code::ServiceUnavailable,
        Code::RefusedProtocolVersion,
    ];
    for code in codes {
        let mut peer = phone.accept().await;
        peer.connect().await;
        peer.send(Packet::ConnAck(ConnAck::new(code, false))).await;
    }
    for reason in [LinkError::Refused, LinkError::NotABroker] {
        assert_eq!(phone.next().await, LinkEvent::Down(Some(reason)));
    }
    drop(phone.up().await);
    assert_eq!(phone.next().await, LinkEvent::Down(Some(LinkError::Lost)));
    drop(phone.up().await);
    assert_eq!(phone.next().await, LinkEvent::Down(Some(LinkError::Lost)));
}
