//! The library's figures as the port's.

use super::proto::{RtcStats, SessionStats};
use crate::room::{MediaStats, RoomStats};
use std::collections::HashSet;

/// Sums what the library counted. With a single peer connection both lists can hold the same
/// record, so each is counted once.
pub(super) fn sum(session: &SessionStats) -> RoomStats {
    let mut sum = RoomStats::default();
    let mut seen = HashSet::new();
    for record in session
        .publisher_stats
        .iter()
        .chain(&session.subscriber_stats)
    {
        add(&mut sum, &mut seen, record);
    }
    sum
}

fn add<'a>(sum: &mut RoomStats, seen: &mut HashSet<(&'a str, &'a str)>, record: &'a RtcStats) {
    if let Some(outbound) = &record.outbound_rtp {
        if let Some(media) = media(sum, &outbound.stream.kind)
            && seen.insert((&outbound.rtc.id, "out"))
        {
            media.packets_sent += outbound.sent.packets_sent;
            media.bytes_sent += outbound.sent.bytes_sent;
        }
    } else if let Some(inbound) = &record.inbound_rtp {
        if let Some(media) = media(sum, &inbound.stream.kind)
            && seen.insert((&inbound.rtc.id, "in"))
        {
            media.packets_received += inbound.received.packets_received;
            media.bytes_received += inbound.inbound.bytes_received;
            media.packets_lost += inbound.received.packets_lost;
            media.jitter_ms = media.jitter_ms.max(inbound.received.jitter * 1000.0);
        }
    } else if let Some(pair) = &record.candidate_pair
        && pair.candidate_pair.nominated
        && pair.candidate_pair.responses_received > 0
    {
        sum.round_trip_ms = Some(pair.candidate_pair.current_round_trip_time * 1000.0);
    }
}

fn media<'a>(sum: &'a mut RoomStats, kind: &str) -> Option<&'a mut MediaStats> {
    match kind {
        "audio" => Some(&mut sum.audio),
        "video" => Some(&mut sum.video),
        _ => None,
    }
}
