//! Who is asking: members' tokens, checked and (for development) made.

use std::fmt;

use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::MemberClaims;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};

/// What role and type of a member's token say.
const MEMBER: &str = "member";

/// A member, proved by a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The member.
    pub member: MemberId,
    /// Its church.
    pub church: ChurchId,
    /// When the token expires, Unix milliseconds.
    pub expires_at_ms: u64,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not signed by us, expired, or not a member's.
    #[error("the token is not valid")]
    Invalid,
    /// Valid, but its member or church id would change the meaning of a topic.
    #[error("the token's member or church id cannot be used")]
    BadMemberId,
}

/// The token could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed: {0}")]
pub struct MintError(#[from] jsonwebtoken::errors::Error);

/// Checks and makes members' tokens with one HS256 secret.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// With this secret.
    pub fn new(secret: &Secret) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        Self {
            encoding: EncodingKey::from_secret(secret.expose().as_bytes()),
            decoding: DecodingKey::from_secret(secret.expose().as_bytes()),
            validation,
        }
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// It is not valid now, or names somebody who cannot be addressed.
    pub fn check(&self, token: &str) -> Result<SignedIn, TokenError> {
        let claims = jsonwebtoken::decode::<MemberClaims>(token, &self.decoding, &self.validation)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        if claims.role != MEMBER || claims.kind != MEMBER {
            return Err(TokenError::Invalid);
        }
        let church = claims.session_church_id.parse();
        match (claims.member().parse(), church) {
            (Ok(member), Ok(church)) => Ok(SignedIn {
                member,
                church,
                expires_at_ms: claims.exp.saturating_mul(1000),
            }),
            _ => Err(TokenError::BadMemberId),
        }
    }

    /// A token for a member until `expires_at` (Unix seconds). For development and tests: where
    /// FaithCall is used for real, the app's own sign-in makes them.
    ///
    /// # Errors
    /// The signature could not be made.
    pub fn mint(
        &self,
        church: &ChurchId,
        member: &MemberId,
        expires_at: u64,
    ) -> Result<Secret, MintError> {
        let claims = MemberClaims {
            sub: member.to_string(),
            member_id: None,
            session_church_id: church.to_string(),
            role: MEMBER.to_owned(),
            kind: MEMBER.to_owned(),
            exp: expires_at,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)?;
        Ok(Secret::new(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a-secret-for-tests-of-32-characters";
    const LATER: u64 = 4_000_000_000;

    fn tokens(secret: &str) -> Tokens {
        Tokens::new(&Secret::new(secret))
    }

    fn claims(member_id: Option<&str>) -> MemberClaims {
        MemberClaims {
            sub: "alice".to_owned(),
            member_id: member_id.map(str::to_owned),
            session_church_id: "church-1".to_owned(),
            role: MEMBER.to_owned(),
            kind: MEMBER.to_owned(),
            exp: LATER,
        }
    }

    fn sign(claims: &MemberClaims) -> String {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
    }

    #[test]
    fn member_id_wins_over_sub() {
        let signed_in = tokens(SECRET).check(&sign(&claims(Some("ann")))).unwrap();
        assert_eq!(signed_in.member.as_str(), "ann");
        let signed_in = tokens(SECRET).check(&sign(&claims(None))).unwrap();
        assert_eq!(signed_in.member.as_str(), "alice");
        assert_eq!(signed_in.expires_at_ms, LATER * 1000);
    }

    #[test]
    fn an_expired_a_foreign_and_an_unsigned_token_are_refused() {
        let (church, alice) = ("church-1".parse().unwrap(), "alice".parse().unwrap());
        let expired = tokens(SECRET).mint(&church, &alice, 1_000).unwrap();
        let foreign = tokens("another-secret-of-32-characters-or-so");
        let foreign = foreign.mint(&church, &alice, LATER).unwrap();
        let good = sign(&claims(None));
        let unsigned = good.rsplit_once('.').unwrap().0.to_owned() + ".";
        let mut admin = claims(None);
        admin.role = "admin".to_owned();
        for bad in [
            expired.expose(),
            foreign.expose(),
            &unsigned,
            &sign(&admin),
            "x",
            "",
        ] {
            assert_eq!(tokens(SECRET).check(bad), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn an_id_that_would_change_a_topic_is_refused_by_name() {
        for bad in ["a/b", "#", "a+", "a\0"] {
            let token = sign(&claims(Some(bad)));
            assert_eq!(tokens(SECRET).check(&token), Err(TokenError::BadMemberId));
        }
    }
}
