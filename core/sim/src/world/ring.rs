//! No ring after the end.
//!
//! A ring ends by itself, in time, whatever happens; that would hide a device that does not listen.
//! So one that rings is judged by what it has been told.

use faithcall_protocol::id::{CallId, Rev};
use faithcall_protocol::machine::{Answer, CallState, Input, Reply};
use faithcall_protocol::signal::Signal;

use super::World;
use crate::device::Device;
use crate::invariant::Invariant;

/// A device keeps news for 2 s while it asks for everything, and asks for 2 s why a call is over.
const PATIENCE_MS: u64 = 5_000;

/// Remembers what an input tells a device of a call.
pub(super) fn note_told(device: &mut Device, input: &Input, now: u64) {
    if let Some((call, rev)) = told(input)
        && let Some(shown) = device.shown.get_mut(call)
        && shown.told.is_none_or(|(known, _)| known < rev)
    {
        shown.told = Some((rev, now));
    }
}

fn told(input: &Input) -> Option<(&CallId, Rev)> {
    let snapshot = match input {
        Input::Signal { envelope, .. } => match &envelope.signal {
            Signal::CallUpdate(update) => &update.change.snapshot,
            _ => return None,
        },
        Input::Answer {
            answer:
                Answer {
                    result: Ok(Reply::Snapshot(snapshot)),
                    ..
                },
            ..
        } => snapshot,
        _ => return None,
    };
    Some((&snapshot.call_id, snapshot.rev))
}

impl World {
    /// No device rings that knows that its member is not called any more: I4. Looked at now and
    /// then.
    pub(super) fn watch_rings(&mut self) {
        let devices = self.devices.iter().filter(|device| device.alive);
        let mut wrong = Vec::new();
        for device in devices {
            let ringing = device.shown.iter();
            for (id, shown) in ringing.filter(|(_, shown)| shown.rings_until_ms.is_some()) {
                let Some(call) = self.server.calls.get(id) else {
                    continue;
                };
                let mut invitees = call.invitees().iter();
                let own = invitees.find(|invitee| *invitee.party.member_id() == device.member);
                let is_called = own.is_some_and(|own| own.is_pending());
                let knows = shown.told.is_some_and(|(rev, at_ms)| {
                    rev >= call.rev() && self.now > at_ms + PATIENCE_MS
                });
                let rings = device.view_of(id).map(|view| view.state);
                if knows
                    && (call.is_over() || !is_called)
                    && matches!(rings, Some(CallState::Incoming { .. }))
                {
                    let (name, status) = (&device.name, call.status());
                    wrong.push(format!("{name}: {id} rings, and is {status:?}"));
                }
            }
        }
        for what in wrong {
            self.broken(Invariant::I4, what);
        }
    }
}
