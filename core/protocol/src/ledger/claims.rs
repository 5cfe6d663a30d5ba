//! Who is in which call, and what that means for a new call.
//!
//! A claim is worked out from the call; what a store keeps is only an index of it. So it counts
//! exactly while its call exists, is not over and names the member.

use super::apply::apply;
use super::call::{Call, Phase};
use super::command::Command;
use super::refusal::Refusal;
use crate::bounds::RINGING_WITH_CALL_WAITING;
use crate::id::MemberId;
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
