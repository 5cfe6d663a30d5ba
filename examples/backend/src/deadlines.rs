//! Carries out deadlines: one task that sleeps until the next one in the store.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::calls::Calls;
use crate::clock::now_ms;
use crate::store::StoreError;

/// The store is asked at least so often: another instance may have written.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// How long a store that failed is left alone.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Starts to carry out deadlines, those that passed while nobody ran first.
pub(crate) fn start(calls: Arc<Calls>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let pause = match carry_out(&calls).await {
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

/// Ends what is due; gives back how long there is nothing to do.
async fn carry_out(calls: &Calls) -> Result<Duration, StoreError> {
    let mut failed = false;
    for id in calls.store.due_calls(now_ms()).await? {
        // One call that cannot be ended does not keep the others alive.
        if let Err(error) = calls.tick(&id).await {
            tracing::error!(%error, call_id = %id, "a deadline could not be carried out");
            failed = true;
        }
    }
    let next = calls.store.next_deadline().await?;
    Ok(pause(failed, next, now_ms()))
}

/// How long there is nothing to do; one that failed is still due, and must not be tried without end.
fn pause(failed: bool, next_ms: Option<u64>, now_ms: u64) -> Duration {
    if failed {
        return RETRY_AFTER;
    }
    let until_next = next_ms.map_or(ASK_EVERY, |at| {
        Duration::from_millis(at.saturating_sub(now_ms))
    });
    until_next.clamp(Duration::from_millis(1), ASK_EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sleeps_until_the_next_deadline_and_never_turns_on_one_that_fails() {
        assert_eq!(pause(false, None, 1_000), ASK_EVERY);
        assert_eq!(pause(false, Some(1_200), 1_000), Duration::from_millis(200));
        assert_eq!(pause(false, Some(900), 1_000), Duration::from_millis(1));
        assert_eq!(pause(true, Some(900), 1_000), RETRY_AFTER);
    }
}
