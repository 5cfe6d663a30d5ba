//! What one person does at one time.

use faithcall_protocol::id::CallId;
use faithcall_protocol::machine::CallState;

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
                _ => {}
            },
        }
    }

    /// Calls one of the others; whoever it is.
    pub(super) fn dial(&mut self, name: &str) {
        let own = member_of(name).to_owned();
        let names = self.world.names();
        let others = MEMBERS.iter().filter(|member| {
            let there = names.iter().any(|name| member_of(name) == **member);
            there && **member != own
        });
        let others: Vec<&str> = others.copied().collect();
        if let Some(callee) = self.chance.one_of(&others).copied() {
            if self.chance.one_in(3) {
                self.world.video_call(name, &[callee]);
            } else {
                self.world.call(name, &[callee]);
            }
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
