//! A call as it is stored, and what is asked of it in every state.

use std::hash::{Hash, Hasher};

use faithcall_protocol::id::MemberId;
use faithcall_protocol::ledger::{self, Call, Claim, DeviceRing, RingState, Timeouts};
use faithcall_protocol::machine::timeless::NOW;

/// A call, with what follows from it worked out once.
pub(crate) struct Record {
    pub(crate) call: Call,
    /// Who may be in its room, and whether others are forwarded to it.
    pub(crate) entitled: Vec<(String, bool)>,
    pub(crate) claims: Vec<(MemberId, Claim)>,
    /// It is over, or has a deadline within its longest time.
    pub(crate) bounded: bool,
    /// Somebody rings, and every device of it that rang has declined.
    pub(crate) rings_for_nobody: bool,
}

impl Record {
    pub(crate) fn new(call: Call) -> Self {
        let entitled = ledger::entitled(&call).into_iter();
        let longest = NOW + Timeouts::default().longest_ms;
        let declined = |ring: &DeviceRing| ring.state == RingState::Declined;
        let rings_for_nobody = call.invitees().iter().any(|invitee| {
            invitee.is_pending()
                && !invitee.devices.is_empty()
                && invitee.devices.iter().all(declined)
        });
        Self {
            rings_for_nobody,
            entitled: entitled
                .map(|(who, grants)| (who, grants.can_subscribe))
                .collect(),
            claims: ledger::claims(&call),
            bounded: call.is_over() || call.next_deadline().is_some_and(|at| at <= longest),
            call,
        }
    }

    /// Whether a participant may be in the room, and if so, whether others are forwarded to it.
    pub(crate) fn hears(&self, identity: &str) -> Option<bool> {
        let mut entitled = self.entitled.iter();
        entitled
            .find(|(who, _)| who == identity)
            .map(|(_, hears)| *hears)
    }

    pub(crate) fn claim(&self, member: &MemberId) -> Option<Claim> {
        let mut claims = self.claims.iter();
        claims
            .find(|(who, _)| who == member)
            .map(|(_, claim)| *claim)
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.call == other.call
    }
}

impl Eq for Record {}

impl Hash for Record {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.call.hash(state);
    }
}
