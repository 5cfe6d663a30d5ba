//! Carries out the room work that commits left behind.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::Call;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::wanted;
use crate::livekit::{RoomServer, closing, reconcile};
use crate::spans;
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
    let mut jobs = Jobs::new(rooms, Arc::clone(&store));
    loop {
        let retry = match store.room_work(last).await {
            Ok(entries) => {
                let full = !entries.is_empty();
                for work in entries {
                    last = work.seq;
                    jobs.begin(work);
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
            Some(_) = jobs.at_work.join_next() => jobs.forget_ended(),
            () = tokio::time::sleep(RETRY_AFTER), if retry => {}
        }
    }
}

/// The work that is under way. Dropped, it ends at once.
struct Jobs {
    rooms: Arc<dyn RoomServer>,
    store: Arc<dyn Store>,
    at_work: JoinSet<()>,
    latest: HashMap<CallId, Begun>,
}

/// Work on one call's room.
struct Begun {
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Jobs {
    fn new(rooms: Arc<dyn RoomServer>, store: Arc<dyn Store>) -> Self {
        Self {
            rooms,
            store,
            at_work: JoinSet::new(),
            latest: HashMap::new(),
        }
    }

    /// Begins it once older work on the same call, whose rest it does too, has stopped. That one is
    /// waited for and never cut off: a request under way could land after the newer ones.
    fn begin(&mut self, work: RoomWork) {
        let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
        let begun = Begun {
            stop: stop.clone(),
            ended: ended.clone(),
        };
        let older = self.latest.insert(work.call.clone(), begun);
        if let Some(older) = &older {
            older.stop.cancel();
        }
        let (rooms, store) = (Arc::clone(&self.rooms), Arc::clone(&self.store));
        let ends = ended.drop_guard();
        let span = spans::call(&work.call);
        let brings = async move {
            let _ends = ends;
            if let Some(older) = older {
                older.ended.cancelled().await;
            }
            bring(&*rooms, &*store, &work, &stop).await;
        };
        self.at_work.spawn(brings.instrument(span));
    }

    fn forget_ended(&mut self) {
        self.latest.retain(|_, begun| !begun.ended.is_cancelled());
    }
}

async fn bring(
    rooms: &dyn RoomServer,
    store: &dyn Store,
    work: &RoomWork,
    stop: &CancellationToken,
) {
    match work_on(rooms, store, &work.call, stop).await {
        Ok(()) => {}
        Err(Unfinished::Stopped) => return,
        Err(Unfinished::Unreadable) => {
            // It is tried once more after the next start.
            tracing::error!("the call's record cannot be read: its room is left");
            return;
        }
    }
    if let Err(error) = store.room_work_done(work).await {
        // It is done once more after the next start.
        tracing::warn!(%error, "room work could not be marked as done");
    }
}

/// Why work stays in the store.
enum Unfinished {
    /// Newer work on the same call waits.
    Stopped,
    /// The store holds the call, and what it holds is none.
    Unreadable,
}

async fn work_on(
    rooms: &dyn RoomServer,
    store: &dyn Store,
    id: &CallId,
    stop: &CancellationToken,
) -> Result<(), Unfinished> {
    let Some(call) = read(store, id, stop).await? else {
        return Ok(());
    };
    let room = call.room_name();
    if call.is_over() {
        // What stays after the last look is the reaper's.
        closing::close(rooms, &room, stop).await;
    } else {
        let wanted = || async {
            let call = read(store, id, stop).await.ok().flatten()?;
            (!call.is_over()).then(|| wanted(&call))
        };
        reconcile::reconcile(rooms, &room, stop, wanted).await;
    }
    match stop.is_cancelled() {
        true => Err(Unfinished::Stopped),
        false => Ok(()),
    }
}

/// The call as it is now, however long the store takes to answer.
async fn read(
    store: &dyn Store,
    id: &CallId,
    stop: &CancellationToken,
) -> Result<Option<Call>, Unfinished> {
    loop {
        match store.call(id).await {
            Ok(stored) => return Ok(stored.map(|stored| stored.call)),
            Err(StoreError::Unreadable(_)) => return Err(Unfinished::Unreadable),
            Err(error @ StoreError::Unavailable(_)) => {
                tracing::warn!(%error, "a call could not be read for its room; trying again");
                let pause = stop.run_until_cancelled(tokio::time::sleep(RETRY_AFTER));
                pause.await.ok_or(Unfinished::Stopped)?;
            }
        }
    }
}

#[cfg(test)]
mod tests;
