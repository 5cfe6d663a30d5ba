//! What LiveKit tells us of its own accord: hints, each signed.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use faithcall_protocol::ledger::{self, RoomHint};

use super::Refusal;
use crate::calls::CallError;
use crate::livekit::WebhookEvent;
use crate::service::Service;

/// Takes in a webhook. One that is not LiveKit's is refused and changes nothing.
pub(super) async fn livekit(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(Refusal::not_authenticated)?;
    let livekit = service.rooms.livekit();
    let event = livekit.verify_webhook(authorization, &body);
    let event = event.map_err(|error| {
        tracing::warn!(%error, "a webhook was refused");
        Refusal::invalid_token()
    })?;
    let (room, identity, session, hint) = match event {
        WebhookEvent::ParticipantJoined {
            room,
            identity,
            session,
        } => (room, identity, session, RoomHint::Joined),
        WebhookEvent::ParticipantLeft {
            room,
            identity,
            session,
            deliberately,
        } => {
            let client_initiated = deliberately;
            (room, identity, session, RoomHint::Left { client_initiated })
        }
        // That a room is gone says nothing either: the call decides when its room goes.
        WebhookEvent::Other => return Ok(StatusCode::OK),
    };
    let taken = service.calls.room_hint(&room, identity, session, hint);
    match taken.await {
        Ok(()) => Ok(StatusCode::OK),
        // It came too late to say anything.
        Err(CallError::Refused {
            refusal: ledger::Refusal::CallNotFound,
            ..
        }) => Ok(StatusCode::OK),
        Err(error) => {
            tracing::warn!(%error, "a webhook was not taken in");
            Err(Refusal::unavailable())
        }
    }
}
