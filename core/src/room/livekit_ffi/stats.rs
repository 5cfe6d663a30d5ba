//! The library's figures as the port's.

use super::proto::{RtcStats, SessionStats};
use crate::room::{
    ReceivedStats, RoomStats,
    native::{Record, received, sum},
};

/// Sums what the library counted.
pub(super) fn read(session: &SessionStats) -> RoomStats {
    let records = session
        .publisher_stats
        .iter()
        .chain(&session.subscriber_stats);
    sum(records.filter_map(record))
}

/// Sums what the library counted of one track.
pub(super) fn read_track(identity: String, stats: &[RtcStats]) -> ReceivedStats {
    received(identity, stats.iter().filter_map(record))
}

fn record(stats: &RtcStats) -> Option<Record<'_>> {
    if let Some(outbound) = &stats.outbound_rtp {
        Some(Record::Outbound {
            id: &outbound.rtc.id,
            kind: &outbound.stream.kind,
            packets: outbound.sent.packets_sent,
            bytes: outbound.sent.bytes_sent,
        })
    } else if let Some(inbound) = &stats.inbound_rtp {
        Some(Record::Inbound {
            id: &inbound.rtc.id,
            kind: &inbound.stream.kind,
            packets: inbound.received.packets_received,
            bytes: inbound.inbound.bytes_received,
            lost: inbound.received.packets_lost,
            jitter_seconds: inbound.received.jitter,
            frozen_seconds: inbound.inbound.total_freeze_duration,
        })
    } else if let Some(reported) = &stats.remote_inbound_rtp {
        Some(Record::Reported {
            id: &reported.rtc.id,
            kind: &reported.stream.kind,
            lost: reported.received.packets_lost,
        })
    } else {
        let pair = &stats.candidate_pair.as_ref()?.candidate_pair;
        let in_use = pair.nominated && pair.responses_received > 0;
        in_use.then_some(Record::Path {
            round_trip_seconds: pair.current_round_trip_time,
        })
    }
}
