//! Who is in a room, and why a connection ended.

use super::*;

messages! {
    /// Somebody's handle.
    struct OwnedParticipant as "OwnedParticipant" {
        required message handle: FfiOwnedHandle = 1;
        required message info: ParticipantInfo = 2;
    }

    /// Who it is and what it may do.
    struct ParticipantInfo as "ParticipantInfo" {
        required string sid: String = 1;
        required string identity: String = 3;
        optional message permission: Option<ParticipantPermission> = 11;
    }

    /// What somebody may do.
    struct ParticipantPermission as "ParticipantPermission" {
        required bool can_subscribe: bool = 1;
        required bool can_publish: bool = 2;
    }
}

enumeration! {
    /// Why a connection ended.
    enum DisconnectReason as "DisconnectReason" {
        UnknownReason "UNKNOWN_REASON" = 0,
        ClientInitiated "CLIENT_INITIATED" = 1,
        DuplicateIdentity "DUPLICATE_IDENTITY" = 2,
        ServerShutdown "SERVER_SHUTDOWN" = 3,
        ParticipantRemoved "PARTICIPANT_REMOVED" = 4,
        RoomDeleted "ROOM_DELETED" = 5,
        StateMismatch "STATE_MISMATCH" = 6,
        JoinFailure "JOIN_FAILURE" = 7,
        Migration "MIGRATION" = 8,
        SignalClose "SIGNAL_CLOSE" = 9,
        RoomClosed "ROOM_CLOSED" = 10,
        UserUnavailable "USER_UNAVAILABLE" = 11,
        UserRejected "USER_REJECTED" = 12,
        SipTrunkFailure "SIP_TRUNK_FAILURE" = 13,
        ConnectionTimeout "CONNECTION_TIMEOUT" = 14,
        MediaFailure "MEDIA_FAILURE" = 15,
        AgentError "AGENT_ERROR" = 16,
    }
}
