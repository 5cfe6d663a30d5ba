//! What a farewell makes of an answer.

use crate::end::EndReason;
use crate::rest::{
    ActiveCallInfo, ErrorCode, RejectCall, RejectReason, RejectScope, SnapshotResponse, SyncCall,
};
use crate::snapshot::CallSnapshot;
use crate::timestamp::Timestamp;

use super::{Farewell, Step};
use crate::machine::ending::over::found_in;
use crate::machine::interface::input::{Answer, Failure, Reply};
use crate::machine::interface::output::RequestId;
use crate::machine::server::learn::Part;
use crate::machine::server::part_a::get_active::is_created_by;
use crate::machine::state::{Parting, Phase};
use crate::machine::{Machine, Stage};

impl Machine {
    /// The answer to a create of a call that is over here.
    pub(in crate::machine) fn created_after_end(&mut self, id: RequestId, answer: &Answer) {
        let now = self.now;
        let knows_b = self.speaks_part_b();
        let awaited = self
            .farewells
            .iter_mut()
            .enumerate()
            .find_map(|(index, f)| {
                let Step::AwaitCreated {
                    request,
                    callees,
                    since_ms,
                } = &f.step
                else {
                    return None;
                };
                let dialled = (callees.clone(), *since_ms);
                (*request == id).then_some((index, f, dialled))
            });
        let Some((index, f, (callees, since_ms))) = awaited else {
            return;
        };
        f.next_ms = now;
        match &answer.result {
            Ok(Reply::Call(response)) => {
                f.call_id = response.call_id.clone();
                f.step = Step::Say;
                self.over.note(response.call_id.clone());
            }
            // Refused as a repeat, of a call that was made and is over by now.
            Err(failure)
                if let Some(call) = failure.call()
                    && call.call_id == f.call_id
                    && call.status.is_over() =>
            {
                let f = self.farewells.remove(index);
                self.confirm_by(&f.shown_id, call);
            }
            // Also where it was refused: another copy of it may be on its way.
            Ok(_) | Err(_) if knows_b => f.step = Step::Say,
            // Never made: nothing to take back.
            Err(failure) if *failure == Failure::Unauthenticated || !failure.is_for_now() => {
                let f = self.farewells.remove(index);
                self.confirm_as_shown(&f.shown_id);
            }
            Ok(_) | Err(_) => f.step = Step::FindCreated { callees, since_ms },
        }
        self.run_farewells();
    }

    /// The answer to an accept of a call that is over here.
    pub(in crate::machine) fn accepted_after_end(&mut self, id: RequestId, answer: &Answer) {
        let now = self.now;
        let knows_b = self.speaks_part_b();
        let Some(f) = self
            .farewells
            .iter_mut()
            .find(|f| matches!(f.step, Step::AwaitAccepted(awaited) if awaited == id))
        else {
            return;
        };
        f.next_ms = now;
        match &answer.result {
            Ok(Reply::Call(_)) => f.step = Step::Say,
            Ok(_) | Err(Failure::NoAnswer) if knows_b => f.step = Step::FindAccepted,
            Ok(_) | Err(Failure::NoAnswer) => {
                f.parting = f.parting.of_unknown_accept();
                f.step = Step::Say;
            }
            Err(Failure::Status { .. } | Failure::Unauthenticated) => {
                f.parting = Parting::Ask;
                f.step = Step::Say;
            }
        }
        self.run_farewells();
    }

    pub(in crate::machine) fn farewell_answered(&mut self, id: RequestId, answer: Answer) {
        let Some(index) = self.farewells.iter().position(|f| f.request == Some(id)) else {
            return;
        };
        let mut f = self.farewells.remove(index);
        f.request = None;
        f.next_ms = self.now;
        if let Some(f) = self.next_step(f, answer) {
            self.farewells.push(f);
        }
        self.run_farewells();
    }

    /// What remains to be said after this answer.
    fn next_step(&mut self, mut f: Farewell, answer: Answer) -> Option<Farewell> {
        let date = answer.date;
        let reply = match answer.result {
            Ok(reply) => reply,
            Err(failure) => return self.farewell_refused(f, &failure),
        };
        match (&f.step, reply) {
            (Step::Say, Reply::Message(message)) => self.farewell_confirmed(f, message.call),
            (Step::Say | Step::FindAccepted, Reply::Snapshot(told))
                if told.snapshot.status.is_over() =>
            {
                self.confirm_by(&f.shown_id, &told.snapshot);
                None
            }
            (Step::Say, Reply::Snapshot(told)) => self.shown_as_over_but_lives(f, *told),
            (Step::FindAccepted, Reply::Snapshot(told)) => self.accept_found(f, &told.snapshot),
            (Step::Say, Reply::History(page)) => {
                if let Some(outcome) = found_in(&page, &f.call_id) {
                    self.confirm(&f.shown_id, outcome, None);
                }
                None
            }
            (Step::FindCreated { .. }, Reply::Active(_)) if self.speaks_part_b() => {
                f.step = Step::Say;
                Some(f)
            }
            (Step::FindCreated { callees, since_ms }, Reply::Active(info)) => {
                let age = self.now.saturating_sub(*since_ms);
                let found = info
                    .filter(|i| is_created_by(i, &self.config.me, callees, age, date))
                    .filter(|i| !self.is_of_a_later_create(i, date));
                let Some(info) = found else {
                    self.confirm_as_shown(&f.shown_id);
                    return None;
                };
                self.over.note(info.call_id.clone());
                f.call_id = info.call_id;
                f.step = Step::Say;
                Some(f)
            }
            // An answer of another kind than asked for is no answer.
            (
                Step::Say
                | Step::AwaitCreated { .. }
                | Step::AwaitAccepted(_)
                | Step::FindCreated { .. }
                | Step::FindAccepted,
                _,
            ) => self.farewell_refused(f, &Failure::NoAnswer),
        }
    }

    /// The server did as it was told; a part-B one says how the call is now.
    fn farewell_confirmed(
        &mut self,
        mut f: Farewell,
        call: Option<CallSnapshot>,
    ) -> Option<Farewell> {
        match call {
            Some(call) if call.status.is_over() => self.confirm_by(&f.shown_id, &call),
            Some(call) if self.declines_its_own(&f, &call) => {
                f.parting = Parting::out_of(call.is_group, EndReason::Normal);
                return Some(f);
            }
            // The call goes on without this device, or member.
            Some(call) => {
                if self.my_part(&call) == Part::Elsewhere {
                    self.confirm_elsewhere(&f.shown_id);
                } else {
                    self.confirm_as_shown(&f.shown_id);
                }
                self.learn(call);
            }
            None => self.confirm_as_shown(&f.shown_id),
        }
        None
    }

    /// Asked how the call ended, the server says that it has not.
    fn shown_as_over_but_lives(
        &mut self,
        mut f: Farewell,
        told: SnapshotResponse,
    ) -> Option<Farewell> {
        let call = told.snapshot;
        match self.my_part(&call) {
            Part::Elsewhere => self.confirm_elsewhere(&f.shown_id),
            Part::Refused => {
                self.confirm_as_shown(&f.shown_id);
                self.learn(call);
            }
            // An earlier process was in what only rang here.
            Part::Here if self.over.may_be_rejoined(&f.shown_id) => {
                self.offer_rejoin(SyncCall {
                    snapshot: call,
                    ring_expires_in_ms: 0,
                });
            }
            // The server still has this device in it, as long as it asks.
            Part::Here => {
                f.parting = Parting::out_of(call.is_group, EndReason::NetworkError);
                return Some(f);
            }
            // It was called in anew meanwhile.
            Part::Invited if self.calls_in_anew(&call) && self.stage == Stage::In => {
                self.rings_at_server(call, told.ring_expires_in_ms.unwrap_or(0));
            }
            Part::Invited | Part::None => return self.ask_again(f, &Failure::NoAnswer),
        }
        None
    }

    /// An accept's answer was lost: this is what became of it.
    fn accept_found(&mut self, mut f: Farewell, call: &CallSnapshot) -> Option<Farewell> {
        f.step = Step::Say;
        match self.my_part(call) {
            Part::Here => return Some(f),
            // It rings on where this member can take it.
            Part::Invited if f.parting == Parting::Ask => {
                return self.ask_again(f, &Failure::NoAnswer);
            }
            Part::Invited => {
                f.parting = Parting::Reject(RejectCall {
                    reason: RejectReason::Rejected,
                    scope: RejectScope::Member,
                });
                return Some(f);
            }
            Part::Elsewhere => self.confirm_elsewhere(&f.shown_id),
            Part::Refused | Part::None => self.confirm_as_shown(&f.shown_id),
        }
        None
    }

    /// Says or asks the same again in a moment.
    fn ask_again(&mut self, mut f: Farewell, failure: &Failure) -> Option<Farewell> {
        f.failures += 1;
        f.next_ms = self.retry_at(f.failures, failure);
        Some(f)
    }

    fn farewell_refused(&mut self, mut f: Farewell, failure: &Failure) -> Option<Farewell> {
        if failure.is_for_now() {
            return self.ask_again(f, failure);
        }
        if failure.code() == Some(ErrorCode::CancelRemembered) {
            self.confirm_as_shown(&f.shown_id);
            return None;
        }
        match failure.call() {
            Some(call) if call.status.is_over() => {
                self.confirm_by(&f.shown_id, call);
                return None;
            }
            // It lives: the accept was first. Who takes a call back ends it; a device that gave up by
            // itself, or signs out, is only out of it.
            Some(call) if f.parting == Parting::Cancel => {
                let is_meant = self.stage == Stage::In
                    && self.over.is_shown_as_ended_by(&f.shown_id, &self.config.me);
                f.parting = Parting::out_of(call.is_group && !is_meant, EndReason::Normal);
                return Some(f);
            }
            Some(call) if self.declines_its_own(&f, call) => {
                f.parting = Parting::out_of(call.is_group, EndReason::Normal);
                return Some(f);
            }
            Some(_) => {
                f.parting = Parting::Ask;
                return Some(f);
            }
            None => {}
        }
        let knows_b = self.speaks_part_b();
        match f.parting {
            // Part A does not say why: perhaps the accept was first.
            Parting::Cancel if !knows_b => {
                f.parting = Parting::End(EndReason::Normal);
                Some(f)
            }
            Parting::Reject(_) if !knows_b => {
                f.parting = Parting::Ask;
                Some(f)
            }
            Parting::Cancel
            | Parting::Reject(_)
            | Parting::End(_)
            | Parting::Leave
            | Parting::Ask => {
                // The server knows nothing of it: there is nothing to end.
                self.confirm_as_shown(&f.shown_id);
                None
            }
        }
    }

    /// What was declined is a call that this device is in, from before its process began: whoever
    /// declines that wants to be out of it.
    fn declines_its_own(&self, f: &Farewell, call: &CallSnapshot) -> bool {
        matches!(f.parting, Parting::Reject(_)) && self.my_part(call) == Part::Here
    }

    /// Part A: it may be the call that was dialled after the one that is looked for.
    fn is_of_a_later_create(&self, info: &ActiveCallInfo, date: Option<Timestamp>) -> bool {
        self.calls().any(|call| match call.phase {
            Phase::Creating { since_ms, .. } => {
                let age = self.now.saturating_sub(since_ms);
                is_created_by(info, &self.config.me, &call.callees(), age, date)
            }
            Phase::Dialing { .. }
            | Phase::Ringing { .. }
            | Phase::Accepting
            | Phase::Connecting
            | Phase::Active { .. } => call.id == info.call_id,
        })
    }
}
