//! Carries out the room work that commits left behind.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::Call;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use super::wanted;
use crate::livekit::RoomServer;
use crate::livekit::reconcile::{self, SCHEDULE};
use crate::store::{RoomWork, Store, StoreError};

/// How long a store that failed is left alone.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Brings rooms to what their calls say, each after every commit that matters to it. Dropped, it
/// stops; what was not done is done after the next start.
pub(crate) struct RoomWorker {
    task: JoinHandle<()>,
}

impl RoomWorker {
    /// Starts; `news` tells of new work.
    pub(crate) fn start(
        rooms: Arc<dyn RoomServer>,
        store: Arc<dyn Store>,
        news: Arc<Notify>,
    ) -> Self {
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

async fn run(rooms: Arc<dyn RoomServer>, store: Arc<dyn Store>, news: Arc<Notify>) {
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

async fn bring(rooms: Arc<dyn RoomServer>, store: Arc<dyn Store>, work: RoomWork) {
    if let Err(Unreadable) = work_on(&*rooms, &*store, &work.call).await {
        // It is tried once more after the next start.
        tracing::error!(call_id = %work.call, "a call's record cannot be read: its room is left");
        return;
    }
    if let Err(error) = store.room_work_done(&work).await {
        // It is done once more after the next start.
        tracing::warn!(%error, "room work could not be marked as done");
    }
}

async fn work_on(rooms: &dyn RoomServer, store: &dyn Store, id: &CallId) -> Result<(), Unreadable> {
    let Some(call) = read(store, id).await? else {
        return Ok(());
    };
    let room = call.room_name();
    if call.is_over() {
        delete(rooms, &room).await;
        return Ok(());
    }
    reconcile::reconcile(rooms, &room, || async {
        let call = read(store, id).await.ok().flatten()?;
        (!call.is_over()).then(|| wanted(&call))
    })
    .await;
    Ok(())
}

/// The store holds the call, and what it holds is none.
struct Unreadable;

/// The call as it is now, however long the store takes to answer.
async fn read(store: &dyn Store, id: &CallId) -> Result<Option<Call>, Unreadable> {
    loop {
        match store.call(id).await {
            Ok(stored) => return Ok(stored.map(|stored| stored.call)),
            Err(StoreError::Unreadable(_)) => return Err(Unreadable),
            Err(error @ StoreError::Unavailable(_)) => {
                tracing::warn!(%error, "a call could not be read for its room; trying again");
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

/// What stays after the last attempt is the reaper's.
async fn delete(rooms: &dyn RoomServer, room: &str) {
    for pause in SCHEDULE {
        tokio::time::sleep(pause).await;
        match rooms.delete_room(room).await {
            Ok(()) => return,
            Err(error) if error.is_not_found() => return,
            Err(error) => tracing::warn!(%error, "a room could not be deleted"),
        }
    }
}

#[cfg(test)]
mod tests;
