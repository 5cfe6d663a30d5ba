//! Every time that the server's side of a call keeps, with its one default.

use serde::{Deserialize, Serialize};

use crate::bounds;

/// A cancel that came before its create is kept so long, in milliseconds, per (member, call id).
pub const CANCEL_REMEMBERED_MS: u64 = 600_000;
/// How many such cancels are kept for one member; the oldest gives way.
pub const CANCELS_REMEMBERED_PER_MEMBER: usize = 64;
/// A call stays known by its id so long after its end, in milliseconds.
pub const OVER_KNOWN_MS: u64 = 600_000;

/// The times of one call, in milliseconds. They are kept with the call, so a call lives by the
/// times that it was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timeouts {
    /// An invitee rings so long, counted from its invitation.
    pub ring_ms: u64,
    /// An accept wins for so long after the ring time; then the invitee has missed the call.
    pub accept_grace_ms: u64,
    /// From an accept until the media of who accepted is up; for the caller from the first accept.
    pub connect_ms: u64,
    /// The caller may be gone so long while it rings.
    pub caller_gone_ms: u64,
    /// A participant may be gone so long after the accept; then it has left.
    pub gone_ms: u64,
    /// Who left the room on purpose and is not back after so long has hung up.
    pub leave_ms: u64,
    /// A request proves that its device is there for so long.
    pub heard_ms: u64,
    /// The longest call, counted from the first accept; and the longest time until one.
    pub longest_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            ring_ms: bounds::RING_MS,
            accept_grace_ms: bounds::ACCEPT_GRACE_MS,
            connect_ms: bounds::CONNECT_MS,
            caller_gone_ms: 20_000,
            gone_ms: bounds::GONE_MS,
            leave_ms: 5_000,
            heard_ms: bounds::HEARD_MS,
            longest_ms: bounds::LONGEST_CALL_MS,
        }
    }
}

impl Timeouts {
    /// Requests are written down no more often than this, so that a talkative device does not
    /// cost a write a request. A lease is short of its full length by no more than this.
    pub(super) fn heard_step_ms(&self) -> u64 {
        self.heard_ms / 20
    }
}
