//! What a part-A server signals, and the one thing that is signalled to it.

pub(in crate::machine) mod first_accept;
pub(in crate::machine) mod get_active;

use crate::end::{EndCause, EndReason, Outcome};
use crate::id::{CallId, MemberId};
use crate::redact::Personal;
use crate::rest::RejectReason;
use crate::signal::topic::{Channel, Topic};
use crate::signal::{Callee, Signal};
use crate::snapshot::{InviteeState, Role};

use crate::machine::Machine;
use crate::machine::ending::over::{outcome_of, told};
use crate::machine::interface::event::Elsewhere;
use crate::machine::interface::output::{Effect, Output};
use crate::machine::server::others::Other;
use crate::machine::state::Phase;

impl Machine {
    /// A signal in part A's words, on one of its topics.
    pub(in crate::machine) fn part_a_signal(&mut self, id: &CallId, signal: Signal) {
        if let Some((outcome, by)) = end_in(&signal) {
            self.no_longer_elsewhere(id);
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
                    } else if call.is_taken_unheard() {
                        self.first_accept(&callee.callee_id);
                    }
                }
                Role::Callee if callee.callee_id == me => {
                    self.answered_by_my_member(Elsewhere::Answered);
                }
                Role::Caller | Role::Callee => self.refuse_signal(),
            },
            Signal::CallReject(callee) => self.part_a_refused(&callee, RejectReason::Rejected),
            Signal::CallBusy(callee) => self.part_a_refused(&callee, RejectReason::Busy),
            Signal::CallCancel { caller_id } => self.part_a_cancelled(caller_id),
            Signal::CallEnd { .. } => {
                if let Some((outcome, by)) = end_in(&signal) {
                    self.end_call(told(outcome, by), None);
                }
            }
            Signal::ParticipantJoined { participant } => {
                if call.is_taken_unheard() && call.is_callee(&participant.id) {
                    self.first_accept(&participant.id);
                    self.become_active();
                } else if participant.id == peer {
                    if phase == Phase::Connecting {
                        self.become_active();
                    }
                } else if participant.id != me {
                    // My own says only that I am there: whom I talk to may never come.
                    self.refuse_signal();
                }
            }
            Signal::ParticipantMuted {
                participant_id,
                is_muted,
            } => self.flag_told(&participant_id, |other| other.told_muted = is_muted),
            Signal::ParticipantVideo {
                participant_id,
                is_video_enabled,
            } => self.flag_told(&participant_id, |other| other.told_video = is_video_enabled),
            // The room tells who left; a loudspeaker is nobody else's matter; an invite on the
            // call's own topic is a copy.
            Signal::ParticipantLeft { .. }
            | Signal::ParticipantSpeaker { .. }
            | Signal::CallInvite(_)
            | Signal::Unknown => {}
            Signal::CallUpdate(_) => self.refuse_signal(),
        }
    }

    fn part_a_cancelled(&mut self, by: MemberId) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let caller = match call.role {
            Role::Caller => &self.config.me,
            Role::Callee => &call.peer.member_id,
        };
        match call.phase {
            _ if by != *caller => self.refuse_signal(),
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Ringing { .. }
            | Phase::Accepting => {
                let outcome = EndCause::CallerCancelled.outcome();
                self.end_call(told(outcome, Some(by)), None);
            }
            // A cancel after the accept is not the server's.
            Phase::Connecting | Phase::Active { .. } => self.refuse_signal(),
        }
    }

    /// What somebody told the server of its media counts beside its tracks from now on.
    fn flag_told(&mut self, member: &MemberId, note: impl FnOnce(&mut Other)) {
        let call = self.call.as_mut();
        if let Some(other) = call.and_then(|call| call.other_mut(member)) {
            other.flags_count = true;
            note(other);
        }
    }

    fn part_a_refused(&mut self, callee: &Callee, reason: RejectReason) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let (state, elsewhere) = match reason {
            RejectReason::Rejected => (InviteeState::Rejected, Elsewhere::Declined),
            RejectReason::Busy => (InviteeState::Busy, Elsewhere::Busy),
        };
        match call.role {
            Role::Caller if call.is_callee(&callee.callee_id) => {
                // After an accept it changes nothing.
                if matches!(call.phase, Phase::Dialing { .. }) {
                    self.callee_refused(&callee.callee_id, state);
                }
            }
            Role::Callee if callee.callee_id == self.config.me => {
                self.answered_by_my_member(elsewhere);
            }
            Role::Caller | Role::Callee => self.refuse_signal(),
        }
    }

    /// Tells the caller that this device rings, now that it hears the answer's echo.
    pub(in crate::machine) fn publish_ringing(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if !matches!(call.phase, Phase::Ringing { .. }) || call.snapshot.is_some() {
            return;
        }
        let call_id = call.id.clone();
        let channel = Channel::Signal(call_id.clone());
        let ringing = Callee {
            callee_id: self.config.me.clone(),
            callee_name: Personal::default(),
            reason: None,
        };
        self.out.push(Output::Effect(Effect::Publish {
            topic: Topic::new(&self.config.church, channel),
            call_id,
            signal: Signal::CallRinging(ringing),
        }));
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
