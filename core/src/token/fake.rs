//! Tokens for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faithcall_protocol::redact::Secret;

use super::{TokenError, TokenProvider, TokenReason};

/// A JWT of `member` in church `c`; `n` tells one from another.
pub(crate) fn jwt(n: u64, member: &str, exp: u64) -> Secret {
    let claims = format!(
        r#"{{"sub":"{member}","session_church_id":"c","role":"member","type":"member","exp":{exp},"n":{n}}}"#
    );
    Secret::new(format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims)))
}

/// The `n`th token that [`NewEachTime`] gives.
pub(crate) fn nth(n: u64) -> Secret {
    jwt(n, "ruth", 9_999_999_999)
}

/// A new token of member `ruth` for each question.
#[derive(Default, Clone)]
pub(crate) struct NewEachTime(Arc<AtomicU64>);

impl NewEachTime {
    /// How often it was asked.
    pub(crate) fn asked(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenProvider for NewEachTime {
    async fn token(&self, _reason: TokenReason) -> Result<Secret, TokenError> {
        Ok(nth(self.0.fetch_add(1, Ordering::SeqCst)))
    }
}
