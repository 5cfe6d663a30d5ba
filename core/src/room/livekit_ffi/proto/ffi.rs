//! The envelopes: what goes in, what comes back at once, what comes later.

use super::*;

messages! {
    /// One request; exactly one field is set.
    struct FfiRequest as "FfiRequest" {
        optional message connect: Option<ConnectRequest> = 3;
        optional message disconnect: Option<DisconnectRequest> = 4;
        optional message publish_track: Option<PublishTrackRequest> = 5;
        optional message get_session_stats: Option<GetSessionStatsRequest> = 12;
        optional message create_video_track: Option<CreateVideoTrackRequest> = 15;
        optional message create_audio_track: Option<CreateAudioTrackRequest> = 16;
        optional message local_track_mute: Option<LocalTrackMuteRequest> = 17;
        optional message get_stats: Option<GetStatsRequest> = 19;
        optional message new_video_stream: Option<NewVideoStreamRequest> = 20;
        optional message new_video_source: Option<NewVideoSourceRequest> = 21;
        optional message capture_video_frame: Option<CaptureVideoFrameRequest> = 22;
        optional message new_audio_stream: Option<NewAudioStreamRequest> = 25;
        optional message new_audio_source: Option<NewAudioSourceRequest> = 26;
        optional message capture_audio_frame: Option<CaptureAudioFrameRequest> = 27;
        optional message enable_remote_track_publication: Option<EnableRemoteTrackPublicationRequest> = 42;
        optional message simulate_scenario: Option<SimulateScenarioRequest> = 76;
        optional message ready_for_room_event: Option<ReadyForRoomEventRequest> = 83;
    }

    /// The immediate answer to a request; those without content are not listed.
    struct FfiResponse as "FfiResponse" {
        optional message create_video_track: Option<CreateVideoTrackResponse> = 15;
        optional message create_audio_track: Option<CreateAudioTrackResponse> = 16;
        optional message new_video_stream: Option<NewVideoStreamResponse> = 20;
        optional message new_video_source: Option<NewVideoSourceResponse> = 21;
        optional message new_audio_stream: Option<NewAudioStreamResponse> = 25;
        optional message new_audio_source: Option<NewAudioSourceResponse> = 26;
    }

    /// What the library tells through the callback; exactly one field is set.
    struct FfiEvent as "FfiEvent" {
        optional message room_event: Option<RoomEvent> = 1;
        optional message video_stream_event: Option<VideoStreamEvent> = 3;
        optional message audio_stream_event: Option<AudioStreamEvent> = 4;
        optional message connect: Option<ConnectCallback> = 5;
        optional message disconnect: Option<DisconnectCallback> = 7;
        optional message publish_track: Option<PublishTrackCallback> = 9;
        optional message get_stats: Option<GetStatsCallback> = 17;
        optional message logs: Option<LogBatch> = 18;
        optional message get_session_stats: Option<GetSessionStatsCallback> = 19;
        optional message panic: Option<Panic> = 20;
        optional message simulate_scenario: Option<SimulateScenarioCallback> = 44;
    }

    /// Something that the library keeps until its handle is dropped.
    struct FfiOwnedHandle as "FfiOwnedHandle" {
        required uint64 id: u64 = 1;
    }

    /// Log lines of the library, without their text: it may name people.
    struct LogBatch as "LogBatch" {
        repeated message records: Vec<LogRecord> = 1;
    }

    /// Where a log line comes from.
    struct LogRecord as "LogRecord" {
        required int32 level: i32 = 1 (LogLevel);
        required string target: String = 2;
        optional uint32 line: Option<u32> = 5;
    }

    /// The library met a state that it cannot get out of.
    struct Panic as "Panic" {
        required string message: String = 1;
    }
}

enumeration! {
    /// How much a log line matters.
    enum LogLevel as "LogLevel" {
        Error "LOG_ERROR" = 0,
        Warn "LOG_WARN" = 1,
        Info "LOG_INFO" = 2,
        Debug "LOG_DEBUG" = 3,
        Trace "LOG_TRACE" = 4,
    }
}
