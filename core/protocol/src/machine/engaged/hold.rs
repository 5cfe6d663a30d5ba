//! Holding a call while another goes on: one call at a time has the microphone.
//!
//! A held call stays in the room, and neither sends nor plays (`media`). A part-B server is told,
//! because it lets a member be in one call and hold one more; on a part-A server a call can be
//! held too, but nobody is told, and no second one can be taken.

use crate::id::CallId;
use crate::rest::{MakeWay, PatchHold};

use crate::machine::Machine;
use crate::machine::interface::event::{Attempt, Event, Side};
use crate::machine::interface::input::{Answer, OtherCall};
use crate::machine::interface::output::{CommandError, Output, Request};
use crate::machine::request::Purpose;
use crate::machine::state::{Call, Phase};
use crate::machine::timer::Timer;

impl Machine {
    pub(in crate::machine) fn hold_call(&mut self, id: &CallId) -> Result<(), CommandError> {
        let call = self.find(id)?;
        if call.hold.wanted {
            return Ok(());
        }
        call.can_be_held()?;
        if let Some(held) = self.calls().find(|call| call.hold.wanted) {
            return Err(CommandError::AlreadyHolding(held.id.clone()));
        }
        self.want_hold(true);
        Ok(())
    }

    pub(in crate::machine) fn resume(&mut self, id: &CallId) -> Result<(), CommandError> {
        let call = self.find(id)?;
        if !call.hold.wanted {
            return Err(call.wrong_state());
        }
        if let Some(other) = self.engaged() {
            return Err(CommandError::AlreadyInCall(other.id.clone()));
        }
        self.want_hold(false);
        Ok(())
    }

    /// The call that is held and the one that is not change places.
    pub(in crate::machine) fn swap(&mut self) -> Result<(), CommandError> {
        let held = self.calls().find(|call| call.hold.wanted);
        let held = held.ok_or(CommandError::NoSuchCall)?.id.clone();
        let engaged = self.engaged().ok_or(CommandError::NoSuchCall)?;
        engaged.can_be_held()?;
        let engaged = engaged.id.clone();
        self.on_call(&engaged, |m| m.want_hold(true));
        self.on_call(&held, |m| m.want_hold(false));
        Ok(())
    }

    /// Makes way for a call that is taken while another goes on.
    pub(in crate::machine) fn make_way(
        &mut self,
        other: Option<OtherCall>,
    ) -> Result<Option<MakeWay>, CommandError> {
        let Some(engaged) = self.engaged() else {
            return Ok(None);
        };
        let id = engaged.id.clone();
        match other {
            None => Err(CommandError::AlreadyInCall(id)),
            Some(OtherCall::End) => {
                self.on_call(&id, |m| m.leave_or_end(&id))?;
                Ok(Some(MakeWay::End(id)))
            }
            Some(OtherCall::Hold) => {
                self.on_call(&id, |m| m.hold_call(&id))?;
                Ok(Some(MakeWay::Hold(id)))
            }
        }
    }

    pub(in crate::machine) fn want_hold(&mut self, wanted: bool) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if call.hold.wanted == wanted {
            return;
        }
        call.hold.wanted = wanted;
        self.out.push(Output::Event(Event::HoldChanged {
            call_id: call.id.clone(),
            who: Side::Me,
            on_hold: wanted,
        }));
    }

    /// Tells a part-B server what it does not know: of two calls that change places, in one
    /// request. A call that makes way for an accept is told with that.
    pub(in crate::machine) fn tell_hold(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if !self.speaks_part_b()
            || !call.is_accepted()
            || call.hold.wanted == call.hold.told
            || self.timers.runs(Timer::HoldRetry)
            || self.awaits(Purpose::Hold).is_some()
        {
            return;
        }
        let (call_id, wanted) = (call.id.clone(), call.hold.wanted);
        let is_told_by_another = self.calls().any(|other| {
            let swaps = other.hold.told && !other.hold.wanted;
            let takes = other.make_way == Some(MakeWay::Hold(call_id.clone()));
            takes || swaps && wanted
        });
        if is_told_by_another {
            return;
        }
        let makes_way = self
            .calls()
            .find(|other| !wanted && other.hold.wanted && !other.hold.told);
        let body = PatchHold {
            is_on_hold: wanted,
            hold: makes_way.map(|other| other.id.clone()),
        };
        if let Some(call) = self.call.as_mut() {
            call.hold.asked = Some(body.clone());
        }
        self.request(Purpose::Hold, Request::Hold { call_id, body });
    }

    /// The server has still to be told that a call other than the one in focus is held. One that is
    /// held by the accept of this one is told with it.
    pub(in crate::machine) fn has_hold_to_tell(&self) -> bool {
        let focus = self.call.as_deref();
        let is_told = |call: &Call| {
            let with = focus.and_then(|focus| focus.make_way.as_ref());
            call.hold.told || with == Some(&MakeWay::Hold(call.id.clone()))
        };
        let mut others = self
            .calls()
            .filter(|call| focus.is_none_or(|focus| focus.id != call.id));
        self.speaks_part_b()
            && others.any(|call| call.is_accepted() && call.hold.wanted && !is_told(call))
    }

    pub(in crate::machine) fn hold_answered(&mut self, answer: Answer) {
        let is_for_now = match &answer.result {
            Ok(_) => false,
            Err(failure) => failure.is_for_now() || self.is_refused_for_now(failure),
        };
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let Some(asked) = call.hold.asked.take() else {
            return;
        };
        match answer.result {
            Ok(reply) => {
                call.hold.told = asked.is_on_hold;
                call.failures = 0;
                if let Some(other) = &asked.hold {
                    self.is_held(other);
                }
                self.learn_from_reply(reply);
            }
            Err(failure) if is_for_now => {
                self.try_again(Timer::HoldRetry, &failure);
            }
            Err(failure) => {
                // It stays as the server has it.
                let told = call.hold.told;
                self.fail_command(Attempt::Hold, failure.for_app());
                self.want_hold(told);
                if let Some(other) = &asked.hold {
                    self.on_call(other, |m| {
                        let told = m.call.as_ref().is_some_and(|call| call.hold.told);
                        m.want_hold(told);
                    });
                }
                self.learn_from_refusal(failure);
            }
        }
    }

    /// The server holds this call since another was taken or resumed.
    pub(in crate::machine) fn is_held(&mut self, id: &CallId) {
        self.on_call(id, |m| {
            if let Some(call) = m.call.as_mut() {
                call.hold.told = true;
            }
        });
    }
}

impl Call {
    fn can_be_held(&self) -> Result<(), CommandError> {
        match self.phase {
            Phase::Connecting | Phase::Active { .. } => Ok(()),
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Ringing { .. }
            | Phase::Accepting => Err(self.wrong_state()),
        }
    }
}
