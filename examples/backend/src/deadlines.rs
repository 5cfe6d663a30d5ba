//! Carries out deadlines: one task that sleeps until the next one in the store.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use faithcall_protocol::id::CallId;
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::calls::{CallError, Calls};
use crate::clock::now_ms;
use crate::spans;
use crate::store::StoreError;

/// The store is asked at least so often: another instance may have written.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// How many calls are read at once.
const PAGE: usize = 100;
/// How long a store that failed is left alone.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Starts to carry out deadlines, those that passed while nobody ran first.
pub(crate) fn start(calls: Arc<Calls>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut left = HashSet::new();
        loop {
            let pause = match carry_out(&calls, &mut left).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "the deadlines could not be read; trying again");
                    RETRY_AFTER
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = calls.news.deadlines.notified() => {}
            }
        }
    })
}

/// Ends what is due; gives back how long there is nothing to do. `left`: calls whose records cannot
/// be read, which stay due; each is tried once.
async fn carry_out(calls: &Calls, left: &mut HashSet<CallId>) -> Result<Duration, StoreError> {
    let now = now_ms();
    let mut failed = false;
    // Those that are left are the most overdue for ever: the page has room for as many others.
    let most = PAGE.saturating_add(left.len());
    let due = calls.store.due_calls(now, most).await?;
    let more = due.len() == most;
    let due = due.into_iter().filter(|id| !left.contains(id));
    for id in due.collect::<Vec<_>>() {
        // One call that cannot be ended does not keep the others alive.
        let ticked = calls.tick(&id).instrument(spans::call(&id)).await;
        let Err(error) = ticked else {
            continue;
        };
        spans::call(&id).in_scope(|| {
            tracing::error!(%error, "a deadline could not be carried out");
        });
        match error {
            CallError::Store(StoreError::Unreadable(_)) => drop(left.insert(id)),
            _ => failed = true,
        }
    }
    let next = match more {
        true => Some(now),
        false => calls.store.next_deadline(now).await?,
    };
    Ok(pause(failed, next, now_ms()))
}

/// How long there is nothing to do; one that failed is still due, and must not be tried without end.
fn pause(failed: bool, next_ms: Option<u64>, now_ms: u64) -> Duration {
    let until_next = next_ms.map_or(ASK_EVERY, |at| {
        Duration::from_millis(at.saturating_sub(now_ms))
    });
    let longest = if failed { RETRY_AFTER } else { ASK_EVERY };
    until_next.clamp(Duration::from_millis(1), longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sleeps_until_the_next_deadline_and_never_turns_on_one_that_fails() {
        assert_eq!(pause(false, None, 1_000), ASK_EVERY);
        assert_eq!(pause(false, Some(1_200), 1_000), Duration::from_millis(200));
        assert_eq!(pause(false, Some(900), 1_000), Duration::from_millis(1));
        assert_eq!(pause(true, None, 1_000), RETRY_AFTER);
        assert_eq!(pause(true, Some(1_200), 1_000), Duration::from_millis(200));
    }
}
