//! Whether the process lives, and whether it can serve.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::service::Service;

/// The process answers.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// 200 when the database, the broker and the media server are all there, else 503, with each named. What it tells is a
/// second old at most.
pub(super) async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, Json<Value>) {
    let readiness = service.recent_readiness().await;
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
