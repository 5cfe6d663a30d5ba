//! Members' JWTs and LiveKit tokens, as a deployed server makes them.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

/// The church that all members of the stand-in belong to.
pub(super) const CHURCH: &str = "church-1";

/// A LiveKit API key.
#[derive(Clone)]
pub struct LiveKitKey {
    /// Its name.
    pub key: String,
    /// Its secret.
    pub secret: String,
}

pub(super) fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

fn sign(claims: &Value, secret: &str) -> String {
    // Encoding JSON with an HMAC key cannot fail; an empty token would be refused by everybody.
    jsonwebtoken::encode(
        &Header::default(),
        claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .unwrap_or_default()
}

/// A member's JWT, valid for an hour.
pub fn member_token(secret: &str, member: &str) -> String {
    sign(
        &json!({
            "sub": member,
            "session_church_id": CHURCH,
            "role": "member",
            "type": "member",
            "exp": now_s() + 3600,
        }),
        secret,
    )
}

/// Who a bearer token speaks for; `None` where it is bad.
pub(super) fn member_of(secret: &str, token: &str) -> Option<String> {
    let key = DecodingKey::from_secret(secret.as_bytes());
    let claims = jsonwebtoken::decode::<Value>(token, &key, &Validation::default())
        .ok()?
        .claims;
    Some(claims.get("sub")?.as_str()?.to_owned())
}

/// A token for a room, with everything allowed, as a deployed server grants it.
pub(super) fn room_token(key: &LiveKitKey, member: &str, room: &str) -> String {
    sign(
        &json!({
            "iss": key.key,
            "sub": member,
            "nbf": now_s(),
            "exp": now_s() + 3600,
            "video": {
                "roomJoin": true,
                "room": room,
                "canPublish": true,
                "canSubscribe": true,
                "canPublishData": true,
            },
        }),
        &key.secret,
    )
}
