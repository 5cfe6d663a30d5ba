//! Everybody else in a call, and where each stands.

use crate::id::MemberId;
use crate::snapshot::{CallSnapshot, InviteeState, Role, SnapshotParticipant};

use crate::machine::Machine;
use crate::machine::interface::event::{Event, Peer, Side};
use crate::machine::interface::output::Output;
use crate::machine::state::Call;

/// Somebody else in the call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::machine) struct Other {
    pub(in crate::machine) who: Peer,
    pub(in crate::machine) role: Role,
    /// Where it stands. The caller counts as accepted until it has left.
    pub(in crate::machine) state: InviteeState,
    /// How often it was invited anew, as the server told it last.
    pub(in crate::machine) invited_again: u32,
    /// The server says that it has lost the room.
    pub(in crate::machine) told_lost: bool,
    /// It uses a part-A app, or a part-A server: what it told the server counts beside its tracks.
    pub(in crate::machine) flags_count: bool,
    pub(in crate::machine) told_muted: bool,
    pub(in crate::machine) told_video: bool,
    /// Shown as reconnecting.
    pub(in crate::machine) lost: bool,
    /// Shown as holding the call.
    pub(in crate::machine) on_hold: bool,
    /// Shown as on.
    pub(in crate::machine) microphone: bool,
    pub(in crate::machine) camera: bool,
}

impl Machine {
    /// Everybody else as a part-B server has them; what has changed is told.
    pub(in crate::machine) fn learn_others(&mut self, snapshot: &CallSnapshot, is_first: bool) {
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
    pub(in crate::machine) fn other(&self, member: &MemberId) -> Option<&Other> {
        self.others.iter().find(|o| o.who.member_id == *member)
    }

    pub(in crate::machine) fn other_mut(&mut self, member: &MemberId) -> Option<&mut Other> {
        self.others.iter_mut().find(|o| o.who.member_id == *member)
    }

    /// It was invited by the caller, or later by somebody.
    pub(in crate::machine) fn is_callee(&self, member: &MemberId) -> bool {
        self.other(member).is_some_and(|o| o.role == Role::Callee)
    }

    /// Those whom it calls, or called.
    pub(in crate::machine) fn callees(&self) -> Vec<MemberId> {
        let callees = self.others.iter().filter(|o| o.role == Role::Callee);
        callees.map(|o| o.who.member_id.clone()).collect()
    }
}

impl Other {
    pub(in crate::machine) fn new(who: Peer, role: Role) -> Self {
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
