//! A call as its members are shown it.

use super::call::{Call, Phase};
use super::grants::identity;
use super::party::Party;
use crate::id::MemberId;
use crate::rest::{ActiveCallInfo, OverCall, SyncCall};
use crate::snapshot::{CallParticipant, CallSnapshot, InviteeSnapshot, Role, SnapshotParticipant};
use crate::timestamp::Timestamp;

/// All of the call, for its members. `now_ms` only counts the duration of one that is active.
pub fn snapshot(call: &Call, now_ms: u64) -> CallSnapshot {
    let ending = call.ending();
    CallSnapshot {
        call_id: call.call_id.clone(),
        rev: call.rev,
        status: call.status(),
        call_type: call.call_type,
        room_name: call.room_name(),
        is_group: call.is_group,
        caller_id: call.caller.member_id().clone(),
        invitees: invitees(call),
        participants: snapshot_participants(call),
        reason: ending.map(|ending| ending.outcome.reason),
        reason_detail: ending.and_then(|ending| ending.outcome.detail),
        ended_by: ending.and_then(|ending| ending.by.clone()),
        initiated_at: Timestamp::from_unix_ms(call.initiated_at_ms),
        accepted_at: call.accepted_at_ms.map(Timestamp::from_unix_ms),
        active_at: call.active_at_ms.map(Timestamp::from_unix_ms),
        ended_at: call.ended_at_ms().map(Timestamp::from_unix_ms),
        duration_seconds: duration_seconds(call, now_ms),
    }
}

/// The participants in part A's shape, caller first.
pub(super) fn participants(call: &Call) -> Vec<CallParticipant> {
    seated(call)
        .map(|(party, role, _)| participant(call, party, role))
        .collect()
}

/// A call that is not over, for `GET /active`.
pub(super) fn active_call(call: &Call, now_ms: u64) -> ActiveCallInfo {
    ActiveCallInfo {
        call_id: call.call_id.clone(),
        room_name: call.room_name(),
        call_type: call.call_type,
        status: call.status(),
        participants: participants(call),
        started_at: Timestamp::from_unix_ms(call.initiated_at_ms),
        duration_seconds: duration_seconds(call, now_ms),
    }
}

/// Ring time that is left, in milliseconds: an invitee's own; for the caller, until the first
/// accept, the longest of them; 0 for who does not ring.
pub fn ring_expires_in_ms(call: &Call, member: &MemberId, now_ms: u64) -> u64 {
    let until_ms = match (call.invitee(member), &call.phase) {
        (Some(invitee), _) => call.ring_until_ms(invitee),
        (None, Phase::Ringing) if call.caller.member_id() == member => {
            let invitees = call.invitees.iter();
            invitees.filter_map(|i| call.ring_until_ms(i)).max()
        }
        (None, Phase::Ringing | Phase::Connecting | Phase::Active | Phase::Over(_)) => None,
    };
    ring_left_ms(until_ms, now_ms)
}

/// A call that is not over, for `GET /sync`, as one member sees it.
pub(super) fn sync_call(call: &Call, member: &MemberId, now_ms: u64) -> SyncCall {
    SyncCall {
        snapshot: snapshot(call, now_ms),
        ring_expires_in_ms: ring_expires_in_ms(call, member, now_ms),
    }
}

/// A call that is over, for `GET /sync`; none while it is not.
pub(super) fn over_call(call: &Call) -> Option<OverCall> {
    call.ending().map(|ending| OverCall {
        call_id: call.call_id.clone(),
        rev: call.rev,
        status: ending.outcome.status,
        reason: Some(ending.outcome.reason),
        reason_detail: ending.outcome.detail,
    })
}

/// What is left of a time, in milliseconds; none once it is over.
pub(super) fn left_ms(until_ms: u64, now_ms: u64) -> Option<u64> {
    until_ms.checked_sub(now_ms).filter(|ms| *ms > 0)
}

/// Ring time that is left, in milliseconds; 0 for who does not ring.
pub(super) fn ring_left_ms(until_ms: Option<u64>, now_ms: u64) -> u64 {
    until_ms
        .and_then(|until_ms| left_ms(until_ms, now_ms))
        .unwrap_or(0)
}

pub(super) fn duration_seconds(call: &Call, now_ms: u64) -> u64 {
    let until = call.ended_at_ms().unwrap_or(now_ms);
    call.active_at_ms
        .map_or(0, |since| until.saturating_sub(since) / 1_000)
}

fn invitees(call: &Call) -> Vec<InviteeSnapshot> {
    call.invitees
        .iter()
        .map(|invitee| InviteeSnapshot {
            member_id: invitee.party.member_id().clone(),
            state: invitee.state,
            device_id: invitee.party.device_id.clone(),
            invited_again: invitee.invited_again,
        })
        .collect()
}

/// Each party with its role, and whether it takes part on a device: the caller does, and who
/// accepted (also after it left, so that late tracks still have an owner).
fn seated(call: &Call) -> impl Iterator<Item = (&Party, Role, bool)> {
    let callees = call
        .invitees
        .iter()
        .map(|invitee| (&invitee.party, Role::Callee, invitee.has_accepted()));
    std::iter::once((&call.caller, Role::Caller, true)).chain(callees)
}

fn snapshot_participants(call: &Call) -> Vec<SnapshotParticipant> {
    let shows_presence = match call.phase {
        Phase::Connecting | Phase::Active => true,
        Phase::Ringing | Phase::Over(_) => false,
    };
    seated(call)
        .map(|(party, role, takes_part)| {
            let device = party.device_id.as_ref().filter(|_| takes_part);
            let is_there = shows_presence && call.participant(party.member_id()).is_some();
            SnapshotParticipant {
                participant: participant(call, party, role),
                identity: takes_part.then(|| identity(call, party.member_id(), device)),
                device_id: device.cloned(),
                is_reconnecting: is_there && party.presence.room.is_gone(),
                is_on_hold: is_there && party.is_on_hold,
            }
        })
        .collect()
}

fn participant(call: &Call, party: &Party, role: Role) -> CallParticipant {
    // Who is out of a call that goes on has left it, also where its media never came up.
    let with_the_end = call.ended_at_ms().filter(|_| party.joined_at_ms.is_some());
    let left_at_ms = party.left_at_ms.or(with_the_end);
    CallParticipant {
        member_id: party.member_id().clone(),
        member_name: party.person.name.clone(),
        member_avatar: party.person.avatar.clone(),
        role,
        joined_at: party.joined_at_ms.map(Timestamp::from_unix_ms),
        left_at: left_at_ms.map(Timestamp::from_unix_ms),
        flags: party.flags,
    }
}
