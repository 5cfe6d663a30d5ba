//! The media server's side of calls: a room for each, tokens, and who may do what in it.

mod worker;

use std::time::Duration;

use faithcall_protocol::id::MemberId;
use faithcall_protocol::ledger::{self, Access, Call, Grants};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::RoomAccess;

pub(crate) use worker::RoomWorker;

use crate::livekit::reconcile::Wanted;
use crate::livekit::{LiveKit, Permission, RoomServer, Source, TokenSpec};

/// How long a token opens the room. A connected client's is renewed by LiveKit, and everybody else
/// asks for a fresh one.
const TOKEN_TTL: Duration = Duration::from_secs(600);
/// How long an answer waits for its room.
const CREATE_WITHIN: Duration = Duration::from_secs(2);

/// The media server did not do in time what an answer needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the media server did not make the room")]
pub(crate) struct MediaUnavailable;

/// Rooms and tokens at one media server.
#[derive(Debug)]
pub(crate) struct Rooms {
    livekit: LiveKit,
    public_url: String,
}

impl Rooms {
    pub(crate) fn new(livekit: LiveKit, public_url: String) -> Self {
        Self {
            livekit,
            public_url,
        }
    }

    pub(crate) fn livekit(&self) -> &LiveKit {
        &self.livekit
    }

    /// Where clients find the media server.
    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Makes the call's room, or does nothing where it exists.
    pub(crate) async fn ensure(&self, call: &Call) -> Result<(), MediaUnavailable> {
        let room = call.room_name();
        let made = tokio::time::timeout(CREATE_WITHIN, self.livekit.create_room(&room)).await;
        match made {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(%error, call_id = %call.call_id(), "a room could not be made");
                Err(MediaUnavailable)
            }
            Err(_) => {
                tracing::warn!(call_id = %call.call_id(), "a room was not made in time");
                Err(MediaUnavailable)
            }
        }
    }

    /// A token that lets the member into the call's room as `access` says.
    pub(crate) fn token(
        &self,
        call: &Call,
        member: &MemberId,
        access: &Access,
    ) -> Result<RoomAccess, MediaUnavailable> {
        let name = call
            .members()
            .find(|person| person.id == *member)
            .map_or("", |person| person.name.expose());
        let spec = TokenSpec {
            identity: &access.identity,
            name,
            room: &call.room_name(),
            grants: &permission(&access.grants),
            ttl: TOKEN_TTL,
        };
        let token = self.livekit.mint(&spec).map_err(|error| {
            tracing::error!(%error, "a room's token could not be made");
            MediaUnavailable
        })?;
        Ok(RoomAccess {
            livekit_token: Secret::new(token),
            livekit_url: self.public_url.clone(),
        })
    }
}

/// What each identity may do in the call's room now.
pub(crate) fn wanted(call: &Call) -> Wanted {
    let entitled = ledger::entitled(call);
    entitled
        .into_iter()
        .map(|(identity, grants)| (identity, permission(&grants)))
        .collect()
}

fn permission(grants: &Grants) -> Permission {
    let source = |source: &ledger::Source| match source {
        ledger::Source::Microphone => Source::Microphone,
        ledger::Source::Camera => Source::Camera,
        ledger::Source::ScreenShare => Source::ScreenShare,
    };
    Permission {
        can_subscribe: grants.can_subscribe,
        sources: grants.sources.iter().map(source).collect(),
        can_publish_data: grants.can_publish_data,
    }
}
