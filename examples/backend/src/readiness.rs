//! Whether the server can serve, as it was found out last.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// Which of the parts that a call needs are there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readiness {
    pub(crate) database: bool,
    pub(crate) broker: bool,
    pub(crate) livekit: bool,
}

impl Readiness {
    pub(crate) fn all(self) -> bool {
        self.database && self.broker && self.livekit
    }
}

/// How long what was found out is told again: anybody may ask, and each asking costs a write.
const TOLD_FOR: Duration = Duration::from_secs(1);

/// What was found out last, and when.
#[derive(Default)]
pub(crate) struct LastReadiness(Mutex<Option<(Instant, Readiness)>>);

impl LastReadiness {
    /// What is known, or finds it out; those who ask meanwhile wait for that.
    pub(crate) async fn get(&self, find_out: impl Future<Output = Readiness>) -> Readiness {
        let mut last = self.0.lock().await;
        if let Some((at, readiness)) = *last
            && at.elapsed() < TOLD_FOR
        {
            return readiness;
        }
        let readiness = find_out.await;
        *last = Some((Instant::now(), readiness));
        readiness
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_parts_are_asked_once_a_second_however_often_it_is() {
        let asked = Cell::new(0);
        let find_out = async || {
            asked.set(asked.get() + 1);
            tokio::task::yield_now().await;
            let database = asked.get() == 1;
            Readiness {
                database,
                broker: true,
                livekit: true,
            }
        };
        let last = LastReadiness::default();
        let both = tokio::join!(last.get(find_out()), last.get(find_out()));
        assert!(both.0.all() && both.1.all());
        assert_eq!(asked.get(), 1);
        advance(TOLD_FOR - Duration::from_millis(1)).await;
        assert!(last.get(find_out()).await.all());
        advance(Duration::from_millis(1)).await;
        assert!(!last.get(find_out()).await.all());
    }
}
