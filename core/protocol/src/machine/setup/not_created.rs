//! When a create brings no call: refused, lost, or overtaken by the other's.

use crate::end::{CallStatus, EndCause, EndReason, Outcome};
use crate::id::CallId;
use crate::media::CallType;
use crate::rest::ErrorCode;
use crate::snapshot::{CallSnapshot, Role};

use crate::machine::Machine;
use crate::machine::ending::over::{by_myself, outcome_of, told};
use crate::machine::interface::event::{Attempt, CommandFailure, Event};
use crate::machine::interface::input::{Answer, Failure, Reply};
use crate::machine::interface::output::{Output, Request, RequestId};
use crate::machine::request::Purpose;
use crate::machine::server::others::Other;
use crate::machine::server::part_a::get_active::{is_created_by, is_ring_from};
use crate::machine::state::{CreateAttempt, Parting, Phase};
use crate::machine::timer::{ACCEPT_MS, Timer};

/// A call that was never made.
pub(in crate::machine) const NOT_MADE: Outcome = Outcome {
    status: CallStatus::Failed,
    reason: EndReason::Failed,
    detail: None,
};

impl Machine {
    pub(in crate::machine) fn retry_create(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let Phase::Creating { attempt, .. } = call.phase else {
            return;
        };
        match attempt {
            CreateAttempt::Held | CreateAttempt::Sent => self.send_create(),
            CreateAttempt::Lost | CreateAttempt::Refused { .. } => self.find_created(),
        }
    }

    /// The call was made, as another way tells: a create that waits to be tried again waits no longer.
    pub(in crate::machine) fn ask_for_what_was_made(&mut self) {
        if self.awaits(Purpose::Create).is_none() {
            self.timers.clear(Timer::CreateRetry);
            self.send_create();
        }
    }

    fn find_created(&mut self) {
        self.request(Purpose::FindCreated, Request::Active);
    }

    pub(in crate::machine) fn create_failed(&mut self, failure: Failure) {
        let part_b = self.speaks_part_b();
        if let (Some(ErrorCode::Glare), Some(other)) = (failure.code(), failure.call()) {
            if self.is_glare(other) {
                self.accept_instead(other.call_id.clone(), other.call_type);
                self.learn(other.clone());
                return;
            }
            if self.over.holds(&other.call_id) {
                // The refusal is older than that end, or the server has yet to hear of it.
                self.try_again(Timer::CreateRetry, &failure);
                return;
            }
        }
        if failure.code() == Some(ErrorCode::AlreadyHandled) {
            // A repeat, of a call that was made and is over by now.
            self.learn_from_refusal(failure);
            return;
        }
        match (failure.status(), failure.code()) {
            (Some(_), Some(ErrorCode::Cancelled)) => {
                let me = self.config.me.clone();
                self.end_call(told(EndCause::CallerCancelled.outcome(), Some(me)), None);
            }
            (Some(_), Some(ErrorCode::AllBusy)) => {
                self.end_not_made(EndCause::AllBusy.outcome());
            }
            (Some(_), Some(ErrorCode::MediaUnavailable)) => {
                self.give_up(&failure, EndCause::MediaUnavailable.outcome());
            }
            _ if self.is_refused_for_now(&failure) => {
                self.try_again(Timer::CreateRetry, &failure);
            }
            (Some(409), None) => {
                let busy = failure.detail().starts_with("All callees are busy");
                self.find_instead(CreateAttempt::Refused { busy });
            }
            // Who dials waits for an answer: that it has to sign in, or dials too often, is one.
            (Some(429), _) => self.give_up(&failure, NOT_MADE),
            _ if failure == Failure::Unauthenticated => self.give_up(&failure, NOT_MADE),
            _ if failure.is_for_now() && part_b => self.try_again(Timer::CreateRetry, &failure),
            // No answer, or one of something on the way: the call may have been made.
            _ if failure.is_for_now() => self.find_instead(CreateAttempt::Lost),
            _ => self.give_up(&failure, NOT_MADE),
        }
    }

    fn find_instead(&mut self, reason: CreateAttempt) {
        if let Some(call) = self.call.as_mut()
            && let Phase::Creating { attempt, .. } = &mut call.phase
        {
            *attempt = reason;
        }
        self.find_created();
    }

    /// `GET /active` on a server that did not tell, or refused, what became of a create.
    pub(in crate::machine) fn created_found(&mut self, id: RequestId, answer: Answer) {
        let now = self.now;
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let Phase::Creating { since_ms, attempt } = call.phase else {
            return;
        };
        let (lost, busy) = match attempt {
            CreateAttempt::Lost => (true, false),
            CreateAttempt::Refused { busy } => (false, busy),
            CreateAttempt::Held | CreateAttempt::Sent => return,
        };
        if lost && self.speaks_part_b() {
            // Safe to repeat there.
            self.send_create();
            return;
        }
        let date = answer.date;
        let info = match answer.result {
            Ok(Reply::Active(info)) => info,
            Ok(_) | Err(_) => {
                self.try_again(Timer::CreateRetry, &Failure::NoAnswer);
                return;
            }
        };
        let peer = (!call.is_group).then(|| call.peer.member_id.clone());
        let callees = call.callees();
        if let Some(info) = info.filter(|info| !self.over.holds(&info.call_id)) {
            if peer.is_some_and(|peer| is_ring_from(&info, &peer, &self.config.me)) {
                self.accept_instead(info.call_id, info.call_type);
                return;
            }
            let age = now.saturating_sub(since_ms);
            if lost && is_created_by(&info, &self.config.me, &callees, age, date) {
                self.adopt(info.call_id.clone());
                self.heard_active(id, Some(&info), date);
                return;
            }
        }
        if busy {
            self.end_call(told(EndCause::AllBusy.outcome(), None), None);
        } else if lost {
            self.give_up(&Failure::NoAnswer, NOT_MADE);
        } else if self.server_lags() {
            self.find_no_more();
            self.try_again(Timer::CreateRetry, &Failure::NoAnswer);
        } else {
            self.fail_command(Attempt::Start, CommandFailure::AlreadyInCall);
            self.end_call(told(NOT_MADE, None), None);
        }
    }

    /// What is tried again is the create itself: it was refused, and so made nothing.
    fn find_no_more(&mut self) {
        if let Some(call) = self.call.as_mut()
            && let Phase::Creating { attempt, .. } = &mut call.phase
        {
            *attempt = CreateAttempt::Sent;
        }
    }

    /// The create whose answer was lost was carried out.
    fn adopt(&mut self, id: CallId) {
        if let Some(call) = self.call.as_mut() {
            call.phase = Phase::Dialing {
                remote_ringing: false,
            };
            call.timings.acknowledged_ms = Some(self.now);
            call.failures = 0;
        }
        self.timers.clear(Timer::Create);
        self.timers.clear(Timer::CreateRetry);
        self.rename(id.clone());
        self.out.push(Output::Event(Event::Placed { call_id: id }));
        self.timers
            .set(Timer::RingOver, self.now + self.config.part_a_ring_ms);
    }

    /// The call that the server offers in place of mine is one from the member that I dialled.
    fn is_glare(&self, other: &CallSnapshot) -> bool {
        self.dials(&other.caller_id)
            && other.invitee(&self.config.me).is_some()
            && !other.status.is_over()
            && !self.over.holds(&other.call_id)
    }

    /// Both asked for the call: the other's is accepted at once, and no ring is shown.
    fn accept_instead(&mut self, id: CallId, call_type: CallType) {
        let until_ms = self.now + ACCEPT_MS;
        let part_b = self.speaks_part_b();
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let mine = call.id.clone();
        call.role = Role::Callee;
        call.others = vec![Other::new(call.peer.clone(), Role::Caller)];
        call.media.camera.wanted &= call_type == CallType::Video;
        call.call_type = call_type;
        call.snapshot = None;
        call.failures = 0;
        call.phase = Phase::Accepting;
        self.timers.clear(Timer::Create);
        self.timers.clear(Timer::CreateRetry);
        self.timers.set(Timer::Accept, until_ms);
        self.rename(id);
        self.send_accept();
        if part_b {
            self.take_back(mine);
        }
    }

    fn give_up(&mut self, failure: &Failure, outcome: Outcome) {
        self.fail_command(Attempt::Start, failure.for_app());
        self.end_not_made(outcome);
    }

    /// The server made no call of this create. Part B is told as well that none is wanted: another
    /// copy of the request may still be on its way, or an earlier attempt was carried out and its
    /// answer lost, and nobody is to ring for nothing.
    fn end_not_made(&mut self, outcome: Outcome) {
        if self.speaks_part_b() {
            self.end_call(by_myself(outcome, None), Some(Parting::Cancel));
        } else {
            self.end_call(told(outcome, None), None);
        }
    }

    pub(in crate::machine) fn create_timed_out(&mut self) {
        self.fail_command(Attempt::Start, CommandFailure::TryAgain);
        self.end_call(
            by_myself(outcome_of(EndReason::NetworkError), None),
            Some(Parting::Cancel),
        );
    }
}
