//! Carries out deadlines: one task that sleeps until the next one in the store.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::calls::{CallError, Calls};
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
                    tracing::warn!(%error, "deadlines could not be carried out; trying again");
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
async fn carry_out(calls: &Calls) -> Result<Duration, CallError> {
    for id in calls.store.due_calls(now_ms()).await? {
        calls.tick(&id).await?;
    }
    let next: Result<_, StoreError> = calls.store.next_deadline().await;
    let until_next = next?.map(|at| at.saturating_sub(now_ms()).max(1));
    Ok(until_next
        .map_or(ASK_EVERY, Duration::from_millis)
        .min(ASK_EVERY))
}
