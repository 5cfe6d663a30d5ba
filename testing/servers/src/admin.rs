//! The Twirp calls that a backend makes, for tests that play the backend.

use crate::{Grants, ServerError, TokenSpec, mint};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::time::Duration;

/// Asks one LiveKit server to create, change and delete what is in its rooms.
#[derive(Clone, Debug)]
pub struct RoomAdmin {
    http: reqwest::Client,
    base: String,
    api_key: String,
    api_secret: String,
}

/// Somebody in a room, as the server lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ParticipantInfo {
    /// Who it is.
    pub identity: String,
    /// `JOINING`, `JOINED`, `ACTIVE` or `DISCONNECTED`.
    pub state: String,
    /// What it publishes.
    pub tracks: Vec<TrackInfo>,
}

/// One published track, as the server lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TrackInfo {
    /// The server's id of it.
    pub sid: String,
    /// `MICROPHONE`, `CAMERA`, `SCREEN_SHARE`, ….
    pub source: String,
    /// Whether its publisher muted it.
    pub muted: bool,
}

impl RoomAdmin {
    /// Makes an admin for the server at `base` (`http://…`).
    pub fn new(base: &str, api_key: &str, api_secret: &str) -> Result<Self, ServerError> {
        // A second installation is refused and changes nothing: the first one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            api_key: api_key.to_owned(),
            api_secret: api_secret.to_owned(),
        })
    }

    /// Creates `room`, or does nothing where it exists.
    pub async fn create_room(&self, room: &str) -> Result<(), ServerError> {
        let body = json!({"name": room, "empty_timeout": 120, "departure_timeout": 60});
        self.call::<Value>("CreateRoom", room, body).await.map(drop)
    }

    /// Deletes `room`; everybody in it is disconnected.
    pub async fn delete_room(&self, room: &str) -> Result<(), ServerError> {
        self.call::<Value>("DeleteRoom", room, json!({"room": room}))
            .await
            .map(drop)
    }

    /// Returns the names of all rooms.
    pub async fn list_rooms(&self) -> Result<Vec<String>, ServerError> {
        #[derive(Deserialize)]
        struct Room {
            name: String,
        }
        #[derive(Deserialize)]
        struct Rooms {
            #[serde(default)]
            rooms: Vec<Room>,
        }
        let answer = self.call::<Rooms>("ListRooms", "", json!({})).await?;
        Ok(answer.rooms.into_iter().map(|room| room.name).collect())
    }

    /// Returns everybody in `room`.
    pub async fn list_participants(&self, room: &str) -> Result<Vec<ParticipantInfo>, ServerError> {
        #[derive(Deserialize)]
        struct Participants {
            #[serde(default)]
            participants: Vec<ParticipantInfo>,
        }
        let answer = self.call::<Participants>("ListParticipants", room, json!({"room": room}));
        Ok(answer.await?.participants)
    }

    /// Replaces what `identity` may do by the publish and subscribe parts of `grants`.
    pub async fn set_permission(&self, identity: &str, grants: &Grants) -> Result<(), ServerError> {
        let body = json!({
            "room": grants.room,
            "identity": identity,
            "permission": {
                "can_publish": grants.can_publish,
                "can_subscribe": grants.can_subscribe,
                "can_publish_data": grants.can_publish_data,
            },
        });
        self.call::<Value>("UpdateParticipant", &grants.room, body)
            .await
            .map(drop)
    }

    /// Disconnects `identity` from `room`.
    pub async fn remove_participant(&self, room: &str, identity: &str) -> Result<(), ServerError> {
        let body = json!({"room": room, "identity": identity});
        self.call::<Value>("RemoveParticipant", room, body)
            .await
            .map(drop)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        room: &str,
        body: Value,
    ) -> Result<T, ServerError> {
        let grants = Grants {
            room: room.to_owned(),
            room_admin: true,
            room_create: true,
            room_list: true,
            ..Grants::default()
        };
        let token = mint(
            &self.api_key,
            &self.api_secret,
            &TokenSpec::new("admin", grants),
        )?;
        let url = format!("{}/twirp/livekit.RoomService/{method}", self.base);
        let answer = self
            .http
            .post(url)
            .bearer_auth(token)
            .json(&body)
            .send()
            .await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.json().await?);
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Refusal {
            code: String,
            msg: String,
        }
        let refusal = answer.json::<Refusal>().await.unwrap_or_default();
        Err(ServerError::Refused {
            method,
            status: status.as_u16(),
            code: refusal.code,
            message: refusal.msg,
        })
    }
}
