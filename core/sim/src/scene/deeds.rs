//! What one person does at one time.

use faithcall_protocol::id::CallId;
use faithcall_protocol::machine::{CallState, OtherCall};

use super::{MEMBERS, Scene};

/// What a device is doing, as far as its user sees.
pub(super) enum Doing {
    Nothing,
    Ringing(CallId),
    Calling(CallId),
    Talking(CallId),
}

impl Scene {
    pub(super) fn deed(&mut self) {
        let Some(name) = self.somebody() else {
            return;
        };
        let roll = self.chance.below(10);
        if let Some(offer) = self.world.view(&name).rejoinable {
            match roll {
                0..8 => self.world.rejoin(&name, &offer.call_id),
                _ => self.world.end(&name, &offer.call_id),
            }
            return;
        }
        if self.takes_another(&name) {
            return;
        }
        match self.doing(&name) {
            Doing::Nothing => self.dial(&name),
            Doing::Ringing(call) => match roll {
                0..6 => self.world.accept(&name, &call),
                6..8 => self.world.reject(&name, &call),
                8 => self.world.reject_here(&name, &call),
                _ => self.world.end(&name, &call),
            },
            Doing::Calling(call) => match roll {
                0..3 => self.world.cancel(&name, &call),
                3 => self.world.end(&name, &call),
                4 => self.world.microphone(&name, false),
                5 => self.world.camera(&name, false),
                6..8 => self.calls_in(&name, &call),
                _ => {}
            },
            Doing::Talking(call) => match roll {
                0..3 => self.world.end(&name, &call),
                3 => self.world.cancel(&name, &call),
                4..6 => {
                    let on = self.chance.one_in(2);
                    self.world.microphone(&name, on);
                }
                6..8 => {
                    let on = self.chance.one_in(2);
                    self.world.camera(&name, on);
                }
                8 => self.calls_in(&name, &call),
                _ => self.holds_or_leaves(&name, &call),
            },
        }
    }

    /// A second call, where one waits, or is held.
    fn takes_another(&mut self, name: &str) -> bool {
        let view = self.world.view(name);
        let Some(other) = view.others.first() else {
            return false;
        };
        match (self.chance.below(8), &other.state) {
            (0..2, CallState::Incoming { .. }) => {
                self.world.accept_and(name, &other.call_id, OtherCall::Hold);
            }
            (2, CallState::Incoming { .. }) => {
                self.world.accept_and(name, &other.call_id, OtherCall::End);
            }
            (3, CallState::Incoming { .. }) => self.world.reject(name, &other.call_id),
            (0..2, CallState::Held) => self.world.swap(name),
            (2, CallState::Held) => self.world.end(name, &other.call_id),
            _ => return false,
        }
        true
    }

    fn calls_in(&mut self, name: &str, call: &CallId) {
        let others = self.others(name);
        if let Some(other) = self.chance.one_of(&others).copied() {
            self.world.invite(name, call, &[other]);
        }
    }

    fn holds_or_leaves(&mut self, name: &str, call: &CallId) {
        match self.chance.below(4) {
            0 => self.world.hold(name, call),
            1 => self.world.resume(name, call),
            2 => self.world.leave(name, call),
            _ => {}
        }
    }

    /// The members that somebody can call.
    fn others(&self, name: &str) -> Vec<&'static str> {
        let own = member_of(name);
        let names = self.world.names();
        let there = |member: &&&str| names.iter().any(|name| member_of(name) == **member);
        let others = MEMBERS.iter().filter(there).copied();
        others.filter(|member| *member != own).collect()
    }

    /// Calls one of the others; whoever it is.
    pub(super) fn dial(&mut self, name: &str) {
        let mut callees = self.others(name);
        if !self.chance.one_in(4)
            && let Some(one) = self.chance.one_of(&callees).copied()
        {
            callees = vec![one];
        }
        if self.chance.one_in(3) {
            self.world.video_call(name, &callees);
        } else {
            self.world.call(name, &callees);
        }
    }

    pub(super) fn somebody(&mut self) -> Option<String> {
        let names = self.world.names();
        self.chance.one_of(&names).cloned()
    }

    pub(super) fn doing(&self, name: &str) -> Doing {
        let Some(view) = self.world.view(name).call else {
            return Doing::Nothing;
        };
        match view.state {
            CallState::Ended(_) => Doing::Nothing,
            CallState::Incoming { .. } => Doing::Ringing(view.call_id),
            CallState::Outgoing { .. } => Doing::Calling(view.call_id),
            CallState::Connecting
            | CallState::Active
            | CallState::Reconnecting
            | CallState::Held => Doing::Talking(view.call_id),
        }
    }
}

pub(super) fn member_of(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}
