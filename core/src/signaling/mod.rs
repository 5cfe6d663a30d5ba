//! The member's link to the broker: signals in, and the few that a device sends out.

mod mqtt;

pub use mqtt::{BrokerUrl, BrokerUrlError};
pub(crate) use mqtt::{MqttConfig, MqttSignaling};

use async_trait::async_trait;
use faithcall_protocol::id::CallId;
use faithcall_protocol::signal::Envelope;
use faithcall_protocol::signal::topic::Topic;

/// A link that keeps itself up. Its news come as [`LinkEvent`]s, in order, on the channel given
/// when it was made.
#[async_trait]
pub(crate) trait Signaling: Send + Sync + 'static {
    /// Subscribes a call's own topics on the present connection. Answered by exactly one
    /// [`LinkEvent::CallTopics`]; a reconnect forgets the subscription.
    fn subscribe_call(&self, call: CallId);

    /// Undoes [`Self::subscribe_call`].
    fn unsubscribe_call(&self, call: CallId);

    /// Publishes once, at QoS 1. Dropped while the link is down: whoever needs more repeats it.
    fn publish(&self, topic: Topic, envelope: Envelope);

    /// The network is another now: connects anew at once, whatever it waits for. Told as
    /// [`LinkEvent::Down`] where the link was up, and [`LinkEvent::Up`].
    fn reconnect(&self);

    /// Says goodbye to the broker and stops for good. Takes half a second at most.
    async fn disconnect(&self);
}

/// News of the link.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LinkEvent {
    /// Connected, and the member's topics are subscribed.
    Up,
    /// Not connected; it goes on trying. Told again only where the reason is another. No error: it
    /// reconnects with a new token, or over another network.
    Down(Option<LinkError>),
    /// The broker has answered the subscription of a call's topics, or did not in time. A
    /// refusal is normal: a part-B server's calls do not need them.
    CallTopics { call: CallId, subscribed: bool },
    /// One signal. May come twice.
    Signal {
        topic: Topic,
        envelope: Box<Envelope>,
    },
}

/// Why the link to the broker is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LinkError {
    /// Nothing answers at the broker's address.
    #[error("the broker cannot be reached: check the network and the broker URL")]
    Unreachable,
    /// The broker's certificate was not accepted, or it does not speak TLS.
    #[error(
        "no secure connection to the broker: check its certificate, its host name and the roots"
    )]
    Tls,
    /// What answers is no MQTT 3.1.1 broker, or broke the protocol.
    #[error("what answers at the broker URL does not speak MQTT 3.1.1: check the URL and its path")]
    NotABroker,
    /// The broker refused the token, and so it did a fresh one.
    #[error("the broker refused the member's token: sign in again")]
    BadCredentials,
    /// The broker is there and turns everybody away, or this client id.
    #[error("the broker is not available at the moment")]
    Refused,
    /// The member's own topics were refused.
    #[error("the broker does not let this member subscribe its own topics: check its access rules")]
    NotAllowed,
    /// The connection was lost.
    #[error("the connection to the broker was lost")]
    Lost,
}
