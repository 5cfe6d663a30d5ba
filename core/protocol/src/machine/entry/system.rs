//! What the system says of this device: its network, interruptions, permissions.

use std::collections::BTreeSet;

use crate::machine::Machine;
use crate::machine::interface::input::{MediaSource, SystemChange};
use crate::machine::interface::output::{Effect, Output, RoomEffect};
use crate::machine::state::Transport;

/// What stands in the way of every call's microphone and camera.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(in crate::machine) struct SystemState {
    pub(in crate::machine) interrupted: bool,
    /// As the app says, until it says otherwise.
    pub(in crate::machine) not_allowed: BTreeSet<MediaSource>,
    /// As an engine found: of the calls that go on.
    pub(in crate::machine) refused: BTreeSet<MediaSource>,
    /// A call is over in whose way something of this stood, and another is there.
    outlasted_a_call: bool,
}

impl SystemState {
    pub(in crate::machine) fn lacks_permission(&self, source: MediaSource) -> bool {
        self.not_allowed.contains(&source) || self.refused.contains(&source)
    }

    /// It may be used: the user says so, or the system.
    pub(in crate::machine) fn is_allowed(&mut self, source: MediaSource) {
        self.not_allowed.remove(&source);
        self.refused.remove(&source);
    }

    /// With the last call ends what stood in its way, unless all that there was only rang. The next one
    /// tries anew: a permission may be given without a word to the app, and not every system tells the
    /// end of what took the microphone.
    pub(in crate::machine) fn call_is_over(&mut self, only_rang: bool, is_last: bool) {
        let stands = self.interrupted || !self.refused.is_empty();
        self.outlasted_a_call |= stands && !only_rang;
        if is_last && std::mem::take(&mut self.outlasted_a_call) {
            self.interrupted = false;
            self.refused.clear();
        }
    }
}

impl Machine {
    /// Microphones and cameras follow in `settle`.
    pub(in crate::machine) fn system_changed(&mut self, change: SystemChange) {
        match change {
            SystemChange::NetworkChanged => self.network_changed(),
            SystemChange::InterruptionBegan => self.system.interrupted = true,
            SystemChange::InterruptionEnded => self.interruption_ended(),
            SystemChange::PermissionChanged {
                source,
                allowed: true,
            } => self.system.is_allowed(source),
            SystemChange::PermissionChanged {
                source,
                allowed: false,
            } => {
                self.system.not_allowed.insert(source);
            }
        }
    }

    /// No loss by itself: what is lost, the engine and the link will say. What waits to be tried
    /// again failed on the old network, and waits no longer.
    fn network_changed(&mut self) {
        let now = self.now;
        self.out.push(Output::Effect(Effect::ReconnectLink));
        self.timers.hurry_retries(now);
        self.on_each(|m| {
            m.timers.hurry_retries(now);
            let leg = m.call.as_ref().and_then(|call| call.room.leg.as_ref());
            let Some(leg) = leg else { return };
            match leg.transport {
                Transport::Up | Transport::Resuming => {
                    m.room_effect(leg.session, RoomEffect::NetworkChanged);
                }
                // It has a bound of its own, and its failure is tried again.
                Transport::Joining => {}
            }
        });
        self.hurry_farewells();
        self.run_timers();
    }

    /// What the other app or call was using may be free again.
    fn interruption_ended(&mut self) {
        self.system.interrupted = false;
        self.on_each(|m| {
            if let Some(call) = m.call.as_mut() {
                call.media.try_again();
            }
        });
    }
}
