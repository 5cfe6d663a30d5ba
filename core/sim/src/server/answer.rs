//! The answers of the contract, over the ledger.

use std::sync::Arc;

use faithcall_protocol::id::{CallId, DeviceId, MemberId, Rev};
use faithcall_protocol::ledger::{self, Access, Call, Command, JoinAhead, Phase, Refusal, Step};
use faithcall_protocol::machine::{Failure, Reply, Request};
use faithcall_protocol::rest::{
    self, Actor, CallResponse, CallResponseB, ErrorBody, ErrorCode, RejectScope, RingingResponse,
    RoomAccess, SyncResponse, TokenResponse,
};
use faithcall_protocol::timestamp::Timestamp;

use super::Server;
use super::create::person;
use crate::media::Media;

/// What comes of a request.
pub(crate) type Answered = Result<Reply, Failure>;

impl Server {
    /// Carries out one request at `now` (ms since 1970).
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
        let own = actor.clone();
        match request {
            Request::Create(body) => self.create(&actor, body, media, now),
            Request::Accept { call_id, make_way } => {
                let members = [member.clone()];
                let rule = |call: &Call, claiming: &[Call]| {
                    ledger::accept_call(call, &actor, make_way.as_ref(), claiming, now)
                };
                let call = self.decided(call_id, &members, now, rule)?;
                if !media.make(call_id) {
                    return Err(unavailable(Some(&call), now));
                }
                response(&call, &actor, media, now)
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
                self.told(call_id, &command, now)
            }
            Request::Cancel { call_id } if !self.calls.contains_key(call_id) => {
                self.remember_cancel(member, call_id);
                Err(refused(&Refusal::CancelRemembered, None, now))
            }
            Request::Cancel { call_id } => self.told(call_id, &Command::Cancel { actor: own }, now),
            Request::Connected { call_id } => {
                self.told(call_id, &Command::Connected { actor: own }, now)
            }
            Request::End { call_id, body } => {
                let reason = body.reason;
                self.told(call_id, &Command::End { actor: own, reason }, now)
            }
            Request::Patch { call_id, body } => {
                let flags = *body;
                self.told(call_id, &Command::Patch { actor: own, flags }, now)
            }
            Request::Ringing { call_id } => {
                let call = self.done(call_id, &Command::Ringing { actor: own }, now)?;
                let waits = matches!(call.phase(), Phase::Ringing);
                let access = ledger::access(&call, member, Some(device)).filter(|_| waits);
                Ok(Reply::Ringing(Box::new(RingingResponse {
                    rev: call.rev(),
                    ring_expires_in_ms: ledger::ring_expires_in_ms(&call, member, now),
                    join_ahead: access.map(|access| room_access(&call, access, media)),
                })))
            }
            Request::Token { call_id } => {
                let call = self.done(call_id, &Command::Heard { actor: own }, now)?;
                let refusal = if call.is_over() {
                    Refusal::AlreadyHandled
                } else {
                    Refusal::NotAParticipant
                };
                let access = ledger::access(&call, member, Some(device))
                    .ok_or_else(|| refused(&refusal, Some(&call), now))?;
                if !media.make(call_id) {
                    return Err(unavailable(Some(&call), now));
                }
                Ok(Reply::Token(Box::new(TokenResponse {
                    access: room_access(&call, access, media),
                    rev: call.rev(),
                })))
            }
            Request::Get { call_id } => {
                let call = self.done(call_id, &Command::Heard { actor: own }, now)?;
                Ok(Reply::Snapshot(Box::new(ledger::snapshot(&call, now))))
            }
            Request::Sync { known } => Ok(self.sync(member, known, now)),
            Request::Active => {
                let calls = self.claiming(std::slice::from_ref(member));
                let info = calls.iter().find_map(|call| ledger::active_info(call, now));
                Ok(Reply::Active(info.map(Box::new)))
            }
            Request::Leave { call_id } => self.told(call_id, &Command::Leave { actor: own }, now),
            Request::Invite { call_id, body } => {
                let callees: Vec<_> = body.callee_ids.iter().map(person).collect();
                let waiting = self.who_has_call_waiting();
                let rule = |call: &Call, claiming: &[Call]| {
                    let callees = ledger::meant_callees(call, &callees, body.known.as_deref());
                    let step =
                        ledger::invite_members(call, &actor, &callees, claiming, &waiting, now)?;
                    Ok(vec![step])
                };
                let call = self.decided(call_id, &body.callee_ids, now, rule)?;
                Ok(message(&call, now))
            }
            Request::Hold { call_id, body } => {
                let members = [member.clone()];
                let rule = |call: &Call, claiming: &[Call]| {
                    ledger::hold_call(call, &actor, body, claiming, now)
                };
                let call = self.decided(call_id, &members, now, rule)?;
                Ok(message(&call, now))
            }
            Request::Register { body, .. } => Ok(self.register(member, device, body)),
            Request::Forget { .. } => Ok(self.forget_device(member, device)),
            // Only a part-A server is asked for its history.
            Request::History => Err(unavailable(None, now)),
        }
    }

    fn decided(
        &mut self,
        id: &CallId,
        members: &[MemberId],
        now: u64,
        rule: impl Fn(&Call, &[Call]) -> Result<Vec<Step>, Refusal>,
    ) -> Result<Arc<Call>, Failure> {
        self.decide(id, members, now, rule)
            .map_err(|(refusal, call)| refused(&refusal, call.as_deref(), now))
    }

    fn done(&mut self, id: &CallId, command: &Command, now: u64) -> Result<Arc<Call>, Failure> {
        self.apply(id, command, now)
            .map_err(|(refusal, call)| refused(&refusal, call.as_deref(), now))
    }

    /// A command whose answer only confirms.
    fn told(&mut self, id: &CallId, command: &Command, now: u64) -> Answered {
        let call = self.done(id, command, now)?;
        Ok(message(&call, now))
    }

    fn sync(&self, member: &MemberId, known: &[(CallId, Rev)], now: u64) -> Reply {
        let calls = self.claiming(std::slice::from_ref(member));
        let over = known.iter();
        Reply::Sync(Box::new(SyncResponse {
            server_time: Timestamp::from_unix_ms(now),
            calls: calls
                .iter()
                .map(|call| ledger::sync_call(call, member, now))
                .collect(),
            over: over
                .filter_map(|(id, _)| ledger::over_call(self.calls.get(id)?))
                .collect(),
        }))
    }
}

fn message(call: &Call, now: u64) -> Reply {
    Reply::Message(Box::new(rest::Message {
        message: "ok".to_owned(),
        call: Some(ledger::snapshot(call, now)),
    }))
}

fn room_access(call: &Call, access: Access, media: &mut Media) -> RoomAccess {
    RoomAccess {
        livekit_token: media.token(call.call_id(), access),
        livekit_url: "wss://room".to_owned(),
    }
}

pub(super) fn response(call: &Call, actor: &Actor, media: &mut Media, now: u64) -> Answered {
    let access = ledger::access(call, &actor.member_id, actor.device_id.as_ref())
        .ok_or_else(|| refused(&Refusal::AlreadyHandled, Some(call), now))?;
    let access = room_access(call, access, media);
    let join_ahead = !matches!(
        (call.phase(), call.join_ahead()),
        (Phase::Ringing, JoinAhead::Off)
    );
    Ok(Reply::Call(Box::new(CallResponse {
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
    })))
}

pub(super) fn refused(refusal: &Refusal, call: Option<&Call>, now: u64) -> Failure {
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

/// The media server made no room. With the call as it is now.
pub(super) fn unavailable(call: Option<&Call>, now: u64) -> Failure {
    Failure::Status {
        status: 503,
        body: Some(Box::new(ErrorBody {
            detail: "The media server is not available".into(),
            code: Some(ErrorCode::MediaUnavailable),
            call: call.map(|call| ledger::snapshot(call, now)),
        })),
        retry_after_ms: Some(1_000),
    }
}
