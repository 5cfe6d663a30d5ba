//! A client's figures, summed.

use crate::room::{MediaStats, ReceivedStats, RoomStats};
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
    /// One outgoing stream, as the other end sees it.
    Reported {
        id: &'a str,
        kind: &'a str,
        lost: i64,
    },
    /// One incoming stream.
    Inbound {
        id: &'a str,
        kind: &'a str,
        packets: u64,
        bytes: u64,
        lost: i64,
        jitter_seconds: f64,
        frozen_seconds: f64,
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
            Record::Reported { id, kind, lost } => {
                if let Some(media) = media(&mut sum, kind)
                    && seen.insert((id, "reported"))
                {
                    media.packets_sent_lost += lost;
                }
            }
            Record::Inbound {
                id,
                kind,
                packets,
                bytes,
                lost,
                jitter_seconds,
                frozen_seconds: _,
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

/// What came of one track, by that track's records.
pub(in crate::room) fn received<'a>(
    identity: String,
    records: impl Iterator<Item = Record<'a>>,
) -> ReceivedStats {
    let mut sum = ReceivedStats {
        identity,
        ..ReceivedStats::default()
    };
    for record in records {
        if let Record::Inbound {
            packets,
            lost,
            jitter_seconds,
            frozen_seconds,
            ..
        } = record
        {
            sum.packets_received += packets;
            sum.packets_lost += lost;
            sum.jitter_ms = sum.jitter_ms.max(jitter_seconds * 1000.0);
            sum.frozen_ms += frozen_seconds * 1000.0;
        }
    }
    sum
}

/// Adds a track to the others of the same participant.
pub(super) fn merge(all: &mut Vec<ReceivedStats>, track: ReceivedStats) {
    let Some(sum) = all.iter_mut().find(|sum| sum.identity == track.identity) else {
        all.push(track);
        return;
    };
    sum.packets_received += track.packets_received;
    sum.packets_lost += track.packets_lost;
    sum.jitter_ms = sum.jitter_ms.max(track.jitter_ms);
    sum.frozen_ms += track.frozen_ms;
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

    #[test]
    fn a_participants_tracks_are_added() {
        let track = |packets, jitter_seconds| {
            let record = Record::Inbound {
                id: "a",
                kind: "video",
                packets,
                bytes: 0,
                lost: 2,
                jitter_seconds,
                frozen_seconds: 0.5,
            };
            received("ada".to_owned(), std::iter::once(record))
        };
        let mut all = Vec::new();
        for (packets, jitter) in [(3, 0.01), (4, 0.02)] {
            merge(&mut all, track(packets, jitter));
        }
        merge(&mut all, received("bob".to_owned(), std::iter::empty()));
        assert_eq!(all.len(), 2);
        let ada = ReceivedStats {
            identity: "ada".to_owned(),
            packets_received: 7,
            packets_lost: 4,
            jitter_ms: 20.0,
            frozen_ms: 1000.0,
        };
        assert_eq!(all[0], ada);
    }
}
