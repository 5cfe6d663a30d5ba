//! Nobody stops a ring by its own clock while the server leaves it time.
//!
//! A device may have given a ring up for reasons of its own: its user, a push, a request that nobody
//! answered. What it takes for the bound of a ring has to be that, or later.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{self, Call, Invitee};
use faithcall_protocol::machine::{Effect, Event, Input, Output, Request};

use super::watch::participants;
use super::{EPOCH_MS, World};
use crate::device::Device;
use crate::invariant::Invariant;

impl World {
    /// What a device does at an input that is nobody's wish: I4.
    pub(super) fn watch_cut_short(&mut self, at: usize, outputs: &[Output]) {
        let Some(device) = self.devices.get(at) else {
            return;
        };
        let mut wrong = Vec::new();
        for id in outputs.iter().filter_map(missed_by_itself) {
            let Some(call) = self.server.calls.get(id).filter(|call| !call.is_over()) else {
                continue;
            };
            let left = |who: &&Invitee| {
                let member = who.party.member_id();
                ledger::ring_expires_in_ms(call, member, self.epoch()) > 0
            };
            let stops_all = outputs.iter().any(|output| stops(output, call));
            let mut rung = call.invitees().iter().filter(left);
            if let Some(rung) = rung.find(|rung| stops_all || is_shown(device, id, rung)) {
                let (name, who) = (&device.name, rung.party.member_id());
                wrong.push(format!(
                    "{name}: {id} rings {who} on, and is shown as missed"
                ));
            }
        }
        for what in wrong {
            self.broken(Invariant::I4, what);
        }
    }
}

/// Whether an input is neither a person's wish nor a push that says that a ring is over.
pub(super) fn is_of_itself(input: &Input) -> bool {
    !matches!(input, Input::Command(_) | Input::Push(_))
}

/// A device shows a call as missed, because it takes the ring's time for over.
fn missed_by_itself(output: &Output) -> Option<&CallId> {
    match output {
        Output::Event(Event::Ended { call_id, ended, .. })
            if !ended.confirmed && ended.by.is_none() && ended.reason == EndReason::Missed =>
        {
            Some(call_id)
        }
        _ => None,
    }
}

/// Whether the server is asked for what stops everybody's ring.
fn stops(output: &Output, call: &Call) -> bool {
    let Output::Effect(Effect::Request { request, .. }) = output else {
        return false;
    };
    match request {
        Request::Cancel { call_id } | Request::End { call_id, .. } => call_id == call.call_id(),
        // Those who ring would find nobody.
        Request::Leave { call_id } => call_id == call.call_id() && participants(call).len() < 2,
        _ => false,
    }
}

/// What the device shows is this very invitation, and none before it.
fn is_shown(device: &Device, id: &CallId, rung: &Invitee) -> bool {
    let shown = device.shown.get(id).and_then(|shown| shown.rang_at_ms);
    device.member == *rung.party.member_id()
        && shown.is_some_and(|rang| rang + EPOCH_MS >= rung.invited_at_ms)
}
