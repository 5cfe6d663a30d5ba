//! Part A's `call_ringing`: a callee's app says on MQTT that it rings.

use std::sync::Arc;

use faithcall_protocol::ledger::Command;
use faithcall_protocol::rest::Actor;
use faithcall_protocol::signal::topic::{Channel, Topic};
use faithcall_protocol::signal::{self, Signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::calls::Calls;
use crate::publish::Inbound;
use crate::spans;

/// Where such signals come.
pub(crate) const FILTER: &str = "faithflow/+/call/+/signal";
/// How many may wait; more are a flood.
pub(crate) const QUEUE: usize = 256;

/// Starts to take them in.
pub(crate) fn start(calls: Arc<Calls>, mut inbound: mpsc::Receiver<Inbound>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(message) = inbound.recv().await {
            if let Some((topic, command)) = read(&message)
                && let Channel::Signal(call) = topic.channel
            {
                let applied = calls.apply(&topic.church, &call, &command);
                if let Err(error) = applied.instrument(spans::call(&call)).await {
                    tracing::debug!(%error, "a call_ringing changed nothing");
                }
            }
        }
    })
}

/// What a message asks for. The broker has checked that a member spoke for itself.
fn read(message: &Inbound) -> Option<(Topic, Command)> {
    let topic: Topic = message.topic.parse().ok()?;
    let said = signal::decode(&message.payload).ok()?;
    match (&topic.channel, said.signal) {
        // With a revision it is our own, come back to us.
        (Channel::Signal(call), Signal::CallRinging(callee))
            if said.call_id == *call && said.rev.is_none() =>
        {
            let actor = Actor {
                member_id: callee.callee_id,
                device_id: None,
            };
            Some((topic, Command::Ringing { actor }))
        }
        _ => None,
    }
}
