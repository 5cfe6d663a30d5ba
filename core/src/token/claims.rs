//! What a token says about its member. Only the server verifies it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::MemberClaims;

use super::TokenError;

/// Whose token it is, and until when it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) member: MemberId,
    pub(crate) church: ChurchId,
    /// By the server's clock, in milliseconds since 1970.
    pub(crate) expires_at_ms: u64,
}

/// Reads the claims without verifying the signature.
pub(crate) fn identity(token: &Secret) -> Result<Identity, TokenError> {
    let claims = token
        .expose()
        .split('.')
        .nth(1)
        .ok_or(TokenError::Malformed)?;
    let json = URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .map_err(|_| TokenError::Malformed)?;
    let claims: MemberClaims = serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)?;
    Ok(Identity {
        member: claims.member().parse().map_err(|_| TokenError::Malformed)?,
        church: claims
            .session_church_id
            .parse()
            .map_err(|_| TokenError::Malformed)?,
        expires_at_ms: claims.exp.saturating_mul(1000),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> Secret {
        Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)))
    }

    #[test]
    fn member_id_wins_over_sub() {
        let read = identity(&token(
            r#"{"sub":"a","member_id":"b","session_church_id":"c","role":"member","type":"member","exp":7,"x":1}"#,
        ));
        let expected = Identity {
            member: "b".parse().unwrap(),
            church: "c".parse().unwrap(),
            expires_at_ms: 7000,
        };
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn whatever_is_no_member_token_is_refused_without_a_panic() {
        for bad in ["", "a", "a.b", "a.b.c", "..", "e30.e30.e30"] {
            assert_eq!(
                identity(&Secret::new(bad)),
                Err(TokenError::Malformed),
                "{bad}"
            );
        }
        let topic =
            r##"{"sub":"a/#","session_church_id":"c","role":"member","type":"member","exp":7}"##;
        assert_eq!(identity(&token(topic)), Err(TokenError::Malformed));
    }
}
