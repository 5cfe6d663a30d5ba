//! One connection to the broker, from CONNECT to its end. A reconnect is a new one: sessions are
//! clean, and nothing of an old one may be sent again.

use std::time::Duration;

use faithcall_protocol::id::CallId;
use faithcall_protocol::signal::topic::{Channel, Topic};
use faithcall_protocol::signal::{self, Envelope};
use rumqttc::{Event, Outgoing, Packet, QoS, SubAck, SubscribeFilter, SubscribeReasonCode};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::Connection;
use super::{Command, MqttConfig, inbound};
use crate::signaling::{LinkError, LinkEvent};
use crate::token::{Token, Tokens};

/// For the SUBACK of a call's topics: a broker may leave it out, and the call goes on without.
const CALL_SUBACK_TIMEOUT: Duration = Duration::from_secs(2);
/// For the SUBACK of the member's own topics, without which there is no link: as patient as the
/// connection itself, for a network may be slow.
const MEMBER_SUBACK_TIMEOUT: Duration = Duration::from_secs(10);
/// For DISCONNECT to leave.
const GOODBYE: Duration = Duration::from_millis(300);

/// Why a session is over.
pub(super) enum Over {
    /// The client wants no link any more.
    Asked(Option<oneshot::Sender<()>>),
    /// A newer token is there: the broker would cut the old one.
    NewToken,
    /// The network is another: this way is given up, without a goodbye that may not arrive.
    NewNetwork,
    Lost(LinkError),
}

pub(super) struct Session {
    connection: Connection,
    token: Token,
    events: mpsc::Sender<LinkEvent>,
    /// SUBSCRIBEs without an answer, in the order in which they were handed over.
    subscriptions: Vec<Subscription>,
    connected: bool,
    up_since: Option<Instant>,
}

struct Subscription {
    what: Subscribed,
    /// rumqttc tells it later.
    packet: Option<u16>,
    until: Instant,
}

enum Subscribed {
    Member,
    Call(CallId),
}

impl Session {
    pub(super) fn open(config: &MqttConfig, token: Token, events: mpsc::Sender<LinkEvent>) -> Self {
        Self {
            connection: Connection::open(config, &token),
            token,
            events,
            subscriptions: Vec::new(),
            connected: false,
            up_since: None,
        }
    }

    /// Runs until it is over; tells also since when the link was up, if it was.
    pub(super) async fn run(
        mut self,
        tokens: &Tokens,
        commands: &mut mpsc::Receiver<Command>,
    ) -> (Option<Instant>, Over) {
        let newer = tokens.newer_than(self.token.generation);
        tokio::pin!(newer);
        let over = loop {
            let patience = self.subscriptions.iter().map(|s| s.until).min();
            let step = tokio::select! {
                event = self.connection.next() => match event {
                    Ok(event) => self.on_event(event).await,
                    Err(error) => Err(Over::Lost(error)),
                },
                command = commands.recv() => self.on_command(command).await,
                _ = &mut newer => Err(Over::NewToken),
                () = sleep_until(patience.unwrap_or_else(Instant::now)), if patience.is_some() => {
                    self.on_silence().await
                }
            };
            if let Err(over) = step {
                break over;
            }
        };
        if matches!(over, Over::Asked(_) | Over::NewToken) {
            self.goodbye().await;
        }
        // Each SUBSCRIBE of a call is answered, here too.
        for subscription in std::mem::take(&mut self.subscriptions) {
            let _ = self.answer(subscription.what, false).await;
        }
        (self.up_since, over)
    }

    async fn on_command(&mut self, command: Option<Command>) -> Result<(), Over> {
        match command {
            None => return Err(Over::Asked(None)),
            Some(Command::Disconnect(done)) => return Err(Over::Asked(Some(done))),
            Some(Command::Subscribe(call)) if self.connected => {
                let topics = self.call_topics(&call);
                self.subscribe(Subscribed::Call(call), topics)?;
            }
            Some(Command::Subscribe(call)) => self.answer(Subscribed::Call(call), false).await?,
            Some(Command::Unsubscribe(call)) if self.connected => {
                for topic in self.call_topics(&call) {
                    let handed = self.connection.client.try_unsubscribe(topic.to_string());
                    handed.map_err(|_| Over::Lost(LinkError::Lost))?;
                }
            }
            Some(Command::Unsubscribe(_)) => {}
            Some(Command::Publish(topic, envelope)) => self.publish(&topic, &envelope),
            Some(Command::Reconnect) => return Err(Over::NewNetwork),
        }
        Ok(())
    }

    async fn on_event(&mut self, event: Event) -> Result<(), Over> {
        match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                self.connected = true;
                let topics = self.member_topics();
                self.subscribe(Subscribed::Member, topics)
            }
            Event::Outgoing(Outgoing::Subscribe(packet)) => {
                let unnumbered = self.subscriptions.iter_mut().find(|s| s.packet.is_none());
                if let Some(subscription) = unnumbered {
                    subscription.packet = Some(packet);
                }
                Ok(())
            }
            Event::Incoming(Packet::SubAck(ack)) => self.on_suback(&ack).await,
            Event::Incoming(Packet::Publish(message)) => {
                let identity = &self.token.identity;
                match inbound::read(&message, &identity.church, &identity.member) {
                    Some((topic, envelope)) => {
                        let envelope = Box::new(envelope);
                        self.tell(LinkEvent::Signal { topic, envelope }).await
                    }
                    None => Ok(()),
                }
            }
            // Pings and acknowledgements: rumqttc's own business.
            Event::Incoming(_) | Event::Outgoing(_) => Ok(()),
        }
    }

    async fn on_suback(&mut self, ack: &SubAck) -> Result<(), Over> {
        let asked = |s: &Subscription| s.packet == Some(ack.pkid);
        let Some(index) = self.subscriptions.iter().position(asked) else {
            return Ok(());
        };
        let subscription = self.subscriptions.remove(index);
        let granted = |code: &SubscribeReasonCode| *code != SubscribeReasonCode::Failure;
        let granted = match &subscription.what {
            // A broker of part A may know no call_update; without invites there is no phone.
            Subscribed::Member => ack.return_codes.first().is_some_and(granted),
            Subscribed::Call(_) => ack.return_codes.iter().all(granted),
        };
        self.answer(subscription.what, granted).await
    }

    async fn on_silence(&mut self) -> Result<(), Over> {
        let now = Instant::now();
        let (late, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.subscriptions)
            .into_iter()
            .partition(|subscription| subscription.until <= now);
        self.subscriptions = waiting;
        for subscription in late {
            match subscription.what {
                Subscribed::Member => return Err(Over::Lost(LinkError::Unreachable)),
                call @ Subscribed::Call(_) => self.answer(call, false).await?,
            }
        }
        Ok(())
    }

    async fn answer(&mut self, what: Subscribed, granted: bool) -> Result<(), Over> {
        match what {
            Subscribed::Member if granted => {
                self.up_since = Some(Instant::now());
                tracing::debug!("the link to the broker is up");
                self.tell(LinkEvent::Up).await
            }
            Subscribed::Member => Err(Over::Lost(LinkError::NotAllowed)),
            Subscribed::Call(call) => {
                let subscribed = granted;
                self.tell(LinkEvent::CallTopics { call, subscribed }).await
            }
        }
    }

    fn subscribe<const N: usize>(
        &mut self,
        what: Subscribed,
        topics: [Topic; N],
    ) -> Result<(), Over> {
        // A message that comes twice does no harm, so the second handshake of QoS 2 buys nothing.
        let filters = topics.map(|topic| SubscribeFilter::new(topic.to_string(), QoS::AtLeastOnce));
        let handed = self.connection.client.try_subscribe_many(filters);
        handed.map_err(|_| Over::Lost(LinkError::Lost))?;
        let patience = match what {
            Subscribed::Member => MEMBER_SUBACK_TIMEOUT,
            Subscribed::Call(_) => CALL_SUBACK_TIMEOUT,
        };
        self.subscriptions.push(Subscription {
            what,
            packet: None,
            until: Instant::now() + patience,
        });
        Ok(())
    }

    fn publish(&self, topic: &Topic, envelope: &Envelope) {
        let bytes = signal::encode(envelope).ok().filter(|_| self.connected);
        let handed = bytes.map(|bytes| {
            let client = &self.connection.client;
            client.try_publish(topic.to_string(), QoS::AtLeastOnce, false, bytes)
        });
        if !matches!(handed, Some(Ok(()))) {
            tracing::debug!("no link: nothing published");
        }
    }

    fn member_topics(&self) -> [Topic; 3] {
        let member = &self.token.identity.member;
        [
            Channel::IncomingCall(member.clone()),
            Channel::CallStatus(member.clone()),
            Channel::CallUpdate(member.clone()),
        ]
        .map(|channel| Topic::new(&self.token.identity.church, channel))
    }

    fn call_topics(&self, call: &CallId) -> [Topic; 2] {
        [
            Channel::Signal(call.clone()),
            Channel::Participants(call.clone()),
        ]
        .map(|channel| Topic::new(&self.token.identity.church, channel))
    }

    async fn tell(&self, event: LinkEvent) -> Result<(), Over> {
        let told = self.events.send(event).await;
        told.map_err(|_| Over::Asked(None))
    }

    /// DISCONNECT, and the time for it to leave.
    async fn goodbye(&mut self) {
        if !self.connected || self.connection.client.try_disconnect().is_err() {
            return;
        }
        let left = async {
            while let Ok(event) = self.connection.next().await {
                if matches!(event, Event::Outgoing(Outgoing::Disconnect)) {
                    return;
                }
            }
        };
        if timeout(GOODBYE, left).await.is_err() {
            tracing::debug!("the broker was left without a goodbye");
        }
    }
}
