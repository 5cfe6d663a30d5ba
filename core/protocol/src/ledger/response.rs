//! What requests about calls are answered with: bodies, made out of the ledger's calls.
//!
//! A device that sends no `X-Device-Id` speaks part A, and is answered without what part B adds.

use super::call::{Call, JoinAhead, Phase};
use super::claims::{Claim, claim};
use super::refusal::Refusal;
use super::view::{active_call, over_call, participants, ring_expires_in_ms, snapshot, sync_call};
use crate::id::{CallId, MemberId, Rev};
use crate::rest::{
    ActiveCallInfo, Actor, CallResponse, CallResponseB, ErrorBody, Message, RingingResponse,
    RoomAccess, SnapshotResponse, SyncResponse,
};
use crate::timestamp::Timestamp;

/// To a create and to an accept. `room`: made for [`super::access`] of this very actor.
pub fn call_response(call: &Call, actor: &Actor, room: RoomAccess, now_ms: u64) -> CallResponse {
    CallResponse {
        call_id: call.call_id.clone(),
        room_name: call.room_name(),
        livekit_token: room.livekit_token,
        livekit_url: room.livekit_url,
        call_type: call.call_type,
        participants: participants(call),
        part_b: speaks_part_b(actor).then(|| CallResponseB {
            rev: call.rev,
            server_time: Timestamp::from_unix_ms(now_ms),
            ring_expires_in_ms: ring_expires_in_ms(call, &actor.member_id, now_ms),
            snapshot: snapshot(call, now_ms),
            join_ahead: may_join_now(call),
        }),
    }
}

/// To 'ringing'. `join_ahead`: made for [`super::access_ahead`] of this member's device.
pub fn ringing_response(
    call: &Call,
    member: &MemberId,
    join_ahead: Option<RoomAccess>,
    now_ms: u64,
) -> RingingResponse {
    RingingResponse {
        rev: call.rev,
        ring_expires_in_ms: ring_expires_in_ms(call, member, now_ms),
        join_ahead,
    }
}

/// To `GET /{id}`, as one member is told it.
pub fn snapshot_response(call: &Call, member: &MemberId, now_ms: u64) -> SnapshotResponse {
    SnapshotResponse {
        snapshot: snapshot(call, now_ms),
        ring_expires_in_ms: Some(ring_expires_in_ms(call, member, now_ms)),
    }
}

/// To a request that is only confirmed, in the server's words. `call`: as it is after it.
pub fn confirmation(text: &str, call: &Call, actor: &Actor, now_ms: u64) -> Message {
    Message {
        message: text.to_owned(),
        call: speaks_part_b(actor).then(|| snapshot(call, now_ms)),
    }
}

/// To `GET /active`: the call that the member is engaged in, else the one that it holds, else the
/// first that rings it. `calls`: the oldest first; those that have nothing to do with the member
/// are passed over.
pub fn active_info<'a>(
    member: &MemberId,
    calls: impl IntoIterator<Item = &'a Call>,
    now_ms: u64,
) -> Option<ActiveCallInfo> {
    let claiming = calls
        .into_iter()
        .filter_map(|call| Some((call, claim(call, member)?)));
    let first = claiming.min_by_key(|(_, claim)| match claim {
        Claim::Engaged => 0,
        Claim::Held => 1,
        Claim::Ringing => 2,
    });
    first.map(|(call, _)| active_call(call, now_ms))
}

/// To `GET /sync`. Every call that the member is in or that rings it; and the known ones that are
/// over, or go on without it: its device has to learn that. `calls`: each once, the oldest first;
/// those that are not the member's are passed over, and so are all others.
pub fn sync_response<'a>(
    member: &MemberId,
    known: &[(CallId, Rev)],
    calls: impl IntoIterator<Item = &'a Call>,
    now_ms: u64,
) -> SyncResponse {
    let mut response = SyncResponse {
        server_time: Timestamp::from_unix_ms(now_ms),
        calls: Vec::new(),
        over: Vec::new(),
    };
    for call in calls {
        let is_known = known.iter().any(|(id, _)| *id == call.call_id);
        let is_told = claim(call, member).is_some() || is_known && call.role_of(member).is_some();
        match over_call(call) {
            _ if !is_told => {}
            Some(over) => response.over.push(over),
            None => response.calls.push(sync_call(call, member, now_ms)),
        }
    }
    response
}

/// To a request that is refused, beside [`Refusal::status`]. `call`: the one that the refusal is
/// about, shown to its members only, and where [`Refusal::shows_call`] says so.
pub fn error_body(
    refusal: &Refusal,
    call: Option<&Call>,
    member: &MemberId,
    now_ms: u64,
) -> ErrorBody {
    let shown = call.filter(|call| refusal.shows_call() && call.role_of(member).is_some());
    ErrorBody {
        detail: refusal.detail().into(),
        code: Some(refusal.code()),
        call: shown.map(|call| snapshot(call, now_ms)),
    }
}

fn speaks_part_b(actor: &Actor) -> bool {
    actor.device_id.is_some()
}

/// Whether the caller, or who accepted, joins the room at once: not before the accept where no
/// callee's device will wait there.
fn may_join_now(call: &Call) -> bool {
    match (&call.phase, &call.join_ahead) {
        (Phase::Ringing, JoinAhead::Off) => false,
        (Phase::Ringing, JoinAhead::Open | JoinAhead::Chosen { .. })
        | (Phase::Connecting | Phase::Active | Phase::Over(_), _) => true,
    }
}
