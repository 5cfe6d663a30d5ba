//! LiveKit access tokens for tests.

use crate::ServerError;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a token's holder may do in its room (LiveKit's `video` claim).
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grants {
    /// May enter `room`.
    pub room_join: bool,
    /// The room that the grants are about.
    pub room: String,
    /// May send tracks.
    pub can_publish: bool,
    /// May receive the others' tracks.
    pub can_subscribe: bool,
    /// May send data messages.
    pub can_publish_data: bool,
    /// May change and remove participants of `room`.
    pub room_admin: bool,
    /// May create and delete rooms.
    pub room_create: bool,
    /// May list rooms.
    pub room_list: bool,
}

impl Grants {
    /// Everything that somebody in a call may do.
    pub fn full(room: &str) -> Self {
        Self {
            can_subscribe: true,
            can_publish_data: true,
            ..Self::waiting(room)
        }
    }

    /// What somebody may do who waits for an accept: publish, and neither receive nor send data.
    pub fn waiting(room: &str) -> Self {
        Self {
            room_join: true,
            room: room.to_owned(),
            can_publish: true,
            ..Self::default()
        }
    }
}

/// A token to be signed.
#[derive(Clone, Debug)]
pub struct TokenSpec {
    /// The participant's identity (`sub`).
    pub identity: String,
    /// What the holder may do.
    pub grants: Grants,
    /// How long the token is valid from now on.
    pub lives: Duration,
}

impl TokenSpec {
    /// A token of ten minutes with these grants.
    pub fn new(identity: &str, grants: Grants) -> Self {
        Self {
            identity: identity.to_owned(),
            grants,
            lives: Duration::from_secs(600),
        }
    }
}

/// Signs `spec` with HS256, as LiveKit demands it.
pub fn mint(api_key: &str, api_secret: &str, spec: &TokenSpec) -> Result<String, ServerError> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let claims = json!({
        "iss": api_key,
        "sub": spec.identity,
        "nbf": now.as_secs(),
        "exp": (now + spec.lives).as_secs(),
        "video": spec.grants,
    });
    let key = EncodingKey::from_secret(api_secret.as_bytes());
    Ok(encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation, decode};

    #[test]
    fn a_minted_token_carries_identity_and_grants() {
        let spec = TokenSpec::new("ada", Grants::waiting("r1"));
        let token = mint("key", "secret", &spec).unwrap();
        let key = DecodingKey::from_secret(b"secret");
        let validation = Validation::new(Algorithm::HS256);
        let claims = decode::<serde_json::Value>(&token, &key, &validation)
            .unwrap()
            .claims;
        assert_eq!(claims["iss"], "key");
        assert_eq!(claims["sub"], "ada");
        assert_eq!(claims["video"]["room"], "r1");
        assert_eq!(claims["video"]["roomJoin"], true);
        assert_eq!(claims["video"]["canSubscribe"], false);
    }
}
