//! How a call ends on this device, and what is remembered of it: over is over.

use std::collections::VecDeque;

use crate::end::{CallStatus, EndCause, EndReason, Outcome, ReasonDetail};
use crate::id::{CallId, MemberId, Rev};
use crate::rest::HistoryPage;
use crate::snapshot::{CallSnapshot, InviteeState, Role};

use super::event::{Elsewhere, Ended, Event};
use super::input::{Answer, Reply};
use super::output::{Effect, Output, Request, RoomEffect};
use super::request::Purpose;
use super::state::{IfAlive, LastWord, Parting, Phase, Topics};
use super::timer::{LAST_WORD_MS, Timer};
use super::view::{CallState, ServerKind};
use super::{Machine, Stage};

/// Calls that are remembered as over; the server forgets them after 10 minutes.
const REMEMBERED: usize = 64;

/// The calls that are over here: none of them ever rings or comes back.
#[derive(Debug, Clone, Default)]
pub(super) struct OverCalls(VecDeque<OverCall>);

#[derive(Debug, Clone)]
struct OverCall {
    id: CallId,
    rev: Rev,
    /// How it was shown; `None` if it never was.
    shown: Option<Ended>,
    /// Over at the server as well: older news that it lives are old.
    everywhere: bool,
}

impl OverCalls {
    pub(super) fn holds(&self, id: &CallId) -> bool {
        self.0.iter().any(|call| call.id == *id)
    }

    /// Remembers a call that was never shown here, or not in this part.
    pub(super) fn note(&mut self, id: CallId) {
        if !self.holds(&id) {
            self.add(id, Rev(0), None);
        }
    }

    fn add(&mut self, id: CallId, rev: Rev, shown: Option<Ended>) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        let everywhere = shown
            .as_ref()
            .is_some_and(|ended| ended.confirmed && ended.elsewhere.is_none());
        self.0.push_back(OverCall {
            id,
            rev,
            shown,
            everywhere,
        });
    }

    /// The server says that it is over.
    pub(super) fn note_everywhere(&mut self, id: CallId) {
        self.note(id.clone());
        if let Some(call) = self.0.iter_mut().find(|call| call.id == id) {
            call.everywhere = true;
        }
    }

    pub(super) fn is_everywhere(&self, id: &CallId) -> bool {
        self.0.iter().any(|call| call.id == *id && call.everywhere)
    }

    /// Shown, and the server has not said how it ended.
    fn unconfirmed(&mut self, id: &CallId) -> Option<&mut Ended> {
        self.0
            .iter_mut()
            .find(|call| call.id == *id)
            .and_then(|call| call.shown.as_mut())
            .filter(|ended| !ended.confirmed)
    }

    pub(super) fn is_unconfirmed(&mut self, id: &CallId) -> bool {
        self.unconfirmed(id).is_some()
    }

    /// What `GET /sync` is asked about besides the call that is going on.
    pub(super) fn open_questions(&self) -> impl Iterator<Item = (CallId, Rev)> {
        self.0
            .iter()
            .filter(|call| call.shown.as_ref().is_some_and(|ended| !ended.confirmed))
            .map(|call| (call.id.clone(), call.rev))
    }
}

/// An end that this device decided by itself.
pub(super) fn by_myself(outcome: Outcome, by: Option<MemberId>) -> Ended {
    Ended {
        status: outcome.status,
        reason: outcome.reason,
        detail: outcome.detail,
        by,
        elsewhere: None,
        confirmed: false,
    }
}

/// An end that the server told.
pub(super) fn told(outcome: Outcome, by: Option<MemberId>) -> Ended {
    Ended {
        confirmed: true,
        ..by_myself(outcome, by)
    }
}

/// The outcome that belongs to a reason that came without a status.
pub(super) fn outcome_of(reason: EndReason) -> Outcome {
    let status = match reason {
        EndReason::Normal | EndReason::NetworkError | EndReason::Cancelled => CallStatus::Ended,
        EndReason::Missed => CallStatus::Missed,
        EndReason::Rejected => CallStatus::Rejected,
        EndReason::Busy => CallStatus::Busy,
        EndReason::Failed | EndReason::Timeout => CallStatus::Failed,
    };
    Outcome {
        status,
        reason,
        detail: None,
    }
}

/// The outcome of a status that is over, with the reason that came with it, if one did.
pub(super) fn outcome_from(
    status: CallStatus,
    reason: Option<EndReason>,
    detail: Option<ReasonDetail>,
) -> Outcome {
    let usual = match status {
        CallStatus::Missed => EndReason::Missed,
        CallStatus::Rejected => EndReason::Rejected,
        CallStatus::Busy => EndReason::Busy,
        CallStatus::Failed => EndReason::Failed,
        CallStatus::Ringing | CallStatus::Connecting | CallStatus::Active | CallStatus::Ended => {
            EndReason::Normal
        }
    };
    Outcome {
        status,
        reason: reason.unwrap_or(usual),
        detail,
    }
}

impl Machine {
    /// Ends the call that is going on: everything of it stops at once, `parting` tells the
    /// server.
    pub(super) fn end_call(&mut self, ended: Ended, parting: Option<Parting>) {
        let Some(call) = self.call.take() else { return };
        self.timers.clear_call();
        if let Some(leg) = &call.room.leg {
            self.room_effect(leg.session, RoomEffect::Leave);
        }
        if call.topics != Topics::None {
            self.out.push(Output::Effect(Effect::Unsubscribe {
                call_id: call.id.clone(),
            }));
        }
        let mut view = self.view_of(&call);
        view.state = CallState::Ended(ended.clone());
        self.last = Some(view);
        for alias in &call.aliases {
            self.over.note(alias.clone());
        }
        self.over
            .add(call.id.clone(), call.rev(), Some(ended.clone()));
        self.out.push(Output::Event(Event::Ended {
            call_id: call.id.clone(),
            ended: ended.clone(),
        }));
        if ended.elsewhere == Some(Elsewhere::Answered) {
            self.set_elsewhere(Some(call.id.clone()));
        }
        if let Some(parting) = parting {
            self.say_farewell(&call, parting);
        }
        self.requests.forget_call();
    }

    /// A call ended here without this device.
    pub(super) fn end_elsewhere(&mut self, elsewhere: Elsewhere) {
        let cause = match elsewhere {
            Elsewhere::Answered => EndCause::HangUp,
            Elsewhere::Declined => EndCause::AllRejected,
        };
        let me = self.config.me.clone();
        let ended = Ended {
            elsewhere: Some(elsewhere),
            ..told(cause.outcome(), Some(me))
        };
        self.end_call(ended, None);
    }

    /// The call that is going on is over at the server.
    pub(super) fn end_by_snapshot(&mut self, snapshot: &CallSnapshot) {
        let outcome = outcome_from(snapshot.status, snapshot.reason, snapshot.reason_detail);
        let ended = Ended {
            elsewhere: self.acted_elsewhere(snapshot),
            ..told(outcome, snapshot.ended_by.clone())
        };
        self.end_call(ended, None);
        self.over.note_everywhere(snapshot.call_id.clone());
        if self.elsewhere.as_ref() == Some(&snapshot.call_id) {
            self.set_elsewhere(None);
        }
    }

    /// Whether another device of this member answered a call that rang here.
    pub(super) fn acted_elsewhere(&self, snapshot: &CallSnapshot) -> Option<Elsewhere> {
        let call = self.call.as_ref()?;
        let accepting = match call.phase {
            Phase::Ringing { .. } => false,
            Phase::Accepting => true,
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Connecting
            | Phase::Active { .. } => return None,
        };
        if call.role == Role::Caller {
            return None;
        }
        let invitee = snapshot.invitee(&self.config.me)?;
        let mine = match &invitee.device_id {
            Some(device) => *device == self.config.device,
            // Nameless: perhaps mine, as long as mine is on its way.
            None => accepting,
        };
        match invitee.state {
            InviteeState::Accepted | InviteeState::Left | InviteeState::Failed if !mine => {
                Some(Elsewhere::Answered)
            }
            InviteeState::Rejected if !mine => Some(Elsewhere::Declined),
            InviteeState::Accepted
            | InviteeState::Left
            | InviteeState::Failed
            | InviteeState::Rejected
            | InviteeState::Invited
            | InviteeState::Ringing
            | InviteeState::Busy
            | InviteeState::Missed => None,
        }
    }

    /// The server's word on a call that was shown as over without it.
    pub(super) fn confirm(&mut self, id: &CallId, outcome: Outcome, by: Option<MemberId>) {
        let Some(shown) = self.over.unconfirmed(id) else {
            return;
        };
        *shown = told(outcome, by);
        let ended = shown.clone();
        self.show_confirmed(id, ended);
    }

    /// The server took note of the end as it was shown.
    pub(super) fn confirm_as_shown(&mut self, id: &CallId) {
        let Some(shown) = self.over.unconfirmed(id) else {
            return;
        };
        shown.confirmed = true;
        let ended = shown.clone();
        self.show_confirmed(id, ended);
    }

    /// It was shown as over here, and another device of this member has it.
    pub(super) fn confirm_elsewhere(&mut self, id: &CallId) {
        let me = self.config.me.clone();
        let Some(shown) = self.over.unconfirmed(id) else {
            return;
        };
        *shown = Ended {
            elsewhere: Some(Elsewhere::Answered),
            ..told(EndCause::HangUp.outcome(), Some(me))
        };
        let ended = shown.clone();
        self.show_confirmed(id, ended);
    }

    fn show_confirmed(&mut self, id: &CallId, ended: Ended) {
        if let Some(last) = self.last.as_mut().filter(|last| last.call_id == *id) {
            last.state = CallState::Ended(ended.clone());
        }
        self.out.push(Output::Event(Event::EndConfirmed {
            call_id: id.clone(),
            ended,
        }));
    }

    pub(super) fn set_elsewhere(&mut self, id: Option<CallId>) {
        if self.elsewhere != id {
            self.elsewhere.clone_from(&id);
            self.out
                .push(Output::Event(Event::InCallElsewhere { call_id: id }));
        }
    }

    /// The call seems to be over: the server is asked, and if it does not say in time, `guess`
    /// is shown.
    pub(super) fn await_last_word(
        &mut self,
        guess: Outcome,
        farewell: Option<Parting>,
        if_alive: IfAlive,
    ) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if call.last_word.is_some() {
            return;
        }
        call.last_word = Some(LastWord {
            guess,
            farewell,
            if_alive,
        });
        self.timers.set(Timer::LastWord, self.now + LAST_WORD_MS);
        self.look();
    }

    /// The server did not say how the call ended.
    pub(super) fn no_last_word(&mut self) {
        let Some(word) = self.call.as_mut().and_then(|call| call.last_word.take()) else {
            return;
        };
        self.end_call(
            by_myself(word.guess, None),
            Some(word.farewell.unwrap_or(Parting::Ask)),
        );
    }

    /// The server says that the call is still there.
    pub(super) fn call_is_alive(&mut self) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        match call.last_word.as_ref().map(|word| word.if_alive) {
            None => {}
            Some(IfAlive::GoOn) => {
                call.last_word = None;
                self.timers.clear(Timer::LastWord);
            }
            Some(IfAlive::EndAnyway) => self.no_last_word(),
        }
    }

    /// The server does not know the call, or knows it as over without saying how.
    pub(super) fn call_is_gone(&mut self) {
        let guess = self.guess();
        let Some(call) = self.call.as_mut() else {
            return;
        };
        match self.server {
            Some(ServerKind::PartB) => self.end_call(told(guess, None), None),
            Some(ServerKind::PartA) | None => {
                // Only the history knows why.
                let id = call.id.clone();
                if let Some(word) = call.last_word.as_mut() {
                    word.farewell = None;
                } else {
                    call.last_word = Some(LastWord {
                        guess,
                        farewell: None,
                        if_alive: IfAlive::EndAnyway,
                    });
                }
                self.timers
                    .set_no_later(Timer::LastWord, self.now + LAST_WORD_MS);
                if self.awaits(Purpose::History).is_none() {
                    self.request(Purpose::History, Some(id), Request::History);
                }
            }
        }
    }

    /// How a call that is gone most probably ended.
    pub(super) fn guess(&self) -> Outcome {
        let active = self
            .call
            .as_ref()
            .is_some_and(|call| matches!(call.phase, Phase::Active { .. }));
        if active {
            EndCause::HangUp.outcome()
        } else {
            EndCause::RingDeadline.outcome()
        }
    }

    pub(super) fn history_brought(&mut self, answer: Answer) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if let Ok(Reply::History(page)) = answer.result
            && let Some(outcome) = found_in(&page, &call.id)
        {
            self.end_call(told(outcome, None), None);
        } else if call.last_word.is_some() {
            self.no_last_word();
        }
    }

    /// Ends what is going on and stops listening.
    pub(super) fn sign_out(&mut self) {
        let id = self.call.as_ref().map(|call| call.id.clone());
        if let Some(id) = id {
            self.leave_for_good(&id);
        }
        self.stage = Stage::Leaving;
        self.timers = super::timer::Timers::default();
        self.timers
            .set(Timer::SignOut, self.now + super::timer::SIGN_OUT_MS);
    }

    pub(super) fn finish_leaving(&mut self) {
        if self.stage == Stage::Leaving && !self.farewells.iter().any(|f| f.is_pressing()) {
            self.signed_out();
        }
    }

    pub(super) fn signed_out(&mut self) {
        self.stage = Stage::Out;
        self.timers = super::timer::Timers::default();
        self.farewells.clear();
        self.out.push(Output::Event(Event::SignedOut));
    }
}

/// How a call ended, by part A's history.
pub(super) fn found_in(page: &HistoryPage, id: &CallId) -> Option<Outcome> {
    let item = page.calls.iter().find(|item| item.call_id == *id)?;
    item.status
        .is_over()
        .then(|| outcome_from(item.status, item.end_reason, None))
}
