//! A device's side of calling, as a pure machine.
//!
//! [`Machine::handle`] takes one [`Input`] and returns [`Output`]s: effects to be carried out,
//! and events for the app. Time is an argument, in milliseconds of any clock that only goes
//! forward; [`Machine::next_deadline`] says when the machine wants a [`Input::Tick`].

mod event;
mod input;
mod output;
pub mod timer;
mod view;

pub use event::{Attempt, CommandFailure, Elsewhere, Ended, Event, Peer, Side};
pub use input::{
    Answer, Command, DisconnectReason, Failure, Input, MediaProblem, MediaSource, Reply, RoomEvent,
};
pub use output::{CommandError, Effect, Output, Request, RequestId, RoomEffect, SessionId};
pub use view::{CallState, CallView, ServerKind, View};

use crate::id::{ChurchId, DeviceId, MemberId};

/// Who a machine acts for, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineConfig {
    /// The member.
    pub me: MemberId,
    /// Its church.
    pub church: ChurchId,
    /// This device.
    pub device: DeviceId,
    /// Join the room while it rings, where the server allows it. Turned off on a metered
    /// network, or to save a battery.
    pub join_ahead: bool,
    /// How long a call rings on a part-A server, which has no bound of its own.
    pub part_a_ring_ms: u64,
    /// A random number, to keep devices from trying again in step.
    pub seed: u64,
}

impl MachineConfig {
    /// The usual settings.
    pub fn new(me: MemberId, church: ChurchId, device: DeviceId, seed: u64) -> Self {
        Self {
            me,
            church,
            device,
            join_ahead: true,
            part_a_ring_ms: timer::RING_MS,
            seed,
        }
    }
}

/// One device of one member. A plain value: it does nothing by itself.
#[derive(Debug, Clone)]
pub struct Machine {
    config: MachineConfig,
}

impl Machine {
    /// A machine that is told [`Input::SignedIn`] first.
    pub fn new(config: MachineConfig) -> Self {
        Self { config }
    }

    /// Takes one input at `now_ms`, which never goes back.
    pub fn handle(&mut self, _now_ms: u64, _input: Input) -> Vec<Output> {
        Vec::new()
    }

    /// When the machine wants an [`Input::Tick`] at the latest; the answer changes with every
    /// input. Always `Some` while a call is going on.
    pub fn next_deadline(&self) -> Option<u64> {
        None
    }

    /// What a user interface is drawn from.
    pub fn snapshot(&self) -> View {
        View {
            call: None,
            in_call_elsewhere: None,
            link_up: false,
            server: None,
            refused_signals: 0,
        }
    }

    /// Who it acts for.
    pub fn config(&self) -> &MachineConfig {
        &self.config
    }
}
