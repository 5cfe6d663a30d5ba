//! What the server answers.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::id::Rev;
use faithcall_protocol::machine::{Failure, Reply};
use faithcall_protocol::media::CallType;
use faithcall_protocol::redact::{Personal, Secret};
use faithcall_protocol::rest::*;
use faithcall_protocol::snapshot::{CallSnapshot, Role};

use super::{id, part_a_participant, server_time};

/// To a create or accept, from a part-B server.
pub(crate) fn created(snapshot: CallSnapshot, join_ahead: bool) -> Reply {
    let Reply::Call(mut response) = created_a(snapshot.call_id.as_str()) else {
        panic!()
    };
    response.part_b = Some(CallResponseB {
        rev: snapshot.rev,
        server_time: server_time(0),
        ring_expires_in_ms: 45_000,
        snapshot,
        join_ahead,
    });
    Reply::Call(response)
}

/// To a create or accept, from a part-A server.
pub(crate) fn created_a(call: &str) -> Reply {
    Reply::Call(Box::new(CallResponse {
        call_id: id(call),
        room_name: "room".into(),
        livekit_token: Secret::new("token"),
        livekit_url: "wss://room".into(),
        call_type: CallType::Voice,
        participants: vec![],
        part_b: None,
    }))
}

pub(crate) fn ringing(ring_ms: u64, join_ahead: bool) -> Reply {
    Reply::Ringing(Box::new(RingingResponse {
        rev: Rev(2),
        ring_expires_in_ms: ring_ms,
        join_ahead: join_ahead.then(access),
    }))
}

fn access() -> RoomAccess {
    RoomAccess {
        livekit_token: Secret::new("waiting"),
        livekit_url: "wss://room".into(),
    }
}

pub(crate) fn token() -> Reply {
    Reply::Token(Box::new(TokenResponse {
        access: RoomAccess {
            livekit_token: Secret::new("fresh"),
            livekit_url: "wss://room".into(),
        },
        rev: Rev(2),
    }))
}

pub(crate) fn done() -> Reply {
    Reply::Message(Box::new(Message {
        message: "ok".into(),
        call: None,
    }))
}

pub(crate) fn done_with(call: CallSnapshot) -> Reply {
    Reply::Message(Box::new(Message {
        message: "ok".into(),
        call: Some(call),
    }))
}

/// From a server that does not say for how long it rings.
pub(crate) fn snapshot(call: CallSnapshot) -> Reply {
    Reply::Snapshot(Box::new(SnapshotResponse {
        snapshot: call,
        ring_expires_in_ms: None,
    }))
}

pub(crate) fn snapshot_with(call: CallSnapshot, ring_ms: u64) -> Reply {
    Reply::Snapshot(Box::new(SnapshotResponse {
        snapshot: call,
        ring_expires_in_ms: Some(ring_ms),
    }))
}

pub(crate) fn sync(now: u64, calls: Vec<(CallSnapshot, u64)>, over: Vec<OverCall>) -> Reply {
    Reply::Sync(Box::new(SyncResponse {
        server_time: server_time(now),
        calls: calls
            .into_iter()
            .map(|(snapshot, ring_expires_in_ms)| SyncCall {
                snapshot,
                ring_expires_in_ms,
            })
            .collect(),
        over,
    }))
}

pub(crate) fn active_call(
    call: &str,
    caller: &str,
    callee: &str,
    status: CallStatus,
    started: u64,
) -> Reply {
    active_group(call, caller, &[callee], status, started)
}

/// A call of several, with those who have not refused it.
pub(crate) fn active_group(
    call: &str,
    caller: &str,
    callees: &[&str],
    status: CallStatus,
    started: u64,
) -> Reply {
    let callees = callees.iter().map(|id| (*id, Role::Callee));
    let participants = std::iter::once((caller, Role::Caller)).chain(callees);
    Reply::Active(Some(Box::new(ActiveCallInfo {
        call_id: id(call),
        room_name: "room".into(),
        call_type: CallType::Voice,
        status,
        participants: participants
            .map(|(id, role)| part_a_participant(id, role))
            .collect(),
        started_at: server_time(started),
        duration_seconds: 0,
    })))
}

pub(crate) fn history(call: &str, status: CallStatus, reason: EndReason) -> Reply {
    Reply::History(Box::new(HistoryPage {
        calls: vec![CallHistoryItem {
            call_id: id(call),
            call_type: CallType::Voice,
            status,
            caller_id: "alice".parse().unwrap(),
            caller_name: Personal::default(),
            caller_avatar: None,
            callee_ids: vec![],
            callee_names: vec![],
            initiated_at: server_time(0),
            duration_seconds: 0,
            end_reason: Some(reason),
            is_incoming: false,
        }],
        total: 1,
        page: 1,
        page_size: 20,
        has_more: false,
    }))
}

/// A refusal in part B's words.
pub(crate) fn refusal(status: u16, code: ErrorCode, call: Option<CallSnapshot>) -> Failure {
    Failure::Status {
        status,
        body: Some(Box::new(ErrorBody {
            detail: "refused".into(),
            code: Some(code),
            call,
        })),
        retry_after_ms: None,
    }
}

/// A refusal in part A's words.
pub(crate) fn refusal_a(status: u16, detail: &str) -> Failure {
    Failure::Status {
        status,
        body: Some(Box::new(ErrorBody {
            detail: detail.into(),
            code: None,
            call: None,
        })),
        retry_after_ms: None,
    }
}
