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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Presence {
    /// When its device last made a request about the call (ms since 1970).
    pub heard_at_ms: u64,
    /// What the room shows of its entitled identity.
    pub room: RoomSight,
}

/// What the room shows of one identity. Times are ms since 1970.
///
/// A stay in the room has a session of its own: what a hint says of another stay than the one that
/// is known says nothing (race M1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
        /// The stay, where the media server names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
    },
    /// It was in the room, or its device said so, and is not there now.
    Gone {
        /// The hint or the list that first lacked it.
        since_ms: u64,
        /// When it left on purpose, if it did: after the accept that is a hang-up in the making,
        /// before it nothing.
        left_at_ms: Option<u64>,
        /// The stay that is over, where the media server named it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
    },
}

impl RoomSight {
    /// Since when the room has lacked it, if it does.
    pub(super) fn lacking_since_ms(&self) -> Option<u64> {
        match self {
            Self::Missing { since_ms } | Self::Gone { since_ms, .. } => Some(*since_ms),
            Self::Unseen | Self::In { .. } => None,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::Gone { .. } => true,
            Self::Unseen | Self::Missing { .. } | Self::In { .. } => false,
        }
    }

    /// A list has the identity: who was there still is, by the stay that the list shows.
    pub(super) fn listed(self, session: Option<&str>, asked_at_ms: u64, now_ms: u64) -> Self {
        match self {
            Self::In { since_ms, .. } if asked_at_ms >= since_ms => in_since(since_ms, session),
            Self::In { .. } => self,
            Self::Unseen | Self::Missing { .. } | Self::Gone { .. } => in_since(now_ms, session),
        }
    }

    /// The media server says that the identity came: it may have come back before the end of its
    /// last stay is told. A stay that is over does not begin again.
    pub(super) fn came(self, session: Option<&str>, now_ms: u64) -> Self {
        match self {
            Self::In { since_ms, .. } if session.is_some() => in_since(since_ms, session),
            Self::Gone {
                session: Some(ref over),
                ..
            } if session == Some(over.as_str()) => self,
            Self::In { .. } => self,
            Self::Unseen | Self::Missing { .. } | Self::Gone { .. } => in_since(now_ms, session),
        }
    }

    /// A list asked for at `asked_at_ms` lacks the identity. `known_since_ms`: its device said at
    /// that time that its media is up. A list that is older than what it contradicts says nothing.
    pub(super) fn lacked(self, asked_at_ms: u64, known_since_ms: Option<u64>, now_ms: u64) -> Self {
        let gone = |session| Self::Gone {
            since_ms: now_ms,
            left_at_ms: None,
            session,
        };
        match (self, known_since_ms) {
            (Self::In { since_ms, session }, _) if asked_at_ms >= since_ms => gone(session),
            (Self::Unseen | Self::Missing { .. }, Some(known)) if asked_at_ms >= known => {
                gone(None)
            }
            (sight, _) => sight,
        }
    }

    /// The media server says that the identity left. A hint about one who was never seen, or about
    /// another stay than the one that is known, is a hint about an earlier stay, and says nothing.
    pub(super) fn left(self, session: Option<&str>, on_purpose: bool, now_ms: u64) -> Self {
        let left_at_ms = on_purpose.then_some(now_ms);
        match self {
            Self::In { session: known, .. } if is_same_stay(known.as_deref(), session) => {
                Self::Gone {
                    since_ms: now_ms,
                    left_at_ms,
                    session: known,
                }
            }
            Self::Gone {
                since_ms,
                left_at_ms: before,
                session: known,
            } if is_same_stay(known.as_deref(), session) => Self::Gone {
                since_ms,
                left_at_ms: before.or(left_at_ms),
                session: known,
            },
            Self::In { .. } | Self::Gone { .. } | Self::Unseen | Self::Missing { .. } => self,
        }
    }

    /// The accept begins a new count. A named device that dropped out of the room stays gone; a
    /// nameless one, which is not heard between its requests, gets the connect time to come back.
    pub(super) fn at_accept(self, named: bool) -> Self {
        match self {
            Self::Gone {
                since_ms, session, ..
            } if named => Self::Gone {
                since_ms,
                left_at_ms: None,
                session,
            },
            Self::In { .. } => self,
            Self::Gone { .. } | Self::Missing { .. } | Self::Unseen => Self::Unseen,
        }
    }
}

fn in_since(since_ms: u64, session: Option<&str>) -> RoomSight {
    RoomSight::In {
        since_ms,
        session: session.map(str::to_owned),
    }
}

/// A server that names no stays speaks of the only one.
fn is_same_stay(known: Option<&str>, meant: Option<&str>) -> bool {
    known.is_none() || meant.is_none() || known == meant
}
