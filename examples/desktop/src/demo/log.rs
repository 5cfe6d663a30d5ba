//! Everything that was told in a run, by phones and by the server, on one clock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Something that was told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// When, in milliseconds since 1970 by the wall clock of the one who told it.
    pub at_ms: f64,
    /// Who told it, an index into the scene's lanes.
    pub lane: usize,
    /// What.
    pub event: String,
    /// The rest of the line.
    pub fields: Map<String, Value>,
}

impl Entry {
    /// A text field; empty where it is missing.
    pub(super) fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or("")
    }

    /// A number field.
    pub(super) fn number(&self, field: &str) -> Option<f64> {
        self.fields.get(field).and_then(Value::as_f64)
    }

    /// A switch; off where it is missing.
    pub(super) fn is_on(&self, field: &str) -> bool {
        self.fields
            .get(field)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }
}

/// What did not happen in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{who}: no '{what}' within {within:?}")]
pub(super) struct Missing {
    /// Who should have told it.
    pub who: String,
    /// What was waited for.
    pub what: String,
    /// For how long.
    pub within: Duration,
}

/// What was told in a scene, in the order in which it came.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Mutex<Vec<Entry>>,
    added: Notify,
    mark: AtomicUsize,
}

impl Log {
    /// Adds an entry.
    pub(super) fn add(&self, entry: Entry) {
        self.lock().push(entry);
        self.added.notify_waiters();
    }

    /// All entries so far.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// Sets the mark behind all that was told so far.
    pub(super) fn mark(&self) {
        self.mark.store(self.lock().len(), Ordering::Relaxed);
    }

    /// The place of the mark.
    pub(super) fn marked(&self) -> usize {
        self.mark.load(Ordering::Relaxed)
    }

    /// The first entry at or after `from` that fits, and the place after it; `None` if none came
    /// within the time.
    pub(super) async fn wait(
        &self,
        from: usize,
        within: Duration,
        fits: impl Fn(&Entry) -> bool,
    ) -> Option<(usize, Entry)> {
        let search = async {
            loop {
                // Registered before looking, so that nothing can come unseen in between.
                let added = self.added.notified();
                let found = self
                    .lock()
                    .iter()
                    .enumerate()
                    .skip(from)
                    .find(|(_, entry)| fits(entry))
                    .map(|(place, entry)| (place + 1, entry.clone()));
                match found {
                    Some(found) => return found,
                    None => added.await,
                }
            }
        };
        timeout(within, search).await.ok()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Now, in milliseconds since 1970.
pub(super) fn now_ms() -> f64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(event: &str) -> Entry {
        Entry {
            at_ms: 0.0,
            lane: 0,
            event: event.into(),
            fields: Map::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_before_and_what_comes_later_is_found_and_nothing_else() {
        let log = Log::default();
        log.add(entry("a"));
        log.add(entry("b"));
        let a = |e: &Entry| e.event == "a";
        let second = Duration::from_secs(1);
        assert_eq!(log.wait(0, second, a).await, Some((1, entry("a"))));
        assert_eq!(log.wait(1, second, a).await, None);
        let (later, ()) = tokio::join!(log.wait(1, second, a), async {
            tokio::task::yield_now().await;
            log.add(entry("a"));
        });
        assert_eq!(later, Some((3, entry("a"))));
    }
}
