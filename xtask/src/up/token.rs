//! Tokens of development members (protocol.md, part A: a member's claims).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

const LIVES: Duration = Duration::from_secs(30 * 24 * 3600);

/// A token of 30 days for a member.
pub(super) fn member(secret: &str, church: &str, member: &str) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let claims = json!({
        "sub": member,
        "session_church_id": church,
        "role": "member",
        "type": "member",
        "exp": (now + LIVES).as_secs(),
    });
    signed(secret, &claims)
}

/// A JSON Web Token, HS256.
fn signed(secret: &str, claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    // HMAC takes a key of any length.
    let signature = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map(|mac| mac.chain_update(&text).finalize().into_bytes())
        .unwrap_or_default();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compared with what `openssl dgst -sha256 -hmac` gives for the same text.
    #[test]
    fn a_token_is_signed() {
        let token = signed("a secret", &json!({ "sub": "ada" }));
        assert_eq!(
            token,
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.c5yPQxFemkiS6usbL_qi37unuyBk6C-hJNFnwoeWgJc"
        );
    }
}
