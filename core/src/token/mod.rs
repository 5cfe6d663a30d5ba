//! The member's credential: given by the app, kept here, replaced before it expires.

mod claims;
#[cfg(test)]
pub(crate) mod fake;
mod keeper;

pub(crate) use claims::{Identity, identity};
pub(crate) use keeper::{Token, Tokens};

use async_trait::async_trait;
use faithcall_protocol::redact::Secret;

/// Gives the member's JWT. Written by the app, which knows how its users sign in.
///
/// Called on the core's own tasks, one call at a time, and given up after 10 s. It may call back
/// into the client: nothing is locked while it runs.
#[async_trait]
pub trait TokenProvider: Send + Sync + 'static {
    /// Returns a JWT that is valid now, always of the same member while a client is connected.
    ///
    /// # Errors
    /// [`TokenError::SignedOut`] where only the user can help, [`TokenError::Unavailable`] where a
    /// later attempt may.
    async fn token(&self, reason: TokenReason) -> Result<Secret, TokenError>;
}

/// Why a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenReason {
    /// At `connect`: any valid token, a cached one too.
    SignIn,
    /// 80 % of the present token's life is over: a new one.
    Expiring,
    /// The server or the broker refused the present token: a new one.
    Refused,
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The user has to sign in again.
    #[error("the session is over: ask the user to sign in again")]
    SignedOut,
    /// The app's own server cannot be reached, or does not answer.
    #[error("no token can be had at the moment: check the network, then try again")]
    Unavailable,
    /// The text is not a JWT with the claims of the contract.
    #[error(
        "the token is not a member's JWT: it needs the claims sub (or member_id), session_church_id and exp"
    )]
    Malformed,
    /// A token of another member or church came in the middle of a session.
    #[error("the token belongs to another member: disconnect, then connect as that member")]
    OtherMember,
}

/// Always the same token: for scripts and tests, whose tokens outlive them.
#[derive(Debug, Clone)]
pub struct FixedToken(Secret);

impl FixedToken {
    /// Wraps a JWT.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Secret::new(token))
    }
}

#[async_trait]
impl TokenProvider for FixedToken {
    async fn token(&self, _reason: TokenReason) -> Result<Secret, TokenError> {
        Ok(self.0.clone())
    }
}
