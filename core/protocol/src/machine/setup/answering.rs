//! This device's answer to a call that rings here: accept or reject.

use crate::end::{EndCause, EndReason};
use crate::id::CallId;
use crate::rest::{ErrorCode, MakeWay, RejectCall, RejectReason, RejectScope, RoomAccess};

use crate::machine::Machine;
use crate::machine::ending::over::{by_myself, outcome_of, told};
use crate::machine::interface::event::{Attempt, CommandFailure, Elsewhere};
use crate::machine::interface::input::{Answer, Failure, OtherCall, Reply};
use crate::machine::interface::output::{CommandError, Request, RequestId};
use crate::machine::request::Purpose;
use crate::machine::server::learn::Part;
use crate::machine::state::{Parting, Phase};
use crate::machine::timer::{ACCEPT_GRACE_MS, ACCEPT_MS, Timer};

impl Machine {
    pub(in crate::machine) fn accept(
        &mut self,
        id: &CallId,
        other: Option<OtherCall>,
    ) -> Result<(), CommandError> {
        let call = self.find(id)?;
        let until = match call.phase {
            // The server has said so: a tap cannot win any more. Where it has only said that
            // nobody rings, this device may be in the call, and the answer to the accept says it.
            Phase::Ringing { .. } if call.over_at.is_some() => {
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
        let make_way = self.make_way(other)?;
        self.give_up_leftover();
        if let Some(call) = self.call.as_mut() {
            call.failures = 0;
            call.make_way = make_way;
            call.phase = Phase::Accepting;
            call.last_word = None;
        }
        self.timers.clear(Timer::LastWord);
        self.timers.clear(Timer::Ring);
        self.timers.clear(Timer::RingingRetry);
        self.timers.set(Timer::Accept, until_ms);
        self.send_accept();
        Ok(())
    }

    pub(in crate::machine) fn send_accept(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if matches!(call.phase, Phase::Accepting) {
            let call_id = call.id.clone();
            let make_way = call.make_way.clone();
            self.request(Purpose::Accept, Request::Accept { call_id, make_way });
        }
    }

    pub(in crate::machine) fn accept_answered(&mut self, id: RequestId, answer: Answer) {
        let accepting = self
            .call
            .as_ref()
            .is_some_and(|call| matches!(call.phase, Phase::Accepting));
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
                let mut made_way = None;
                if let Some(call) = self.call.as_mut() {
                    call.room.access = Some(access);
                    made_way = call.make_way.take();
                }
                if let Some(MakeWay::Hold(other)) = made_way {
                    self.is_held(&other);
                }
                if let Some(part_b) = response.part_b {
                    let mine = part_b.snapshot.participant(&self.config.me);
                    if let Some((call, mine)) = self.call.as_mut().zip(mine) {
                        // An earlier process may have been in it: see `rejoin`.
                        call.media.take_over(mine.participant.flags);
                    }
                    self.learn(part_b.snapshot);
                }
                self.connecting();
            }
            Ok(_) => self.try_accept_again(&Failure::NoAnswer),
            Err(failure) if failure.is_for_now() => {
                let first = self.call.as_ref().is_some_and(|call| call.failures == 0);
                if first && failure == Failure::Unauthenticated {
                    self.fail_command(Attempt::Accept, CommandFailure::SignIn);
                }
                self.try_accept_again(&failure);
            }
            Err(failure) => self.accept_refused(failure),
        }
    }

    fn try_accept_again(&mut self, failure: &Failure) {
        if let Some(call) = self.call.as_mut() {
            call.accept_in_doubt |= failure.leaves_open();
        }
        self.try_again(Timer::AcceptRetry, failure);
    }

    fn accept_refused(&mut self, failure: Failure) {
        let part_a_says = (failure.status() == Some(409) && failure.code().is_none())
            .then(|| failure.detail().to_owned());
        if let Some(detail) = part_a_says {
            if detail.contains("connecting") || detail.contains("active") {
                self.taken_on_part_a();
            } else {
                self.call_is_gone();
            }
            return;
        }
        if self.is_refused_for_now(&failure) {
            self.try_accept_again(&failure);
            return;
        }
        match (failure.status(), failure.code()) {
            _ if self.taken_by_another(&failure) => self.end_elsewhere(Elsewhere::Answered),
            (Some(403), _) if !failure.shows_call() => self.accept_failed(&failure),
            (
                _,
                Some(ErrorCode::AlreadyInCall | ErrorCode::AlreadyHolding | ErrorCode::CannotHold),
            ) if !failure.shows_over() => self.accept_came_to_nothing(&failure),
            _ => self.learn_from_refusal(failure),
        }
    }

    /// Part A: my accept was refused, because the call is taken. By another device, unless an
    /// earlier attempt of mine was carried out unheard: then nobody can tell, and this device, which
    /// has no token, cannot take part either way. The call is left to whoever has it.
    fn taken_on_part_a(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if call.accept_in_doubt {
            let call_id = call.id.clone();
            self.give_up_accept(Parting::Ask);
            self.set_elsewhere(Some(call_id));
        } else {
            self.end_elsewhere(Elsewhere::Answered);
        }
    }

    /// The call rings on, and another device of this member may yet take it: how it ends, the
    /// server will say.
    fn accept_came_to_nothing(&mut self, failure: &Failure) {
        self.fail_command(Attempt::Accept, failure.for_app());
        let me = self.config.me.clone();
        let ended = by_myself(outcome_of(EndReason::Failed), Some(me));
        self.end_call(ended, Some(Parting::Ask));
    }

    /// This member has no part in the call.
    fn accept_failed(&mut self, failure: &Failure) {
        self.fail_command(Attempt::Accept, failure.for_app());
        let me = self.config.me.clone();
        self.end_call(told(outcome_of(EndReason::Failed), Some(me)), None);
    }

    /// My accept was refused, and my member has accepted: on a device that is not this one, named
    /// or not.
    fn taken_by_another(&self, failure: &Failure) -> bool {
        failure.call().is_some_and(|call| {
            self.call
                .as_ref()
                .is_some_and(|mine| mine.id == call.call_id && !mine.is_before_its_end(call))
                && !call.status.is_over()
                && self.my_part(call) == Part::Elsewhere
        })
    }

    pub(in crate::machine) fn accept_timed_out(&mut self) {
        let parting = self.away(EndReason::NetworkError);
        self.give_up_accept(parting);
    }

    fn give_up_accept(&mut self, parting: Parting) {
        self.fail_command(Attempt::Accept, CommandFailure::TryAgain);
        self.end_call(
            by_myself(outcome_of(EndReason::NetworkError), None),
            Some(parting),
        );
    }

    pub(in crate::machine) fn reject(
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
        let part_b = self.speaks_part_b();
        let parting = if scope == RejectScope::Member || part_b {
            Parting::Reject(RejectCall { reason, scope })
        } else {
            // Part A knows no devices: this one just stops.
            Parting::Ask
        };
        self.end_call(by_myself(cause.outcome(), Some(me)), Some(parting));
        Ok(())
    }
}
