//! Part A: whose accept it was that took the call. Only `call_accept` says so; where it was not
//! heard, nobody knows until that member is there.

use crate::id::MemberId;
use crate::rest::ActiveCallInfo;
use crate::snapshot::{InviteeState, Role};

use crate::machine::Machine;
use crate::machine::server::others::Other;
use crate::machine::state::Call;

impl Call {
    /// A group is taken, and by which of its callees was not heard.
    pub(in crate::machine) fn is_taken_unheard(&self) -> bool {
        let mut others = self.others.iter();
        self.role == Role::Caller
            && self.is_group
            && self.is_accepted()
            && self.snapshot.is_none()
            && !others.any(|other| other.state == InviteeState::Accepted)
    }

    /// Whom this device may play where no snapshot says so. A part-A server lets nobody in but the
    /// caller and who accepted, so whoever may have accepted has, once it is there.
    pub(in crate::machine) fn playable_untold(&self) -> Vec<(String, MemberId)> {
        if !self.is_taken_unheard() {
            return vec![as_identity(&self.peer.member_id)];
        }
        self.others
            .iter()
            .filter(|other| may_accept(other))
            .map(|other| as_identity(&other.who.member_id))
            .collect()
    }
}

impl Machine {
    /// The call is taken, as `GET /active` says; it lists those who have not refused it.
    pub(in crate::machine) fn taken_unheard(&mut self, info: &ActiveCallInfo) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let listed = |member: &MemberId| info.participants.iter().any(|p| p.member_id == *member);
        let mut left = call
            .others
            .iter()
            .filter(|other| may_accept(other) && listed(&other.who.member_id));
        let only = left.next().map(|other| other.who.member_id.clone());
        if let (Some(member), None) = (only, left.next()) {
            self.first_accept(&member);
        }
        self.connecting();
    }

    /// Who is in the room, and may have accepted, has.
    pub(in crate::machine) fn see_who_accepted(&mut self) {
        let Some(call) = self.call.as_ref().filter(|call| call.is_taken_unheard()) else {
            return;
        };
        let Some(leg) = call.leg_up() else { return };
        let mut may_be = call.room.playable.iter();
        let there = may_be.find(|(identity, _)| leg.present.contains_key(identity));
        if let Some(member) = there.map(|(_, member)| member.clone()) {
            self.first_accept(&member);
        }
    }

    /// The first accept of a group stops all the others, without a word.
    pub(in crate::machine) fn first_accept(&mut self, member: &MemberId) {
        self.callee_is(member, InviteeState::Accepted);
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let mut waiting = Vec::new();
        for other in &call.others {
            if other.who.member_id == *member {
                call.peer = other.who.clone();
            } else if may_accept(other) {
                waiting.push(other.who.member_id.clone());
            }
        }
        call.room.playable = call.playable_untold();
        for other in waiting {
            self.callee_is(&other, InviteeState::Missed);
        }
    }
}

/// It has not answered, as far as this device knows.
fn may_accept(other: &Other) -> bool {
    matches!(other.state, InviteeState::Invited | InviteeState::Ringing)
}

/// On a part-A server everybody is in the room as the member that it is.
fn as_identity(member: &MemberId) -> (String, MemberId) {
    (member.to_string(), member.clone())
}
