//! What an app asks about calls that are over.

use faithcall_protocol::id::CallId;
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{CallFeedback, CallStats, HistoryPage, Message};
use serde::de::DeserializeOwned;

use super::*;
use crate::rest::RequestError;
use crate::rest::route::{json, read, with};

impl Http {
    /// `GET /history`
    pub(crate) async fn history(
        &self,
        page: u32,
        page_size: u32,
        call_type: Option<CallType>,
    ) -> Result<HistoryPage, RequestError> {
        let of_type = match call_type {
            None => "",
            Some(CallType::Voice) => "&call_type=voice",
            Some(CallType::Video) => "&call_type=video",
        };
        let query = format!("page={page}&page_size={page_size}{of_type}");
        let route = with(Verb::Get, vec!["history"], None, "history");
        self.ask(route, Some(query), None).await
    }

    /// `GET /stats`
    pub(crate) async fn stats(&self, days: u32) -> Result<CallStats, RequestError> {
        let route = with(Verb::Get, vec!["stats"], None, "stats");
        self.ask(route, Some(format!("days={days}")), None).await
    }

    /// `POST /{id}/feedback`
    pub(crate) async fn feedback(
        &self,
        call: &CallId,
        feedback: &CallFeedback,
    ) -> Result<(), RequestError> {
        let segments = vec![call.as_str(), "feedback"];
        let route = with(Verb::Post, segments, Some(json(feedback)), "feedback");
        let kept: Message = self.ask(route, None, TraceId::of(call)).await?;
        tracing::debug!(said = kept.message, "feedback sent");
        Ok(())
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        route: Route<'_>,
        query: Option<String>,
        trace: Option<TraceId>,
    ) -> Result<T, RequestError> {
        let route = Route { query, ..route };
        let exchange = self.exchange(&route, trace).instrument(span_of(trace));
        let raw = exchange.await.map_err(|failure| match failure {
            Failure::Unauthenticated => RequestError::Unauthenticated,
            Failure::NoAnswer => RequestError::NoAnswer,
            Failure::Status { status, .. } => RequestError::Refused(status),
        })?;
        if raw.status.is_success() {
            read(&raw.body).ok_or(RequestError::NoAnswer)
        } else {
            Err(refusal(&raw))
        }
    }
}

fn refusal(raw: &Raw) -> RequestError {
    let body: Option<ErrorBody> = serde_json::from_slice(&raw.body).ok();
    match body.and_then(|body| body.code) {
        Some(ErrorCode::NotOver) => return RequestError::NotOver,
        Some(ErrorCode::NotAParticipant) => return RequestError::TookNoPart,
        Some(ErrorCode::CallNotFound) => return RequestError::NoSuchCall,
        Some(_) | None => {}
    }
    match raw.status.as_u16() {
        404 | 405 => RequestError::NotOnThisServer,
        422 => RequestError::OutOfRange,
        429 | 500..=599 => RequestError::Busy {
            retry_after_ms: retry_after_ms(&raw.headers),
        },
        status => RequestError::Refused(status),
    }
}
