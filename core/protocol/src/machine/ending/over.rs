//! What is remembered of calls that are over: over is over, and the server has the last word on
//! how.

use std::collections::VecDeque;

use crate::end::{CallStatus, EndCause, EndReason, Outcome, ReasonDetail};
use crate::id::{CallId, MemberId, Rev};
use crate::rest::HistoryPage;
use crate::snapshot::CallSnapshot;

use crate::machine::Machine;
use crate::machine::interface::event::{Elsewhere, Ended, Event};
use crate::machine::interface::output::Output;
use crate::machine::interface::view::CallState;

/// Calls that are remembered as over; the server forgets them after 10 minutes.
const REMEMBERED: usize = 64;

/// The calls that are over here. One rings again only where its group calls this member in anew, and
/// comes back only as a rejoin of what an earlier process was in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::machine) struct OverCalls(VecDeque<OverCall>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct OverCall {
    id: CallId,
    /// How much was known of it.
    rev: Rev,
    /// How it was shown; `None` if it never was.
    shown: Option<Ended>,
    standing: Standing,
    /// This member was out of it, or no longer rung, at this revision: an invite of a later one is a
    /// new one.
    out_at: Option<Rev>,
    /// The invite that rang was written at this revision, by a push.
    invited_at: Option<Rev>,
    /// Which of this member's invitations it was, by how often it was invited anew: one of a higher
    /// number is a new one. `None` where only a push told of it, or the caller is this member.
    invitation: Option<u32>,
}

/// How a call is over here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Standing {
    /// All that is known is that its ring is over: an earlier process of this app may have answered
    /// it, and be in the call.
    OnlyRang,
    /// This machine, or another device of its member, has had its part. It may go on at the server.
    Done,
    /// At the server as well: older news that it lives are old.
    Everywhere,
}

impl OverCalls {
    pub(in crate::machine) fn holds(&self, id: &CallId) -> bool {
        self.of(id).is_some()
    }

    fn of(&self, id: &CallId) -> Option<&OverCall> {
        self.0.iter().find(|call| call.id == *id)
    }

    fn of_mut(&mut self, id: &CallId) -> Option<&mut OverCall> {
        self.0.iter_mut().find(|call| call.id == *id)
    }

    /// Remembers a call that was never shown here, or not in this part.
    pub(in crate::machine) fn note(&mut self, id: CallId) {
        match self.of_mut(&id) {
            Some(call) if call.standing == Standing::OnlyRang => call.standing = Standing::Done,
            Some(_) => {}
            None => self.add(id, Rev(0), None),
        }
    }

    /// Remembers a call that this member has had its part in, as `call` says.
    pub(in crate::machine) fn note_part(&mut self, call: &CallSnapshot, me: &MemberId) {
        self.note(call.call_id.clone());
        let invitation = call.invitee(me).map(|invitee| invitee.invited_again);
        self.note_invitation(&call.call_id, None, invitation);
        if let Some(known) = self.of_mut(&call.call_id) {
            known.rev = known.rev.max(call.rev);
        }
    }

    /// Remembers one whose ring is over, as was said at this revision. Where nothing was ever shown of
    /// it, an invite of a later one is a new one; otherwise only the call itself can tell.
    pub(in crate::machine) fn note_ring_over(&mut self, id: &CallId, at: Option<Rev>) {
        if !self.holds(id) {
            self.note(id.clone());
            self.it_only_rang(id);
        }
        if let Some(call) = self.of_mut(id)
            && call.shown.is_none()
        {
            call.out_at = call.out_at.max(at);
        }
    }

    /// The ring of this call is over by itself: nobody here has said a word about it.
    pub(in crate::machine) fn it_only_rang(&mut self, id: &CallId) {
        if let Some(call) = self.of_mut(id) {
            call.standing = Standing::OnlyRang;
        }
    }

    pub(in crate::machine) fn only_rang(&self, id: &CallId) -> bool {
        self.of(id)
            .is_some_and(|call| call.standing == Standing::OnlyRang)
    }

    /// This machine has not been in it, and has said nothing to the server that ends it.
    pub(in crate::machine) fn may_be_rejoined(&self, id: &CallId) -> bool {
        !self.holds(id) || self.only_rang(id)
    }

    pub(in crate::machine) fn add(&mut self, id: CallId, rev: Rev, shown: Option<Ended>) {
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
            standing: if everywhere {
                Standing::Everywhere
            } else {
                Standing::Done
            },
            out_at: None,
            invited_at: None,
            invitation: None,
        });
    }

    /// Remembers which of this member's invitations it was: written at this revision, by a push, and
    /// of this number.
    pub(in crate::machine) fn note_invitation(
        &mut self,
        id: &CallId,
        at: Option<Rev>,
        number: Option<u32>,
    ) {
        if let Some(call) = self.of_mut(id) {
            call.invited_at = call.invited_at.max(at);
            call.invitation = call.invitation.max(number);
        }
    }

    /// The server says that it is over.
    pub(in crate::machine) fn note_everywhere(&mut self, id: CallId) {
        self.note(id.clone());
        if let Some(call) = self.of_mut(&id) {
            call.standing = Standing::Everywhere;
        }
    }

    /// The server says that it goes on, without this member.
    pub(in crate::machine) fn note_out(&mut self, call: &CallSnapshot, me: &MemberId) {
        self.note_part(call, me);
        if let Some(known) = self.of_mut(&call.call_id) {
            known.standing = Standing::Done;
            known.out_at = known.out_at.max(Some(call.rev));
        }
    }

    /// An invite of this revision, the member's invitation of this number where it says which, calls
    /// the member in anew.
    pub(in crate::machine) fn is_called_in_anew(
        &self,
        id: &CallId,
        rev: Option<Rev>,
        invitation: Option<u32>,
    ) -> bool {
        let higher = |known: Option<u32>| known.is_some() && known < invitation;
        let later = |out: Option<Rev>| out.is_some() && out < rev;
        self.of(id).is_some_and(|call| {
            call.standing != Standing::Everywhere && (higher(call.invitation) || later(call.out_at))
        })
    }

    /// How much was known of a call that may go on at the server.
    pub(in crate::machine) fn known_rev(&self, id: &CallId) -> Option<Rev> {
        let call = self.of(id)?;
        (call.standing != Standing::Everywhere)
            .then(|| call.invited_at.map_or(call.rev, |at| at.max(call.rev)))
    }

    pub(in crate::machine) fn forget(&mut self, id: &CallId) {
        self.0.retain(|call| call.id != *id);
    }

    #[cfg(feature = "timeless")]
    pub(in crate::machine) fn is_everywhere(&self, id: &CallId) -> bool {
        self.of(id)
            .is_some_and(|call| call.standing == Standing::Everywhere)
    }

    /// The call as it was before it was over, or before this member was out of it: old news.
    pub(in crate::machine) fn outdates(&self, snapshot: &CallSnapshot) -> bool {
        self.of(&snapshot.call_id).is_some_and(|call| {
            call.standing == Standing::Everywhere
                || call.out_at.is_some_and(|out| snapshot.rev < out)
        })
    }

    /// Forgets how much of a call was known at its end: said to the server, and what a push is
    /// compared with, which the model check leaves out.
    #[cfg(feature = "timeless")]
    pub(in crate::machine) fn forget_revs(&mut self) {
        self.0.iter_mut().for_each(|call| call.rev = Rev(0));
    }

    /// How its end was shown.
    #[cfg(feature = "timeless")]
    pub(in crate::machine) fn shown(&self, id: &CallId) -> Option<&Ended> {
        self.of(id)?.shown.as_ref()
    }

    /// Its end was shown as this member's own doing.
    pub(in crate::machine) fn is_shown_as_ended_by(&self, id: &CallId, member: &MemberId) -> bool {
        let shown = self.of(id).and_then(|call| call.shown.as_ref());
        shown.is_some_and(|ended| ended.by.as_ref() == Some(member))
    }

    /// Shown, and the server has not said how it ended.
    fn unconfirmed(&mut self, id: &CallId) -> Option<&mut Ended> {
        self.of_mut(id)
            .and_then(|call| call.shown.as_mut())
            .filter(|ended| !ended.confirmed)
    }

    pub(in crate::machine) fn is_unconfirmed(&mut self, id: &CallId) -> bool {
        self.unconfirmed(id).is_some()
    }

    /// What `GET /sync` is asked about besides the call that is going on.
    pub(in crate::machine) fn open_questions(&self) -> impl Iterator<Item = (CallId, Rev)> {
        self.0
            .iter()
            .filter(|call| call.shown.as_ref().is_some_and(|ended| !ended.confirmed))
            .map(|call| (call.id.clone(), call.rev))
    }
}

/// An end that this device decided by itself.
pub(in crate::machine) fn by_myself(outcome: Outcome, by: Option<MemberId>) -> Ended {
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
pub(in crate::machine) fn told(outcome: Outcome, by: Option<MemberId>) -> Ended {
    Ended {
        confirmed: true,
        ..by_myself(outcome, by)
    }
}

/// The end that another device of this member brought about.
pub(in crate::machine) fn by_another_of(me: &MemberId, elsewhere: Elsewhere) -> Ended {
    let cause = match elsewhere {
        Elsewhere::Answered => EndCause::HangUp,
        Elsewhere::Declined => EndCause::AllRejected,
        Elsewhere::Busy => EndCause::AllBusy,
    };
    Ended {
        elsewhere: Some(elsewhere),
        ..told(cause.outcome(), Some(me.clone()))
    }
}

/// The end of a call that is over at the server.
pub(in crate::machine) fn end_in(call: &CallSnapshot) -> Ended {
    let outcome = outcome_from(call.status, call.reason, call.reason_detail);
    told(outcome, call.ended_by.clone())
}

/// The outcome that belongs to a reason that came without a status.
pub(in crate::machine) fn outcome_of(reason: EndReason) -> Outcome {
    EndCause::Reported(reason).outcome()
}

/// The outcome of a status that is over, with the reason that came with it, if one did.
pub(in crate::machine) fn outcome_from(
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
    pub(in crate::machine) fn confirm(
        &mut self,
        id: &CallId,
        outcome: Outcome,
        by: Option<MemberId>,
    ) {
        let Some(shown) = self.over.unconfirmed(id) else {
            return;
        };
        // It says no more than was shown: not where it was answered either.
        let same = (shown.status, shown.reason) == (outcome.status, outcome.reason);
        let elsewhere = shown.elsewhere.filter(|_| same);
        *shown = Ended {
            elsewhere,
            ..told(outcome, by)
        };
        let ended = shown.clone();
        self.show_confirmed(id, ended);
    }

    /// The server's word on it, with all of the call: it also says where it was answered that rang
    /// here, if on another device.
    pub(in crate::machine) fn confirm_by(&mut self, id: &CallId, call: &CallSnapshot) {
        let rang = self.over.only_rang(id);
        let elsewhere = self.answered_elsewhere(call, false).filter(|_| rang);
        let Some(shown) = self.over.unconfirmed(id) else {
            return;
        };
        *shown = Ended {
            elsewhere,
            ..end_in(call)
        };
        let ended = shown.clone();
        self.show_confirmed(id, ended);
    }

    /// The server took note of the end as it was shown.
    pub(in crate::machine) fn confirm_as_shown(&mut self, id: &CallId) {
        let Some(shown) = self.over.unconfirmed(id) else {
            return;
        };
        shown.confirmed = true;
        let ended = shown.clone();
        self.show_confirmed(id, ended);
    }

    /// It was shown as over here, and another device of this member has it.
    pub(in crate::machine) fn confirm_elsewhere(&mut self, id: &CallId) {
        let me = self.config.me.clone();
        let Some(shown) = self.over.unconfirmed(id) else {
            return;
        };
        *shown = by_another_of(&me, Elsewhere::Answered);
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
pub(in crate::machine) fn found_in(page: &HistoryPage, id: &CallId) -> Option<Outcome> {
    let item = page.calls.iter().find(|item| item.call_id == *id)?;
    item.status
        .is_over()
        .then(|| outcome_from(item.status, item.end_reason, None))
}
