//! Everybody else in a call, and where each stands.

use crate::id::MemberId;
use crate::snapshot::{CallSnapshot, InviteeState, Role, SnapshotParticipant};

use super::Machine;
use super::event::{Event, Peer, Side};
use super::output::Output;
use super::state::Call;

/// Somebody else in the call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Other {
    pub(super) who: Peer,
    pub(super) role: Role,
    /// Where it stands. The caller counts as accepted until it has left.
    pub(super) state: InviteeState,
    /// How often it was invited anew, as the server told it last.
    pub(super) invited_again: u32,
    /// The server says that it has lost the room.
    pub(super) told_lost: bool,
    /// It uses a part-A app, or a part-A server: what it told the server counts beside its tracks.
    pub(super) flags_count: bool,
    pub(super) told_muted: bool,
    pub(super) told_video: bool,
    /// Shown as reconnecting.
    pub(super) lost: bool,
    /// Shown as holding the call.
    pub(super) on_hold: bool,
    /// Shown as on.
    pub(super) microphone: bool,
    pub(super) camera: bool,
}

impl Machine {
    /// Everybody else as a part-B server has them; what has changed is told.
    pub(super) fn learn_others(&mut self, snapshot: &CallSnapshot, is_first: bool) {
        let me = self.config.me.clone();
        let Some(call) = self.call.as_mut() else {
            return;
        };
        call.is_group |= snapshot.is_group;
        let quiet = !call.is_group || snapshot.status.is_over();
        let mut news = Vec::new();
        let others = snapshot.participants.iter();
        for told in others.filter(|p| p.participant.member_id != me) {
            let member = &told.participant.member_id;
            let state = snapshot.standing(member).unwrap_or(InviteeState::Invited);
            let known = call.others.iter_mut().find(|o| o.who.member_id == *member);
            let (other, changed) = match known {
                Some(other) => {
                    let changed = other.state != state;
                    (other, changed)
                }
                None => {
                    let who = Peer::in_snapshot(snapshot, member);
                    call.others.push(Other::new(who, told.participant.role));
                    let Some(other) = call.others.last_mut() else {
                        continue;
                    };
                    (other, !is_first)
                }
            };
            other.state = state;
            other.invited_again = snapshot.invitee(member).map_or(0, |i| i.invited_again);
            if changed && !quiet {
                news.push(Event::InviteeChanged {
                    call_id: call.id.clone(),
                    member: member.clone(),
                    state,
                });
            }
            if other.on_hold != told.is_on_hold && !snapshot.status.is_over() {
                news.push(Event::HoldChanged {
                    call_id: call.id.clone(),
                    who: Side::Peer(member.clone()),
                    on_hold: told.is_on_hold,
                });
            }
            other.learn(told);
        }
        self.out.extend(news.into_iter().map(Output::Event));
    }
}

impl Call {
    pub(super) fn other(&self, member: &MemberId) -> Option<&Other> {
        self.others.iter().find(|o| o.who.member_id == *member)
    }

    pub(super) fn other_mut(&mut self, member: &MemberId) -> Option<&mut Other> {
        self.others.iter_mut().find(|o| o.who.member_id == *member)
    }

    /// It was invited by the caller, or later by somebody.
    pub(super) fn is_callee(&self, member: &MemberId) -> bool {
        self.other(member).is_some_and(|o| o.role == Role::Callee)
    }

    /// Those whom it calls, or called.
    pub(super) fn callees(&self) -> Vec<MemberId> {
        let callees = self.others.iter().filter(|o| o.role == Role::Callee);
        callees.map(|o| o.who.member_id.clone()).collect()
    }
}

impl Other {
    pub(super) fn new(who: Peer, role: Role) -> Self {
        let state = match role {
            Role::Caller => InviteeState::Accepted,
            Role::Callee => InviteeState::Invited,
        };
        Self {
            who,
            role,
            state,
            invited_again: 0,
            told_lost: false,
            flags_count: false,
            told_muted: false,
            told_video: true,
            lost: false,
            on_hold: false,
            microphone: false,
            camera: false,
        }
    }
}

impl Other {
    fn learn(&mut self, told: &SnapshotParticipant) {
        let Peer { name, avatar, .. } = &mut self.who;
        *name = Some(told.participant.member_name.clone());
        avatar.clone_from(&told.participant.member_avatar);
        self.role = told.participant.role;
        self.told_lost = told.is_reconnecting;
        self.on_hold = told.is_on_hold;
        self.flags_count = told.device_id.is_none();
        self.told_muted = told.participant.flags.is_muted;
        self.told_video = told.participant.flags.is_video_enabled;
        if self.state != InviteeState::Accepted {
            self.lost = false;
            self.microphone = false;
            self.camera = false;
        }
    }
}
