//! What a session has counted, asked for again and again while somebody wants to know.

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use faithcall_protocol::quality::{Counters, Received, SAMPLE_MS, Statistics};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::room::{RoomError, RoomSession, RoomStats};

type Counting<'a> = Pin<Box<dyn Future<Output = Result<RoomStats, RoomError>> + Send + 'a>>;

/// Asks one session.
pub(super) struct Watch<'a> {
    room: &'a dyn RoomSession,
    /// While it is wanted.
    ticks: Option<Interval>,
    /// Asked for, and not answered yet.
    counting: Option<Counting<'a>>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(room: &'a dyn RoomSession) -> Self {
        Self {
            room,
            ticks: None,
            counting: None,
        }
    }

    pub(super) fn turn(&mut self, on: bool) {
        self.counting = None;
        self.ticks = on.then(|| {
            let mut ticks = interval(Duration::from_millis(SAMPLE_MS));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
    }

    /// The next figures; pends while they are not wanted. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Statistics {
        loop {
            if self.counting.is_none() {
                match &mut self.ticks {
                    Some(ticks) => drop(ticks.tick().await),
                    None => pending().await,
                }
            }
            let room = self.room;
            let counted = self.counting.get_or_insert_with(|| room.stats()).await;
            self.counting = None;
            match counted {
                Ok(stats) => return statistics(&stats),
                Err(error) => tracing::debug!(%error, "the room has not counted"),
            }
        }
    }
}

fn statistics(stats: &RoomStats) -> Statistics {
    let (audio, video) = (&stats.audio, &stats.video);
    let lost = count(audio.packets_sent_lost + video.packets_sent_lost);
    let sent = audio.packets_sent + video.packets_sent;
    let received = stats.received.iter().map(|of| Received {
        identity: of.identity.clone(),
        counters: Counters {
            arrived: of.packets_received,
            lost: count(of.packets_lost),
            jitter_ms: milliseconds(of.jitter_ms),
            frozen_ms: u64::from(milliseconds(of.frozen_ms)),
        },
    });
    Statistics {
        round_trip_ms: stats.round_trip_ms.map(milliseconds),
        sent: Counters {
            arrived: sent.saturating_sub(lost),
            lost,
            jitter_ms: 0,
            frozen_ms: 0,
        },
        received: received.collect(),
    }
}

/// Late duplicates can make a loss negative.
fn count(packets: i64) -> u64 {
    u64::try_from(packets).unwrap_or(0)
}

fn milliseconds(time: f64) -> u32 {
    time.round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::{MediaStats, ReceivedStats};

    #[test]
    fn what_a_room_counts_is_what_the_machine_reads() {
        let stats = RoomStats {
            audio: MediaStats {
                packets_sent: 100,
                packets_sent_lost: 3,
                ..MediaStats::default()
            },
            video: MediaStats {
                packets_sent: 50,
                packets_sent_lost: -1,
                ..MediaStats::default()
            },
            round_trip_ms: Some(41.6),
            received: vec![ReceivedStats {
                identity: "ada".to_owned(),
                packets_received: 70,
                packets_lost: -2,
                jitter_ms: 3.2,
                frozen_ms: 1_500.0,
            }],
        };
        let ada = Counters {
            arrived: 70,
            lost: 0,
            jitter_ms: 3,
            frozen_ms: 1_500,
        };
        let read = statistics(&stats);
        assert_eq!(read.round_trip_ms, Some(42));
        assert_eq!((read.sent.arrived, read.sent.lost), (148, 2));
        assert_eq!(read.received.len(), 1);
        assert_eq!(read.received[0].counters, ada);
    }
}
