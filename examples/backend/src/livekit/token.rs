//! LiveKit access tokens.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{LiveKitError, Permission, Source};

/// The shortest secret that LiveKit itself accepts, in bytes.
pub(super) const MIN_SECRET_BYTES: usize = 32;

/// What a token is for: one participant, one room, and no more than it needs.
#[derive(Debug, Clone)]
pub struct TokenSpec<'a> {
    /// Who its holder is in the room.
    pub identity: &'a str,
    /// The display name that other participants see.
    pub name: &'a str,
    /// The only room that it opens.
    pub room: &'a str,
    /// What its holder may do there.
    pub grants: &'a Permission,
    /// How long it opens the room, from now on. A connected client's is renewed by LiveKit.
    pub ttl: Duration,
}

pub(super) fn mint(
    api_key: &str,
    api_secret: &str,
    spec: &TokenSpec<'_>,
) -> Result<String, LiveKitError> {
    let sources: Vec<&str> = spec.grants.sources.iter().filter_map(claim_name).collect();
    let video = json!({
        "roomJoin": true,
        "room": spec.room,
        "canPublish": !sources.is_empty(),
        "canPublishSources": sources,
        "canSubscribe": spec.grants.can_subscribe,
        "canPublishData": spec.grants.can_publish_data,
        "canUpdateOwnMetadata": false,
        "hidden": false,
    });
    let claims = Claims {
        sub: Some(spec.identity),
        name: Some(spec.name),
        ..Claims::new(api_key, spec.ttl, video)
    };
    sign(api_secret, &claims)
}

/// What the backend itself may do with one request.
pub(super) fn admin(
    api_key: &str,
    api_secret: &str,
    video: Value,
    ttl: Duration,
) -> Result<String, LiveKitError> {
    sign(api_secret, &Claims::new(api_key, ttl, video))
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    nbf: u64,
    exp: u64,
    video: Value,
}

impl<'a> Claims<'a> {
    fn new(api_key: &'a str, ttl: Duration, video: Value) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        Self {
            iss: api_key,
            sub: None,
            name: None,
            nbf: now.as_secs(),
            exp: now.saturating_add(ttl).as_secs(),
            video,
        }
    }
}

fn sign(api_secret: &str, claims: &Claims<'_>) -> Result<String, LiveKitError> {
    let key = EncodingKey::from_secret(api_secret.as_bytes());
    Ok(encode(&Header::new(Algorithm::HS256), claims, &key)?)
}

/// Tokens name sources in lower case.
fn claim_name(source: &Source) -> Option<&'static str> {
    match source {
        Source::Camera => Some("camera"),
        Source::Microphone => Some("microphone"),
        Source::ScreenShare => Some("screen_share"),
        Source::ScreenShareAudio => Some("screen_share_audio"),
        Source::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation, decode};

    const SECRET: &str = "a-secret-for-tests-of-more-than-32-characters";

    fn claims(grants: &Permission) -> Value {
        let spec = TokenSpec {
            identity: "ann",
            name: "Ann",
            room: "r1",
            grants,
            ttl: Duration::from_secs(600),
        };
        let token = mint("key", SECRET, &spec).unwrap();
        let key = DecodingKey::from_secret(SECRET.as_bytes());
        let validation = Validation::new(Algorithm::HS256);
        decode::<Value>(&token, &key, &validation).unwrap().claims
    }

    #[test]
    fn a_waiting_token_opens_one_room_and_receives_nothing() {
        let waiting = Permission {
            sources: [Source::Microphone].into(),
            ..Permission::default()
        };
        let claims = claims(&waiting);
        assert_eq!(claims["iss"], "key");
        assert_eq!(claims["sub"], "ann");
        let lives = claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap();
        assert_eq!(lives, 600);
        // Compared whole: a grant that slips in is a grant too many.
        let video = json!({
            "roomJoin": true,
            "room": "r1",
            "canPublish": true,
            "canPublishSources": ["microphone"],
            "canSubscribe": false,
            "canPublishData": false,
            "canUpdateOwnMetadata": false,
            "hidden": false,
        });
        assert_eq!(claims["video"], video);
    }

    #[test]
    fn no_source_means_no_publishing() {
        // An empty list alone would mean every source to LiveKit.
        let nothing = claims(&Permission::default());
        assert_eq!(nothing["video"]["canPublish"], false);
    }
}
