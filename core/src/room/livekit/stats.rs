//! The crate's figures as the port's.

use crate::room::{
    ReceivedStats, RoomStats,
    native::{Record, received, sum},
};
use ::livekit::{rtc_engine::SessionStats, webrtc::stats::RtcStats};

/// Sums what the crate counted.
pub(super) fn read(session: &SessionStats) -> RoomStats {
    let records = session
        .publisher_stats
        .iter()
        .chain(&session.subscriber_stats);
    sum(records.filter_map(record))
}

/// Sums what the crate counted of one track.
pub(super) fn read_track(identity: String, stats: &[RtcStats]) -> ReceivedStats {
    received(identity, stats.iter().filter_map(record))
}

fn record(stats: &RtcStats) -> Option<Record<'_>> {
    match stats {
        RtcStats::OutboundRtp(outbound) => Some(Record::Outbound {
            id: &outbound.rtc.id,
            kind: &outbound.stream.kind,
            packets: outbound.sent.packets_sent,
            bytes: outbound.sent.bytes_sent,
        }),
        RtcStats::InboundRtp(inbound) => Some(Record::Inbound {
            id: &inbound.rtc.id,
            kind: &inbound.stream.kind,
            packets: inbound.received.packets_received,
            bytes: inbound.inbound.bytes_received,
            lost: inbound.received.packets_lost,
            jitter_seconds: inbound.received.jitter,
            frozen_seconds: inbound.inbound.total_freeze_duration,
        }),
        RtcStats::RemoteInboundRtp(reported) => Some(Record::Reported {
            id: &reported.rtc.id,
            kind: &reported.stream.kind,
            lost: reported.received.packets_lost,
        }),
        RtcStats::CandidatePair(pair) => {
            let pair = &pair.candidate_pair;
            let in_use = pair.nominated && pair.responses_received > 0;
            in_use.then_some(Record::Path {
                round_trip_seconds: pair.current_round_trip_time,
            })
        }
        _ => None,
    }
}
