//! Whether the process lives, and whether it can serve.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::service::{Readiness, Service};

/// The process answers.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// How long what was found out is told again: anybody may ask, and each asking costs a write.
const TOLD_FOR: Duration = Duration::from_secs(1);

/// What was found out last, and when.
#[derive(Default)]
pub(crate) struct LastReadiness(Mutex<Option<(Instant, Readiness)>>);

impl LastReadiness {
    /// What is known, or finds it out; those who ask meanwhile wait for that.
    async fn get(&self, find_out: impl Future<Output = Readiness>) -> Readiness {
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

/// 200 when the database, the broker and the media server are all there, else 503, with each named. What it tells is a
/// second old at most.
pub(super) async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, Json<Value>) {
    let readiness = service.last_readiness.get(service.readiness()).await;
    let status = if readiness.all() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "database": readiness.database,
        "broker": readiness.broker,
        "livekit": readiness.livekit,
    });
    (status, Json(body))
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
