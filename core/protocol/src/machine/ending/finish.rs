//! How a call ends on this device.

use crate::end::EndCause;
use crate::id::CallId;
use crate::snapshot::{CallSnapshot, InviteeState, Role};

use crate::machine::ending::over::{by_another_of, end_in, told};
use crate::machine::interface::event::{Elsewhere, Ended, Event};
use crate::machine::interface::output::{Effect, Output, RoomEffect};
use crate::machine::request::Purpose;
use crate::machine::state::{Call, Parting, Phase, Topics};
use crate::machine::timer::{SIGN_OUT_MS, Timer, Timers};
use crate::machine::{Machine, Stage};

impl Machine {
    /// Ends the call that is going on: everything of it stops at once, `parting` tells the
    /// server.
    pub(in crate::machine) fn end_call(&mut self, ended: Ended, parting: Option<Parting>) {
        let Some(mut call) = self.take_down() else {
            return;
        };
        call.timings.ended_ms = Some(self.now);
        self.last = Some(self.view_of(&call).over(ended.clone()));
        for alias in &call.aliases {
            self.over.note(alias.clone());
        }
        let rings = matches!(call.phase, Phase::Ringing { .. });
        self.over
            .add(call.id.clone(), call.rev(), Some(ended.clone()));
        self.over
            .note_invitation(&call.id, call.invited_at, call.invitation);
        if rings && parting == Some(Parting::Ask) {
            self.over.it_only_rang(&call.id);
        }
        self.out.push(Output::Event(Event::Ended {
            call_id: call.id.clone(),
            ended: ended.clone(),
            timings: call.timings,
        }));
        if let Some(parting) = parting {
            self.say_farewell(&call, parting);
        }
        self.requests.forget_call(self.lines.focus());
        if call.holds_invite && self.stage == Stage::In {
            self.sync();
        }
    }

    /// Takes the call off its line, with its room, topics and timers.
    pub(in crate::machine) fn take_down(&mut self) -> Option<Box<Call>> {
        let call = self.call.take()?;
        let only_rang = matches!(call.phase, Phase::Ringing { .. });
        let is_last = self.calls().next().is_none();
        self.system.call_is_over(only_rang, is_last);
        if let Some(leg) = &call.room.leg {
            self.room_effect(leg.session, RoomEffect::Leave);
        }
        if call.topics != Topics::None {
            self.out.push(Output::Effect(Effect::Unsubscribe {
                call_id: call.id.clone(),
            }));
        }
        Some(call)
    }

    /// The server takes no token of this member any more, and ends its part in the call by itself.
    pub(in crate::machine) fn end_revoked(&mut self) {
        self.end_call(told(EndCause::Revoked.outcome(), None), None);
    }

    /// A call ended here without this device, and goes on at another if that took it.
    pub(in crate::machine) fn end_elsewhere(&mut self, elsewhere: Elsewhere) {
        let id = self.call.as_ref().map(|call| call.id.clone());
        self.end_by_another(elsewhere);
        if elsewhere == Elsewhere::Answered && id.is_some() {
            self.set_elsewhere(id);
        }
    }

    /// Another device of this member took or refused a call that rings here (part A's word).
    pub(in crate::machine) fn answered_by_my_member(&mut self, elsewhere: Elsewhere) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        match (call.role, &call.phase) {
            (Role::Callee, Phase::Ringing { .. }) => self.end_elsewhere(elsewhere),
            // Mine is on its way: its answer decides. Or it is the echo of my own.
            (
                Role::Caller | Role::Callee,
                Phase::Creating { .. }
                | Phase::Dialing { .. }
                | Phase::Ringing { .. }
                | Phase::Accepting
                | Phase::Connecting
                | Phase::Active { .. },
            ) => {}
        }
    }

    /// A call ended here by what another device of this member did.
    pub(in crate::machine) fn end_by_another(&mut self, elsewhere: Elsewhere) {
        self.end_call(by_another_of(&self.config.me, elsewhere), None);
    }

    /// The call that is going on is over at the server.
    pub(in crate::machine) fn end_by_snapshot(&mut self, snapshot: &CallSnapshot) {
        let ended = Ended {
            elsewhere: self.acted_elsewhere(snapshot),
            ..end_in(snapshot)
        };
        self.end_call(ended, None);
        self.over.note_everywhere(snapshot.call_id.clone());
        self.no_longer_elsewhere(&snapshot.call_id);
    }

    /// Whether another device of this member answered a call that rang here.
    pub(in crate::machine) fn acted_elsewhere(&self, snapshot: &CallSnapshot) -> Option<Elsewhere> {
        let call = self.call.as_ref()?;
        let accepting = match call.phase {
            Phase::Ringing { .. } => false,
            Phase::Accepting => true,
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Connecting
            | Phase::Active { .. } => return None,
        };
        if call.role == Role::Caller {
            return None;
        }
        self.answered_elsewhere(snapshot, accepting)
    }

    /// Whether another device of this member answered, where this one rang, or is `accepting`.
    pub(in crate::machine) fn answered_elsewhere(
        &self,
        snapshot: &CallSnapshot,
        accepting: bool,
    ) -> Option<Elsewhere> {
        let invitee = snapshot.invitee(&self.config.me)?;
        let mine = match &invitee.device_id {
            Some(device) => *device == self.config.device,
            // Nameless: perhaps mine, as long as mine is on its way.
            None => accepting,
        };
        match invitee.state {
            InviteeState::Accepted | InviteeState::Left | InviteeState::Failed if !mine => {
                Some(Elsewhere::Answered)
            }
            InviteeState::Rejected if !mine => Some(Elsewhere::Declined),
            InviteeState::Busy if !mine => Some(Elsewhere::Busy),
            InviteeState::Accepted
            | InviteeState::Left
            | InviteeState::Failed
            | InviteeState::Rejected
            | InviteeState::Invited
            | InviteeState::Ringing
            | InviteeState::Busy
            | InviteeState::Missed => None,
        }
    }

    pub(in crate::machine) fn set_elsewhere(&mut self, id: Option<CallId>) {
        if self.elsewhere != id {
            self.elsewhere.clone_from(&id);
            self.elsewhere_after = self.requests.newest();
            self.out
                .push(Output::Event(Event::InCallElsewhere { call_id: id }));
        }
    }

    /// This member is not, or no longer, in this call on another device.
    pub(in crate::machine) fn no_longer_elsewhere(&mut self, id: &CallId) {
        if self.elsewhere.as_ref() == Some(id) {
            self.set_elsewhere(None);
        }
    }

    /// Ends what is going on and stops listening.
    pub(in crate::machine) fn sign_out(&mut self) {
        self.stage = Stage::Leaving;
        self.on_each(Self::leave_for_good);
        self.give_up_leftover();
        self.timers = Timers::default();
        self.timers.set(Timer::SignOut, self.now + SIGN_OUT_MS);
    }

    /// Calls are ended first, then the device is taken back: whatever is still being told of it
    /// would count after that.
    pub(in crate::machine) fn finish_leaving(&mut self) {
        let waits = self.awaits(Purpose::Register).is_some()
            || self.farewells.iter().any(|f| f.is_pressing());
        if self.stage == Stage::Leaving && !waits && self.forget_device() {
            self.signed_out();
        }
    }

    pub(in crate::machine) fn signed_out(&mut self) {
        // Where it had to wait too long: nobody hears the answer.
        self.forget_device();
        self.stage = Stage::Out;
        self.timers = Timers::default();
        self.farewells.clear();
        self.out.push(Output::Event(Event::SignedOut));
    }
}
