//! LiveKit's webhooks: hints that something happened in a room. They may come late, twice, reordered
//! or never; the participant list is the truth.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::WebhookError;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookEvent {
    /// A participant's media is connected.
    ParticipantJoined {
        /// In which room.
        room: String,
        /// Who.
        identity: String,
        /// Which stay of it (LiveKit's `sid`); `None` where the server does not say.
        session: Option<String>,
    },
    /// A participant is gone.
    ParticipantLeft {
        /// From which room.
        room: String,
        /// Who.
        identity: String,
        /// Which stay of it (LiveKit's `sid`); `None` where the server does not say.
        session: Option<String>,
        /// It left by itself, on purpose: not dropped, removed, replaced or deleted with the room.
        deliberately: bool,
    },
    /// Something that nothing follows from.
    Other,
}

pub(super) fn verify(
    api_key: &str,
    api_secret: &str,
    authorization: &str,
    body: &[u8],
) -> Result<WebhookEvent, WebhookError> {
    let token = authorization
        .strip_prefix("Bearer ")
        .unwrap_or(authorization);
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[api_key]);
    validation.set_required_spec_claims(&["exp", "iss"]);
    validation.validate_nbf = true;
    let key = DecodingKey::from_secret(api_secret.as_bytes());
    let claims = decode::<Claims>(token, &key, &validation)
        .map_err(|_| WebhookError::Signature)?
        .claims;
    if claims.sha256 != BASE64_STANDARD.encode(Sha256::digest(body)) {
        return Err(WebhookError::Body);
    }
    Ok(serde_json::from_slice::<Hook>(body)?.read())
}

#[derive(Deserialize)]
struct Claims {
    sha256: String,
}

#[derive(Deserialize)]
struct Hook {
    event: String,
    #[serde(default)]
    room: Room,
    #[serde(default)]
    participant: Participant,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Room {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Participant {
    identity: String,
    #[serde(rename = "sid")]
    session: Option<String>,
    disconnect_reason: Reason,
}

/// LiveKit's name of the reason, or its number from a server that writes numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reason {
    Name(String),
    Number(i64),
}

impl Default for Reason {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Reason {
    fn is_client_initiated(&self) -> bool {
        match self {
            Self::Name(name) => name == "CLIENT_INITIATED",
            Self::Number(number) => *number == 1,
        }
    }
}

impl Hook {
    fn read(self) -> WebhookEvent {
        let room = self.room.name;
        let Participant {
            identity,
            session,
            disconnect_reason,
        } = self.participant;
        match self.event.as_str() {
            "participant_joined" => WebhookEvent::ParticipantJoined {
                room,
                identity,
                session,
            },
            "participant_left" => WebhookEvent::ParticipantLeft {
                room,
                identity,
                session,
                deliberately: disconnect_reason.is_client_initiated(),
            },
            _ => WebhookEvent::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};
    use std::time::{SystemTime, UNIX_EPOCH};

    const SECRET: &str = "a-secret-for-tests-of-more-than-32-characters";

    fn now() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.unwrap().as_secs()
    }

    fn claims(body: &[u8]) -> Value {
        json!({
            "iss": "key",
            "nbf": now(),
            "iat": now(),
            "exp": now() + 300,
            "sha256": BASE64_STANDARD.encode(Sha256::digest(body)),
        })
    }

    fn sign(claims: &Value, secret: &str) -> String {
        let key = EncodingKey::from_secret(secret.as_bytes());
        encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
    }

    fn read(body: &str) -> Result<WebhookEvent, WebhookError> {
        let token = sign(&claims(body.as_bytes()), SECRET);
        verify("key", SECRET, &token, body.as_bytes())
    }

    /// As LiveKit 1.13.5 sends it when a client disconnects.
    const LEFT: &str = r#"{"event":"participant_left", "room":{"sid":"RM_1", "name":"r1", "emptyTimeout":120, "creationTime":"1795366264"}, "participant":{"sid":"PA_1", "identity":"bob", "state":"DISCONNECTED", "joinedAt":"1795366264", "version":3, "permission":{"canPublish":true, "canPublishSources":["MICROPHONE"]}, "disconnectReason":"CLIENT_INITIATED", "clientProtocol":2}, "id":"EV_1", "createdAt":"1795366266"}"#;

    #[test]
    fn leaving_on_purpose_is_told_from_being_dropped() {
        let left = |deliberately| WebhookEvent::ParticipantLeft {
            room: "r1".to_owned(),
            identity: "bob".to_owned(),
            session: Some("PA_1".to_owned()),
            deliberately,
        };
        assert_eq!(read(LEFT).unwrap(), left(true));
        for reason in [
            r#""PARTICIPANT_REMOVED""#,
            r#""DUPLICATE_IDENTITY""#,
            r#""ROOM_DELETED""#,
            r#""A_WORD_OF_TOMORROW""#,
            "14",
        ] {
            let body = LEFT.replace(r#""CLIENT_INITIATED""#, reason);
            assert_eq!(read(&body).unwrap(), left(false), "{reason}");
        }
        let unsaid = LEFT.replace(r#""disconnectReason":"CLIENT_INITIATED", "#, "");
        assert_eq!(read(&unsaid).unwrap(), left(false));
    }

    #[test]
    fn an_event_that_nothing_follows_from_is_taken() {
        let body = r#"{"event":"track_published", "room":{"name":"r1"}, "track":{"sid":"T"}}"#;
        assert_eq!(read(body).unwrap(), WebhookEvent::Other);
    }

    #[test]
    fn only_our_server_is_believed() {
        let body = LEFT.as_bytes();
        let good = claims(body);
        let with = |field: &str, value: Value| {
            let mut bad = good.clone();
            bad[field] = value;
            sign(&bad, SECRET)
        };
        assert!(verify("key", SECRET, &sign(&good, SECRET), body).is_ok());
        for (what, token) in [
            (
                "another secret",
                sign(&good, "another-secret-of-32-characters!"),
            ),
            ("another key", with("iss", json!("other"))),
            ("expired", with("exp", json!(now() - 3_600))),
            ("not yet valid", with("nbf", json!(now() + 3_600))),
            ("no hash", with("sha256", Value::Null)),
            ("nonsense", "x".to_owned()),
            ("nothing", String::new()),
        ] {
            let answer = verify("key", SECRET, &token, body);
            assert!(matches!(answer, Err(WebhookError::Signature)), "{what}");
        }
        let other_body = LEFT.replace("bob", "ann");
        let answer = verify("key", SECRET, &sign(&good, SECRET), other_body.as_bytes());
        assert!(matches!(answer, Err(WebhookError::Body)));
    }

    #[test]
    fn a_body_that_is_not_a_webhook_is_an_error() {
        for body in ["", "null", "[]", r#"{"room":{}}"#, r#"{"event":7}"#] {
            let answer = read(body);
            assert!(
                matches!(answer, Err(WebhookError::Malformed { .. })),
                "{body}"
            );
        }
    }
}
