//! Marks what is logged about a call with the trace id that all who are in the call know it by.

use axum::http::Request;
use faithcall_protocol::id::CallId;
use faithcall_protocol::rest::BASE_PATH;
use faithcall_protocol::trace_id::{TRACE_HEADER, TraceId};
use tracing::Span;

/// The lines of a request: with the trace that it names, else with that of the call in its path.
pub(crate) fn request<B>(request: &Request<B>) -> Span {
    let header = request.headers().get(TRACE_HEADER);
    let named = header
        .and_then(|value| value.to_str().ok())
        .and_then(TraceId::from_traceparent);
    let in_path = || {
        let below = request.uri().path().strip_prefix(BASE_PATH)?;
        let call: CallId = below.split('/').nth(1)?.parse().ok()?;
        TraceId::of(&call)
    };
    match named.or_else(in_path) {
        Some(trace_id) => tracing::error_span!("request", %trace_id),
        None => Span::none(),
    }
}

/// The lines of what is done about a call. Like a request's, they are marked whatever level is
/// filtered out: the span's own is an error's.
pub(crate) fn call(call_id: &CallId) -> Span {
    match TraceId::of(call_id) {
        Some(trace_id) => tracing::error_span!("call", %call_id, %trace_id),
        None => tracing::error_span!("call", %call_id),
    }
}
