//! Forgets what nobody may ask for any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::interval;

use super::Store;
use crate::clock::now_ms;

const EVERY: Duration = Duration::from_secs(600);

/// Starts to forget calls so long after their end.
pub(crate) fn start(store: Arc<dyn Store>, keep_ended: Duration) -> JoinHandle<()> {
    let keep_ms = u64::try_from(keep_ended.as_millis()).unwrap_or(u64::MAX);
    tokio::spawn(async move {
        let mut ticks = interval(EVERY);
        loop {
            ticks.tick().await;
            let now = now_ms();
            if let Err(error) = store.prune(now.saturating_sub(keep_ms), now).await {
                tracing::warn!(%error, "old calls could not be forgotten");
            }
        }
    })
}
