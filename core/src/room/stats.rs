//! What a session's transport has counted.

/// Figures of one session, summed over its tracks since it was entered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoomStats {
    /// Sound.
    pub audio: MediaStats,
    /// Pictures.
    pub video: MediaStats,
    /// The newest round-trip time to the server in milliseconds, where one was measured.
    pub round_trip_ms: Option<f64>,
    /// What came of each of the others, all its tracks that come now.
    pub received: Vec<ReceivedStats>,
}

/// What came of one participant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReceivedStats {
    /// Whose.
    pub identity: String,
    /// RTP packets that came.
    pub packets_received: u64,
    /// RTP packets that should have come; late duplicates can make it negative.
    pub packets_lost: i64,
    /// The worst track's jitter in milliseconds.
    pub jitter_ms: f64,
    /// For how long in all a picture stood still that should have moved, in milliseconds.
    pub frozen_ms: f64,
}

/// Figures of one kind of media.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MediaStats {
    /// RTP packets that went out.
    pub packets_sent: u64,
    /// Their payload in bytes.
    pub bytes_sent: u64,
    /// RTP packets that went out and that the media server says did not come to it.
    pub packets_sent_lost: i64,
    /// RTP packets that came.
    pub packets_received: u64,
    /// Their payload in bytes.
    pub bytes_received: u64,
    /// RTP packets that should have come; late duplicates can make it negative.
    pub packets_lost: i64,
    /// The worst track's jitter in milliseconds.
    pub jitter_ms: f64,
}
