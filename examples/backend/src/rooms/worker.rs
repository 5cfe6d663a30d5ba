//! Carries out the room work that commits left behind.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use faithcall_protocol::id::CallId;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use super::{Rooms, wanted};
use crate::livekit::RoomServer;
use crate::livekit::reconcile::{self, SCHEDULE};
use crate::store::{RoomWork, Store, Stored};

/// How long a store that failed is left alone.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Brings rooms to what their calls say, each after every commit that matters to it. Dropped, it
/// stops; what was not done is done after the next start.
pub(crate) struct RoomWorker {
    task: JoinHandle<()>,
}

impl RoomWorker {
    /// Starts; `news` tells of new work.
    pub(crate) fn start(rooms: Arc<Rooms>, store: Arc<dyn Store>, news: Arc<Notify>) -> Self {
        Self {
            task: tokio::spawn(run(rooms, store, news)),
        }
    }
}

impl Drop for RoomWorker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(rooms: Arc<Rooms>, store: Arc<dyn Store>, news: Arc<Notify>) {
    let mut last = 0;
    // Dropped with this task, which ends them all.
    let mut at_work = JoinSet::new();
    let mut latest: HashMap<CallId, AbortHandle> = HashMap::new();
    loop {
        let retry = match store.room_work(last).await {
            Ok(entries) => {
                let full = !entries.is_empty();
                for work in entries {
                    last = work.seq;
                    let call = work.call.clone();
                    let job = bring(Arc::clone(&rooms), Arc::clone(&store), work);
                    // Newer work on the same call does all that the older one would still do.
                    if let Some(older) = latest.insert(call, at_work.spawn(job)) {
                        older.abort();
                    }
                }
                if full {
                    continue;
                }
                false
            }
            Err(error) => {
                tracing::warn!(%error, "the room work could not be read");
                true
            }
        };
        tokio::select! {
            () = news.notified() => {}
            Some(_) = at_work.join_next() => latest.retain(|_, job| !job.is_finished()),
            () = tokio::time::sleep(RETRY_AFTER), if retry => {}
        }
    }
}

async fn bring(rooms: Arc<Rooms>, store: Arc<dyn Store>, work: RoomWork) {
    let livekit = rooms.livekit();
    match load(&*store, &work.call).await {
        Some(stored) if !stored.call.is_over() => {
            let room = stored.call.room_name();
            reconcile::reconcile(livekit, &room, || async {
                let stored = load(&*store, &work.call).await?;
                (!stored.call.is_over()).then(|| wanted(&stored.call))
            })
            .await;
        }
        Some(stored) => delete(livekit, &stored.call.room_name()).await,
        None => {}
    }
    if let Err(error) = store.room_work_done(&work).await {
        // It is done once more after the next start.
        tracing::warn!(%error, "room work could not be marked as done");
    }
}

async fn load(store: &dyn Store, call: &CallId) -> Option<Stored> {
    match store.call(call).await {
        Ok(stored) => stored,
        Err(error) => {
            tracing::warn!(%error, "a call could not be read for its room");
            None
        }
    }
}

/// What stays after the last attempt is the reaper's.
async fn delete(livekit: &dyn RoomServer, room: &str) {
    for pause in SCHEDULE {
        tokio::time::sleep(pause).await;
        match livekit.delete_room(room).await {
            Ok(()) => return,
            Err(error) if error.is_not_found() => return,
            Err(error) => tracing::warn!(%error, "a room could not be deleted"),
        }
    }
}
