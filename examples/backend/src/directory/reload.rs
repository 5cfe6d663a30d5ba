//! Reads the members' file again when it has changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinHandle;

use super::MemberList;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// What shows that a file has changed: when it was written, and its length.
type Mark = Option<(SystemTime, u64)>;

/// Keeps `list` as the file says. A file that cannot be read changes nothing.
///
/// Write a new file and rename it over the old one: one that is written in place may be read half.
pub(crate) fn start(list: Arc<MemberList>, path: PathBuf) -> JoinHandle<()> {
    tokio::spawn(async move {
        // What was changed between the first reading and now is read too.
        let mut read = None;
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            let now = mark(&path).await;
            if now == read {
                continue;
            }
            read = now;
            let file = path.clone();
            match tokio::task::spawn_blocking(move || MemberList::from_file(&file)).await {
                Ok(Ok(changed)) => list.replace(changed),
                Ok(Err(error)) => tracing::warn!(%error, "the members stay as they were"),
                Err(error) => tracing::error!(%error, "the members were not read"),
            }
        }
    })
}

async fn mark(path: &Path) -> Mark {
    let metadata = tokio::fs::metadata(path).await.ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
