//! How a call is made, if it may be.

use super::call::{Call, JoinAhead, Phase};
use super::claims::{Claim, all_busy, busy, claim_at};
use super::notice::{News, Notice, called};
use super::party::{Invitee, MAX_MEMBERS, Party};
use super::refusal::Refusal;
use super::step::{Effect, Step};
use super::timeouts::Timeouts;
use crate::end::EndCause;
use crate::id::{CallId, ChurchId, DeviceId, MemberId, Rev};
use crate::media::CallType;
use crate::rest::Actor;
use crate::signal::{Cause, Person};

/// What a new call is made of. The server has checked the callees: known, of this church, not
/// the caller, none twice. Several make a group call.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// The client's id, or the server's where the client made none.
    pub call_id: CallId,
    /// The tenant.
    pub church_id: ChurchId,
    /// Voice or video.
    pub call_type: CallType,
    /// Who calls.
    pub caller: Person,
    /// On which device; none for a nameless one.
    pub caller_device: Option<DeviceId>,
    /// Who is called.
    pub callees: Vec<Person>,
    /// The community that the call is made in.
    pub community_id: Option<String>,
    /// The server allows joining while it rings. It is on where the caller's device is named, and
    /// in a 1:1 only.
    pub allow_join_ahead: bool,
    /// The times it will live by.
    pub timeouts: Timeouts,
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

/// Makes a call that rings, at rev 1, if it may be made. Callees who cannot be rung (another call
/// claims them; with call waiting, two ring them already) are in it as busy.
///
/// A repeat of the create that made the call of this id is no refusal: its step is
/// [`Effect::Unchanged`], with the call as it is now.
///
/// # Errors
/// The [`Refusal`] to answer with: `CallIdTaken`, `Cancelled`, `Over`, `Glare`,
/// `AlreadyInCall`, `CallFull` or `AllBusy`.
pub fn create_call(new: NewCall, found: &Found<'_>, now_ms: u64) -> Result<Step, Refusal> {
    let caller = Actor {
        member_id: new.caller.id.clone(),
        device_id: new.caller_device.clone(),
    };
    if let Some(call) = found.same_id {
        repeats_create(&caller, call, found.same_key)?;
        return Ok(Step::unchanged(call, now_ms));
    }
    if found.cancel_remembered {
        return Err(Refusal::Cancelled);
    }
    // A member that is only being called may call somebody else.
    if is_engaged(&caller.member_id, found.claiming, now_ms) {
        return Err(Refusal::AlreadyInCall);
    }
    if let Some(other) = glare(&caller, &new.callees, found.claiming, now_ms) {
        return Err(Refusal::Glare {
            other: other.call_id.clone(),
        });
    }
    if new.callees.len() >= MAX_MEMBERS {
        return Err(Refusal::CallFull);
    }
    let busy = busy(&new.callees, found.claiming, found.call_waiting, now_ms);
    if busy.len() == new.callees.len() {
        return Err(all_busy(&new.callees));
    }
    Ok(made(new, &caller, &busy, now_ms))
}

/// The call of this id was made by this very create, and is not over.
fn repeats_create(caller: &Actor, call: &Call, same_key: bool) -> Result<(), Refusal> {
    if call.caller.member_id() != &caller.member_id {
        return Err(Refusal::CallIdTaken);
    }
    // A nameless device cannot be known again but by a key: its repeat is another create.
    let is_own = same_key || (caller.device_id.is_some() && call.caller.is_device(caller));
    match &call.phase {
        Phase::Ringing | Phase::Connecting | Phase::Active if is_own => Ok(()),
        Phase::Ringing | Phase::Connecting | Phase::Active => Err(Refusal::AlreadyInCall),
        Phase::Over(_) if !is_own => Err(Refusal::CallIdTaken),
        Phase::Over(ending) if ending.outcome == EndCause::CallerCancelled.outcome() => {
            Err(Refusal::Cancelled)
        }
        Phase::Over(_) => Err(Refusal::Over),
    }
}

fn is_engaged(member: &MemberId, claiming: &[Call], now_ms: u64) -> bool {
    let mut calls = claiming.iter();
    calls.any(|call| claim_at(call, member, now_ms) == Some(Claim::Engaged))
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

fn made(new: NewCall, by: &Actor, busy: &[MemberId], now_ms: u64) -> Step {
    let is_group = new.callees.len() > 1;
    let invitee = |person: Person| {
        let is_busy = busy.contains(&person.id);
        Invitee::new(person, is_busy, now_ms)
    };
    let invitees: Vec<_> = new.callees.into_iter().map(invitee).collect();
    let mut news = called(&invitees, Cause::Created, by);
    news.push(News::Updated {
        cause: Cause::Created,
        by: Some(by.clone()),
    });
    let mut notices: Vec<_> = news.into_iter().map(Notice::Publish).collect();
    notices.push(Notice::ReconcileRoom);
    let call = Call {
        call_id: new.call_id,
        church_id: new.church_id,
        call_type: new.call_type,
        community_id: new.community_id,
        rev: Rev::default().next(),
        is_group,
        phase: Phase::Ringing,
        join_ahead: if new.allow_join_ahead && new.caller_device.is_some() && !is_group {
            JoinAhead::Open
        } else {
            JoinAhead::Off
        },
        caller: Party::new(new.caller, new.caller_device, now_ms),
        invitees,
        timeouts: new.timeouts,
        initiated_at_ms: now_ms,
        accepted_at_ms: None,
        active_at_ms: None,
    };
    Step {
        call,
        effect: Effect::Committed,
        notices,
        at_ms: now_ms,
    }
}
