//! The REST interface: routes, and what every answer has in common.

mod body;
mod caller;
mod health;
mod history;
mod refusal;
mod routes;
mod serve;
mod webhook;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use faithcall_protocol::rest::{BASE_PATH, DEVICES_PATH, ErrorCode, SERVER_HEADER_VALUE};
use tracing::Instrument;

pub(crate) use refusal::Refusal;
pub(crate) use serve::{HEAD_WITHIN, serve};

use crate::service::Service;
use crate::spans;

/// No request takes longer; the slowest honest one waits 2 s for its room.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Nobody on the way may keep an answer, but for one that says so itself.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store, no-cache, must-revalidate");
/// [`faithcall_protocol::rest::SERVER_HEADER`], as the HTTP library wants it.
const SERVER: HeaderName = HeaderName::from_static("faithcall");

/// All routes.
pub(crate) fn router(service: Arc<Service>) -> Router {
    let of_calls = Router::new()
        .route("/", post(routes::create))
        .route("/active", get(routes::active))
        .route("/sync", get(routes::sync))
        .route("/history", get(history::history))
        .route("/stats", get(history::stats))
        .route("/{call_id}", get(routes::call))
        .route("/{call_id}/accept", post(routes::accept))
        .route("/{call_id}/reject", post(routes::reject))
        .route("/{call_id}/cancel", post(routes::cancel))
        .route("/{call_id}/connected", post(routes::connected))
        .route("/{call_id}/end", post(routes::end))
        .route("/{call_id}/leave", post(routes::leave))
        .route("/{call_id}/invite", post(routes::invite))
        .route("/{call_id}/feedback", post(history::feedback))
        .route("/{call_id}/participant", patch(routes::participant))
        .route("/{call_id}/ringing", post(routes::ringing))
        .route("/{call_id}/token", post(routes::token));
    Router::new()
        .nest(BASE_PATH, of_calls)
        // The contract writes `POST /` of the base path, deployed servers take it without.
        .route(&format!("{BASE_PATH}/"), post(routes::create))
        .route(
            &format!("{DEVICES_PATH}/{{device_id}}"),
            put(routes::register).delete(routes::unregister),
        )
        .route("/api/webhooks/livekit", post(webhook::livekit))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(async || not_found())
        .method_not_allowed_fallback(async || method_not_allowed())
        .layer(middleware::from_fn(around))
        .layer(middleware::from_fn(traced))
        .with_state(service)
}

fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, ErrorCode::Other, "Not Found")
}

fn method_not_allowed() -> Refusal {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    Refusal::new(status, ErrorCode::Other, "Method Not Allowed")
}

fn too_slow() -> Refusal {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Unavailable,
        "The server took too long; try again",
    )
    .retry_after(1)
}

async fn traced(request: Request, next: Next) -> Response {
    let span = spans::request(&request);
    next.run(request).instrument(span).await
}

/// What every request gets: a time limit, a line in the log without anything personal, and the
/// header by which an SDK knows this server.
async fn around(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    // The route and never the path: ids are nobody's business in a log, queries even less.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = tokio::time::timeout(ANSWER_WITHIN, next.run(request))
        .await
        .unwrap_or_else(|_| too_slow().into_response());
    let headers = response.headers_mut();
    headers.insert(SERVER, HeaderValue::from_static(SERVER_HEADER_VALUE));
    headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    tracing::debug!(
        %method,
        route = route.as_ref().map_or("none", MatchedPath::as_str),
        status = response.status().as_u16(),
        elapsed_ms = started.elapsed().as_millis(),
        "request"
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_header_is_the_contracts() {
        assert!(faithcall_protocol::rest::SERVER_HEADER.eq_ignore_ascii_case(SERVER.as_str()));
    }
}
