//! What we write, as snapshots: a change of the wire shows as a change of a file.

use faithcall_protocol::end::{CallStatus, EndCause};
use faithcall_protocol::id::Rev;
use faithcall_protocol::media::{CallType, MediaFlags};
use faithcall_protocol::redact::{Personal, Secret};
use faithcall_protocol::rest::*;
use faithcall_protocol::signal::*;
use faithcall_protocol::snapshot::*;
use faithcall_protocol::timestamp::Timestamp;

fn time() -> Timestamp {
    Timestamp::parse("2026-11-22T15:24:51.653959Z").unwrap()
}

fn participant(id: &str, role: Role) -> CallParticipant {
    CallParticipant {
        member_id: id.parse().unwrap(),
        member_name: Personal::new("Ruth"),
        member_avatar: None,
        role,
        joined_at: None,
        left_at: None,
        flags: MediaFlags::default(),
    }
}

fn snapshot() -> CallSnapshot {
    CallSnapshot {
        call_id: "c1".parse().unwrap(),
        rev: Rev(3),
        status: CallStatus::Connecting,
        call_type: CallType::Video,
        room_name: "faithflow_church-1_c1".into(),
        is_group: false,
        caller_id: "alice".parse().unwrap(),
        invitees: vec![InviteeSnapshot {
            member_id: "bob".parse().unwrap(),
            state: InviteeState::Accepted,
            device_id: Some("phone".parse().unwrap()),
            invited_again: 1,
        }],
        participants: vec![SnapshotParticipant {
            participant: participant("alice", Role::Caller),
            identity: Some("alice".into()),
            device_id: None,
            is_reconnecting: false,
            is_on_hold: false,
        }],
        reason: None,
        reason_detail: None,
        ended_by: None,
        initiated_at: time(),
        accepted_at: Some(time()),
        active_at: None,
        ended_at: None,
        duration_seconds: 0,
    }
}

fn change() -> Change {
    Change {
        cause: Cause::Accepted,
        by: Some("bob".parse().unwrap()),
        device_id: Some("phone".parse().unwrap()),
        server_time: time(),
        snapshot: snapshot(),
    }
}

fn written(signal: Signal) -> serde_json::Value {
    let envelope = Envelope {
        call_id: "c1".parse().unwrap(),
        timestamp: time(),
        rev: Some(Rev(3)),
        signal,
    };
    let bytes = encode(&envelope).unwrap();
    assert_eq!(decode(&bytes).unwrap(), envelope, "read back");
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn call_update() {
    insta::assert_json_snapshot!(written(Signal::CallUpdate(Box::new(CallUpdate {
        change: change()
    }))));
}

#[test]
fn call_invite() {
    insta::assert_json_snapshot!(written(Signal::CallInvite(Box::new(CallInvite {
        room_name: "faithflow_church-1_c1".into(),
        call_type: CallType::Video,
        caller: Person {
            id: "alice".parse().unwrap(),
            name: Personal::new("Ruth"),
            avatar: None,
        },
        callee_ids: vec!["bob".parse().unwrap()],
        community_id: None,
        community_name: None,
        livekit_url: "wss://livekit.example".into(),
        change: Some(change()),
        ring_expires_in_ms: Some(44_000),
    }))));
}

#[test]
fn call_response_with_and_without_part_b() {
    let mut response = CallResponse {
        call_id: "c1".parse().unwrap(),
        room_name: "faithflow_church-1_c1".into(),
        livekit_token: Secret::new("<JWT>"),
        livekit_url: "wss://livekit.example".into(),
        call_type: CallType::Video,
        participants: vec![participant("alice", Role::Caller)],
        part_b: None,
    };
    insta::assert_json_snapshot!("call_response_part_a", response);
    response.part_b = Some(CallResponseB {
        rev: Rev(3),
        server_time: time(),
        ring_expires_in_ms: 0,
        snapshot: snapshot(),
        join_ahead: true,
    });
    let text = serde_json::to_string(&response).unwrap();
    assert_eq!(
        serde_json::from_str::<CallResponse>(&text).unwrap(),
        response
    );
    insta::assert_json_snapshot!("call_response_part_b", response);
}

#[test]
fn sync_response() {
    let response = SyncResponse {
        server_time: time(),
        calls: vec![SyncCall {
            snapshot: snapshot(),
            ring_expires_in_ms: 0,
        }],
        over: vec![OverCall {
            call_id: "c0".parse().unwrap(),
            rev: Rev(7),
            status: CallStatus::Missed,
            reason: Some(EndCause::RingDeadline.outcome().reason),
            reason_detail: None,
        }],
    };
    let text = serde_json::to_string(&response).unwrap();
    assert_eq!(
        serde_json::from_str::<SyncResponse>(&text).unwrap(),
        response
    );
    insta::assert_json_snapshot!(response);
}

#[test]
fn snapshot_response() {
    let with = |ring_expires_in_ms| SnapshotResponse {
        snapshot: snapshot(),
        ring_expires_in_ms,
    };
    for response in [with(None), with(Some(0)), with(Some(44_000))] {
        let text = serde_json::to_string(&response).unwrap();
        let read = serde_json::from_str::<SnapshotResponse>(&text).unwrap();
        assert_eq!(read, response);
    }
    let mut alone = serde_json::to_value(with(Some(44_000))).unwrap();
    let ring = alone.as_object_mut().unwrap().remove("ring_expires_in_ms");
    assert_eq!(ring, Some(44_000.into()));
    assert_eq!(alone, serde_json::to_value(snapshot()).unwrap());
}

#[test]
fn refusals_and_small_answers() {
    insta::assert_json_snapshot!((
        ErrorBody {
            detail: "You are already in an active call".into(),
            code: Some(ErrorCode::AlreadyInCall),
            call: None,
        },
        RingingResponse {
            rev: Rev(2),
            ring_expires_in_ms: 44_000,
            join_ahead: None,
        },
        TokenResponse {
            access: RoomAccess {
                livekit_token: Secret::new("<JWT>"),
                livekit_url: "wss://livekit.example".into(),
            },
            rev: Rev(3),
        },
        RejectCall {
            reason: RejectReason::Rejected,
            scope: RejectScope::Device,
        },
    ));
}

#[test]
fn bodies_of_groups_hold_and_devices() {
    let other = || "c2".parse().unwrap();
    insta::assert_json_snapshot!((
        [MakeWay::Hold(other()), MakeWay::End(other())],
        InviteRequest {
            callee_ids: vec!["carol".parse().unwrap(), "dave".parse().unwrap()],
            known: Some(vec![KnownInvitee {
                member_id: "dave".parse().unwrap(),
                invited_again: 1,
            }]),
        },
        [
            PatchHold {
                is_on_hold: true,
                hold: None,
            },
            PatchHold {
                is_on_hold: false,
                hold: Some(other()),
            },
        ],
        RegisterDevice {
            platform: Platform::Ios,
            push_token: Some(Secret::new("<push token>")),
            push_kind: Some(PushService::ApnsVoip),
            call_waiting: true,
            device_key: None,
        },
        [
            Cause::Invited,
            Cause::Missed,
            Cause::Failed,
            Cause::Left,
            Cause::Held,
            Cause::Resumed,
        ],
        [
            ErrorCode::CallFull,
            ErrorCode::CallerLeft,
            ErrorCode::CannotHold,
            ErrorCode::AlreadyHolding,
        ],
    ));
}

#[test]
fn a_snapshot_without_the_fields_of_groups_is_a_1_to_1_that_nobody_holds() {
    let mut older = serde_json::to_value(snapshot()).unwrap();
    older.as_object_mut().unwrap().remove("is_group");
    let participant = older["participants"][0].as_object_mut().unwrap();
    participant.remove("is_on_hold");
    assert_eq!(
        serde_json::from_value::<CallSnapshot>(older).unwrap(),
        snapshot()
    );
}

#[test]
fn words_of_a_later_version_are_tolerated() {
    let mut later = serde_json::to_value(snapshot()).unwrap();
    later["reason"] = "abducted".into();
    later["reason_detail"] = "by aliens".into();
    later["planet"] = "mars".into();
    let read: CallSnapshot = serde_json::from_value(later).unwrap();
    assert_eq!(read.reason, None);
    let cause: Cause = serde_json::from_str(r#""teleported""#).unwrap();
    assert_eq!(cause, Cause::Other);
    let body: ErrorBody = serde_json::from_str(r#"{"detail":[],"code":"sunspots"}"#).unwrap();
    assert_eq!(body.code, Some(ErrorCode::Other));
}

#[test]
fn how_a_call_ends_is_one_table() {
    let table: Vec<String> = [
        EndCause::CallerCancelled,
        EndCause::RingDeadline,
        EndCause::AllRejected,
        EndCause::AllBusy,
        EndCause::HangUp,
        EndCause::ConnectDeadline,
        EndCause::Gone,
        EndCause::LongestCall,
        EndCause::Revoked,
        EndCause::MediaUnavailable,
    ]
    .map(|cause| {
        let outcome = cause.outcome();
        assert!(outcome.status.is_over());
        format!(
            "{cause:?}: {} {} {}",
            serde_json::to_string(&outcome.status).unwrap(),
            serde_json::to_string(&outcome.reason).unwrap(),
            serde_json::to_string(&outcome.detail).unwrap()
        )
    })
    .into();
    insta::assert_json_snapshot!(table);
}
