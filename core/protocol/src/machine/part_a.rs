//! What a part-A server says, and what the device makes up for where such a server is silent.

use crate::end::{CallStatus, EndCause, EndReason, Outcome};
use crate::id::{CallId, MemberId};
use crate::redact::Personal;
use crate::rest::ActiveCallInfo;
use crate::signal::topic::{Channel, Topic};
use crate::signal::{Callee, Signal};
use crate::snapshot::{InviteeState, Role};
use crate::timestamp::Timestamp;

use super::event::{Elsewhere, Peer};
use super::incoming::{Invitation, Way};
use super::input::{Answer, Reply};
use super::output::{Request, RequestId};
use super::over::{outcome_of, told};
use super::request::Purpose;
use super::state::Phase;
use super::timer::{DOUBT_MS, Timer};
use super::{Machine, MachineConfig};

impl Machine {
    /// A signal in part A's words, on one of its topics.
    pub(super) fn part_a_signal(&mut self, id: &CallId, signal: Signal) {
        if let Some((outcome, by)) = end_in(&signal) {
            if self.elsewhere.as_ref() == Some(id) {
                self.set_elsewhere(None);
            }
            if !self.is_current(id) {
                self.confirm(id, outcome, by);
                // Its invite may come later, and must not ring.
                self.over.note(id.clone());
            }
        }
        let Some(call) = self.call.as_ref().filter(|call| call.id == *id) else {
            return;
        };
        let peer = call.peer.member_id.clone();
        let me = self.config.me.clone();
        let (role, phase) = (call.role, call.phase.clone());
        match signal {
            Signal::CallRinging(callee) => match role {
                Role::Caller if call.is_callee(&callee.callee_id) => {
                    if matches!(phase, Phase::Dialing { .. }) {
                        self.callee_is(&callee.callee_id, InviteeState::Ringing);
                    }
                    self.remote_rings();
                }
                Role::Callee if callee.callee_id == me => {}
                Role::Caller | Role::Callee => self.refuse_signal(),
            },
            Signal::CallAccept(callee) => match role {
                Role::Caller if call.is_callee(&callee.callee_id) => {
                    if matches!(phase, Phase::Dialing { .. }) {
                        self.first_accept(&callee.callee_id);
                        self.connecting();
                    }
                }
                Role::Callee if callee.callee_id == me => {
                    self.answered_by_my_member(Elsewhere::Answered);
                }
                Role::Caller | Role::Callee => self.refuse_signal(),
            },
            Signal::CallReject(callee) => self.part_a_refused(&callee, InviteeState::Rejected),
            Signal::CallBusy(callee) => self.part_a_refused(&callee, InviteeState::Busy),
            Signal::CallCancel { caller_id } => {
                let caller = match role {
                    Role::Caller => me,
                    Role::Callee => peer,
                };
                match phase {
                    _ if caller_id != caller => self.refuse_signal(),
                    Phase::Creating { .. }
                    | Phase::Dialing { .. }
                    | Phase::Ringing { .. }
                    | Phase::Accepting => {
                        let outcome = EndCause::CallerCancelled.outcome();
                        self.end_call(told(outcome, Some(caller)), None);
                    }
                    // A cancel after the accept is not the server's.
                    Phase::Connecting | Phase::Active { .. } => self.refuse_signal(),
                }
            }
            Signal::CallEnd { .. } => {
                if let Some((outcome, by)) = end_in(&signal) {
                    self.end_call(told(outcome, by), None);
                }
            }
            Signal::ParticipantJoined { participant } => {
                if participant.id == peer {
                    if phase == Phase::Connecting {
                        self.active();
                    }
                } else if participant.id != me {
                    // My own says only that I am there: whom I talk to may never come.
                    self.refuse_signal();
                }
            }
            Signal::ParticipantMuted {
                participant_id,
                is_muted,
            } => {
                let call = self.call.as_mut();
                if let Some(other) = call.and_then(|call| call.other_mut(&participant_id)) {
                    other.flags_count = true;
                    other.told_muted = is_muted;
                }
            }
            Signal::ParticipantVideo {
                participant_id,
                is_video_enabled,
            } => {
                let call = self.call.as_mut();
                if let Some(other) = call.and_then(|call| call.other_mut(&participant_id)) {
                    other.flags_count = true;
                    other.told_video = is_video_enabled;
                }
            }
            // The room tells who left; a loudspeaker is nobody else's matter; an invite on the
            // call's own topic is a copy.
            Signal::ParticipantLeft { .. }
            | Signal::ParticipantSpeaker { .. }
            | Signal::CallInvite(_)
            | Signal::Unknown => {}
            Signal::CallUpdate(_) => self.refuse_signal(),
        }
    }

    fn part_a_refused(&mut self, callee: &Callee, state: InviteeState) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        match call.role {
            Role::Caller if call.is_callee(&callee.callee_id) => {
                // After an accept it changes nothing.
                if matches!(call.phase, Phase::Dialing { .. }) {
                    self.callee_refused(&callee.callee_id, state);
                }
            }
            Role::Callee if callee.callee_id == self.config.me => {
                self.answered_by_my_member(Elsewhere::Declined);
            }
            Role::Caller | Role::Callee => self.refuse_signal(),
        }
    }

    /// A signal by somebody who may not send it.
    pub(super) fn refuse_signal(&mut self) {
        self.refused_signals += 1;
    }

    /// The answer to `GET /active`: the call that this member is in, or that rings.
    pub(super) fn heard_active(
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
                    self.connecting();
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
    pub(super) fn doubt(&mut self, invitation: Invitation) {
        self.doubtful = Some(Box::new(invitation));
        self.timers.set(Timer::Doubt, self.now + DOUBT_MS);
        self.request(Purpose::Doubt, None, Request::Active);
    }

    pub(super) fn doubt_answered(&mut self, id: RequestId, answer: Answer) {
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
    pub(super) fn believe(&mut self) {
        if let Some(doubtful) = self.doubtful.take() {
            self.invited(*doubtful);
        }
    }
}

/// The end that a signal tells, and whose it is.
fn end_in(signal: &Signal) -> Option<(Outcome, Option<MemberId>)> {
    match signal {
        Signal::CallCancel { caller_id } => {
            Some((EndCause::CallerCancelled.outcome(), Some(caller_id.clone())))
        }
        Signal::CallEnd {
            ended_by, reason, ..
        } => Some((
            outcome_of(reason.unwrap_or(EndReason::Normal)),
            ended_by.parse().ok(),
        )),
        Signal::CallInvite(_)
        | Signal::CallRinging(_)
        | Signal::CallAccept(_)
        | Signal::CallReject(_)
        | Signal::CallBusy(_)
        | Signal::CallUpdate(_)
        | Signal::ParticipantJoined { .. }
        | Signal::ParticipantLeft { .. }
        | Signal::ParticipantMuted { .. }
        | Signal::ParticipantVideo { .. }
        | Signal::ParticipantSpeaker { .. }
        | Signal::Unknown => None,
    }
}

/// The topic and signal by which a part-A app says that it rings.
pub(super) fn ringing(config: &MachineConfig, call: &CallId) -> (Topic, Signal) {
    (
        Topic::new(&config.church, Channel::Signal(call.clone())),
        Signal::CallRinging(Callee {
            callee_id: config.me.clone(),
            callee_name: Personal::default(),
            reason: None,
        }),
    )
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
pub(super) fn is_ring_from(info: &ActiveCallInfo, caller: &MemberId, me: &MemberId) -> bool {
    let has = |member: &MemberId, role: Role| {
        info.participants
            .iter()
            .any(|p| p.member_id == *member && p.role == role)
    };
    !is_taken(info.status) && has(caller, Role::Caller) && has(me, Role::Callee)
}

/// A call that an attempt of mine, `age_ms` ago, has made: with the same callees, and younger.
pub(super) fn is_created_by(
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
