//! Groups: calling further members in, being out of one that goes on, and what a part-A server
//! makes of them.

use crate::end::{EndCause, EndReason, Outcome};
use crate::id::{CallId, MemberId};
use crate::rest::{InviteRequest, KnownInvitee};
use crate::snapshot::{CallSnapshot, InviteeState, Role};

use crate::machine::Machine;
use crate::machine::ending::over::{by_myself, told};
use crate::machine::interface::event::{Attempt, Event};
use crate::machine::interface::input::{Answer, Reply};
use crate::machine::interface::output::{CommandError, Output, Request};
use crate::machine::request::Purpose;
use crate::machine::state::{Call, Connected, Parting, Phase};
use crate::machine::timer::{CONNECT_MS, PATIENCE_MS, ROOM_LOST_MS, Timer};

impl Machine {
    /// The call goes on at the server, and not for this member: how that is shown.
    pub(in crate::machine) fn put_out(&self, snapshot: &CallSnapshot) -> Option<Outcome> {
        let call = self.call.as_ref()?;
        let me = &self.config.me;
        let has_joined = || {
            let mine = snapshot.participant(me);
            mine.is_some_and(|mine| mine.participant.joined_at.is_some())
        };
        let cause = match (&call.phase, snapshot.standing(me)) {
            (Phase::Ringing { .. } | Phase::Accepting, Some(InviteeState::Missed)) => {
                EndCause::RingDeadline
            }
            (Phase::Ringing { .. } | Phase::Accepting, Some(InviteeState::Rejected)) => {
                EndCause::AllRejected
            }
            (Phase::Ringing { .. } | Phase::Accepting, Some(InviteeState::Busy)) => {
                EndCause::AllBusy
            }
            // Of the caller it is not said what else than its media never came.
            (Phase::Connecting | Phase::Active { .. }, Some(InviteeState::Left))
                if call.role == Role::Caller && !has_joined() =>
            {
                EndCause::ConnectDeadline
            }
            // Also where this device has not heard that its accept was carried out.
            (
                Phase::Accepting | Phase::Connecting | Phase::Active { .. },
                Some(InviteeState::Left),
            ) => EndCause::Gone,
            (
                Phase::Accepting | Phase::Connecting | Phase::Active { .. },
                Some(InviteeState::Failed),
            ) => EndCause::ConnectDeadline,
            (
                Phase::Creating { .. }
                | Phase::Dialing { .. }
                | Phase::Ringing { .. }
                | Phase::Accepting
                | Phase::Connecting
                | Phase::Active { .. },
                _,
            ) => return None,
        };
        Some(cause.outcome())
    }

    /// Ends here what goes on for others.
    pub(in crate::machine) fn end_without_me(&mut self, outcome: Outcome, snapshot: &CallSnapshot) {
        self.end_call(told(outcome, None), None);
        self.over.note_out(snapshot, &self.config.me);
    }

    /// Others may come to this device, which has come: it asks the server, and waits once more without
    /// its word, which may be lost. Nobody bounds a wait of which the server says nothing.
    pub(in crate::machine) fn may_wait_unheard(&mut self) -> bool {
        let part_b = self.speaks_part_b();
        let Some(call) = self.call.as_mut() else {
            return false;
        };
        let may = part_b && call.may_be_joined() && !call.waits_unheard;
        call.waits_unheard |= may;
        may
    }

    /// Nobody has come yet, and this device has: each of the others has its own time to answer and to
    /// come, which the server bounds. What this device still bounds is its own way into the room.
    pub(in crate::machine) fn wait_for_others(&mut self) {
        let again_ms = self.now + CONNECT_MS + PATIENCE_MS;
        self.timers.set(Timer::Connect, again_ms);
        let outside = self.call.as_ref().is_some_and(|c| c.leg_up().is_none());
        if outside {
            self.timers
                .set_no_later(Timer::RoomLost, self.now + ROOM_LOST_MS);
        }
    }

    pub(in crate::machine) fn invite(
        &mut self,
        id: &CallId,
        callees: Vec<MemberId>,
    ) -> Result<(), CommandError> {
        let me = self.config.me.clone();
        let part_b = self.speaks_part_b();
        let call = self.find(id)?;
        match call.phase {
            Phase::Dialing { .. } | Phase::Connecting | Phase::Active { .. } => {}
            Phase::Creating { .. } | Phase::Ringing { .. } | Phase::Accepting => {
                return Err(call.wrong_state());
            }
        }
        let callees = whom_to_call(&me, callees)?;
        if !part_b {
            return Err(CommandError::NotOnThisServer);
        }
        let call_id = call.id.clone();
        let known = callees.iter().filter_map(|callee| call.other(callee));
        let known = known.filter(|other| other.role == Role::Callee);
        let known = known.map(|other| KnownInvitee {
            member_id: other.who.member_id.clone(),
            invited_again: other.invited_again,
        });
        let body = InviteRequest {
            known: Some(known.collect()),
            callee_ids: callees,
        };
        self.request(Purpose::Invite, Request::Invite { call_id, body });
        Ok(())
    }

    pub(in crate::machine) fn invite_answered(&mut self, answer: Answer) {
        match answer.result {
            Ok(reply @ Reply::Message(_)) => self.learn_from_reply(reply),
            Ok(_) => self.look(),
            Err(failure) => {
                if failure.leaves_open() {
                    self.may_ring_further();
                }
                if !failure.shows_over() {
                    self.fail_command(Attempt::Invite, failure.for_app());
                }
                self.learn_from_refusal(failure);
            }
        }
    }

    /// Leaves a group that goes on; a call of two ends with it.
    pub(in crate::machine) fn leave(&mut self, id: &CallId) -> Result<(), CommandError> {
        let call = self.find(id)?;
        match call.phase {
            Phase::Connecting | Phase::Active { .. } => {}
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Ringing { .. }
            | Phase::Accepting => return Err(call.wrong_state()),
        }
        let parting = self.away(EndReason::Normal);
        let me = self.config.me.clone();
        self.end_call(
            by_myself(EndCause::HangUp.outcome(), Some(me)),
            Some(parting),
        );
        Ok(())
    }

    /// How the server is told that this device is out of the call that is going on. Part A has no
    /// way to leave a group.
    pub(in crate::machine) fn away(&self, reason: EndReason) -> Parting {
        let is_group = self.call.as_ref().is_some_and(|call| call.is_group);
        Parting::out_of(is_group && self.speaks_part_b(), reason)
    }

    /// Out of this call, which goes on where it can without this member.
    pub(in crate::machine) fn leave_or_end(&mut self, id: &CallId) -> Result<(), CommandError> {
        match self.find(id)?.phase {
            Phase::Connecting | Phase::Active { .. } => self.leave(id),
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Ringing { .. }
            | Phase::Accepting => self.hang_up(id),
        }
    }

    /// Part A: a callee of mine answered, or its device rings.
    pub(in crate::machine) fn callee_is(&mut self, member: &MemberId, state: InviteeState) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let (is_group, call_id) = (call.is_group, call.id.clone());
        let Some(other) = call.other_mut(member) else {
            return;
        };
        if other.state == state {
            return;
        }
        other.state = state;
        if is_group {
            self.out.push(Output::Event(Event::InviteeChanged {
                call_id,
                member: member.clone(),
                state,
            }));
        }
    }

    /// Part A: a callee of mine will not come; the last one ends the call.
    pub(in crate::machine) fn callee_refused(&mut self, member: &MemberId, state: InviteeState) {
        self.callee_is(member, state);
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let count = |state| call.others.iter().filter(|o| o.state == state).count();
        let busy = count(InviteeState::Busy);
        if busy + count(InviteeState::Rejected) < call.others.len() {
            return;
        }
        let cause = if busy == call.others.len() {
            EndCause::AllBusy
        } else {
            EndCause::AllRejected
        };
        let by = (!call.is_group).then(|| member.clone());
        self.end_call(told(cause.outcome(), by), None);
    }
}

/// Each once, and not oneself.
pub(in crate::machine) fn whom_to_call(
    me: &MemberId,
    callees: Vec<MemberId>,
) -> Result<Vec<MemberId>, CommandError> {
    if callees.contains(me) {
        return Err(CommandError::SelfCall);
    }
    let mut once: Vec<MemberId> = Vec::with_capacity(callees.len());
    for callee in callees {
        if !once.contains(&callee) {
            once.push(callee);
        }
    }
    if once.is_empty() {
        return Err(CommandError::NoCallee);
    }
    Ok(once)
}

impl Call {
    /// A group that this device has come into, and to which others may yet come: they ring, or have
    /// accepted.
    pub(in crate::machine) fn may_be_joined(&self) -> bool {
        let came = self.connected != Connected::NotYet || self.leg_up().is_some();
        let mut others = self.others.iter();
        self.is_group && came && others.any(|other| may_come(other.state))
    }
}

/// Who stands so is in the call, or may yet be.
fn may_come(state: InviteeState) -> bool {
    match state {
        InviteeState::Invited | InviteeState::Ringing | InviteeState::Accepted => true,
        InviteeState::Rejected
        | InviteeState::Busy
        | InviteeState::Missed
        | InviteeState::Left
        | InviteeState::Failed => false,
    }
}

impl Parting {
    /// Out of a call that this device is in no more: a group goes on without it.
    pub(in crate::machine) fn out_of(is_group: bool, reason: EndReason) -> Self {
        if is_group {
            Self::Leave
        } else {
            Self::End(reason)
        }
    }
}
