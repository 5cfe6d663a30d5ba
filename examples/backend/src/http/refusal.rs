//! What an answer that refuses looks like: part A's status and `detail`, part B's `code` and `call`.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use faithcall_protocol::id::MemberId;
use faithcall_protocol::ledger::{self, Call};
use faithcall_protocol::rest::{ErrorBody, ErrorCode};
use serde_json::Value;

use crate::clock::now_ms;

/// A refused request.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: Box<ErrorBody>,
    retry_after_seconds: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: ErrorCode, detail: impl Into<Value>) -> Self {
        Self::with_body(
            status,
            ErrorBody {
                detail: detail.into(),
                code: Some(code),
                call: None,
            },
        )
    }

    fn with_body(status: StatusCode, body: ErrorBody) -> Self {
        Self {
            status,
            body: Box::new(body),
            retry_after_seconds: None,
        }
    }

    /// What the ledger refuses to this member. `call`: the one that it is about.
    pub(crate) fn from_ledger(
        refusal: &ledger::Refusal,
        call: Option<&Call>,
        member: &MemberId,
    ) -> Self {
        let body = ledger::error_body(refusal, call, member, now_ms());
        Self::with_body(status(refusal), body)
    }

    /// What the ledger refuses where there is no call to show.
    fn without_call(refusal: &ledger::Refusal) -> Self {
        Self::new(status(refusal), refusal.code(), refusal.detail())
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    #[cfg(test)]
    pub(crate) fn detail(&self) -> &Value {
        &self.body.detail
    }

    pub(crate) fn not_authenticated() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            ErrorCode::NotAuthenticated,
            "Not authenticated",
        )
    }

    pub(crate) fn invalid_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            ErrorCode::InvalidToken,
            "Invalid authentication credentials",
        )
    }

    pub(crate) fn revoked() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            ErrorCode::Revoked,
            "The member was disabled, or is no member any more",
        )
    }

    pub(crate) fn bad_member_id() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            ErrorCode::BadMemberId,
            "A member or church id must not be empty or hold '#', '+', '/' or a control character",
        )
    }

    pub(crate) fn bad_device_id() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::Invalid,
            "A device id must not be empty, longer than 128 bytes, or hold '#', '+', '/' or a control character",
        )
    }

    pub(crate) fn call_not_found() -> Self {
        Self::without_call(&ledger::Refusal::CallNotFound)
    }

    pub(crate) fn already_handled() -> Self {
        Self::without_call(&ledger::Refusal::AlreadyHandled)
    }

    pub(crate) fn member_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            ErrorCode::MemberNotFound,
            "Member not found",
        )
    }

    pub(crate) fn not_over() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            ErrorCode::NotOver,
            "The call is not over",
        )
    }

    pub(crate) fn too_many_calls(wait_ms: u64) -> Self {
        Self::rate_limited("Too many calls; try again later", wait_ms)
    }

    pub(crate) fn too_many_changes(wait: Duration) -> Self {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self::rate_limited("Too many changes; try again later", wait_ms)
    }

    fn rate_limited(detail: &str, wait_ms: u64) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::RateLimited,
            detail,
        )
        .retry_after(wait_ms.div_ceil(1000).max(1))
    }

    pub(crate) fn conflict() -> Self {
        Self::without_call(&ledger::Refusal::Overdue).retry_after(1)
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Unavailable,
            "The server cannot reach its database; try again",
        )
        .retry_after(1)
    }

    /// `call`: as it is now, for one of its members.
    pub(crate) fn media_unavailable(call: Option<&Call>) -> Self {
        let body = ErrorBody {
            detail: "The media server did not make the room; try again".into(),
            code: Some(ErrorCode::MediaUnavailable),
            call: call.map(|call| ledger::snapshot(call, now_ms())),
        };
        Self::with_body(StatusCode::SERVICE_UNAVAILABLE, body).retry_after(1)
    }
}

/// The ledger's table holds no other numbers than HTTP's.
fn status(refusal: &ledger::Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let unauthorized = self.status == StatusCode::UNAUTHORIZED;
        let mut response = (self.status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        if unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
