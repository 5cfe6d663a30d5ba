//! What the transport counts.

messages! {
    /// Asks for a room's figures; answered by [`GetSessionStatsCallback`].
    struct GetSessionStatsRequest as "GetSessionStatsRequest" {
        required uint64 room_handle: u64 = 1;
        optional uint64 request_async_id: Option<u64> = 2;
    }

    /// The figures, or why not.
    struct GetSessionStatsCallback as "GetSessionStatsCallback" {
        required uint64 async_id: u64 = 1;
        optional string error: Option<String> = 2;
        optional message result: Option<SessionStats> = 3;
    }

    /// Asks for a track's figures; answered by [`GetStatsCallback`].
    struct GetStatsRequest as "GetStatsRequest" {
        required uint64 track_handle: u64 = 1;
        optional uint64 request_async_id: Option<u64> = 2;
    }

    /// The figures, or why not.
    struct GetStatsCallback as "GetStatsCallback" {
        required uint64 async_id: u64 = 1;
        optional string error: Option<String> = 2;
        repeated message stats: Vec<RtcStats> = 3;
    }

    /// Figures of both directions.
    struct SessionStats as "GetSessionStatsCallback.Result" {
        repeated message publisher_stats: Vec<RtcStats> = 1;
        repeated message subscriber_stats: Vec<RtcStats> = 2;
    }

    /// One record; exactly one field is set.
    struct RtcStats as "RtcStats" {
        optional message inbound_rtp: Option<InboundRtp> = 4;
        optional message outbound_rtp: Option<OutboundRtp> = 5;
        optional message remote_inbound_rtp: Option<RemoteInboundRtp> = 6;
        optional message candidate_pair: Option<CandidatePair> = 13;
    }

    /// One incoming stream.
    struct InboundRtp as "RtcStats.InboundRtp" {
        required message rtc: RtcStatsData = 1;
        required message stream: RtpStreamStats = 2;
        required message received: ReceivedRtpStreamStats = 3;
        required message inbound: InboundRtpStreamStats = 4;
    }

    /// One outgoing stream.
    struct OutboundRtp as "RtcStats.OutboundRtp" {
        required message rtc: RtcStatsData = 1;
        required message stream: RtpStreamStats = 2;
        required message sent: SentRtpStreamStats = 3;
    }

    /// One outgoing stream, as the other end sees it.
    struct RemoteInboundRtp as "RtcStats.RemoteInboundRtp" {
        required message rtc: RtcStatsData = 1;
        required message stream: RtpStreamStats = 2;
        required message received: ReceivedRtpStreamStats = 3;
    }

    /// One pair of addresses.
    struct CandidatePair as "RtcStats.CandidatePair" {
        required message candidate_pair: CandidatePairStats = 2;
    }

    /// Which record it is.
    struct RtcStatsData as "RtcStatsData" {
        required string id: String = 1;
    }

    /// Of either direction.
    struct RtpStreamStats as "RtpStreamStats" {
        required string kind: String = 2;
    }

    /// What came.
    struct ReceivedRtpStreamStats as "ReceivedRtpStreamStats" {
        required uint64 packets_received: u64 = 1;
        required int64 packets_lost: i64 = 2;
        required double jitter: f64 = 3;
    }

    /// What became of what came.
    struct InboundRtpStreamStats as "InboundRtpStreamStats" {
        required double total_freeze_duration: f64 = 18;
        required uint64 bytes_received: u64 = 25;
    }

    /// What went.
    struct SentRtpStreamStats as "SentRtpStreamStats" {
        required uint64 packets_sent: u64 = 1;
        required uint64 bytes_sent: u64 = 2;
    }

    /// How a pair of addresses does.
    struct CandidatePairStats as "CandidatePairStats" {
        required bool nominated: bool = 5;
        required double current_round_trip_time: f64 = 13;
        required uint64 responses_received: u64 = 18;
    }
}
