//! Telling the server about a call that is over here, until it answers or a minute has passed.

use crate::end::EndReason;
use crate::id::{CallId, MemberId};
use crate::rest::{EndCall, ErrorCode, RejectReason, RejectScope};
use crate::snapshot::{CallSnapshot, InviteeState};

use super::Machine;
use super::input::{Answer, Failure, Reply};
use super::learn::Part;
use super::output::{Request, RequestId};
use super::over::found_in;
use super::part_a::is_created_by;
use super::request::Purpose;
use super::state::{Call, CreateAttempt, Parting, Phase};
use super::timer::{CONFIRM_AFTER_MS, FAREWELL_MS};
use super::view::ServerKind;

/// One call that is over here and whose end the server has not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Farewell {
    /// As the server knows it.
    call_id: CallId,
    /// As it was shown.
    shown_id: CallId,
    parting: Parting,
    pub(super) step: Step,
    pub(super) request: Option<RequestId>,
    pub(super) next_ms: u64,
    until_ms: u64,
    pub(super) failures: u32,
}

/// What has to be known before it can be said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// Nothing: it can be said.
    Say,
    /// The answer to this create, of a call to `callees` that was dialled at `since_ms`.
    AwaitCreated {
        request: RequestId,
        callees: Vec<MemberId>,
        since_ms: u64,
    },
    /// The answer to this accept.
    AwaitAccepted(RequestId),
    /// Part A: the create's answer was lost; `GET /active` tells the id.
    FindCreated {
        callees: Vec<MemberId>,
        since_ms: u64,
    },
    /// Part B: the accept's answer was lost; `GET /{id}` tells whether it counts.
    FindAccepted,
}

impl Farewell {
    /// When it wants to be carried on.
    pub(super) fn next_ms(&self) -> Option<u64> {
        Some(match (&self.step, self.request) {
            (Step::AwaitCreated { .. } | Step::AwaitAccepted(_), _) | (_, Some(_)) => self.until_ms,
            (Step::Say | Step::FindCreated { .. } | Step::FindAccepted, None) => {
                self.next_ms.min(self.until_ms)
            }
        })
    }

    /// The next call, and signing out, should wait for it a moment.
    pub(super) fn is_pressing(&self) -> bool {
        match self.parting {
            Parting::Cancel | Parting::Reject(_) | Parting::End(_) | Parting::Leave => {
                self.failures == 0
            }
            Parting::Ask => false,
        }
    }
}

impl Parting {
    /// Where nobody knows whose accept counted, only a person's word ends the call: another device
    /// of this member may be in it.
    fn of_unknown_accept(self) -> Self {
        match self {
            Self::End(EndReason::NetworkError) => Self::Ask,
            Self::End(_) | Self::Leave | Self::Cancel | Self::Reject(_) | Self::Ask => self,
        }
    }
}

impl Machine {
    /// Begins to tell the server that `call`, just taken down, is over.
    pub(super) fn say_farewell(&mut self, call: &Call, mut parting: Parting) {
        let knows_b = self.server == Some(ServerKind::PartB);
        let step = match &call.phase {
            Phase::Creating { since_ms, attempt } => match attempt {
                CreateAttempt::Held => return,
                CreateAttempt::Sent | CreateAttempt::Lost | CreateAttempt::Refused { .. }
                    if knows_b =>
                {
                    Step::Say
                }
                CreateAttempt::Sent | CreateAttempt::Lost | CreateAttempt::Refused { .. } => {
                    let (callees, since_ms) = (call.callees(), *since_ms);
                    match self.awaits(Purpose::Create) {
                        Some(request) => Step::AwaitCreated {
                            request,
                            callees,
                            since_ms,
                        },
                        None => Step::FindCreated { callees, since_ms },
                    }
                }
            },
            Phase::Accepting => match self.awaits(Purpose::Accept) {
                Some(id) => Step::AwaitAccepted(id),
                None if knows_b => Step::FindAccepted,
                None => {
                    parting = parting.of_unknown_accept();
                    Step::Say
                }
            },
            Phase::Dialing { .. }
            | Phase::Ringing { .. }
            | Phase::Connecting
            | Phase::Active { .. } => Step::Say,
        };
        let wait = match parting {
            Parting::Ask => CONFIRM_AFTER_MS,
            Parting::Cancel | Parting::Reject(_) | Parting::End(_) | Parting::Leave => 0,
        };
        self.farewells.push(Farewell {
            call_id: call.id.clone(),
            shown_id: call.id.clone(),
            parting,
            step,
            request: None,
            next_ms: self.now + wait,
            until_ms: self.now + FAREWELL_MS,
            failures: 0,
        });
        self.run_farewells();
    }

    /// Ends, at the server, a call of this device that this machine does not know: what is left
    /// of a process that died.
    pub(super) fn clear_away(&mut self, snapshot: &CallSnapshot) {
        let id = snapshot.call_id.clone();
        if self.farewells.iter().any(|f| f.call_id == id) {
            return;
        }
        let ringing = snapshot.accepted_at.is_none();
        self.over.note(id.clone());
        self.farewells.push(Farewell {
            call_id: id.clone(),
            shown_id: id,
            parting: if ringing {
                Parting::Cancel
            } else {
                Parting::End(EndReason::NetworkError)
            },
            step: Step::Say,
            request: None,
            next_ms: self.now,
            until_ms: self.now + FAREWELL_MS,
            failures: 0,
        });
        self.run_farewells();
    }

    /// Sends what is due, and gives up what has taken too long.
    pub(super) fn run_farewells(&mut self) {
        let now = self.now;
        self.farewells.retain(|f| f.until_ms > now);
        for index in 0..self.farewells.len() {
            let Some(f) = self.farewells.get(index) else {
                return;
            };
            if f.request.is_some() || f.next_ms > now {
                continue;
            }
            let call_id = f.call_id.clone();
            let request = match (&f.step, f.parting) {
                (Step::AwaitCreated { .. } | Step::AwaitAccepted(_), _) => continue,
                (Step::FindCreated { .. }, _) => Request::Active,
                (Step::FindAccepted, _) => Request::Get { call_id },
                (Step::Say, Parting::Cancel) => Request::Cancel { call_id },
                (Step::Say, Parting::Reject(body)) => Request::Reject { call_id, body },
                (Step::Say, Parting::End(reason)) => Request::End {
                    call_id,
                    body: EndCall {
                        reason: Some(reason),
                    },
                },
                (Step::Say, Parting::Leave) => Request::Leave { call_id },
                (Step::Say, Parting::Ask) => {
                    let shown = f.shown_id.clone();
                    if !self.over.is_unconfirmed(&shown) {
                        if let Some(f) = self.farewells.get_mut(index) {
                            f.until_ms = now;
                        }
                        continue;
                    }
                    match self.server {
                        Some(ServerKind::PartB) => Request::Get { call_id },
                        Some(ServerKind::PartA) | None => Request::History,
                    }
                }
            };
            let id = self.request(Purpose::Farewell, None, request);
            if let Some(f) = self.farewells.get_mut(index) {
                f.request = Some(id);
            }
        }
        self.farewells.retain(|f| f.until_ms > now);
    }

    /// The answer to a create of a call that is over here.
    pub(super) fn created_after_end(&mut self, id: RequestId, answer: &Answer) {
        let now = self.now;
        let knows_b = self.server == Some(ServerKind::PartB);
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
            Err(failure) if !failure.is_passing() => {
                // Never made: nothing to take back.
                let shown = f.shown_id.clone();
                self.farewells.remove(index);
                self.confirm_as_shown(&shown);
            }
            Ok(_) | Err(_) if knows_b => f.step = Step::Say,
            Ok(_) | Err(_) => f.step = Step::FindCreated { callees, since_ms },
        }
        self.run_farewells();
    }

    /// The answer to an accept of a call that is over here.
    pub(super) fn accepted_after_end(&mut self, id: RequestId, answer: &Answer) {
        let now = self.now;
        let knows_b = self.server == Some(ServerKind::PartB);
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

    pub(super) fn farewell_answered(&mut self, id: RequestId, answer: Answer) {
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
            (Step::Say, Reply::Message(message)) => match message.call {
                Some(call) if call.status.is_over() => self.confirm_by(&f, &call),
                // The call goes on without this device, or member.
                Some(call) => {
                    self.confirm_as_shown(&f.shown_id);
                    self.learn(call);
                }
                None => self.confirm_as_shown(&f.shown_id),
            },
            (Step::Say, Reply::Snapshot(call)) if call.status.is_over() => {
                self.confirm_by(&f, &call);
            }
            (Step::Say, Reply::Snapshot(call)) => {
                let elsewhere = call.invitee(&self.config.me).is_some_and(|i| {
                    i.state == InviteeState::Accepted
                        && i.device_id.as_ref() != Some(&self.config.device)
                });
                if elsewhere {
                    self.confirm_elsewhere(&f.shown_id);
                } else if self.my_part(&call) == Part::Refused {
                    self.confirm_as_shown(&f.shown_id);
                    self.learn(*call);
                } else {
                    f.failures += 1;
                    f.next_ms = self.retry_at(f.failures, &Failure::NoAnswer);
                    return Some(f);
                }
            }
            (Step::Say, Reply::History(page)) => {
                if let Some(outcome) = found_in(&page, &f.call_id) {
                    self.confirm(&f.shown_id, outcome, None);
                }
            }
            (Step::FindCreated { callees, since_ms }, Reply::Active(info)) => {
                let age = self.now.saturating_sub(*since_ms);
                let found = info.filter(|i| is_created_by(i, &self.config.me, callees, age, date));
                if let Some(info) = found {
                    self.over.note(info.call_id.clone());
                    f.call_id = info.call_id;
                    f.step = Step::Say;
                    return Some(f);
                }
                self.confirm_as_shown(&f.shown_id);
            }
            (Step::FindAccepted, Reply::Snapshot(call)) if call.status.is_over() => {
                self.confirm_by(&f, &call);
            }
            (Step::FindAccepted, Reply::Snapshot(call)) => {
                let me = call.invitee(&self.config.me);
                let mine = me.is_some_and(|i| i.device_id.as_ref() == Some(&self.config.device));
                f.step = Step::Say;
                match me.map(|i| i.state) {
                    Some(InviteeState::Accepted) if mine => return Some(f),
                    Some(InviteeState::Invited | InviteeState::Ringing) => {
                        f.parting = Parting::Reject(crate::rest::RejectCall {
                            reason: RejectReason::Rejected,
                            scope: RejectScope::Member,
                        });
                        return Some(f);
                    }
                    Some(InviteeState::Accepted) => self.confirm_elsewhere(&f.shown_id),
                    _ => self.confirm_as_shown(&f.shown_id),
                }
            }
            // An answer of another kind than asked for is no answer.
            (
                Step::Say
                | Step::AwaitCreated { .. }
                | Step::AwaitAccepted(_)
                | Step::FindCreated { .. }
                | Step::FindAccepted,
                _,
            ) => {
                return self.farewell_refused(f, &Failure::NoAnswer);
            }
        }
        None
    }

    fn farewell_refused(&mut self, mut f: Farewell, failure: &Failure) -> Option<Farewell> {
        if failure.is_passing() || *failure == Failure::Unauthenticated {
            f.failures += 1;
            f.next_ms = self.retry_at(f.failures, failure);
            return Some(f);
        }
        if failure.code() == Some(ErrorCode::CancelRemembered) {
            self.confirm_as_shown(&f.shown_id);
            return None;
        }
        let call = match failure {
            Failure::Status {
                body: Some(body), ..
            } => body.call.as_ref(),
            Failure::Status { body: None, .. } | Failure::NoAnswer | Failure::Unauthenticated => {
                None
            }
        };
        match call {
            Some(call) if call.status.is_over() => {
                self.confirm_by(&f, call);
                return None;
            }
            // It lives: the accept was first.
            Some(_) if f.parting == Parting::Cancel => {
                f.parting = Parting::End(EndReason::Normal);
                return Some(f);
            }
            Some(_) => {
                f.parting = Parting::Ask;
                return Some(f);
            }
            None => {}
        }
        let knows_b = self.server == Some(ServerKind::PartB);
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

    fn confirm_by(&mut self, f: &Farewell, call: &CallSnapshot) {
        let outcome = super::over::outcome_from(call.status, call.reason, call.reason_detail);
        self.confirm(&f.shown_id, outcome, call.ended_by.clone());
    }
}
