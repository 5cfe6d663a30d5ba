//! Requests of the contract, carried out by the ledger.

use std::sync::Arc;

use faithcall_protocol::id::{CallId, DeviceId, MemberId};
use faithcall_protocol::ledger::{self, Access, Call, Command, Refusal};
use faithcall_protocol::machine::{Failure, Reply, Request};
use faithcall_protocol::redact::Personal;
use faithcall_protocol::rest::{
    Actor, ErrorBody, ErrorCode, RejectScope, RoomAccess, TokenResponse,
};
use faithcall_protocol::signal::Person;

use super::Server;
use crate::media::Media;

/// What comes of a request.
pub(crate) type Answered = Result<Reply, Failure>;

/// Why a request is not carried out, with the call as it is now.
pub(super) enum Error {
    Refused(Refusal, Option<Arc<Call>>),
    /// The media server made no room.
    NoRoom(Option<Arc<Call>>),
}

impl From<(Refusal, Option<Arc<Call>>)> for Error {
    fn from((refusal, call): (Refusal, Option<Arc<Call>>)) -> Self {
        Self::Refused(refusal, call)
    }
}

impl Server {
    /// Answers one request at `now` (ms since 1970).
    pub(crate) fn answer(
        &mut self,
        member: &MemberId,
        device: &DeviceId,
        request: &Request,
        media: &mut Media,
        now: u64,
    ) -> Answered {
        let actor = Actor {
            member_id: member.clone(),
            device_id: Some(device.clone()),
        };
        let done = self.carry_out(&actor, device, request, media, now);
        done.map_err(|error| match error {
            Error::Refused(refusal, call) => Failure::Status {
                status: refusal.status(),
                body: Some(Box::new(ledger::error_body(
                    &refusal,
                    call.as_deref(),
                    member,
                    now,
                ))),
                retry_after_ms: None,
            },
            Error::NoRoom(call) => Failure::Status {
                status: 503,
                body: Some(Box::new(ErrorBody {
                    detail: "The media server is not available".into(),
                    code: Some(ErrorCode::MediaUnavailable),
                    call: call.map(|call| ledger::snapshot(&call, now)),
                })),
                retry_after_ms: Some(1_000),
            },
        })
    }

    fn carry_out(
        &mut self,
        actor: &Actor,
        device: &DeviceId,
        request: &Request,
        media: &mut Media,
        now: u64,
    ) -> Result<Reply, Error> {
        let (own, member) = (actor.clone(), &actor.member_id);
        match request {
            Request::Create(body) => self.create(actor, body, media, now),
            Request::Accept { call_id, make_way } => {
                let members = [member.clone()];
                let rule = |call: &Call, claiming: &[Call]| {
                    ledger::accept_call(call, actor, make_way.as_ref(), claiming, now)
                };
                let call = self.decide(call_id, &members, now, rule)?;
                admitted(call, actor, media, now)
            }
            Request::Reject { call_id, body } => {
                let (reason, scope) = (body.reason, body.scope);
                let tokens = self.push_tokens.iter();
                let reachable = tokens
                    .filter(|(owner, _)| owner == member && scope == RejectScope::Device)
                    .map(|(_, device)| device.clone())
                    .collect();
                let command = Command::Reject {
                    actor: own,
                    reason,
                    scope,
                    reachable,
                };
                self.told(call_id, actor, &command, now)
            }
            Request::Cancel { call_id } if !self.calls.contains_key(call_id) => {
                self.remember_cancel(member, call_id);
                Err(Error::Refused(Refusal::CancelRemembered, None))
            }
            Request::Cancel { call_id } => {
                self.told(call_id, actor, &Command::Cancel { actor: own }, now)
            }
            Request::Connected { call_id } => {
                self.told(call_id, actor, &Command::Connected { actor: own }, now)
            }
            Request::End { call_id, body } => {
                let reason = body.reason;
                self.told(call_id, actor, &Command::End { actor: own, reason }, now)
            }
            Request::Patch { call_id, body } => {
                let flags = *body;
                self.told(call_id, actor, &Command::Patch { actor: own, flags }, now)
            }
            Request::Ringing { call_id } => {
                let call = self.apply(call_id, &Command::Ringing { actor: own }, now)?;
                let ahead = ledger::access_ahead(&call, actor);
                let ahead = ahead.map(|access| room_access(&call, access, media));
                let response = ledger::ringing_response(&call, member, ahead, now);
                Ok(Reply::Ringing(Box::new(response)))
            }
            Request::Token { call_id } => {
                let call = self.apply(call_id, &Command::Heard { actor: own }, now)?;
                let access = enter(&call, actor, media)?;
                Ok(Reply::Token(Box::new(TokenResponse {
                    access,
                    rev: call.rev(),
                })))
            }
            Request::Get { call_id } => {
                let call = self.apply(call_id, &Command::Heard { actor: own }, now)?;
                let response = ledger::snapshot_response(&call, member, now);
                Ok(Reply::Snapshot(Box::new(response)))
            }
            Request::Sync { known } => {
                let known_ones = known.iter().filter_map(|(id, _)| self.calls.get(id));
                let over = known_ones.filter(|call| call.is_over());
                let calls = self.open_calls().chain(over).map(|call| &**call);
                let response = ledger::sync_response(member, known, calls, now);
                Ok(Reply::Sync(Box::new(response)))
            }
            Request::Active => {
                let calls = self.open_calls().map(|call| &**call);
                let info = ledger::active_info(member, calls, now);
                Ok(Reply::Active(info.map(Box::new)))
            }
            Request::Leave { call_id } => {
                self.told(call_id, actor, &Command::Leave { actor: own }, now)
            }
            Request::Invite { call_id, body } => {
                let callees: Vec<_> = body.callee_ids.iter().map(person).collect();
                let waiting = self.who_has_call_waiting();
                let rule = |call: &Call, claiming: &[Call]| {
                    let callees = ledger::meant_callees(call, &callees, body.known.as_deref());
                    let step =
                        ledger::invite_members(call, actor, &callees, claiming, &waiting, now)?;
                    Ok(vec![step])
                };
                let call = self.decide(call_id, &body.callee_ids, now, rule)?;
                Ok(confirmed(&call, actor, now))
            }
            Request::Hold { call_id, body } => {
                let members = [member.clone()];
                let rule = |call: &Call, claiming: &[Call]| {
                    ledger::hold_call(call, actor, body, claiming, now)
                };
                let call = self.decide(call_id, &members, now, rule)?;
                Ok(confirmed(&call, actor, now))
            }
            Request::Register { body, .. } => Ok(self.register(member, device, body)),
            Request::Forget { .. } => Ok(self.forget_device(member, device)),
            // Only a part-A server is asked for its history.
            Request::History => Err(Error::NoRoom(None)),
        }
    }

    /// A command whose answer only confirms.
    fn told(
        &mut self,
        id: &CallId,
        actor: &Actor,
        command: &Command,
        now: u64,
    ) -> Result<Reply, Error> {
        let call = self.apply(id, command, now)?;
        Ok(confirmed(&call, actor, now))
    }
}

/// The answer to a create or an accept.
pub(super) fn admitted(
    call: Arc<Call>,
    actor: &Actor,
    media: &mut Media,
    now: u64,
) -> Result<Reply, Error> {
    let access = enter(&call, actor, media)?;
    let response = ledger::call_response(&call, actor, access, now);
    Ok(Reply::Call(Box::new(response)))
}

/// What the actor needs to join now, the room made.
fn enter(call: &Arc<Call>, actor: &Actor, media: &mut Media) -> Result<RoomAccess, Error> {
    let access = ledger::access(call, actor)
        .map_err(|refusal| Error::Refused(refusal, Some(call.clone())))?;
    if !media.make(call.call_id()) {
        return Err(Error::NoRoom(Some(call.clone())));
    }
    Ok(room_access(call, access, media))
}

fn room_access(call: &Call, access: Access, media: &mut Media) -> RoomAccess {
    RoomAccess {
        livekit_token: media.token(call.call_id(), access),
        livekit_url: "wss://room".to_owned(),
    }
}

fn confirmed(call: &Call, actor: &Actor, now: u64) -> Reply {
    Reply::Message(Box::new(ledger::confirmation("ok", call, actor, now)))
}

/// A member, shown by its id.
pub(super) fn person(id: &MemberId) -> Person {
    Person {
        id: id.clone(),
        name: Personal::new(id.as_str()),
        avatar: None,
    }
}
