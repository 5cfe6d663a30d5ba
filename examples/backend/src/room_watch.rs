//! Looks at the media server of its own accord: who is in the rooms of calls, and which rooms
//! no call needs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use faithcall_protocol::ledger::Call;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::calls::{CallError, Calls};
use crate::livekit::reaper::{self, Standing};
use crate::livekit::reconcile::plan;
use crate::livekit::{RoomServer, closing};
use crate::rooms::wanted;
use crate::spans;

/// How many rooms are asked at a time.
const AT_A_TIME: usize = 8;

/// Asks every `every` who is in the room of each call that is not over: the truth about presence,
/// and the occasion to put out who has no business there; and whether its members are members still.
pub(crate) fn start(calls: Arc<Calls>, every: Duration) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match calls.store.open_calls().await {
                Ok(open) => look_at_all(&calls, open).await,
                Err(error) => tracing::warn!(%error, "the open calls could not be read"),
            }
        }
    })
}

/// Deletes, every `every`, rooms whose call is over.
pub(crate) fn start_reaper(calls: Arc<Calls>, every: Duration) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            reap(&calls).await;
        }
    })
}

async fn look_at_all(calls: &Arc<Calls>, open: Vec<Call>) {
    let mut at_work = JoinSet::new();
    for call in open {
        if at_work.len() >= AT_A_TIME {
            at_work.join_next().await;
        }
        let calls = Arc::clone(calls);
        let span = spans::call(call.call_id());
        let looks = async move {
            if let Err(error) = look(&calls, &call).await {
                tracing::warn!(%error, "a room could not be looked at");
            }
        };
        at_work.spawn(looks.instrument(span));
    }
    while at_work.join_next().await.is_some() {}
}

async fn look(calls: &Calls, call: &Call) -> Result<(), CallError> {
    calls.revoke_unwelcome(call).await?;
    let Some((now, present)) = calls.see_who_is_there(call).await? else {
        return Ok(());
    };
    if now.is_over() || plan(&present, &wanted(&now)).is_empty() {
        return Ok(());
    }
    // The worker does it: two at one room would undo each other's requests.
    calls.look_at_room(now.call_id()).await
}

async fn reap(calls: &Calls) {
    let livekit = calls.rooms.livekit();
    let rooms = match livekit.list_rooms().await {
        Ok(rooms) => rooms,
        Err(error) => {
            tracing::warn!(%error, "the rooms could not be listed");
            return;
        }
    };
    let mut standings = HashMap::new();
    for room in &rooms {
        let standing = match calls.call_of_room(room).await {
            Ok(Some(call)) if call.is_over() => Standing::Over,
            Ok(Some(_)) => Standing::Live,
            Ok(None) => Standing::Unknown,
            Err(error) => {
                tracing::warn!(%error, "a room's call could not be read");
                Standing::Unknown
            }
        };
        standings.insert(room.clone(), standing);
    }
    let standing = |room: &str| standings.get(room).copied().unwrap_or(Standing::Unknown);
    // All at a time: one that takes long does not keep the others. The worker may be at the same
    // room, to the same end: over is over.
    let mut at_work = JoinSet::new();
    for room in reaper::doomed(rooms, standing) {
        tracing::info!("a room outlives its call");
        let livekit = livekit.clone();
        let to_the_end = CancellationToken::new();
        at_work.spawn(async move { closing::close(&livekit, &room, &to_the_end).await });
    }
    at_work.join_all().await;
}
