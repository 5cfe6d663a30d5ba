//! What a member's other calls have to do with a change of one: functions over all the calls that
//! are involved. A server asks them in the transaction of the commit, and writes all their steps
//! together or none; so the busy check is never older than what it guards.

use super::apply::apply;
use super::call::Call;
use super::claims::{Claim, all_busy, busy, claim_at};
use super::command::Command;
use super::invite::newly_called;
use super::refusal::Refusal;
use super::step::{Effect, Step};
use crate::id::{CallId, MemberId};
use crate::rest::{Actor, MakeWay, PatchHold};
use crate::signal::Person;

/// An accept. A member that is engaged in another call names what becomes of that one.
///
/// ```text
///   engaged in   body          the other call        refused where
///   nothing      any           –
///   X            hold X        held                  nobody accepted X yet; another is held
///   X            end X         ended; a group: left
///   X            none, not X   –                     always: already in a call
/// ```
/// A held call does not stand in the way, and is ended or left where `make_way` says so. A call
/// that is to make way and is over by now is no error. A repeat changes nothing.
///
/// `claiming`: every call that claims the member, with `call` or without. The first step is
/// `call`'s.
///
/// # Errors
/// Those of [`Command::Accept`]; [`Refusal::AlreadyInCall`], also where the other call is on
/// another device of the member, from which it is neither held nor left (what any device of the
/// caller may end or cancel, it may end by this as well: a 1:1, and a group that nobody has
/// accepted); [`Refusal::CannotHold`]; [`Refusal::AlreadyHolding`].
pub fn accept_call(
    call: &Call,
    actor: &Actor,
    make_way: Option<&MakeWay>,
    claiming: &[Call],
    now_ms: u64,
) -> Result<Vec<Step>, Refusal> {
    let command = Command::Accept {
        actor: actor.clone(),
    };
    let accepted = apply(call, &command, now_ms)?;
    if accepted.effect != Effect::Committed {
        return Ok(vec![accepted]);
    }
    let others = Others::new(call, &actor.member_id, claiming, now_ms);
    let mut steps = vec![accepted];
    match make_way {
        None => {}
        Some(MakeWay::Hold(id)) => steps.extend(others.hold(id, actor)?),
        Some(MakeWay::End(id)) => steps.extend(others.leave(id, actor)?),
    }
    if others.engaged_but_for(make_way.map(MakeWay::call_id)) {
        return Err(Refusal::AlreadyInCall);
    }
    Ok(steps)
}

/// A hold or a resume. A member holds one call at most, and is engaged in one more at most: a
/// resume needs the engaged one to make way, by `patch.hold`, in the same commit.
///
/// `claiming`: every call that claims the member. The first step is `call`'s.
///
/// # Errors
/// Those of [`Command::Hold`]; [`Refusal::AlreadyHolding`] for a second one;
/// [`Refusal::AlreadyInCall`] for a resume while another call does not make way.
pub fn hold_call(
    call: &Call,
    actor: &Actor,
    patch: &PatchHold,
    claiming: &[Call],
    now_ms: u64,
) -> Result<Vec<Step>, Refusal> {
    let command = Command::Hold {
        actor: actor.clone(),
        is_on_hold: patch.is_on_hold,
    };
    let changed = apply(call, &command, now_ms)?;
    if changed.effect != Effect::Committed {
        return Ok(vec![changed]);
    }
    let others = Others::new(call, &actor.member_id, claiming, now_ms);
    let mut steps = vec![changed];
    if patch.is_on_hold {
        if others.holds_but_for(None) {
            return Err(Refusal::AlreadyHolding);
        }
    } else {
        if let Some(id) = &patch.hold {
            steps.extend(others.hold(id, actor)?);
        }
        if others.engaged_but_for(patch.hold.as_ref()) {
            return Err(Refusal::AlreadyInCall);
        }
    }
    Ok(steps)
}

/// An invite to a call that is there. `claiming`: every call that claims one of `callees`;
/// `call_waiting`: those of them of whom some device registered it.
///
/// # Errors
/// [`Refusal::NotAParticipant`], [`Refusal::Over`], [`Refusal::CallerLeft`],
/// [`Refusal::CallFull`]; [`Refusal::AllBusy`] where each of them is in another call.
pub fn invite_members(
    call: &Call,
    actor: &Actor,
    callees: &[Person],
    claiming: &[Call],
    call_waiting: &[MemberId],
    now_ms: u64,
) -> Result<Step, Refusal> {
    let others: Vec<Call> = claiming
        .iter()
        .filter(|other| other.call_id != call.call_id)
        .cloned()
        .collect();
    let busy = busy(&newly_called(call, callees), &others, call_waiting, now_ms);
    let all_are = !callees.is_empty() && busy.len() == callees.len();
    let command = Command::Invite {
        actor: actor.clone(),
        callees: callees.to_vec(),
        busy,
    };
    let step = apply(call, &command, now_ms)?;
    if all_are {
        return Err(all_busy(callees));
    }
    Ok(step)
}

/// A member's other calls. Whatever is overdue claims nobody: it is over as soon as somebody looks.
struct Others<'a> {
    claims: Vec<(&'a Call, Claim)>,
    now_ms: u64,
}

impl<'a> Others<'a> {
    fn new(call: &Call, member: &MemberId, claiming: &'a [Call], now_ms: u64) -> Self {
        let others = claiming
            .iter()
            .filter(|other| other.call_id != call.call_id);
        let claims = others
            .filter_map(|other| Some((other, claim_at(other, member, now_ms)?)))
            .collect();
        Self { claims, now_ms }
    }

    fn find(&self, id: &CallId) -> Option<(&'a Call, Claim)> {
        self.claims
            .iter()
            .find(|(call, _)| call.call_id == *id)
            .copied()
    }

    fn engaged_but_for(&self, id: Option<&CallId>) -> bool {
        self.any_but_for(id, Claim::Engaged)
    }

    fn holds_but_for(&self, id: Option<&CallId>) -> bool {
        self.any_but_for(id, Claim::Held)
    }

    fn any_but_for(&self, id: Option<&CallId>, wanted: Claim) -> bool {
        let mut claims = self.claims.iter();
        claims.any(|(call, claim)| *claim == wanted && Some(&call.call_id) != id)
    }

    /// The engaged call is held.
    fn hold(&self, id: &CallId, actor: &Actor) -> Result<Option<Step>, Refusal> {
        let Some((call, Claim::Engaged)) = self.find(id) else {
            return Ok(None);
        };
        if self.holds_but_for(Some(id)) {
            return Err(Refusal::AlreadyHolding);
        }
        let command = Command::Hold {
            actor: actor.clone(),
            is_on_hold: true,
        };
        self.make_way(call, &command).map(Some)
    }

    /// A call that the member is in is ended, or left.
    fn leave(&self, id: &CallId, actor: &Actor) -> Result<Option<Step>, Refusal> {
        let Some((call, Claim::Engaged | Claim::Held)) = self.find(id) else {
            return Ok(None);
        };
        let command = Command::Leave {
            actor: actor.clone(),
        };
        self.make_way(call, &command).map(Some)
    }

    /// The refusal is about the call that was asked for: to the device it is simply taken.
    fn make_way(&self, call: &Call, command: &Command) -> Result<Step, Refusal> {
        apply(call, command, self.now_ms).map_err(|refusal| match refusal {
            Refusal::NotAParticipant => Refusal::AlreadyInCall,
            other => other,
        })
    }
}
