//! What `GET /active` says, by which a device on a part-A server makes up for what it is not told.

use crate::end::CallStatus;
use crate::id::MemberId;
use crate::rest::ActiveCallInfo;
use crate::snapshot::Role;
use crate::timestamp::Timestamp;

use crate::machine::Machine;
use crate::machine::interface::event::{Elsewhere, Peer};
use crate::machine::interface::input::{Answer, Reply};
use crate::machine::interface::output::{Request, RequestId};
use crate::machine::request::Purpose;
use crate::machine::setup::incoming::{Invitation, Way};
use crate::machine::state::Phase;
use crate::machine::timer::{DOUBT_MS, Timer};

impl Machine {
    /// The answer to `GET /active`: the call that this member is in, or that rings.
    pub(in crate::machine) fn heard_active(
        &mut self,
        asked: RequestId,
        info: Option<&ActiveCallInfo>,
        date: Option<Timestamp>,
    ) {
        // One call at a time: that is all a part-A server has for a member.
        if self.call.is_none() && self.calls().next().is_some() {
            self.on_foremost(|m| m.heard_active(asked, info, date));
            return;
        }
        let Some(call) = self.call.as_ref() else {
            self.heard_active_while_idle(info, date);
            return;
        };
        let same = info.filter(|info| info.call_id == call.id);
        match (&call.phase, same) {
            // Its own look for the call decides; if there is none, the other's may still ring.
            (Phase::Creating { .. }, _) => {
                if info
                    .is_some_and(|info| is_ring_from(info, &call.peer.member_id, &self.config.me))
                    && let Some(call) = self.call.as_mut()
                {
                    call.holds_invite = true;
                }
            }
            (Phase::Accepting, _) => {}
            // Asked before the call was there: it says nothing of it.
            (
                Phase::Dialing { .. }
                | Phase::Ringing { .. }
                | Phase::Connecting
                | Phase::Active { .. },
                None,
            ) if asked <= call.known_after => {}
            (
                Phase::Dialing { .. }
                | Phase::Ringing { .. }
                | Phase::Connecting
                | Phase::Active { .. },
                None,
            ) => self.call_is_gone(),
            (Phase::Dialing { .. }, Some(info)) => {
                if is_taken(info.status) {
                    self.taken_unheard(info);
                } else {
                    self.call_is_alive();
                }
            }
            (Phase::Ringing { .. }, Some(info)) => {
                if is_taken(info.status) {
                    self.answered_by_my_member(Elsewhere::Answered);
                } else {
                    let left = self.ring_left(age_ms(info, date));
                    self.shorten_ring(left);
                }
            }
            (Phase::Connecting | Phase::Active { .. }, Some(_)) => self.call_is_alive(),
        }
    }

    fn heard_active_while_idle(&mut self, info: Option<&ActiveCallInfo>, date: Option<Timestamp>) {
        let Some(info) = info else {
            self.set_elsewhere(None);
            return;
        };
        if self.over.holds(&info.call_id) {
            return;
        }
        let Some(caller) = info.participants.iter().find(|p| p.role == Role::Caller) else {
            return;
        };
        if caller.member_id == self.config.me || is_taken(info.status) {
            self.set_elsewhere(Some(info.call_id.clone()));
            return;
        }
        self.invited(Invitation {
            call_id: info.call_id.clone(),
            caller: Peer {
                member_id: caller.member_id.clone(),
                name: Some(caller.member_name.clone()),
                avatar: caller.member_avatar.clone(),
            },
            call_type: info.call_type,
            ring_ms: self.ring_left(age_ms(info, date)),
            way: Way::Resync,
            snapshot: None,
            rev: None,
        });
    }

    /// An invite that may be old: it rings when the server says that it still does.
    pub(in crate::machine) fn doubt(&mut self, invitation: Invitation) {
        self.doubtful = Some(Box::new(invitation));
        self.timers.set(Timer::Doubt, self.now + DOUBT_MS);
        self.request(Purpose::Doubt, Request::Active);
    }

    pub(in crate::machine) fn doubt_answered(&mut self, id: RequestId, answer: Answer) {
        let Some(doubtful) = self.doubtful.take() else {
            return;
        };
        self.timers.clear(Timer::Doubt);
        let date = answer.date;
        let Ok(Reply::Active(info)) = answer.result else {
            self.invited(*doubtful);
            return;
        };
        let same = info
            .as_deref()
            .filter(|info| info.call_id == doubtful.call_id);
        let ring_ms = match same {
            Some(info) if is_taken(info.status) => {
                self.heard_active(id, Some(info), date);
                return;
            }
            Some(info) => self.ring_left(age_ms(info, date)),
            None => 0,
        };
        self.invited(Invitation {
            ring_ms,
            ..*doubtful
        });
    }

    /// Nobody said whether the invite is old.
    pub(in crate::machine) fn believe(&mut self) {
        if let Some(doubtful) = self.doubtful.take() {
            self.invited(*doubtful);
        }
    }

    /// Ring time left of a part-A call: both times are the server's.
    fn ring_left(&self, age_ms: u64) -> u64 {
        self.config.part_a_ring_ms.saturating_sub(age_ms)
    }
}

fn is_taken(status: CallStatus) -> bool {
    match status {
        CallStatus::Connecting | CallStatus::Active => true,
        CallStatus::Ringing
        | CallStatus::Ended
        | CallStatus::Missed
        | CallStatus::Rejected
        | CallStatus::Failed
        | CallStatus::Busy => false,
    }
}

/// How long ago a call was made: the answer's `Date` minus its start, both the server's clock.
fn age_ms(info: &ActiveCallInfo, date: Option<Timestamp>) -> u64 {
    date.map_or(0, |date| {
        date.unix_ms().saturating_sub(info.started_at.unix_ms())
    })
}

/// A ringing call from `caller` to me.
pub(in crate::machine) fn is_ring_from(
    info: &ActiveCallInfo,
    caller: &MemberId,
    me: &MemberId,
) -> bool {
    let has = |member: &MemberId, role: Role| {
        info.participants
            .iter()
            .any(|p| p.member_id == *member && p.role == role)
    };
    !is_taken(info.status) && has(caller, Role::Caller) && has(me, Role::Callee)
}

/// A call that an attempt of mine, `age_ms` ago, has made: with the same callees, and younger.
pub(in crate::machine) fn is_created_by(
    info: &ActiveCallInfo,
    me: &MemberId,
    callees: &[MemberId],
    attempt_age_ms: u64,
    date: Option<Timestamp>,
) -> bool {
    /// `Date` has whole seconds.
    const DATE_GRAIN_MS: u64 = 1_000;
    let has = info.participants.iter().filter(|p| p.role == Role::Callee);
    let same = has.clone().count() == callees.len()
        && has.map(|p| &p.member_id).all(|has| callees.contains(has));
    let mine = info
        .participants
        .iter()
        .any(|p| p.role == Role::Caller && p.member_id == *me);
    same && mine && age_ms(info, date) <= attempt_age_ms + DATE_GRAIN_MS
}
