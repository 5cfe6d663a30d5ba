//! The server's store: what a request, a deadline or a room list makes of it.

use faithcall_protocol::id::{CallId, DeviceId, MemberId};
use faithcall_protocol::ledger::{
    self, Access, Call, Command, Effect, Found, Message, NewCall, Refusal, RoomTask, Step, Timeouts,
};
use faithcall_protocol::machine::timeless::NOW;
use faithcall_protocol::machine::{Failure, Reply, Request};
use faithcall_protocol::redact::{Personal, Secret};
use faithcall_protocol::rest::{
    Actor, CreateCall, ErrorBody, ErrorCode, RoomAccess, TokenResponse,
};
use faithcall_protocol::signal::Person;

use crate::deadline;
use crate::names::{self, Slot};

/// Where the room is; the model's rooms do not look at it.
pub(crate) const ROOM_URL: &str = "wss://room";

/// What came of a request.
pub(crate) type Answered = Result<Reply, Failure>;

/// Why a request is not carried out.
enum Error {
    /// With the call as it is now.
    Refused(Refusal, Option<Box<Call>>),
    /// The model's server does not do that.
    Unavailable,
}

/// What is stored, while one thing is done to it.
#[derive(Clone, Default)]
pub(crate) struct Store {
    /// By slot.
    pub(crate) calls: Vec<Option<Call>>,
    /// Cancels that came before their create.
    pub(crate) cancels: Vec<(MemberId, CallId)>,
    /// What was committed by this: to be published, in order.
    pub(crate) outbox: Vec<Message>,
    /// And what its room has to be brought to.
    pub(crate) room_tasks: Vec<(Slot, RoomTask)>,
    /// Calls that the request wanted a room for.
    pub(crate) rooms_made: Vec<Slot>,
}

impl Store {
    fn call(&self, id: &CallId) -> Option<&Call> {
        let slot = names::slot_of(id)?;
        self.calls.get(slot)?.as_ref()
    }

    /// Answers a request of a device.
    pub(crate) fn answer(
        &mut self,
        member: &MemberId,
        device: &DeviceId,
        request: &Request,
    ) -> Answered {
        let actor = Actor {
            member_id: member.clone(),
            device_id: Some(device.clone()),
        };
        self.carry_out(&actor, request).map_err(|error| {
            let (status, body) = match error {
                Error::Refused(refusal, call) => {
                    let body = ledger::error_body(&refusal, call.as_deref(), member, NOW);
                    (refusal.status(), body)
                }
                Error::Unavailable => (503, unavailable()),
            };
            Failure::Status {
                status,
                body: Some(Box::new(body)),
                retry_after_ms: None,
            }
        })
    }

    fn carry_out(&mut self, actor: &Actor, request: &Request) -> Result<Reply, Error> {
        let (own, member) = (actor.clone(), &actor.member_id);
        match request {
            Request::Create(body) => self.create(actor, body),
            Request::Accept { call_id, make_way } => {
                let claiming = self.claiming(std::slice::from_ref(member));
                let call = self.decide(call_id, |call| {
                    ledger::accept_call(call, actor, make_way.as_ref(), &claiming, NOW)
                })?;
                self.admitted(&call, actor)
            }
            Request::Reject { call_id, body } => {
                let command = Command::Reject {
                    actor: own,
                    reason: body.reason,
                    scope: body.scope,
                    reachable: Vec::new(),
                };
                self.told(call_id, actor, &command)
            }
            Request::Cancel { call_id } if self.call(call_id).is_none() => {
                let cancel = (member.clone(), call_id.clone());
                if !self.cancels.contains(&cancel) {
                    self.cancels.push(cancel);
                    self.cancels.sort();
                }
                Err(refused(Refusal::CancelRemembered, None))
            }
            Request::Cancel { call_id } => {
                self.told(call_id, actor, &Command::Cancel { actor: own })
            }
            Request::Connected { call_id } => {
                self.told(call_id, actor, &Command::Connected { actor: own })
            }
            Request::End { call_id, body } => {
                let reason = body.reason;
                self.told(call_id, actor, &Command::End { actor: own, reason })
            }
            Request::Patch { call_id, body } => {
                let flags = *body;
                self.told(call_id, actor, &Command::Patch { actor: own, flags })
            }
            Request::Ringing { call_id } => {
                let call = self.apply(call_id, &Command::Ringing { actor: own })?;
                let ahead = ledger::access_ahead(&call, actor);
                let ahead = ahead.map(|access| room_access(&call, access));
                let response = ledger::ringing_response(&call, member, ahead, NOW);
                Ok(Reply::Ringing(Box::new(response)))
            }
            Request::Token { call_id } => {
                let call = self.apply(call_id, &Command::Heard { actor: own })?;
                Ok(Reply::Token(Box::new(TokenResponse {
                    access: self.enter(&call, actor)?,
                    rev: call.rev(),
                })))
            }
            Request::Get { call_id } => {
                let call = self.apply(call_id, &Command::Heard { actor: own })?;
                let response = ledger::snapshot_response(&call, member, NOW);
                Ok(Reply::Snapshot(Box::new(response)))
            }
            Request::Sync { known } => {
                let calls = self.calls.iter().flatten();
                let response = ledger::sync_response(member, known, calls, NOW);
                Ok(Reply::Sync(Box::new(response)))
            }
            Request::Active => {
                let calls = self.calls.iter().flatten();
                let info = ledger::active_info(member, calls, NOW);
                Ok(Reply::Active(info.map(Box::new)))
            }
            Request::Leave { call_id } => self.told(call_id, actor, &Command::Leave { actor: own }),
            Request::Invite { call_id, body } => {
                let callees: Vec<_> = body.callee_ids.iter().map(person).collect();
                let claiming = self.claiming(&body.callee_ids);
                let call = self.decide(call_id, |call| {
                    let callees = ledger::meant_callees(call, &callees, body.known.as_deref());
                    let step = ledger::invite_members(call, actor, &callees, &claiming, &[], NOW)?;
                    Ok(vec![step])
                })?;
                Ok(confirmed(&call, actor))
            }
            Request::Hold { call_id, body } => {
                let claiming = self.claiming(std::slice::from_ref(member));
                let call = self.decide(call_id, |call| {
                    ledger::hold_call(call, actor, body, &claiming, NOW)
                })?;
                Ok(confirmed(&call, actor))
            }
            // Devices are not kept, and only a part-A server is asked for its history.
            Request::Register { .. } | Request::Forget { .. } | Request::History => {
                Err(Error::Unavailable)
            }
        }
    }

    fn create(&mut self, actor: &Actor, body: &CreateCall) -> Result<Reply, Error> {
        let id = body.call_id.clone().ok_or(Error::Unavailable)?;
        let callees: Vec<Person> = body.callee_ids.iter().map(person).collect();
        let mut members = body.callee_ids.clone();
        members.push(actor.member_id.clone());
        let claiming = self.claiming(&members);
        let cancel = (actor.member_id.clone(), id.clone());
        let found = Found {
            same_id: self.call(&id),
            same_key: false,
            cancel_remembered: self.cancels.contains(&cancel),
            claiming: &claiming,
            call_waiting: &[],
        };
        let new = NewCall {
            call_id: id.clone(),
            church_id: names::church(),
            call_type: body.call_type,
            caller: person(&actor.member_id),
            caller_device: actor.device_id.clone(),
            callees,
            community_id: None,
            allow_join_ahead: true,
            timeouts: Timeouts::default(),
        };
        let step = ledger::create_call(new, &found, NOW)
            .map_err(|refusal| refused(refusal.clone(), found.about(&refusal)))?;
        self.commit(step);
        let call = self.call(&id).cloned().ok_or(Error::Unavailable)?;
        self.admitted(&call, actor)
    }

    /// The answer to a create or an accept.
    fn admitted(&mut self, call: &Call, actor: &Actor) -> Result<Reply, Error> {
        let access = self.enter(call, actor)?;
        let response = ledger::call_response(call, actor, access, NOW);
        Ok(Reply::Call(Box::new(response)))
    }

    /// What the actor needs to join now, the room made.
    fn enter(&mut self, call: &Call, actor: &Actor) -> Result<RoomAccess, Error> {
        let access = ledger::access(call, actor).map_err(|refusal| refused(refusal, Some(call)))?;
        self.rooms_made.extend(names::slot_of(call.call_id()));
        Ok(room_access(call, access))
    }

    /// A command whose answer only confirms.
    fn told(&mut self, id: &CallId, actor: &Actor, command: &Command) -> Result<Reply, Error> {
        let call = self.apply(id, command)?;
        Ok(confirmed(&call, actor))
    }

    fn apply(&mut self, id: &CallId, command: &Command) -> Result<Call, Error> {
        self.decide(id, |call| Ok(vec![ledger::apply(call, command, NOW)?]))
    }

    /// A rule that may look at other calls too, and change them: one write. The first step is the
    /// call's, and what it becomes is given back.
    fn decide(
        &mut self,
        id: &CallId,
        rule: impl FnOnce(&Call) -> Result<Vec<Step>, Refusal>,
    ) -> Result<Call, Error> {
        let call = self
            .call(id)
            .ok_or_else(|| refused(Refusal::CallNotFound, None))?;
        let steps = rule(call).map_err(|refusal| refused(refusal, Some(call)))?;
        let after = steps.first().map(|step| step.call.clone());
        for step in steps {
            self.commit(step);
        }
        after.ok_or(Error::Unavailable)
    }

    /// One write: the call, and what follows from the change.
    pub(crate) fn commit(&mut self, step: Step) {
        let Some(slot) = names::slot_of(step.call.call_id()) else {
            return;
        };
        let call = deadline::laid_to_rest(step.call);
        let step = Step { call, ..step };
        if step.effect == Effect::Committed {
            self.outbox.extend(step.messages(ROOM_URL));
            self.room_tasks
                .extend(step.room_task().map(|task| (slot, task)));
        }
        if let Some(call) = self.calls.get_mut(slot) {
            *call = Some(step.call);
        }
    }

    /// The calls that claim one of these members.
    fn claiming(&self, members: &[MemberId]) -> Vec<Call> {
        let calls = self.calls.iter().flatten();
        let claims = |call: &&Call| {
            let mut claims = ledger::claims(call).into_iter();
            claims.any(|(who, _)| members.contains(&who))
        };
        calls.filter(claims).cloned().collect()
    }
}

fn refused(refusal: Refusal, call: Option<&Call>) -> Error {
    Error::Refused(refusal, call.cloned().map(Box::new))
}

fn confirmed(call: &Call, actor: &Actor) -> Reply {
    Reply::Message(Box::new(ledger::confirmation("ok", call, actor, NOW)))
}

/// A token says what it is for: the room, the identity, and whether others are forwarded to it.
fn room_access(call: &Call, access: Access) -> RoomAccess {
    let hears = if access.grants.can_subscribe {
        "hears"
    } else {
        "waits"
    };
    let token = format!("{} {} {hears}", call.call_id(), access.identity);
    RoomAccess {
        livekit_token: Secret::new(token),
        livekit_url: ROOM_URL.to_owned(),
    }
}

fn unavailable() -> ErrorBody {
    ErrorBody {
        detail: "Not available".into(),
        code: Some(ErrorCode::MediaUnavailable),
        call: None,
    }
}

fn person(id: &MemberId) -> Person {
    Person {
        id: id.clone(),
        name: Personal::new(id.as_str()),
        avatar: None,
    }
}
