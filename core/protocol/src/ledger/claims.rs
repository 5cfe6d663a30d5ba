//! Who is in which call, and what that means for a new call or an accept.
//!
//! A claim is worked out from the call; what a store keeps is only an index of it. So it counts
//! exactly while its call exists, is not over and names the member.

use super::call::{Call, Phase};
use super::refusal::Refusal;
use crate::end::EndCause;
use crate::id::{CallId, MemberId};
use crate::rest::Actor;
use crate::signal::Person;

/// What a member has to do with a call that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claim {
    /// It is in the call: the caller from the create, a callee from its accept.
    Engaged,
    /// It is being called.
    Ringing,
}

/// Every claim that a call makes; none once it is over. A store indexes members by it.
pub fn claims(call: &Call) -> Vec<(MemberId, Claim)> {
    call.members()
        .filter_map(|person| Some((person.id.clone(), claim(call, &person.id)?)))
        .collect()
}

fn claim(call: &Call, member: &MemberId) -> Option<Claim> {
    match call.phase {
        Phase::Over(_) => return None,
        Phase::Ringing | Phase::Connecting | Phase::Active => {}
    }
    if call.caller.member_id() == member {
        return Some(Claim::Engaged);
    }
    let invitee = call.invitee(member)?;
    if invitee.is_accepted() {
        Some(Claim::Engaged)
    } else {
        invitee.is_pending().then_some(Claim::Ringing)
    }
}

/// The claim at a time: one whose call's time is up counts no more, even before that is
/// carried out; nothing can bring such a call back.
fn claim_at(call: &Call, member: &MemberId, now_ms: u64) -> Option<Claim> {
    claim(call, member).filter(|_| !call.is_overdue(now_ms))
}

/// What the store has that a create must look at, read in the transaction of the create.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The call that has the id already.
    pub same_id: Option<&'a Call>,
    /// The caller's cancel of this id came before (see [`super::CANCEL_REMEMBERED_MS`]).
    pub cancel_remembered: bool,
    /// Every call that claims the caller or a callee.
    pub claiming: &'a [Call],
}

/// What to do about a create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Admission {
    /// Make the call.
    Create,
    /// It was made by this very request: answer with the call as it is now.
    Repeat,
}

/// Decides whether a call may be made.
///
/// # Errors
/// The [`Refusal`] to answer with: `CallIdTaken`, `Cancelled`, `CreatedAndOver`, `Glare`,
/// `AlreadyInCall` or `AllBusy`.
pub fn admit_create(
    caller: &Actor,
    callees: &[Person],
    found: &Found<'_>,
    now_ms: u64,
) -> Result<Admission, Refusal> {
    if let Some(call) = found.same_id {
        return admit_same_id(caller, call);
    }
    if found.cancel_remembered {
        return Err(Refusal::Cancelled);
    }
    // A member that is only being called may call somebody else.
    if is_engaged(&caller.member_id, found.claiming, now_ms) {
        return Err(Refusal::AlreadyInCall);
    }
    if let Some(other) = glare(caller, callees, found.claiming, now_ms) {
        return Err(Refusal::Glare {
            other: other.call_id.clone(),
        });
    }
    let is_busy = |callee: &Person| {
        let mut calls = found.claiming.iter();
        calls.any(|call| claim_at(call, &callee.id, now_ms).is_some())
    };
    if callees.iter().all(is_busy) {
        let names = callees.iter().map(|callee| callee.name.clone()).collect();
        return Err(Refusal::AllBusy { names });
    }
    Ok(Admission::Create)
}

fn admit_same_id(caller: &Actor, call: &Call) -> Result<Admission, Refusal> {
    if call.caller.member_id() != &caller.member_id {
        return Err(Refusal::CallIdTaken);
    }
    // A nameless device cannot be known again: its repeat is another create.
    let is_own = caller.device_id.is_some() && call.caller.is_device(caller);
    match &call.phase {
        Phase::Ringing | Phase::Connecting | Phase::Active if is_own => Ok(Admission::Repeat),
        Phase::Ringing | Phase::Connecting | Phase::Active => Err(Refusal::AlreadyInCall),
        Phase::Over(_) if !is_own => Err(Refusal::CallIdTaken),
        Phase::Over(ending) if ending.outcome == EndCause::CallerCancelled.outcome() => {
            Err(Refusal::Cancelled)
        }
        Phase::Over(_) => Err(Refusal::CreatedAndOver),
    }
}

/// The call that rings the other way round between the same two members.
fn glare<'a>(
    caller: &Actor,
    callees: &[Person],
    claiming: &'a [Call],
    now_ms: u64,
) -> Option<&'a Call> {
    let [callee] = callees else { return None };
    claiming.iter().find(|call| {
        let rings_me = claim_at(call, &caller.member_id, now_ms) == Some(Claim::Ringing);
        let by_callee = call.caller.member_id() == &callee.id;
        rings_me && by_callee
    })
}

/// Decides whether a member may take the call that it accepts; asked in the accept's own
/// transaction, with every other call that claims the member.
///
/// # Errors
/// [`Refusal::AlreadyInCall`].
pub fn admit_accept(
    member: &MemberId,
    accepted: &CallId,
    claiming: &[Call],
    now_ms: u64,
) -> Result<(), Refusal> {
    let others = claiming.iter().filter(|call| call.call_id != *accepted);
    if is_engaged(member, others, now_ms) {
        Err(Refusal::AlreadyInCall)
    } else {
        Ok(())
    }
}

fn is_engaged<'a>(
    member: &MemberId,
    claiming: impl IntoIterator<Item = &'a Call>,
    now_ms: u64,
) -> bool {
    let mut calls = claiming.into_iter();
    calls.any(|call| claim_at(call, member, now_ms) == Some(Claim::Engaged))
}
