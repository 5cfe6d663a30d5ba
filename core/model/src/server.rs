//! The server's store: what a request, a deadline or a room list makes of it.

use faithcall_protocol::id::{CallId, DeviceId, MemberId, Rev};
use faithcall_protocol::ledger::{
    self, Access, Admission, Call, Command, Effect, Found, JoinAhead, Message, NewCall, Phase,
    Refusal, RoomTask, Step, Timeouts,
};
use faithcall_protocol::machine::timeless::NOW;
use faithcall_protocol::machine::{Failure, Reply, Request};
use faithcall_protocol::redact::{Personal, Secret};
use faithcall_protocol::rest::{
    self, Actor, CallResponse, CallResponseB, CreateCall, ErrorBody, ErrorCode, RingingResponse,
    RoomAccess, SyncResponse, TokenResponse,
};
use faithcall_protocol::signal::Person;
use faithcall_protocol::timestamp::Timestamp;

use crate::deadline;
use crate::names::{self, Slot};

/// Where the room is; the model's rooms do not look at it.
pub(crate) const ROOM_URL: &str = "wss://room";

/// What came of a request.
pub(crate) type Answered = Result<Reply, Failure>;

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

    /// Carries out a request of a device.
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
        match request {
            Request::Create(body) => self.create(&actor, body),
            Request::Accept { call_id, make_way } => {
                let claiming = self.claiming(std::slice::from_ref(member));
                let call = self.decided(call_id, |call| {
                    ledger::accept_call(call, &actor, make_way.as_ref(), &claiming, NOW)
                })?;
                self.rooms_made.extend(names::slot_of(call_id));
                response(&call, &actor)
            }
            Request::Reject { call_id, body } => self.told(
                call_id,
                &Command::Reject {
                    actor,
                    reason: body.reason,
                    scope: body.scope,
                    reachable: Vec::new(),
                },
            ),
            Request::Cancel { call_id } if self.call(call_id).is_none() => {
                let cancel = (member.clone(), call_id.clone());
                if !self.cancels.contains(&cancel) {
                    self.cancels.push(cancel);
                    self.cancels.sort();
                }
                Err(refused(&Refusal::CancelRemembered, None))
            }
            Request::Cancel { call_id } => self.told(call_id, &Command::Cancel { actor }),
            Request::Connected { call_id } => self.told(call_id, &Command::Connected { actor }),
            Request::End { call_id, body } => {
                let reason = body.reason;
                self.told(call_id, &Command::End { actor, reason })
            }
            Request::Patch { call_id, body } => {
                let flags = *body;
                self.told(call_id, &Command::Patch { actor, flags })
            }
            Request::Ringing { call_id } => self.ringing(actor, call_id),
            Request::Token { call_id } => self.token(actor, call_id),
            Request::Get { call_id } => {
                let call = self.done(call_id, &Command::Heard { actor })?;
                Ok(Reply::Snapshot(Box::new(ledger::snapshot(&call, NOW))))
            }
            Request::Sync { known } => Ok(self.sync(member, known)),
            Request::Active => {
                let calls = self.claiming(std::slice::from_ref(member));
                let info = calls.iter().find_map(|call| ledger::active_info(call, NOW));
                Ok(Reply::Active(info.map(Box::new)))
            }
            Request::Leave { call_id } => self.told(call_id, &Command::Leave { actor }),
            Request::Invite { call_id, body } => {
                let callees: Vec<_> = body.callee_ids.iter().map(person).collect();
                let claiming = self.claiming(&body.callee_ids);
                let call = self.decided(call_id, |call| {
                    let callees = ledger::meant_callees(call, &callees, body.known.as_deref());
                    let step = ledger::invite_members(call, &actor, &callees, &claiming, &[], NOW)?;
                    Ok(vec![step])
                })?;
                Ok(message(&call))
            }
            Request::Hold { call_id, body } => {
                let claiming = self.claiming(std::slice::from_ref(member));
                let call = self.decided(call_id, |call| {
                    ledger::hold_call(call, &actor, body, &claiming, NOW)
                })?;
                Ok(message(&call))
            }
            // Devices are not kept, and only a part-A server is asked for its history.
            Request::Register { .. } | Request::Forget { .. } | Request::History => {
                Err(unavailable())
            }
        }
    }

    fn create(&mut self, actor: &Actor, body: &CreateCall) -> Answered {
        let Some(id) = body.call_id.clone() else {
            return Err(unavailable());
        };
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
        match ledger::admit_create(actor, &callees, &found, NOW) {
            Ok(Admission::Repeat) => {}
            Ok(Admission::Create { busy }) => {
                let new = NewCall {
                    call_id: id.clone(),
                    church_id: names::church(),
                    call_type: body.call_type,
                    caller: person(&actor.member_id),
                    caller_device: actor.device_id.clone(),
                    callees,
                    busy,
                    community_id: None,
                    community_name: None,
                    allow_join_ahead: true,
                    timeouts: Timeouts::default(),
                };
                let step = Call::create(new, NOW);
                self.commit(step);
            }
            Err(refusal) => {
                let about = match &refusal {
                    Refusal::Glare { other } => self.call(other),
                    _ => self.call(&id),
                };
                return Err(refused(&refusal, about));
            }
        }
        self.rooms_made.extend(names::slot_of(&id));
        let call = self.call(&id).ok_or_else(unavailable)?;
        response(call, actor)
    }

    fn ringing(&mut self, actor: Actor, id: &CallId) -> Answered {
        let own = actor.clone();
        let call = self.done(id, &Command::Ringing { actor })?;
        let waits = matches!(call.phase(), Phase::Ringing);
        let access = access(&call, &own).filter(|_| waits);
        Ok(Reply::Ringing(Box::new(RingingResponse {
            rev: call.rev(),
            ring_expires_in_ms: ledger::ring_expires_in_ms(&call, &own.member_id, NOW),
            join_ahead: access.map(|access| room_access(&call, access)),
        })))
    }

    fn token(&mut self, actor: Actor, id: &CallId) -> Answered {
        let own = actor.clone();
        let call = self.done(id, &Command::Heard { actor })?;
        let refusal = if call.is_over() {
            Refusal::AlreadyHandled
        } else {
            Refusal::NotAParticipant
        };
        let access = access(&call, &own).ok_or_else(|| refused(&refusal, Some(&call)))?;
        self.rooms_made.extend(names::slot_of(id));
        Ok(Reply::Token(Box::new(TokenResponse {
            access: room_access(&call, access),
            rev: call.rev(),
        })))
    }

    fn sync(&self, member: &MemberId, known: &[(CallId, Rev)]) -> Reply {
        let calls = self.claiming(std::slice::from_ref(member));
        let over = known.iter();
        Reply::Sync(Box::new(SyncResponse {
            server_time: Timestamp::from_unix_ms(NOW),
            calls: calls
                .iter()
                .map(|call| ledger::sync_call(call, member, NOW))
                .collect(),
            over: over
                .filter_map(|(id, _)| ledger::over_call(self.call(id)?))
                .collect(),
        }))
    }

    /// A command whose answer only confirms.
    fn told(&mut self, id: &CallId, command: &Command) -> Answered {
        let call = self.done(id, command)?;
        Ok(message(&call))
    }

    /// A rule that looks at other calls too, and may change them: one write.
    fn decided(
        &mut self,
        id: &CallId,
        rule: impl FnOnce(&Call) -> Result<Vec<Step>, Refusal>,
    ) -> Result<Call, Failure> {
        let call = self
            .call(id)
            .ok_or_else(|| refused(&Refusal::CallNotFound, None))?;
        let steps = rule(call).map_err(|refusal| refused(&refusal, Some(call)))?;
        for step in steps {
            self.commit(step);
        }
        self.call(id).cloned().ok_or_else(unavailable)
    }

    fn done(&mut self, id: &CallId, command: &Command) -> Result<Call, Failure> {
        let call = self
            .call(id)
            .ok_or_else(|| refused(&Refusal::CallNotFound, None))?;
        let step =
            ledger::apply(call, command, NOW).map_err(|refusal| refused(&refusal, Some(call)))?;
        let after = step.call.clone();
        self.commit(step);
        Ok(after)
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

fn message(call: &Call) -> Reply {
    Reply::Message(Box::new(rest::Message {
        message: "ok".to_owned(),
        call: Some(ledger::snapshot(call, NOW)),
    }))
}

fn access(call: &Call, actor: &Actor) -> Option<Access> {
    ledger::access(call, &actor.member_id, actor.device_id.as_ref())
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

fn response(call: &Call, actor: &Actor) -> Answered {
    let access =
        access(call, actor).ok_or_else(|| refused(&Refusal::AlreadyHandled, Some(call)))?;
    let access = room_access(call, access);
    let ringing = matches!(call.phase(), Phase::Ringing);
    Ok(Reply::Call(Box::new(CallResponse {
        call_id: call.call_id().clone(),
        room_name: call.room_name(),
        livekit_token: access.livekit_token,
        livekit_url: access.livekit_url,
        call_type: call.call_type(),
        participants: ledger::participants(call),
        part_b: Some(CallResponseB {
            rev: call.rev(),
            server_time: Timestamp::from_unix_ms(NOW),
            ring_expires_in_ms: ledger::ring_expires_in_ms(call, &actor.member_id, NOW),
            snapshot: ledger::snapshot(call, NOW),
            join_ahead: !(ringing && *call.join_ahead() == JoinAhead::Off),
        }),
    })))
}

fn refused(refusal: &Refusal, call: Option<&Call>) -> Failure {
    let call = call.filter(|_| refusal.shows_call());
    Failure::Status {
        status: refusal.status(),
        body: Some(Box::new(ErrorBody {
            detail: refusal.detail().into(),
            code: Some(refusal.code()),
            call: call.map(|call| ledger::snapshot(call, NOW)),
        })),
        retry_after_ms: None,
    }
}

fn unavailable() -> Failure {
    Failure::Status {
        status: 503,
        body: Some(Box::new(ErrorBody {
            detail: "Not available".into(),
            code: Some(ErrorCode::MediaUnavailable),
            call: None,
        })),
        retry_after_ms: None,
    }
}

fn person(id: &MemberId) -> Person {
    Person {
        id: id.clone(),
        name: Personal::new(id.as_str()),
        avatar: None,
    }
}
