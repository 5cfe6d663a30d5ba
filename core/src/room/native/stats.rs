//! A client's figures, summed.

use crate::room::{MediaStats, RoomStats};
use std::collections::HashSet;

/// One record that counts, as WebRTC's statistics have it.
pub(in crate::room) enum Record<'a> {
    /// One outgoing stream.
    Outbound {
        id: &'a str,
        kind: &'a str,
        packets: u64,
        bytes: u64,
    },
    /// One incoming stream.
    Inbound {
        id: &'a str,
        kind: &'a str,
        packets: u64,
        bytes: u64,
        lost: i64,
        jitter_seconds: f64,
    },
    /// The way to the server that is in use.
    Path { round_trip_seconds: f64 },
}

/// Sums the records of both directions. A single peer connection is listed in both, so each record
/// is counted once.
pub(in crate::room) fn sum<'a>(records: impl Iterator<Item = Record<'a>>) -> RoomStats {
    let mut sum = RoomStats::default();
    let mut seen = HashSet::new();
    for record in records {
        match record {
            Record::Outbound {
                id,
                kind,
                packets,
                bytes,
            } => {
                if let Some(media) = media(&mut sum, kind)
                    && seen.insert((id, "out"))
                {
                    media.packets_sent += packets;
                    media.bytes_sent += bytes;
                }
            }
            Record::Inbound {
                id,
                kind,
                packets,
                bytes,
                lost,
                jitter_seconds,
            } => {
                if let Some(media) = media(&mut sum, kind)
                    && seen.insert((id, "in"))
                {
                    media.packets_received += packets;
                    media.bytes_received += bytes;
                    media.packets_lost += lost;
                    media.jitter_ms = media.jitter_ms.max(jitter_seconds * 1000.0);
                }
            }
            Record::Path { round_trip_seconds } => {
                sum.round_trip_ms = Some(round_trip_seconds * 1000.0);
            }
        }
    }
    sum
}

fn media<'a>(sum: &'a mut RoomStats, kind: &str) -> Option<&'a mut MediaStats> {
    match kind {
        "audio" => Some(&mut sum.audio),
        "video" => Some(&mut sum.video),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_listed_twice_counts_once() {
        let sent = || Record::Outbound {
            id: "a",
            kind: "audio",
            packets: 3,
            bytes: 30,
        };
        let also = Record::Outbound {
            id: "b",
            kind: "audio",
            packets: 4,
            bytes: 40,
        };
        let sum = sum([sent(), also, sent()].into_iter());
        assert_eq!((sum.audio.packets_sent, sum.audio.bytes_sent), (7, 70));
        assert_eq!(sum.video, MediaStats::default());
    }
}
