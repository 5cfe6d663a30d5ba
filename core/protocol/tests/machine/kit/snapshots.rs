//! Calls as a part-B server shows them.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::id::Rev;
use faithcall_protocol::media::{CallType, MediaFlags};
use faithcall_protocol::redact::Personal;
use faithcall_protocol::snapshot::*;

use super::{id, server_time};

fn participant(member: &str, role: Role) -> SnapshotParticipant {
    SnapshotParticipant {
        participant: part_a_participant(member, role),
        identity: (role == Role::Caller).then(|| member.to_owned()),
        device_id: None,
        is_reconnecting: false,
        is_on_hold: false,
    }
}

pub(crate) fn part_a_participant(member: &str, role: Role) -> CallParticipant {
    CallParticipant {
        member_id: member.parse().unwrap(),
        member_name: Personal::new("Somebody"),
        member_avatar: None,
        role,
        joined_at: None,
        left_at: None,
        flags: MediaFlags::default(),
    }
}

/// A snapshot under construction.
#[derive(Clone)]
pub(crate) struct Snap(CallSnapshot);

/// Alice calls Bob.
pub(crate) fn incoming(call: &str) -> Snap {
    snap(call, "alice", "bob", "tablet")
}

/// Bob calls Alice from this phone.
pub(crate) fn outgoing(call: &str) -> Snap {
    snap(call, "bob", "alice", "phone")
}

pub(crate) fn snap(call: &str, caller: &str, callee: &str, caller_device: &str) -> Snap {
    let mut participants = vec![
        participant(caller, Role::Caller),
        participant(callee, Role::Callee),
    ];
    participants[0].device_id = Some(caller_device.parse().unwrap());
    Snap(CallSnapshot {
        call_id: id(call),
        rev: Rev(1),
        status: CallStatus::Ringing,
        call_type: CallType::Voice,
        room_name: "room".into(),
        is_group: false,
        caller_id: caller.parse().unwrap(),
        invitees: vec![InviteeSnapshot {
            member_id: callee.parse().unwrap(),
            state: InviteeState::Invited,
            device_id: None,
            invited_again: 0,
        }],
        participants,
        reason: None,
        reason_detail: None,
        ended_by: None,
        initiated_at: server_time(1_000),
        accepted_at: None,
        active_at: None,
        ended_at: None,
        duration_seconds: 0,
    })
}

/// Somebody calls several.
pub(crate) fn group(call: &str, caller: &str, callees: &[&str]) -> Snap {
    let mut made = snap(call, caller, callees[0], "phone");
    made.0.is_group = true;
    for callee in &callees[1..] {
        made.0.participants.push(participant(callee, Role::Callee));
        made.0.invitees.push(InviteeSnapshot {
            member_id: callee.parse().unwrap(),
            state: InviteeState::Invited,
            device_id: None,
            invited_again: 0,
        });
    }
    made
}

impl Snap {
    /// A callee stands so; on a device where it accepted.
    pub(crate) fn stands(mut self, member: &str, state: InviteeState, device: &str) -> Self {
        let device = (!device.is_empty()).then(|| device.parse().unwrap());
        let invitees = &mut self.0.invitees;
        let at = invitees.iter().position(|i| i.member_id.as_str() == member);
        let invitee = &mut invitees[at.unwrap()];
        invitee.state = state;
        invitee.device_id.clone_from(&device);
        let whose = |p: &&mut SnapshotParticipant| p.participant.member_id.as_str() == member;
        let seat = self.0.participants.iter_mut().find(whose).unwrap();
        seat.identity = (state == InviteeState::Accepted).then(|| member.to_owned());
        seat.device_id = device;
        self
    }

    /// The caller has left, after so long.
    pub(crate) fn without_caller(mut self, now: u64) -> Self {
        self.0.participants[0].participant.left_at = Some(server_time(now));
        self
    }

    pub(crate) fn status(mut self, status: CallStatus) -> Self {
        self.0.status = status;
        if status != CallStatus::Ringing {
            self.0.accepted_at = Some(server_time(2_000));
        }
        self
    }

    pub(crate) fn on_hold(mut self, member: &str) -> Self {
        let whose = |p: &&mut SnapshotParticipant| p.participant.member_id.as_str() == member;
        let seat = self.0.participants.iter_mut().find(whose).unwrap();
        seat.is_on_hold = true;
        self
    }

    /// A member's microphone and camera, as the server was told.
    pub(crate) fn told(mut self, member: &str, microphone: bool, camera: bool) -> Self {
        let whose = |p: &&mut SnapshotParticipant| p.participant.member_id.as_str() == member;
        let seat = self.0.participants.iter_mut().find(whose).unwrap();
        seat.participant.flags.is_muted = !microphone;
        seat.participant.flags.is_video_enabled = camera;
        self
    }

    pub(crate) fn rev(mut self, rev: u64) -> Self {
        self.0.rev = Rev(rev);
        self
    }

    /// A callee was invited anew so often.
    pub(crate) fn again(mut self, member: &str, times: u32) -> Self {
        let mut invitees = self.0.invitees.iter_mut();
        let invitee = invitees.find(|i| i.member_id.as_str() == member);
        invitee.unwrap().invited_again = times;
        self
    }

    pub(crate) fn video(mut self) -> Self {
        self.0.call_type = CallType::Video;
        self
    }

    pub(crate) fn initiated(mut self, now: u64) -> Self {
        self.0.initiated_at = server_time(now);
        self
    }

    pub(crate) fn made(self) -> CallSnapshot {
        self.0
    }

    pub(crate) fn rung(mut self) -> CallSnapshot {
        self.0.invitees[0].state = InviteeState::Ringing;
        self.0
    }

    /// The callee accepted on this device; empty: a nameless one.
    pub(crate) fn accepted(mut self, device: &str) -> CallSnapshot {
        self.0.status = CallStatus::Connecting;
        let device = (!device.is_empty()).then(|| device.parse().unwrap());
        self.0.invitees[0].state = InviteeState::Accepted;
        self.0.invitees[0].device_id.clone_from(&device);
        let callee = self.0.invitees[0].member_id.to_string();
        self.0.participants[1].identity = Some(callee);
        self.0.participants[1].device_id = device;
        self.0.accepted_at = Some(server_time(2_000));
        self.0
    }

    pub(crate) fn active(self, device: &str) -> CallSnapshot {
        let mut snapshot = self.accepted(device);
        snapshot.status = CallStatus::Active;
        snapshot
    }

    pub(crate) fn over(mut self, status: CallStatus, reason: EndReason) -> CallSnapshot {
        self.0.status = status;
        self.0.reason = Some(reason);
        self.0
    }

    /// The callee declined on this device.
    pub(crate) fn rejected(mut self, device: &str) -> CallSnapshot {
        self.0.invitees[0].state = InviteeState::Rejected;
        self.0.invitees[0].device_id = Some(device.parse().unwrap());
        self.0.ended_by = Some(self.0.invitees[0].member_id.clone());
        self.over(CallStatus::Rejected, EndReason::Rejected)
    }

    /// It was hung up.
    pub(crate) fn hung_up(self) -> CallSnapshot {
        self.over(CallStatus::Ended, EndReason::Normal)
    }

    /// The caller took it back.
    pub(crate) fn cancelled(self) -> CallSnapshot {
        self.over(CallStatus::Ended, EndReason::Cancelled)
    }

    /// Nobody answered.
    pub(crate) fn missed(self) -> CallSnapshot {
        self.over(CallStatus::Missed, EndReason::Missed)
    }
}
