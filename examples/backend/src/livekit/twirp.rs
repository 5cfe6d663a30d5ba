//! LiveKit's RoomService over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{ConfigError, LiveKitError};
use super::permission::{Participant, Permission, Wire};
use super::{LiveKit, RoomServer, token};
use crate::json_fault::JsonFault;

/// How long LiveKit keeps a room that nobody has entered, in seconds. Longer than a ring.
pub const EMPTY_TIMEOUT_S: u32 = 120;
/// How long LiveKit keeps a room that everybody has left, in seconds. Longer than a reconnect.
pub const DEPARTURE_TIMEOUT_S: u32 = 60;
/// How long one request may take, connecting included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);

/// A request's token is used at once; the rest is for clocks that differ.
const ADMIN_TOKEN_LIVES: Duration = Duration::from_secs(60);

pub(super) fn base_url(url: &str) -> Result<Url, ConfigError> {
    let http = match url.split_once("://") {
        Some(("ws" | "http", rest)) => format!("http://{rest}"),
        Some(("wss" | "https", rest)) => format!("https://{rest}"),
        _ => return Err(ConfigError::Url),
    };
    let url = Url::parse(&http).map_err(|_| ConfigError::Url)?;
    match url.cannot_be_a_base() {
        true => Err(ConfigError::Url),
        false => Ok(url),
    }
}

pub(super) fn http_client() -> Result<reqwest::Client, ConfigError> {
    // A second installation is refused and changes nothing: the first one is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(REQUEST_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(ConfigError::Http)
}

#[async_trait]
impl RoomServer for LiveKit {
    async fn create_room(&self, room: &str) -> Result<(), LiveKitError> {
        let grants = json!({"roomCreate": true});
        let body = json!({
            "name": room,
            "empty_timeout": EMPTY_TIMEOUT_S,
            "departure_timeout": DEPARTURE_TIMEOUT_S,
        });
        self.call::<Value>("CreateRoom", grants, body)
            .await
            .map(drop)
    }

    async fn delete_room(&self, room: &str) -> Result<(), LiveKitError> {
        let grants = json!({"roomCreate": true});
        self.call::<Value>("DeleteRoom", grants, json!({"room": room}))
            .await
            .map(drop)
    }

    async fn list_rooms(&self) -> Result<Vec<String>, LiveKitError> {
        let grants = json!({"roomList": true});
        let answer = self.call::<Rooms>("ListRooms", grants, json!({})).await?;
        Ok(answer.rooms.into_iter().map(|room| room.name).collect())
    }

    async fn list_participants(&self, room: &str) -> Result<Vec<Participant>, LiveKitError> {
        let body = json!({"room": room});
        let answer = self.call::<Participants>("ListParticipants", of(room), body);
        let listed = answer.await?.participants.into_iter();
        // One who has left may be listed for a moment longer.
        let present = listed.filter(|info| info.state != "DISCONNECTED");
        Ok(present.map(Info::read).collect())
    }

    async fn update_permission(
        &self,
        room: &str,
        identity: &str,
        permission: &Permission,
    ) -> Result<(), LiveKitError> {
        let body = Update {
            room,
            identity,
            permission: Wire::from(permission),
        };
        self.call::<Value>("UpdateParticipant", of(room), body)
            .await
            .map(drop)
    }

    async fn remove_participant(&self, room: &str, identity: &str) -> Result<(), LiveKitError> {
        let body = json!({"room": room, "identity": identity});
        self.call::<Value>("RemoveParticipant", of(room), body)
            .await
            .map(drop)
    }
}

fn of(room: &str) -> Value {
    json!({"roomAdmin": true, "room": room})
}

impl LiveKit {
    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        grants: Value,
        body: impl Serialize,
    ) -> Result<T, LiveKitError> {
        let token = token::admin(&self.api_key, &self.api_secret, grants, ADMIN_TOKEN_LIVES)?;
        let mut url = self.base.clone();
        // Kept: a path under which a proxy serves LiveKit.
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{path}/twirp/livekit.RoomService/{method}"));
        let unreachable = |error: reqwest::Error| LiveKitError::Unreachable {
            method,
            reason: reason(error),
        };
        let answer = self.http.post(url).bearer_auth(token).json(&body);
        let answer = answer.send().await.map_err(unreachable)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(unreachable)?;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|error| LiveKitError::Malformed {
                method,
                reason: JsonFault::from(error).to_string(),
            });
        }
        let refusal: Refusal = serde_json::from_slice(&bytes).unwrap_or_default();
        // A proxy's 404 has no Twirp code, and does not say that the room is not there.
        if refusal.code == "not_found" {
            return Err(LiveKitError::NotFound { method });
        }
        Err(LiveKitError::Refused {
            method,
            status: status.as_u16(),
            code: refusal.code,
        })
    }
}

fn reason(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", REQUEST_TIMEOUT.as_secs());
    }
    error.without_url().to_string()
}

#[derive(Deserialize)]
struct Rooms {
    #[serde(default)]
    rooms: Vec<Room>,
}

#[derive(Deserialize)]
struct Room {
    name: String,
}

#[derive(Deserialize)]
struct Participants {
    #[serde(default)]
    participants: Vec<Info>,
}

#[derive(Deserialize)]
struct Info {
    identity: String,
    #[serde(rename = "sid")]
    session: Option<String>,
    #[serde(default)]
    state: String,
    permission: Option<Wire>,
}

impl Info {
    fn read(self) -> Participant {
        Participant {
            identity: self.identity,
            session: self.session,
            is_active: self.state == "ACTIVE",
            permission: self.permission.and_then(Wire::read),
        }
    }
}

#[derive(Serialize)]
struct Update<'a> {
    room: &'a str,
    identity: &'a str,
    permission: Wire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_url_is_taken() {
        for (given, base) in [
            ("ws://127.0.0.1:7880", "http://127.0.0.1:7880/"),
            ("wss://live.example.org", "https://live.example.org/"),
            ("http://h:1/livekit", "http://h:1/livekit"),
            ("https://h", "https://h/"),
        ] {
            assert_eq!(base_url(given).unwrap().as_str(), base);
        }
        for bad in ["", "live.example.org", "ftp://h", "ws://", "ws://:7880"] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }
}
