//! Who is in which call, and what that means for a new call.
//!
//! A claim is worked out from the call; what a store keeps is only an index of it. So it counts
//! exactly while its call exists, is not over and names the member.

use super::apply::apply;
use super::call::{Call, Phase};
use super::command::Command;
use super::party::MAX_MEMBERS;
use super::refusal::Refusal;
use crate::end::EndCause;
use crate::id::MemberId;
use crate::rest::Actor;
use crate::signal::Person;

/// What a member has to do with a call that is not over. A member has one `Engaged` at most, and
/// one `Held` more ([`super::accept_call`], [`super::hold_call`]).
///
/// ```text
///   create ───────────────────────► Engaged ◄──── resume ──── Held
///            Ringing ── accept ───►    │  └────── hold ────────►│
///    reject, missed │                  │ leaves, the call ends  │
///                   ▼                  ▼                        ▼
///                  none                none                    none
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claim {
    /// It is in the call: the caller from the create, a callee from its accept.
    Engaged,
    /// It is in the call, and holds it.
    Held,
    /// It is being called.
    Ringing,
}

/// Every claim that a call makes; none once it is over. A store indexes members by it.
pub fn claims(call: &Call) -> Vec<(MemberId, Claim)> {
    call.members()
        .filter_map(|person| Some((person.id.clone(), claim(call, &person.id)?)))
        .collect()
}

pub(super) fn claim(call: &Call, member: &MemberId) -> Option<Claim> {
    match call.phase {
        Phase::Over(_) => return None,
        Phase::Ringing | Phase::Connecting | Phase::Active => {}
    }
    match call.participant(member) {
        Some(party) if party.is_on_hold => Some(Claim::Held),
        Some(_) => Some(Claim::Engaged),
        None => {
            let rings = call.invitee(member)?.is_pending();
            rings.then_some(Claim::Ringing)
        }
    }
}

/// The claim at a time: what is due by then counts as done, even before it is carried out. A call
/// whose time is up claims nobody; a group that goes on claims those who are still in it.
pub(super) fn claim_at(call: &Call, member: &MemberId, now_ms: u64) -> Option<Claim> {
    if call.is_overdue(now_ms) {
        let after = apply(call, &Command::Tick, now_ms).ok()?;
        claim(&after.call, member)
    } else {
        claim(call, member)
    }
}

/// What the store has that a create must look at, read in the transaction of the create.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The call that has the id already.
    pub same_id: Option<&'a Call>,
    /// It was made by a create of this member with this very idempotency key.
    pub same_key: bool,
    /// The caller's cancel of this id came before (see [`super::CANCEL_REMEMBERED_MS`]).
    pub cancel_remembered: bool,
    /// Every call that claims the caller or a callee.
    pub claiming: &'a [Call],
    /// The callees of whom some device registered `call_waiting`.
    pub call_waiting: &'a [MemberId],
}

impl<'a> Found<'a> {
    /// The call that a refusal of the create is about, if it is about one.
    pub fn about(&self, refusal: &Refusal) -> Option<&'a Call> {
        match refusal {
            Refusal::Glare { other } => self.claiming.iter().find(|call| call.call_id == *other),
            _ => self.same_id,
        }
    }
}

/// How many calls may ring a member whose devices can show a second one.
const RINGING_WITH_CALL_WAITING: usize = 2;

/// What to do about a create.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Admission {
    /// Make the call.
    Create {
        /// The callees who are not rung: see [`super::NewCall::busy`].
        busy: Vec<MemberId>,
    },
    /// It was made by this very request: answer with the call as it is now.
    Repeat,
}

/// Decides whether a call may be made.
///
/// # Errors
/// The [`Refusal`] to answer with: `CallIdTaken`, `Cancelled`, `Over`, `Glare`,
/// `AlreadyInCall`, `CallFull` or `AllBusy`.
pub fn admit_create(
    caller: &Actor,
    callees: &[Person],
    found: &Found<'_>,
    now_ms: u64,
) -> Result<Admission, Refusal> {
    if let Some(call) = found.same_id {
        return admit_same_id(caller, call, found.same_key);
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
    if callees.len() >= MAX_MEMBERS {
        return Err(Refusal::CallFull);
    }
    let busy = busy(callees, found.claiming, found.call_waiting, now_ms);
    if busy.len() == callees.len() {
        return Err(all_busy(callees));
    }
    Ok(Admission::Create { busy })
}

/// Which of the callees cannot be rung: those whom another call claims; of those with call
/// waiting, those whom two calls ring already.
pub(super) fn busy(
    callees: &[Person],
    claiming: &[Call],
    call_waiting: &[MemberId],
    now_ms: u64,
) -> Vec<MemberId> {
    let is_busy = |callee: &&Person| {
        let member = &callee.id;
        let mut claims = claiming
            .iter()
            .filter_map(|call| claim_at(call, member, now_ms));
        if call_waiting.contains(member) {
            let ringing = claims.filter(|claim| *claim == Claim::Ringing).count();
            ringing >= RINGING_WITH_CALL_WAITING
        } else {
            claims.next().is_some()
        }
    };
    let busy = callees.iter().filter(is_busy);
    busy.map(|callee| callee.id.clone()).collect()
}

pub(super) fn all_busy(callees: &[Person]) -> Refusal {
    let names = callees.iter().map(|callee| callee.name.clone()).collect();
    Refusal::AllBusy { names }
}

fn admit_same_id(caller: &Actor, call: &Call, same_key: bool) -> Result<Admission, Refusal> {
    if call.caller.member_id() != &caller.member_id {
        return Err(Refusal::CallIdTaken);
    }
    // A nameless device cannot be known again but by a key: its repeat is another create.
    let is_own = same_key || (caller.device_id.is_some() && call.caller.is_device(caller));
    match &call.phase {
        Phase::Ringing | Phase::Connecting | Phase::Active if is_own => Ok(Admission::Repeat),
        Phase::Ringing | Phase::Connecting | Phase::Active => Err(Refusal::AlreadyInCall),
        Phase::Over(_) if !is_own => Err(Refusal::CallIdTaken),
        Phase::Over(ending) if ending.outcome == EndCause::CallerCancelled.outcome() => {
            Err(Refusal::Cancelled)
        }
        Phase::Over(_) => Err(Refusal::Over),
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
        rings_me && by_callee && !call.is_group
    })
}

fn is_engaged(member: &MemberId, claiming: &[Call], now_ms: u64) -> bool {
    let mut calls = claiming.iter();
    calls.any(|call| claim_at(call, member, now_ms) == Some(Claim::Engaged))
}
