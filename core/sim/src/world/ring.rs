//! No ring after the end, and none that is missing.
//!
//! A ring ends by itself, in time, whatever happens; that would hide a device that does not listen.
//! So one that rings is judged by what it has been told. And when messages have stopped nothing
//! rings any more; that would hide a device that never rang.

use faithcall_protocol::id::{CallId, Rev};
use faithcall_protocol::ledger;
use faithcall_protocol::machine::{Answer, CallState, CallView, Input, Reply};
use faithcall_protocol::signal::Signal;

use super::World;
use super::watch::RING_MS;
use crate::device::Device;
use crate::invariant::Invariant;

/// A device keeps news for 2 s while it asks for everything, and asks for 2 s why a call is over.
const PATIENCE_MS: u64 = 5_000;
/// A device that is reached without any trouble for so long has asked what rings, and was answered.
const FOUND_MS: u64 = 20_000;

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
                    result: Ok(Reply::Snapshot(response)),
                    ..
                },
            ..
        } => &response.snapshot,
        _ => return None,
    };
    Some((&snapshot.call_id, snapshot.rev))
}

impl World {
    /// Looked at now and then.
    pub(super) fn watch_rings(&mut self) {
        self.watch_rings_after_the_end();
        self.watch_missing_rings();
    }

    /// No device rings that knows that its member is not called any more: I4.
    fn watch_rings_after_the_end(&mut self) {
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
                if !knows || is_called && !call.is_over() {
                    continue;
                }
                let rings = device.view_of(id).map(|view| view.state);
                if matches!(rings, Some(CallState::Incoming { .. })) {
                    let (name, status) = (&device.name, call.status());
                    wrong.push(format!("{name}: {id} rings, and is {status:?}"));
                }
            }
        }
        for what in wrong {
            self.broken(Invariant::I4, what);
        }
    }

    /// A device that has nothing else to do rings when its member is called: I9.
    fn watch_missing_rings(&mut self) {
        let now = self.now;
        let works = self.server.up && self.broker_up && self.publishing && !self.media.down;
        for device in &mut self.devices {
            let reached = works && device.hears_all(now) && !device.link.loses();
            let connection = device.connections;
            match device.reached_since {
                Some((known, _)) if reached && known == connection => {}
                _ => device.reached_since = reached.then_some((connection, now)),
            }
        }
        let mut wrong = Vec::new();
        for call in self.server.open_calls() {
            let id = call.call_id();
            let story = self.stories.get(id);
            for invitee in call.invitees().iter().filter(|i| i.is_pending()) {
                let member = invitee.party.member_id();
                let left = ledger::ring_expires_in_ms(call, member, self.epoch());
                if left == 0 || left + FOUND_MS > RING_MS {
                    continue;
                }
                let devices = self.devices.iter().enumerate();
                for (at, device) in devices.filter(|(_, device)| device.member == *member) {
                    let reached = device.reached_since.map(|(_, since)| since);
                    let shown = device.shown.get(id);
                    let had_it = shown.is_some_and(|s| s.rang > 0 || s.ended.is_some())
                        || story.is_some_and(|s| s.dialled.contains(&at) || s.apart.contains(&at));
                    if had_it || reached.is_none_or(|since| since + FOUND_MS > now) {
                        continue;
                    }
                    if is_idle(device) {
                        wrong.push(format!("{}: does not ring for {id}", device.name));
                    }
                }
            }
        }
        for what in wrong {
            self.broken(Invariant::I9, what);
        }
    }
}

/// Nothing goes on at a device, nor at another one of its member.
fn is_idle(device: &Device) -> bool {
    let view = device.machine.state();
    let goes_on = |call: &CallView| !matches!(call.state, CallState::Ended(_));
    !view.call.as_ref().is_some_and(goes_on)
        && view.others.is_empty()
        && view.rejoinable.is_none()
        && view.in_call_elsewhere.is_none()
}
