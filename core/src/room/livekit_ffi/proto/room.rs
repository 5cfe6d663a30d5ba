//! Entering and leaving a room, and what happens in it.

use super::*;
use std::fmt;

messages! {
    /// Enters a room; answered by [`ConnectCallback`].
    #[prost(skip_debug)]
    struct ConnectRequest as "ConnectRequest" {
        required string url: String = 1;
        required string token: String = 2;
        required message options: RoomOptions = 3;
        optional uint64 request_async_id: Option<u64> = 4;
    }

    /// How to enter.
    struct RoomOptions as "RoomOptions" {
        optional bool auto_subscribe: Option<bool> = 1;
        optional uint32 join_retries: Option<u32> = 6;
        optional uint64 connect_timeout_ms: Option<u64> = 9;
    }

    /// Entered, or why not.
    struct ConnectCallback as "ConnectCallback" {
        required uint64 async_id: u64 = 1;
        optional string error: Option<String> = 2;
        optional message result: Option<ConnectResult> = 3;
    }

    /// The room as it was when it was entered.
    struct ConnectResult as "ConnectCallback.Result" {
        required message room: OwnedRoom = 1;
        required message local_participant: OwnedParticipant = 2;
        repeated message participants: Vec<ParticipantWithTracks> = 3;
    }

    /// Somebody who was there before.
    struct ParticipantWithTracks as "ConnectCallback.ParticipantWithTracks" {
        required message participant: OwnedParticipant = 1;
        repeated message publications: Vec<OwnedTrackPublication> = 2;
    }

    /// A room's handle.
    struct OwnedRoom as "OwnedRoom" {
        required message handle: FfiOwnedHandle = 1;
    }

    /// Says that room events may come now.
    struct ReadyForRoomEventRequest as "ReadyForRoomEventRequest" {
        required uint64 room_handle: u64 = 1;
    }

    /// Leaves a room; answered by [`DisconnectCallback`].
    struct DisconnectRequest as "DisconnectRequest" {
        required uint64 room_handle: u64 = 1;
        optional uint64 request_async_id: Option<u64> = 2;
    }

    /// Left.
    struct DisconnectCallback as "DisconnectCallback" {
        required uint64 async_id: u64 = 1;
    }

    /// Lets a connection meet a fault; answered by [`SimulateScenarioCallback`].
    struct SimulateScenarioRequest as "SimulateScenarioRequest" {
        required uint64 room_handle: u64 = 1;
        required int32 scenario: i32 = 2 (SimulateScenarioKind);
        optional uint64 request_async_id: Option<u64> = 3;
    }

    /// Done, or why not.
    struct SimulateScenarioCallback as "SimulateScenarioCallback" {
        required uint64 async_id: u64 = 1;
        optional string error: Option<String> = 2;
    }

    /// Publishes a local track; answered by [`PublishTrackCallback`].
    struct PublishTrackRequest as "PublishTrackRequest" {
        required uint64 local_participant_handle: u64 = 1;
        required uint64 track_handle: u64 = 2;
        required message options: TrackPublishOptions = 3;
        optional uint64 request_async_id: Option<u64> = 4;
    }

    /// How a track is published.
    struct TrackPublishOptions as "TrackPublishOptions" {
        optional message video_encoding: Option<VideoEncoding> = 1;
        optional int32 video_codec: Option<i32> = 3 (VideoCodec);
        optional bool dtx: Option<bool> = 4;
        optional bool red: Option<bool> = 5;
        optional bool simulcast: Option<bool> = 6;
        optional int32 source: Option<i32> = 7 (TrackSource);
    }

    /// Bounds of a video encoder.
    struct VideoEncoding as "VideoEncoding" {
        required uint64 max_bitrate: u64 = 1;
        required double max_framerate: f64 = 2;
    }

    /// Published, or why not.
    struct PublishTrackCallback as "PublishTrackCallback" {
        required uint64 async_id: u64 = 1;
        optional string error: Option<String> = 2;
        optional message publication: Option<OwnedTrackPublication> = 3;
    }

    /// Something happened in a room.
    struct RoomEvent as "RoomEvent" {
        required uint64 room_handle: u64 = 1;
        optional message participant_connected: Option<ParticipantConnected> = 2;
        optional message participant_disconnected: Option<ParticipantDisconnected> = 3;
        optional message track_published: Option<TrackPublished> = 7;
        optional message track_unpublished: Option<TrackUnpublished> = 8;
        optional message track_subscribed: Option<TrackSubscribed> = 9;
        optional message track_unsubscribed: Option<TrackUnsubscribed> = 10;
        optional message track_muted: Option<TrackMuted> = 12;
        optional message track_unmuted: Option<TrackUnmuted> = 13;
        optional message connection_quality_changed: Option<ConnectionQualityChanged> = 20;
        optional message disconnected: Option<Disconnected> = 22;
        optional message reconnecting: Option<Reconnecting> = 23;
        optional message reconnected: Option<Reconnected> = 24;
        optional message data_packet_received: Option<DataPacketReceived> = 27;
        optional message byte_stream_opened: Option<ByteStreamOpened> = 34;
        optional message text_stream_opened: Option<TextStreamOpened> = 35;
        optional message participant_permission_changed: Option<ParticipantPermissionChanged> = 41;
        optional message data_track_published: Option<DataTrackPublished> = 43;
    }

    /// Somebody came.
    struct ParticipantConnected as "ParticipantConnected" {
        required message info: OwnedParticipant = 1;
    }

    /// Somebody went.
    struct ParticipantDisconnected as "ParticipantDisconnected" {
        required string participant_identity: String = 1;
        required int32 disconnect_reason: i32 = 2 (DisconnectReason);
    }

    /// Somebody publishes a track.
    struct TrackPublished as "TrackPublished" {
        required string participant_identity: String = 1;
        required message publication: OwnedTrackPublication = 2;
    }

    /// Somebody's track is gone.
    struct TrackUnpublished as "TrackUnpublished" {
        required string participant_identity: String = 1;
        required string publication_sid: String = 2;
    }

    /// A track's media comes to us now.
    struct TrackSubscribed as "TrackSubscribed" {
        required string participant_identity: String = 1;
        required message track: OwnedTrack = 2;
    }

    /// A track's media comes to us no more.
    struct TrackUnsubscribed as "TrackUnsubscribed" {
        required string participant_identity: String = 1;
        required string track_sid: String = 2;
    }

    /// A track was muted by its publisher.
    struct TrackMuted as "TrackMuted" {
        required string participant_identity: String = 1;
        required string track_sid: String = 2;
    }

    /// A track was unmuted by its publisher.
    struct TrackUnmuted as "TrackUnmuted" {
        required string participant_identity: String = 1;
        required string track_sid: String = 2;
    }

    /// What somebody may do has changed.
    struct ParticipantPermissionChanged as "ParticipantPermissionChanged" {
        required string participant_identity: String = 1;
        optional message permission: Option<ParticipantPermission> = 2;
    }

    /// The server judges somebody's connection.
    struct ConnectionQualityChanged as "ConnectionQualityChanged" {
        required string participant_identity: String = 1;
        required int32 quality: i32 = 2 (ConnectionQuality);
    }

    /// The connection is over.
    struct Disconnected as "Disconnected" {
        required int32 reason: i32 = 1 (DisconnectReason);
    }

    /// The connection broke and is being mended.
    struct Reconnecting as "Reconnecting" {}

    /// The connection is whole again.
    struct Reconnected as "Reconnected" {}

    /// A data message; read only to give its buffer back.
    struct DataPacketReceived as "DataPacketReceived" {
        optional message user: Option<UserPacket> = 4;
    }

    /// The buffer of a data message.
    struct UserPacket as "UserPacket" {
        required message data: OwnedBuffer = 1;
    }

    /// A buffer's handle.
    struct OwnedBuffer as "OwnedBuffer" {
        required message handle: FfiOwnedHandle = 1;
    }

    /// A byte stream; read only to give its reader back.
    struct ByteStreamOpened as "ByteStreamOpened" {
        required message reader: OwnedByteStreamReader = 1;
    }

    /// A byte stream reader's handle.
    struct OwnedByteStreamReader as "OwnedByteStreamReader" {
        required message handle: FfiOwnedHandle = 1;
    }

    /// A text stream; read only to give its reader back.
    struct TextStreamOpened as "TextStreamOpened" {
        required message reader: OwnedTextStreamReader = 1;
    }

    /// A text stream reader's handle.
    struct OwnedTextStreamReader as "OwnedTextStreamReader" {
        required message handle: FfiOwnedHandle = 1;
    }

    /// A data track; read only to give it back.
    struct DataTrackPublished as "DataTrackPublished" {
        required message track: OwnedRemoteDataTrack = 1;
    }

    /// A data track's handle.
    struct OwnedRemoteDataTrack as "OwnedRemoteDataTrack" {
        required message handle: FfiOwnedHandle = 1;
    }
}

enumeration! {
    /// How good a connection is.
    enum ConnectionQuality as "ConnectionQuality" {
        Poor "QUALITY_POOR" = 0,
        Good "QUALITY_GOOD" = 1,
        Excellent "QUALITY_EXCELLENT" = 2,
        Lost "QUALITY_LOST" = 3,
    }
}

enumeration! {
    /// Which fault.
    enum SimulateScenarioKind as "SimulateScenarioKind" {
        SignalReconnect "SIMULATE_SIGNAL_RECONNECT" = 0,
    }
}

impl fmt::Debug for ConnectRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectRequest").finish_non_exhaustive()
    }
}
