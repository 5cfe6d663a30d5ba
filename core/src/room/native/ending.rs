//! Why a connection is over.

use crate::room::DisconnectReason;

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::room) enum Ending {
    /// A reason that was given.
    Because(DisconnectReason),
    /// None was given; so it ends where the connection could not be mended.
    Unexplained,
}

impl Ending {
    /// What an app is told. `is_mending`: the connection was being mended when it ended.
    pub(super) fn reason(self, is_mending: bool) -> DisconnectReason {
        match self {
            Self::Because(reason) => reason,
            Self::Unexplained if is_mending => DisconnectReason::ConnectionLost,
            Self::Unexplained => DisconnectReason::Other,
        }
    }
}

/// Reads an [`Ending`] from a client's own enumeration of LiveKit's disconnect reasons. The enumerations are different
/// types and name their variants alike; one that gets a variant more no longer compiles here.
macro_rules! ending_from {
    ($theirs:ty) => {
        impl From<$theirs> for $crate::room::native::Ending {
            fn from(reason: $theirs) -> Self {
                use $crate::room::DisconnectReason as Ours;
                type Reason = $theirs;
                Self::Because(match reason {
                    Reason::UnknownReason => return Self::Unexplained,
                    Reason::DuplicateIdentity => Ours::DuplicateIdentity,
                    Reason::ParticipantRemoved => Ours::Removed,
                    Reason::RoomDeleted | Reason::RoomClosed => Ours::RoomDeleted,
                    Reason::ServerShutdown => Ours::ServerShutdown,
                    Reason::SignalClose
                    | Reason::ConnectionTimeout
                    | Reason::MediaFailure
                    | Reason::StateMismatch
                    | Reason::JoinFailure => Ours::ConnectionLost,
                    Reason::ClientInitiated
                    | Reason::Migration
                    | Reason::UserUnavailable
                    | Reason::UserRejected
                    | Reason::SipTrunkFailure
                    | Reason::AgentError => Ours::Other,
                })
            }
        }
    };
}
pub(in crate::room) use ending_from;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_without_a_reason_is_a_loss_only_while_the_connection_was_mended() {
        let removed = Ending::Because(DisconnectReason::Removed);
        assert_eq!(removed.reason(true), DisconnectReason::Removed);
        let lost = Ending::Unexplained.reason(true);
        assert_eq!(lost, DisconnectReason::ConnectionLost);
        assert_eq!(Ending::Unexplained.reason(false), DisconnectReason::Other);
    }
}
