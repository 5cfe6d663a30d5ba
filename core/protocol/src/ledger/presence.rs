//! Whether a participant's device is there: seen in the room, or heard by a request.
//!
//! ```text
//!             list lacks it, ringing             list has it (hint: joined)
//!  Unseen ───────────────────────► Missing   ┌──────────────────────────────┐
//!     │  list has it                  │      │                              ▼
//!     └───────────────────────────────┴──────┼────────────────────────────► In
//!                                          Gone ◄──── list lacks it, hint: left
//! ```
//! At the accept `Missing` becomes `Unseen` again: who has not joined by then is held by the
//! connect deadline, not by its absence.

use serde::{Deserialize, Serialize};

/// A participant's presence. A fact for the rules; only [`RoomSight::Gone`] after an accept is
/// shown to others (`is_reconnecting`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Presence {
    /// When its device last made a request about the call (ms since 1970).
    pub heard_at_ms: u64,
    /// What the room shows of its entitled identity.
    pub room: RoomSight,
}

/// What the room shows of one identity. Times are ms since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "sight", rename_all = "snake_case")]
pub enum RoomSight {
    /// No participant list has said anything that counts.
    Unseen,
    /// While ringing: a list lacked it, and it was never there.
    Missing {
        /// The first such list.
        since_ms: u64,
    },
    /// It is in the room.
    In {
        /// Since this list or hint.
        since_ms: u64,
    },
    /// It was in the room, or its device said so, and is not there now.
    Gone {
        /// The hint or the list that first lacked it.
        since_ms: u64,
        /// When it left on purpose, if it did: after the accept that is a hang-up in the making,
        /// before it nothing.
        left_at_ms: Option<u64>,
    },
}

impl RoomSight {
    /// Since when the room has lacked it, if it does.
    pub(super) fn lacking_since_ms(self) -> Option<u64> {
        match self {
            Self::Missing { since_ms } | Self::Gone { since_ms, .. } => Some(since_ms),
            Self::Unseen | Self::In { .. } => None,
        }
    }

    pub(super) fn is_gone(self) -> bool {
        match self {
            Self::Gone { .. } => true,
            Self::Unseen | Self::Missing { .. } | Self::In { .. } => false,
        }
    }

    /// The identity is there: nothing changes for one that was.
    pub(super) fn entered(self, now_ms: u64) -> Self {
        match self {
            Self::In { .. } => self,
            Self::Unseen | Self::Missing { .. } | Self::Gone { .. } => {
                Self::In { since_ms: now_ms }
            }
        }
    }

    /// A list asked for at `asked_at_ms` lacks the identity. `known_since_ms`: its device said at
    /// that time that its media is up. A list that is older than what it contradicts says nothing.
    pub(super) fn lacked(self, asked_at_ms: u64, known_since_ms: Option<u64>, now_ms: u64) -> Self {
        let gone = Self::Gone {
            since_ms: now_ms,
            left_at_ms: None,
        };
        match (self, known_since_ms) {
            (Self::In { since_ms }, _) if asked_at_ms >= since_ms => gone,
            (Self::Unseen | Self::Missing { .. }, Some(known)) if asked_at_ms >= known => gone,
            (Self::In { .. } | Self::Unseen | Self::Missing { .. } | Self::Gone { .. }, _) => self,
        }
    }

    /// The media server says that the identity left. A hint about one who was never seen is a
    /// hint about an earlier stay, and says nothing.
    pub(super) fn left(self, on_purpose: bool, now_ms: u64) -> Self {
        let left_at_ms = on_purpose.then_some(now_ms);
        match self {
            Self::In { .. } => Self::Gone {
                since_ms: now_ms,
                left_at_ms,
            },
            Self::Gone {
                since_ms,
                left_at_ms: before,
            } => Self::Gone {
                since_ms,
                left_at_ms: before.or(left_at_ms),
            },
            Self::Unseen | Self::Missing { .. } => self,
        }
    }

    /// The accept begins a new count. A named device that dropped out of the room stays gone; a
    /// nameless one, which is not heard between its requests, gets the connect time to come back.
    pub(super) fn at_accept(self, named: bool) -> Self {
        match self {
            Self::Gone { since_ms, .. } if named => Self::Gone {
                since_ms,
                left_at_ms: None,
            },
            Self::In { .. } => self,
            Self::Gone { .. } | Self::Missing { .. } | Self::Unseen => Self::Unseen,
        }
    }
}
