//! Telling the server about a call that is over here, until it answers or a minute has passed.

mod answered;

use crate::end::EndReason;
use crate::id::{CallId, MemberId};
use crate::rest::EndCall;
use crate::snapshot::CallSnapshot;

use crate::machine::Machine;
use crate::machine::interface::input::Failure;
use crate::machine::interface::output::{Request, RequestId};
use crate::machine::request::Purpose;
use crate::machine::state::{Call, CreateAttempt, Parting, Phase};
use crate::machine::timer::{CONFIRM_AFTER_MS, FAREWELL_MS};

/// One call that is over here and whose end the server has not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::machine) struct Farewell {
    /// As the server knows it.
    call_id: CallId,
    /// As it was shown.
    shown_id: CallId,
    parting: Parting,
    pub(in crate::machine) step: Step,
    pub(in crate::machine) request: Option<RequestId>,
    pub(in crate::machine) next_ms: u64,
    until_ms: u64,
    pub(in crate::machine) failures: u32,
}

/// What has to be known before it can be said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::machine) enum Step {
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
    pub(in crate::machine) fn next_ms(&self) -> Option<u64> {
        Some(match (&self.step, self.request) {
            (Step::AwaitCreated { .. } | Step::AwaitAccepted(_), _) | (_, Some(_)) => self.until_ms,
            (Step::Say | Step::FindCreated { .. } | Step::FindAccepted, None) => {
                self.next_ms.min(self.until_ms)
            }
        })
    }

    /// The next call, and signing out, should wait for it a moment.
    pub(in crate::machine) fn is_pressing(&self) -> bool {
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
    pub(in crate::machine) fn say_farewell(&mut self, call: &Call, mut parting: Parting) {
        let knows_b = self.speaks_part_b();
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
        self.begin_farewell(call.id.clone(), parting, step, wait);
    }

    fn begin_farewell(&mut self, id: CallId, parting: Parting, step: Step, wait_ms: u64) {
        self.farewells.push(Farewell {
            call_id: id.clone(),
            shown_id: id,
            parting,
            step,
            request: None,
            next_ms: self.now + wait_ms,
            until_ms: self.now + FAREWELL_MS,
            failures: 0,
        });
        self.run_farewells();
    }

    /// The server may not know yet that this device is out of a call, or holds it: what it refuses
    /// because of that, it may do in a moment.
    pub(in crate::machine) fn server_lags(&self) -> bool {
        let says = |f: &Farewell| !matches!(f.parting, Parting::Ask);
        self.farewells.iter().any(says) || self.has_hold_to_tell()
    }

    /// What was asked is refused because of another call, and the server lags: in a moment it may do
    /// it.
    pub(in crate::machine) fn is_refused_for_now(&self, failure: &Failure) -> bool {
        failure.is_because_of_another_call() && self.server_lags()
    }

    /// Ends, at the server, a call of this device that this machine does not know: what is left
    /// of a process that died.
    pub(in crate::machine) fn clear_away(&mut self, snapshot: &CallSnapshot) {
        let id = snapshot.call_id.clone();
        if self.farewells.iter().any(|f| f.call_id == id) {
            return;
        }
        let parting = if snapshot.accepted_at.is_none() {
            Parting::Cancel
        } else {
            Parting::out_of(snapshot.is_group, EndReason::NetworkError)
        };
        self.over.note_part(snapshot, &self.config.me);
        self.begin_farewell(id, parting, Step::Say, 0);
    }

    /// Takes a create back that the server refused, and in whose place the other's call is taken:
    /// another copy of the request may still be on its way.
    pub(in crate::machine) fn take_back(&mut self, id: CallId) {
        self.begin_farewell(id, Parting::Cancel, Step::Say, 0);
    }

    /// It rings anew: what was to be said of it before would be said of that.
    pub(in crate::machine) fn forget_farewells(&mut self, id: &CallId) {
        self.farewells.retain(|f| f.call_id != *id);
    }

    /// What waits to be said again is due.
    pub(in crate::machine) fn hurry_farewells(&mut self) {
        for f in self.farewells.iter_mut().filter(|f| f.failures > 0) {
            f.next_ms = self.now;
        }
    }

    /// Sends what is due, and gives up what has taken too long.
    pub(in crate::machine) fn run_farewells(&mut self) {
        let now = self.now;
        let silent = self.farewells.iter().filter(|f| f.until_ms <= now);
        let silent: Vec<CallId> = silent.map(|f| f.shown_id.clone()).collect();
        self.unheard |= silent.iter().any(|id| self.over.is_unconfirmed(id));
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
                    if self.speaks_part_b() {
                        Request::Get { call_id }
                    } else {
                        Request::History
                    }
                }
            };
            let id = self.request(Purpose::Farewell, request);
            if let Some(f) = self.farewells.get_mut(index) {
                f.request = Some(id);
            }
        }
        self.farewells.retain(|f| f.until_ms > now);
    }
}
