//! The server: the ledger over a store in memory, and the answers of the contract.

use std::collections::BTreeMap;

use faithcall_protocol::id::{CallId, DeviceId, MemberId};
use faithcall_protocol::ledger::{
    self, Access, Admission, Call, Command, Effect, Found, JoinAhead, Message, NewCall, Phase,
    Refusal, RoomTask, Step, Timeouts,
};
use faithcall_protocol::machine::{Failure, Reply, Request};
use faithcall_protocol::redact::Personal;
use faithcall_protocol::rest::{
    self, Actor, CallResponse, CallResponseB, ErrorBody, RingingResponse, RoomAccess, SyncResponse,
    TokenResponse,
};
use faithcall_protocol::signal::Person;
use faithcall_protocol::timestamp::Timestamp;

use crate::room::Rooms;

/// The server's state.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) calls: BTreeMap<CallId, Call>,
    cancels: Vec<(MemberId, CallId)>,
    /// Committed and not published.
    pub(crate) outbox: Vec<Message>,
    /// Rooms to be brought up to date.
    pub(crate) room_work: Vec<(CallId, RoomTask)>,
}

type Answered = Result<Reply, Failure>;

impl Server {
    pub(crate) fn call(&self, id: &str) -> &Call {
        &self.calls[&id.parse::<CallId>().unwrap()]
    }

    /// Carries out one request at `now` (ms since 1970).
    pub(crate) fn answer(
        &mut self,
        member: &MemberId,
        device: &DeviceId,
        request: &Request,
        rooms: &mut Rooms,
        now: u64,
    ) -> Answered {
        let actor = Actor {
            member_id: member.clone(),
            device_id: Some(device.clone()),
        };
        let own = actor.clone();
        match request {
            Request::Create(body) => self.create(&actor, body, rooms, now),
            Request::Accept { call_id, make_way } => {
                let call = self.decide(call_id, &[member], now, |call, claiming| {
                    ledger::accept_call(call, &own, make_way.as_ref(), claiming, now)
                })?;
                Ok(response(&call, &actor, rooms, now))
            }
            Request::Reject { call_id, body } => {
                let command = Command::Reject {
                    actor: own,
                    reason: body.reason,
                    scope: body.scope,
                    reachable: Vec::new(),
                };
                self.apply(call_id, &command, now).map(|c| message(&c, now))
            }
            Request::Cancel { call_id } => {
                if !self.calls.contains_key(call_id) {
                    self.cancels.push((member.clone(), call_id.clone()));
                    return Err(refused(&Refusal::CancelRemembered, None, now));
                }
                let command = Command::Cancel { actor: own };
                self.apply(call_id, &command, now).map(|c| message(&c, now))
            }
            Request::Connected { call_id } => {
                let command = Command::Connected { actor: own };
                self.apply(call_id, &command, now).map(|c| message(&c, now))
            }
            Request::End { call_id, body } => {
                let command = Command::End {
                    actor: own,
                    reason: body.reason,
                };
                self.apply(call_id, &command, now).map(|c| message(&c, now))
            }
            Request::Patch { call_id, body } => {
                let command = Command::Patch {
                    actor: own,
                    flags: *body,
                };
                self.apply(call_id, &command, now).map(|c| message(&c, now))
            }
            Request::Leave { call_id } => {
                let command = Command::Leave { actor: own };
                self.apply(call_id, &command, now).map(|c| message(&c, now))
            }
            Request::Invite { call_id, body } => {
                let callees: Vec<Person> = body.callee_ids.iter().map(person).collect();
                let members: Vec<_> = body.callee_ids.iter().collect();
                let call = self.decide(call_id, &members, now, |call, claiming| {
                    let step = ledger::invite_members(call, &own, &callees, claiming, &[], now)?;
                    Ok(vec![step])
                })?;
                Ok(message(&call, now))
            }
            Request::Hold { call_id, body } => {
                let call = self.decide(call_id, &[member], now, |call, claiming| {
                    ledger::hold_call(call, &own, body, claiming, now)
                })?;
                Ok(message(&call, now))
            }
            Request::Ringing { call_id } => {
                let call = self.apply(call_id, &Command::Ringing { actor: own }, now)?;
                let waits = matches!(call.phase(), Phase::Ringing);
                let access = ledger::access(&call, member, Some(device)).filter(|_| waits);
                Ok(Reply::Ringing(Box::new(RingingResponse {
                    rev: call.rev(),
                    ring_expires_in_ms: ledger::ring_expires_in_ms(&call, member, now),
                    join_ahead: access.map(|access| room_access(&call, access, rooms)),
                })))
            }
            Request::Token { call_id } => {
                let call = self.apply(call_id, &Command::Heard { actor: own }, now)?;
                let refusal = if call.is_over() {
                    Refusal::AlreadyHandled
                } else {
                    Refusal::NotAParticipant
                };
                let access = ledger::access(&call, member, Some(device))
                    .ok_or_else(|| refused(&refusal, Some(&call), now))?;
                Ok(Reply::Token(Box::new(TokenResponse {
                    access: room_access(&call, access, rooms),
                    rev: call.rev(),
                })))
            }
            Request::Get { call_id } => {
                let call = self.apply(call_id, &Command::Heard { actor: own }, now)?;
                Ok(Reply::Snapshot(Box::new(ledger::snapshot(&call, now))))
            }
            // Nobody's app registers here.
            Request::Register { .. } | Request::Forget { .. } => Err(Failure::NoAnswer),
            Request::Sync { known } => Ok(self.sync(member, known, now)),
            Request::Active => {
                let calls = self.claiming(member);
                let info = calls.iter().find_map(|call| ledger::active_info(call, now));
                Ok(Reply::Active(info.map(Box::new)))
            }
            Request::History => panic!("a part-B server is never asked for its history"),
        }
    }

    /// Applies a command, with the deadlines that come before it.
    pub(crate) fn apply(
        &mut self,
        id: &CallId,
        command: &Command,
        now: u64,
    ) -> Result<Call, Failure> {
        self.decide(id, &[], now, |call, _| {
            Ok(vec![ledger::apply(call, command, now)?])
        })
    }

    /// Decides with the calls that claim `members`; the first step is the call's.
    fn decide(
        &mut self,
        id: &CallId,
        members: &[&MemberId],
        now: u64,
        rule: impl Fn(&Call, &[Call]) -> Result<Vec<Step>, Refusal>,
    ) -> Result<Call, Failure> {
        loop {
            let claiming: Vec<Call> = members.iter().flat_map(|m| self.claiming(m)).collect();
            let call = self
                .calls
                .get(id)
                .ok_or_else(|| refused(&Refusal::CallNotFound, None, now))?;
            match rule(call, &claiming) {
                Ok(steps) => {
                    for step in steps {
                        self.commit(step);
                    }
                    return Ok(self.calls[id].clone());
                }
                Err(Refusal::Overdue) => self.tick(id, now),
                Err(refusal) => return Err(refused(&refusal, Some(call), now)),
            }
        }
    }

    pub(crate) fn tick(&mut self, id: &CallId, now: u64) {
        if let Some(call) = self.calls.get(id)
            && let Ok(step) = ledger::apply(call, &Command::Tick, now)
        {
            self.commit(step);
        }
    }

    fn commit(&mut self, step: Step) {
        let id = step.call.call_id().clone();
        if step.effect == Effect::Committed {
            self.outbox.extend(step.messages("wss://room"));
            self.room_work
                .extend(step.room_task().map(|task| (id.clone(), task)));
        }
        self.calls.insert(id, step.call);
    }

    fn create(
        &mut self,
        actor: &Actor,
        body: &rest::CreateCall,
        rooms: &mut Rooms,
        now: u64,
    ) -> Answered {
        let id = body.call_id.clone().expect("an SDK makes the id");
        let callees: Vec<Person> = body.callee_ids.iter().map(person).collect();
        let mut claiming = self.claiming(&actor.member_id);
        claiming.extend(body.callee_ids.iter().flat_map(|id| self.claiming(id)));
        let found = Found {
            same_id: self.calls.get(&id),
            cancel_remembered: self
                .cancels
                .contains(&(actor.member_id.clone(), id.clone())),
            claiming: &claiming,
            call_waiting: &[],
        };
        match ledger::admit_create(actor, &callees, &found, now) {
            Ok(Admission::Create { busy }) => {
                let step = Call::create(
                    NewCall {
                        call_id: id.clone(),
                        church_id: "church".parse().unwrap(),
                        call_type: body.call_type,
                        caller: person(&actor.member_id),
                        caller_device: actor.device_id.clone(),
                        callees,
                        busy,
                        community_id: None,
                        community_name: None,
                        allow_join_ahead: true,
                        timeouts: Timeouts::default(),
                    },
                    now,
                );
                self.commit(step);
                rooms.make(&id);
            }
            Ok(Admission::Repeat) => {}
            Err(refusal) => {
                let about = match &refusal {
                    Refusal::Glare { other } => self.calls.get(other),
                    _ => self.calls.get(&id),
                };
                return Err(refused(&refusal, about, now));
            }
        }
        let call = self.calls[&id].clone();
        Ok(response(&call, actor, rooms, now))
    }

    fn sync(
        &self,
        member: &MemberId,
        known: &[(CallId, faithcall_protocol::id::Rev)],
        now: u64,
    ) -> Reply {
        let calls = self.claiming(member);
        Reply::Sync(Box::new(SyncResponse {
            server_time: Timestamp::from_unix_ms(now),
            calls: calls
                .iter()
                .map(|call| ledger::sync_call(call, member, now))
                .collect(),
            over: known
                .iter()
                .filter_map(|(id, _)| ledger::over_call(self.calls.get(id)?))
                .collect(),
        }))
    }

    /// The calls that claim a member.
    fn claiming(&self, member: &MemberId) -> Vec<Call> {
        self.calls
            .values()
            .filter(|call| ledger::claims(call).iter().any(|(who, _)| who == member))
            .cloned()
            .collect()
    }
}

fn person(id: &MemberId) -> Person {
    Person {
        id: id.clone(),
        name: Personal::default(),
        avatar: None,
    }
}

fn room_access(call: &Call, access: Access, rooms: &mut Rooms) -> RoomAccess {
    RoomAccess {
        livekit_token: rooms.token(call.call_id(), access),
        livekit_url: "wss://room".into(),
    }
}

fn response(call: &Call, actor: &Actor, rooms: &mut Rooms, now: u64) -> Reply {
    let access = ledger::access(call, &actor.member_id, actor.device_id.as_ref())
        .expect("who is answered with a call has a part in it");
    let access = room_access(call, access, rooms);
    let join_ahead = !matches!(
        (call.phase(), call.join_ahead()),
        (Phase::Ringing, JoinAhead::Off)
    );
    Reply::Call(Box::new(CallResponse {
        call_id: call.call_id().clone(),
        room_name: call.room_name(),
        livekit_token: access.livekit_token,
        livekit_url: access.livekit_url,
        call_type: call.call_type(),
        participants: ledger::participants(call),
        part_b: Some(CallResponseB {
            rev: call.rev(),
            server_time: Timestamp::from_unix_ms(now),
            ring_expires_in_ms: ledger::ring_expires_in_ms(call, &actor.member_id, now),
            snapshot: ledger::snapshot(call, now),
            join_ahead,
        }),
    }))
}

fn message(call: &Call, now: u64) -> Reply {
    Reply::Message(Box::new(rest::Message {
        message: "ok".into(),
        call: Some(ledger::snapshot(call, now)),
    }))
}

fn refused(refusal: &Refusal, call: Option<&Call>, now: u64) -> Failure {
    Failure::Status {
        status: refusal.status(),
        body: Some(Box::new(ErrorBody {
            detail: refusal.detail().into(),
            code: Some(refusal.code()),
            call: call
                .filter(|_| refusal.shows_call())
                .map(|call| ledger::snapshot(call, now)),
        })),
        retry_after_ms: None,
    }
}
