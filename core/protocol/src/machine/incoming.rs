//! From an invite, by whatever way it comes, to its answer.

use crate::end::EndCause;
use crate::end::EndReason;
use crate::id::{CallId, MemberId};
use crate::media::CallType;
use crate::rest::{ErrorCode, RejectCall, RejectReason, RejectScope, RoomAccess};
use crate::snapshot::{CallSnapshot, Role};

use super::Machine;
use super::event::{Attempt, CommandFailure, Elsewhere, Event, Peer};
use super::finish::{by_myself, outcome_of, told};
use super::input::{Answer, Failure, Reply};
use super::learn::Part;
use super::output::{CommandError, Effect, Output, Request, RequestId};
use super::request::Purpose;
use super::state::{Call, IfAlive, Parting, Phase};
use super::timer::{ACCEPT_GRACE_MS, ACCEPT_MS, RING_MS, Timer};
use super::view::ServerKind;

/// Somebody calls, by whatever way it is told.
#[derive(Debug, Clone)]
pub(super) struct Invitation {
    pub(super) call_id: CallId,
    pub(super) caller: Peer,
    pub(super) call_type: CallType,
    /// Ring time left, in milliseconds.
    pub(super) ring_ms: u64,
    pub(super) way: Way,
    /// The call as it is, from a part-B server.
    pub(super) snapshot: Option<CallSnapshot>,
}

/// How an invitation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Signal,
    Push,
    /// The server was asked, and told of it.
    Resync,
}

impl Machine {
    /// Rings, or knows why not.
    pub(super) fn invited(&mut self, invitation: Invitation) {
        if invitation.caller.member_id == self.config.me {
            return;
        }
        if self.over.holds(&invitation.call_id) {
            // The same invite again, or one that its end has overtaken.
            if invitation.way == Way::Push {
                self.show_push(&invitation);
            }
            return;
        }
        if let Some(call) = &self.call {
            if call.id == invitation.call_id {
                self.shorten_ring(invitation.ring_ms);
                if let Some(snapshot) = invitation.snapshot {
                    self.learn(snapshot);
                }
            } else {
                self.invited_while_busy(&invitation);
            }
            return;
        }
        let ring_ms = invitation.ring_ms.min(RING_MS);
        if ring_ms == 0 {
            self.over.note(invitation.call_id.clone());
            match invitation.way {
                Way::Push => self.show_push(&invitation),
                Way::Signal | Way::Resync => self.out.push(Output::Event(Event::Missed {
                    call_id: invitation.call_id,
                    caller: invitation.caller,
                    call_type: invitation.call_type,
                })),
            }
            return;
        }
        self.ring(invitation, ring_ms);
    }

    fn show_push(&mut self, invitation: &Invitation) {
        self.out.push(Output::Event(Event::PushWithoutRing {
            call_id: invitation.call_id.clone(),
            caller: invitation.caller.clone(),
            call_type: invitation.call_type,
        }));
    }

    fn ring(&mut self, invitation: Invitation, ring_ms: u64) {
        let id = invitation.call_id;
        let until_ms = self.now + ring_ms;
        self.out.push(Output::Event(Event::Incoming {
            call_id: id.clone(),
            caller: invitation.caller.clone(),
            call_type: invitation.call_type,
            ring_expires_in_ms: ring_ms,
        }));
        self.call = Some(Box::new(Call::new(
            id.clone(),
            Role::Callee,
            invitation.caller,
            invitation.call_type,
            Phase::Ringing { until_ms },
        )));
        self.timers.set(Timer::Ring, until_ms);
        match (invitation.way, self.server) {
            (Way::Push, _) => self.look(),
            (Way::Signal, Some(ServerKind::PartA) | None) => self.look(),
            (Way::Signal | Way::Resync, _) => {}
        }
        if self.server == Some(ServerKind::PartB) {
            self.tell_ringing();
        }
        if let Some(snapshot) = invitation.snapshot {
            self.learn(snapshot);
        }
    }

    fn invited_while_busy(&mut self, invitation: &Invitation) {
        if invitation.way == Way::Push {
            self.show_push(invitation);
            return;
        }
        // Glare: the create's answer decides. Where it has, this invite has lost.
        let caller = &invitation.caller.member_id;
        let outgoing_to_caller = self
            .call
            .as_ref()
            .is_some_and(|call| call.role == Role::Caller && call.peer.member_id == *caller);
        // A part-B server keeps one ring and one call a member, and answers busy by itself.
        if outgoing_to_caller
            || self.server == Some(ServerKind::PartB)
            || invitation.way == Way::Resync
        {
            return;
        }
        self.over.note(invitation.call_id.clone());
        let body = RejectCall {
            reason: RejectReason::Busy,
            scope: RejectScope::Member,
        };
        self.request(
            Purpose::Farewell,
            None,
            Request::Reject {
                call_id: invitation.call_id.clone(),
                body,
            },
        );
    }

    /// A ring never gets longer.
    pub(super) fn shorten_ring(&mut self, ring_ms: u64) {
        let until = self.now + ring_ms;
        if let Some(call) = self.call.as_mut()
            && let Phase::Ringing { until_ms } = &mut call.phase
        {
            *until_ms = until.min(*until_ms);
            let until = *until_ms;
            self.timers.set(Timer::Ring, until);
            if until <= self.now {
                self.timers.clear(Timer::Ring);
                self.ring_expired();
            }
        }
    }

    /// Tells a part-B server that this device really rings.
    pub(super) fn tell_ringing(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if matches!(call.phase, Phase::Ringing { .. }) {
            let call_id = call.id.clone();
            self.request(
                Purpose::Ringing,
                Some(call_id.clone()),
                Request::Ringing { call_id },
            );
        }
    }

    pub(super) fn ringing_told(&mut self, answer: Answer) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        match answer.result {
            Ok(Reply::Ringing(response)) => {
                call.failures = 0;
                let waits = match call.phase {
                    Phase::Ringing { .. } | Phase::Accepting => true,
                    Phase::Creating { .. }
                    | Phase::Dialing { .. }
                    | Phase::Connecting
                    | Phase::Active { .. } => false,
                };
                if let (true, Some(access)) = (waits, response.join_ahead) {
                    self.join_ahead(access);
                }
                if response.ring_expires_in_ms == 0 {
                    // Nobody rings any more: answered elsewhere, over, or out of time.
                    self.await_last_word(
                        EndCause::RingDeadline.outcome(),
                        None,
                        IfAlive::EndAnyway,
                    );
                } else {
                    self.shorten_ring(response.ring_expires_in_ms);
                }
            }
            Ok(_) => {}
            Err(failure) if failure.is_passing() => {
                call.failures += 1;
                let failures = call.failures;
                let at = self.retry_at(failures, &failure);
                self.timers.set(Timer::RingingRetry, at);
            }
            Err(failure) => self.learn_from_refusal(failure),
        }
    }

    /// The local end of a ring: nothing may ring longer than it was told to.
    pub(super) fn ring_expired(&mut self) {
        let rings = self
            .call
            .as_ref()
            .is_some_and(|call| matches!(call.phase, Phase::Ringing { .. }));
        if rings {
            self.end_call(
                by_myself(EndCause::RingDeadline.outcome(), None),
                Some(Parting::Ask),
            );
        }
    }

    pub(super) fn accept(&mut self, id: &CallId) -> Result<(), CommandError> {
        let call = self.find(id)?;
        let until = match call.phase {
            Phase::Ringing { .. } if call.last_word.is_some() => {
                return Err(CommandError::NoSuchCall);
            }
            Phase::Ringing { until_ms } => until_ms,
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Accepting
            | Phase::Connecting
            | Phase::Active { .. } => return Err(call.wrong_state()),
        };
        let until_ms = (until + ACCEPT_GRACE_MS).max(self.now + ACCEPT_MS);
        if let Some(call) = self.call.as_mut() {
            call.failures = 0;
            call.phase = Phase::Accepting;
        }
        self.timers.clear(Timer::Ring);
        self.timers.clear(Timer::RingingRetry);
        self.timers.set(Timer::Accept, until_ms);
        self.send_accept();
        Ok(())
    }

    pub(super) fn send_accept(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if matches!(call.phase, Phase::Accepting) {
            let call_id = call.id.clone();
            self.request(
                Purpose::Accept,
                Some(call_id.clone()),
                Request::Accept { call_id },
            );
        }
    }

    pub(super) fn accept_answered(&mut self, id: RequestId, of: Option<&CallId>, answer: Answer) {
        let accepting = self
            .call
            .as_ref()
            .is_some_and(|call| Some(&call.id) == of && matches!(call.phase, Phase::Accepting));
        if !accepting {
            self.accepted_after_end(id, &answer);
            return;
        }
        match answer.result {
            Ok(Reply::Call(response)) => {
                let access = RoomAccess {
                    livekit_token: response.livekit_token,
                    livekit_url: response.livekit_url,
                };
                if let Some(call) = self.call.as_mut() {
                    call.room.access = Some(access);
                }
                if let Some(part_b) = response.part_b {
                    self.learn(part_b.snapshot);
                }
                self.connecting();
            }
            Ok(_) => self.try_accept_again(&Failure::NoAnswer),
            Err(Failure::Unauthenticated) => {
                self.fail_command(Attempt::Accept, CommandFailure::SignIn);
                self.try_accept_again(&Failure::Unauthenticated);
            }
            Err(failure) if failure.is_passing() => self.try_accept_again(&failure),
            Err(failure) => self.accept_refused(failure),
        }
    }

    fn try_accept_again(&mut self, failure: &Failure) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        call.failures += 1;
        let failures = call.failures;
        let at = self.retry_at(failures, failure);
        self.timers.set(Timer::AcceptRetry, at);
    }

    fn accept_refused(&mut self, failure: Failure) {
        let part_a_says = (failure.status() == Some(409) && failure.code().is_none())
            .then(|| failure.detail().to_owned());
        if let Some(detail) = part_a_says {
            if detail.contains("connecting") || detail.contains("active") {
                self.end_elsewhere(Elsewhere::Answered);
            } else {
                self.call_is_gone();
            }
            return;
        }
        match (failure.status(), failure.code()) {
            (_, Some(ErrorCode::AlreadyInCall)) | (Some(403), _) if !failure.shows_call() => {
                self.fail_command(Attempt::Accept, failure.for_app());
                let me = self.config.me.clone();
                self.end_call(told(outcome_of(EndReason::Failed), Some(me)), None);
            }
            _ if self.taken_by_another(&failure) => self.end_elsewhere(Elsewhere::Answered),
            _ => self.learn_from_refusal(failure),
        }
    }

    /// My accept was refused, and my member has accepted: on a device that is not this one, named
    /// or not.
    fn taken_by_another(&self, failure: &Failure) -> bool {
        let Failure::Status {
            body: Some(body), ..
        } = failure
        else {
            return false;
        };
        body.call.as_ref().is_some_and(|call| {
            self.is_current(&call.call_id)
                && !call.status.is_over()
                && self.my_part(call) == Part::Elsewhere
        })
    }

    pub(super) fn accept_timed_out(&mut self) {
        self.fail_command(Attempt::Accept, CommandFailure::TryAgain);
        self.end_call(
            by_myself(outcome_of(EndReason::NetworkError), None),
            Some(Parting::End(EndReason::NetworkError)),
        );
    }

    pub(super) fn reject(
        &mut self,
        id: &CallId,
        reason: RejectReason,
        scope: RejectScope,
    ) -> Result<(), CommandError> {
        let call = self.find(id)?;
        match call.phase {
            Phase::Ringing { .. } => {}
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Accepting
            | Phase::Connecting
            | Phase::Active { .. } => return Err(call.wrong_state()),
        }
        let cause = match reason {
            RejectReason::Rejected => EndCause::AllRejected,
            RejectReason::Busy => EndCause::AllBusy,
        };
        let me = self.config.me.clone();
        let part_b = self.server == Some(ServerKind::PartB);
        let parting = if scope == RejectScope::Member || part_b {
            Parting::Reject(RejectCall { reason, scope })
        } else {
            // Part A knows no devices: this one just stops.
            Parting::Ask
        };
        self.end_call(by_myself(cause.outcome(), Some(me)), Some(parting));
        Ok(())
    }

    /// Part A: tells the caller that this device rings, now that it hears the answer's echo.
    pub(super) fn publish_ringing(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if !matches!(call.phase, Phase::Ringing { .. }) || call.snapshot.is_some() {
            return;
        }
        let (topic, signal) = super::part_a::ringing(&self.config, &call.id);
        let call_id = call.id.clone();
        self.out.push(Output::Effect(Effect::Publish {
            topic,
            call_id,
            signal,
        }));
    }

    /// An invitation's caller, where only the id is known.
    pub(super) fn peer_in(snapshot: &CallSnapshot, member: &MemberId) -> Peer {
        let known = snapshot.participant(member).map(|p| &p.participant);
        Peer {
            member_id: member.clone(),
            name: known.map(|p| p.member_name.clone()),
            avatar: known.and_then(|p| p.member_avatar.clone()),
        }
    }
}
