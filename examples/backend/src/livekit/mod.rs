//! LiveKit: rooms, who is in them and what each may do there, tokens, and webhooks.
//!
//! Six calls of LiveKit's RoomService (Twirp, JSON) over our own HTTP client. [`reconcile`] brings a
//! room to what the ledger grants; [`reaper`] says which rooms must go, and [`closing`] ends them.

pub mod closing;
mod error;
mod permission;
pub mod reaper;
pub mod reconcile;
mod token;
mod twirp;
mod webhook;

use std::fmt;

use async_trait::async_trait;

pub use error::{ConfigError, LiveKitError, WebhookError};
pub use permission::{Participant, Permission, Source};
pub use token::TokenSpec;
pub use twirp::{DEPARTURE_TIMEOUT_S, EMPTY_TIMEOUT_S, REQUEST_TIMEOUT};
pub use webhook::WebhookEvent;

/// What the backend asks of a LiveKit server. Every call ends within [`REQUEST_TIMEOUT`]; whether one
/// that timed out was carried out is not known, and each may be repeated.
#[async_trait]
pub trait RoomServer: Send + Sync {
    /// Makes the room, or does nothing where it exists.
    async fn create_room(&self, room: &str) -> Result<(), LiveKitError>;
    /// Deletes the room and disconnects everybody in it. [`LiveKitError::NotFound`] when there is
    /// none.
    async fn delete_room(&self, room: &str) -> Result<(), LiveKitError>;
    /// The names of all rooms, those of other users of the same server included.
    async fn list_rooms(&self) -> Result<Vec<String>, LiveKitError>;
    /// Everybody in the room, those still connecting included. Nobody for a room that is not there.
    async fn list_participants(&self, room: &str) -> Result<Vec<Participant>, LiveKitError>;
    /// Replaces all that the participant may do. [`LiveKitError::NotFound`] for one that is not (yet)
    /// there.
    async fn update_permission(
        &self,
        room: &str,
        identity: &str,
        permission: &Permission,
    ) -> Result<(), LiveKitError>;
    /// Disconnects the participant; its token would let it back in. [`LiveKitError::NotFound`] for
    /// one that is not there.
    async fn remove_participant(&self, room: &str, identity: &str) -> Result<(), LiveKitError>;
}

/// One LiveKit server, and the key that its tokens and webhooks are signed with.
#[derive(Clone)]
pub struct LiveKit {
    http: reqwest::Client,
    base: reqwest::Url,
    api_key: String,
    api_secret: String,
}

impl LiveKit {
    /// A client of the server at `url` (`ws`, `wss`, `http` or `https`). Connects to nothing yet.
    pub fn new(url: &str, api_key: &str, api_secret: &str) -> Result<Self, ConfigError> {
        let base = twirp::base_url(url)?;
        if api_key.is_empty() {
            return Err(ConfigError::Key);
        }
        if api_secret.len() < token::MIN_SECRET_BYTES {
            return Err(ConfigError::Secret);
        }
        Ok(Self {
            http: twirp::http_client()?,
            base,
            api_key: api_key.to_owned(),
            api_secret: api_secret.to_owned(),
        })
    }

    /// Signs a token for one participant of one room.
    pub fn mint(&self, spec: &TokenSpec<'_>) -> Result<String, LiveKitError> {
        token::mint(&self.api_key, &self.api_secret, spec)
    }

    /// Checks that a webhook comes from this server, and reads it.
    ///
    /// `authorization` is the request's header of that name, `body` its bytes as they came.
    pub fn verify_webhook(
        &self,
        authorization: &str,
        body: &[u8],
    ) -> Result<WebhookEvent, WebhookError> {
        webhook::verify(&self.api_key, &self.api_secret, authorization, body)
    }
}

impl fmt::Debug for LiveKit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveKit").finish_non_exhaustive()
    }
}
