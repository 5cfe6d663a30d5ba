//! What can go wrong with LiveKit, by what one can do about it.

use crate::json_fault::JsonFault;

/// A LiveKit setting cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The URL is not one.
    #[error("the LiveKit URL must begin with ws://, wss://, http:// or https:// and name a host")]
    Url,
    /// No key.
    #[error("the LiveKit API key is empty")]
    Key,
    /// LiveKit itself refuses short secrets.
    #[error("the LiveKit API secret must have 32 characters or more")]
    Secret,
    /// This machine's TLS cannot be used.
    #[error("no HTTP client for LiveKit: {0}")]
    Http(reqwest::Error),
}

/// Why a call to LiveKit failed.
#[derive(Debug, thiserror::Error)]
pub enum LiveKitError {
    /// The room or the participant is not there.
    #[error("LiveKit {method}: not found")]
    NotFound {
        /// The Twirp method.
        method: &'static str,
    },
    /// The server answered with another error.
    #[error("LiveKit refused {method}: HTTP {status}, {code}")]
    Refused {
        /// The Twirp method.
        method: &'static str,
        /// The HTTP status.
        status: u16,
        /// Twirp's word for it; empty where a proxy answered.
        code: String,
    },
    /// No answer in time, or no connection.
    #[error("LiveKit did not answer {method}: {reason}")]
    Unreachable {
        /// The Twirp method.
        method: &'static str,
        /// Without the address.
        reason: String,
    },
    /// The answer is not what LiveKit sends.
    #[error("LiveKit's answer to {method} was not understood: {reason}")]
    Malformed {
        /// The Twirp method.
        method: &'static str,
        /// What was wrong with it.
        reason: String,
    },
    /// A token could not be signed.
    #[error("a LiveKit token could not be signed: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
}

impl LiveKitError {
    /// Whether it says that the room or the participant is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// Why a webhook is not taken.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Not signed with our secret, or expired.
    #[error("the webhook is not signed by our LiveKit server")]
    Signature,
    /// Signed for another body.
    #[error("the webhook's body is not the one that was signed")]
    Body,
    /// Ours, and not what LiveKit sends.
    #[error("the webhook was not understood: {reason}")]
    Malformed {
        /// In what way, and where.
        reason: String,
    },
}

impl From<serde_json::Error> for WebhookError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed {
            reason: JsonFault::from(error).to_string(),
        }
    }
}
