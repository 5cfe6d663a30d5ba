//! What is remembered of calls that are over: over is over, and the server has the last word on
//! how.

use std::collections::VecDeque;

use crate::end::{CallStatus, EndCause, EndReason, Outcome, ReasonDetail};
use crate::id::{CallId, MemberId, Rev};
use crate::rest::HistoryPage;
use crate::snapshot::CallSnapshot;

use super::Machine;
use super::event::{Elsewhere, Ended, Event};
use super::output::Output;
use super::view::CallState;

/// Calls that are remembered as over; the server forgets them after 10 minutes.
const REMEMBERED: usize = 64;

/// The calls that are over here: none of them ever rings or comes back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct OverCalls(VecDeque<OverCall>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct OverCall {
    id: CallId,
    rev: Rev,
    /// How it was shown; `None` if it never was.
    shown: Option<Ended>,
    /// Over at the server as well: older news that it lives are old.
    everywhere: bool,
    /// This member was out of it, or no longer rung, at this revision: an invite of a later one is a
    /// new one.
    out_at: Option<Rev>,
    /// All that is known is that its ring is over: an earlier process of this app may have
    /// answered it, and be in the call.
    only_rang: bool,
}

impl OverCalls {
    pub(super) fn holds(&self, id: &CallId) -> bool {
        self.0.iter().any(|call| call.id == *id)
    }

    /// Remembers a call that was never shown here, or not in this part.
    pub(super) fn note(&mut self, id: CallId) {
        match self.0.iter_mut().find(|call| call.id == id) {
            Some(call) => call.only_rang = false,
            None => self.add(id, Rev(0), None),
        }
    }

    /// Remembers one whose ring is over, as was said at this revision. Where nothing was ever shown of
    /// it, an invite of a later one is a new one; otherwise only the call itself can tell.
    pub(super) fn note_ring_over(&mut self, id: &CallId, at: Option<Rev>) {
        if !self.holds(id) {
            self.note(id.clone());
            self.it_only_rang(id);
        }
        if let Some(call) = self.0.iter_mut().find(|call| call.id == *id)
            && call.shown.is_none()
        {
            call.out_at = call.out_at.max(at);
        }
    }

    /// The ring of this call is over by itself: nobody here has said a word about it.
    pub(super) fn it_only_rang(&mut self, id: &CallId) {
        if let Some(call) = self.0.iter_mut().find(|call| call.id == *id) {
            call.only_rang = true;
        }
    }

    /// This machine has not been in it, and has said nothing to the server that ends it.
    pub(super) fn may_be_rejoined(&self, id: &CallId) -> bool {
        self.0.iter().all(|call| call.id != *id || call.only_rang)
    }

    pub(super) fn add(&mut self, id: CallId, rev: Rev, shown: Option<Ended>) {
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
            out_at: None,
            only_rang: false,
        });
    }

    /// The server says that it is over.
    pub(super) fn note_everywhere(&mut self, id: CallId) {
        self.note(id.clone());
        if let Some(call) = self.0.iter_mut().find(|call| call.id == id) {
            call.everywhere = true;
        }
    }

    /// The server says that it goes on, without this member.
    pub(super) fn note_out(&mut self, id: CallId, rev: Rev) {
        self.note(id.clone());
        if let Some(call) = self.0.iter_mut().find(|call| call.id == id) {
            call.everywhere = false;
            call.out_at = call.out_at.max(Some(rev));
        }
    }

    /// An invite of this revision calls the member in anew.
    pub(super) fn is_called_in_anew(&self, id: &CallId, rev: Rev) -> bool {
        let mut calls = self.0.iter().filter(|call| call.id == *id);
        calls.any(|call| !call.everywhere && call.out_at.is_some_and(|out| out < rev))
    }

    pub(super) fn forget(&mut self, id: &CallId) {
        self.0.retain(|call| call.id != *id);
    }

    #[cfg(feature = "timeless")]
    pub(super) fn is_everywhere(&self, id: &CallId) -> bool {
        self.0.iter().any(|call| call.id == *id && call.everywhere)
    }

    /// The call as it was before it was over, or before this member was out of it: old news.
    pub(super) fn outdates(&self, snapshot: &CallSnapshot) -> bool {
        let mut calls = self.0.iter().filter(|call| call.id == snapshot.call_id);
        calls.any(|call| call.everywhere || call.out_at.is_some_and(|out| snapshot.rev < out))
    }

    /// Forgets what is only said to the server: how much of a call was known at its end.
    #[cfg(feature = "timeless")]
    pub(super) fn forget_revs(&mut self) {
        self.0.iter_mut().for_each(|call| call.rev = Rev(0));
    }

    /// How its end was shown.
    #[cfg(feature = "timeless")]
    pub(super) fn shown(&self, id: &CallId) -> Option<&Ended> {
        let call = self.0.iter().find(|call| call.id == *id)?;
        call.shown.as_ref()
    }

    /// Its end was shown as this member's own doing.
    pub(super) fn is_shown_as_ended_by(&self, id: &CallId, member: &MemberId) -> bool {
        let mut calls = self.0.iter().filter(|call| call.id == *id);
        calls.any(|call| {
            let shown = call.shown.as_ref();
            shown.is_some_and(|ended| ended.by.as_ref() == Some(member))
        })
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
    EndCause::Reported(reason).outcome()
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
}

/// How a call ended, by part A's history.
pub(super) fn found_in(page: &HistoryPage, id: &CallId) -> Option<Outcome> {
    let item = page.calls.iter().find(|item| item.call_id == *id)?;
    item.status
        .is_over()
        .then(|| outcome_from(item.status, item.end_reason, None))
}
