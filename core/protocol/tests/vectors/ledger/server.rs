//! A server of which nothing but the ledger is there: calls by their ids, and who has what devices.

use std::collections::{BTreeMap, BTreeSet};

use faithcall_protocol::id::{CallId, ChurchId, DeviceId, MemberId};
use faithcall_protocol::ledger::{self, Call, Found, NewCall, Refusal, Timeouts};
use faithcall_protocol::redact::Personal;
use faithcall_protocol::rest::{Actor, CreateCall, InviteRequest, MakeWay};
use faithcall_protocol::signal::Person;
use faithcall_protocol::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::request::{Request, Step, actor};
use super::told::Told;

/// What a scene's server is made with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerConfig {
    church: ChurchId,
    pub(super) livekit_url: String,
    /// What the server's clock shows at 0 ms.
    start: Timestamp,
    /// It lets devices join the room while it rings.
    join_ahead: bool,
    /// Members of whom a device registered call waiting.
    call_waiting: Vec<MemberId>,
    /// Devices that registered a push token, as `member/device`.
    push_tokens: Vec<String>,
    timeouts: Timeouts,
}

impl ServerConfig {
    pub(super) fn start_ms(&self) -> u64 {
        self.start.unix_ms()
    }
}

/// Steps of the ledger, the call itself first; each with the call before it.
type Steps = Vec<(Option<Call>, ledger::Step)>;

pub(super) struct Server {
    config: ServerConfig,
    calls: BTreeMap<CallId, Call>,
    /// Cancels that came before their create.
    cancels: BTreeSet<(MemberId, CallId)>,
    told: Told,
}

impl Server {
    pub(super) fn new(config: ServerConfig) -> Self {
        Self {
            told: Told::default(),
            config,
            calls: BTreeMap::new(),
            cancels: BTreeSet::new(),
        }
    }

    /// Carries out one step, and tells all that follows from it.
    pub(super) fn step(&mut self, asked: &Step) -> Result<Value, String> {
        let now = self.config.start_ms() + asked.at_ms;
        for (id, call) in &self.calls {
            let missed = call.next_deadline().filter(|deadline| *deadline < now);
            if let Some(deadline) = missed {
                let deadline = deadline - self.config.start_ms();
                return Err(format!(
                    "the deadline of {id} at {deadline} ms has no step of its own"
                ));
            }
        }
        let decided = match (asked.request, &asked.event) {
            (Some(request), None) => self.asked(request, asked, now)?,
            (None, Some(event)) => self.apply(&asked.call, |call| {
                let command = event.command(self.config.start_ms());
                Ok(vec![ledger::apply(call, &command, now)?])
            }),
            _ => return Err("one of request and event".to_owned()),
        };
        match decided {
            Ok(steps) => {
                for (_, step) in &steps {
                    let id = step.call.call_id().clone();
                    self.calls.insert(id, step.call.clone());
                }
                let changes = steps
                    .iter()
                    .map(|(before, step)| self.told.change(before.as_ref(), step, &self.config));
                Ok(json!({ "changes": changes.collect::<Vec<_>>() }))
            }
            Err(refusal) => Ok(json!({ "refused": refused(&refusal) })),
        }
    }

    fn asked(
        &mut self,
        request: Request,
        asked: &Step,
        now: u64,
    ) -> Result<Result<Steps, Refusal>, String> {
        let actor = asked.actor()?;
        let claiming: Vec<Call> = self.calls.values().cloned().collect();
        Ok(match request {
            Request::Create => self.create(&actor, &asked.call, asked.body()?, &claiming, now),
            Request::Accept => {
                let make_way: Option<MakeWay> = match asked.has_body() {
                    true => Some(asked.body()?),
                    false => None,
                };
                self.apply(&asked.call, |call| {
                    ledger::accept_call(call, &actor, make_way.as_ref(), &claiming, now)
                })
            }
            Request::Participant if asked.holds() => {
                let patch = asked.body()?;
                self.apply(&asked.call, |call| {
                    ledger::hold_call(call, &actor, &patch, &claiming, now)
                })
            }
            Request::Invite => {
                let InviteRequest { callee_ids, known } = asked.body()?;
                let callees: Vec<Person> = callee_ids.iter().map(person).collect();
                let waiting = &self.config.call_waiting;
                self.apply(&asked.call, |call| {
                    let callees = ledger::meant_callees(call, &callees, known.as_deref());
                    let invited =
                        ledger::invite_members(call, &actor, &callees, &claiming, waiting, now);
                    Ok(vec![invited?])
                })
            }
            Request::Cancel if !self.calls.contains_key(&asked.call) => {
                self.cancels.insert((actor.member_id, asked.call.clone()));
                Err(Refusal::CancelRemembered)
            }
            Request::Ringing
            | Request::Reject
            | Request::Cancel
            | Request::Connected
            | Request::End
            | Request::Leave
            | Request::Participant
            | Request::Get => {
                let command = asked.command(request, self.reachable(&actor.member_id)?)?;
                self.apply(&asked.call, |call| {
                    Ok(vec![ledger::apply(call, &command, now)?])
                })
            }
        })
    }

    fn create(
        &self,
        caller: &Actor,
        id: &CallId,
        body: CreateCall,
        claiming: &[Call],
        now: u64,
    ) -> Result<Steps, Refusal> {
        let callees: Vec<Person> = body.callee_ids.iter().map(person).collect();
        let found = Found {
            same_id: self.calls.get(id),
            same_key: false,
            cancel_remembered: self
                .cancels
                .contains(&(caller.member_id.clone(), id.clone())),
            claiming,
            call_waiting: &self.config.call_waiting,
        };
        let new = NewCall {
            call_id: id.clone(),
            church_id: self.config.church.clone(),
            call_type: body.call_type,
            caller: person(&caller.member_id),
            caller_device: caller.device_id.clone(),
            callees,
            community_id: body.community_id,
            allow_join_ahead: self.config.join_ahead,
            timeouts: self.config.timeouts,
        };
        let step = ledger::create_call(new, &found, now)?;
        Ok(vec![(found.same_id.cloned(), step)])
    }

    /// What the ledger decides about a call, and about others with it.
    fn apply(
        &self,
        id: &CallId,
        rule: impl FnOnce(&Call) -> Result<Vec<ledger::Step>, Refusal>,
    ) -> Result<Steps, Refusal> {
        let call = self.calls.get(id).ok_or(Refusal::CallNotFound)?;
        let with_before = |step: ledger::Step| {
            let before = self.calls.get(step.call.call_id()).cloned();
            (before, step)
        };
        Ok(rule(call)?.into_iter().map(with_before).collect())
    }

    fn reachable(&self, member: &MemberId) -> Result<Vec<DeviceId>, String> {
        let mut devices = Vec::new();
        for registered in &self.config.push_tokens {
            let registered = actor(registered)?;
            if registered.member_id == *member {
                devices.extend(registered.device_id);
            }
        }
        Ok(devices)
    }
}

fn refused(refusal: &Refusal) -> Value {
    let mut told = json!({ "status": refusal.status(), "code": refusal.code() });
    if let Refusal::Glare { other } = refusal {
        told["call"] = json!(other);
    }
    told
}

/// A member's name is its id here.
fn person(id: &MemberId) -> Person {
    Person {
        id: id.clone(),
        name: Personal::new(id.as_str()),
        avatar: None,
    }
}
