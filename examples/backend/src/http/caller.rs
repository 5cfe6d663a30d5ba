//! Who sends a request: its member by the token, its device by the header.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use faithcall_protocol::id::DeviceId;
use faithcall_protocol::rest::{Actor, DEVICE_HEADER};
use serde_json::Value;

use super::body::{error, invalid};
use super::refusal::Refusal;
use crate::auth::{SignedIn, TokenError};
use crate::calls::CallError;
use crate::service::Service;

/// The sender of a request.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) signed_in: SignedIn,
    pub(super) device: Option<DeviceId>,
}

impl Caller {
    pub(super) fn actor(&self) -> Actor {
        Actor {
            member_id: self.signed_in.member.clone(),
            device_id: self.device.clone(),
        }
    }

    /// The answer to a request that was not carried out.
    pub(super) fn refuse(&self, error: CallError) -> Refusal {
        match error {
            CallError::Refused { refusal, call } => {
                Refusal::from_ledger(&refusal, call.as_deref(), &self.signed_in.member)
            }
            // Whoever asks for a room has a part in its call.
            CallError::Media { call } => Refusal::media_unavailable(call.as_deref()),
            CallError::NotOver => Refusal::not_over(),
            CallError::MemberNotFound => Refusal::member_not_found(),
            CallError::RateLimited { wait_ms } => Refusal::too_many_calls(wait_ms),
            CallError::KeyReused => key_refused("Came with another body before"),
            CallError::Contention => Refusal::conflict(),
            CallError::Store(error) => {
                tracing::error!(%error, "a request failed");
                Refusal::unavailable()
            }
        }
    }
}

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Refusal> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(Refusal::not_authenticated)?;
        let signed_in = service.tokens.check(token).map_err(|error| match error {
            TokenError::Invalid => Refusal::invalid_token(),
            TokenError::BadMemberId => Refusal::bad_member_id(),
        })?;
        let directory = &service.calls.directory;
        if !directory.admits(&signed_in.church, &signed_in.member).await {
            return Err(Refusal::revoked());
        }
        let device = match parts.headers.get(DEVICE_HEADER) {
            None => None,
            Some(value) => Some(device(value.to_str().unwrap_or_default())?),
        };
        Ok(Self { signed_in, device })
    }
}

/// A member's word for one create, so that its repeat is known (protocol, part B).
pub(super) const KEY_HEADER: &str = "idempotency-key";

/// Longest idempotency key, in bytes.
const MAX_KEY_BYTES: usize = 128;

/// The idempotency key of a request, if it has one.
pub(super) struct IdempotencyKey(pub(super) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Some(value) = parts.headers.get(KEY_HEADER) else {
            return Ok(Self(None));
        };
        match value.to_str() {
            Ok(key) if !key.is_empty() && key.len() <= MAX_KEY_BYTES => Ok(Self(Some(key.into()))),
            Ok(_) | Err(_) => Err(key_refused("Must be 1 to 128 visible ASCII characters")),
        }
    }
}

fn key_refused(msg: &str) -> Refusal {
    let loc = ["header", KEY_HEADER];
    invalid(vec![error("value_error", &loc, msg, &Value::Null)])
}

fn device(text: &str) -> Result<DeviceId, Refusal> {
    text.parse().map_err(|bad| {
        let msg = format!("Value error, {bad}");
        let input = Value::String(text.to_owned());
        invalid(vec![error(
            "value_error",
            &["header", DEVICE_HEADER],
            &msg,
            &input,
        )])
    })
}
