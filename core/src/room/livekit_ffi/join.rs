//! Entering a room, and leaving it.

use super::{
    dispatch::{Ffi, RoomNews},
    handle::Handle,
    proto::{
        ConnectCallback, ConnectRequest, ConnectResult, DisconnectRequest, FfiRequest,
        ReadyForRoomEventRequest, RoomOptions, TrackPublicationInfo,
    },
};
use crate::room::{ConnectOptions, RoomError};
use std::time::Duration;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// How long the library may try one connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// How often it tries again by itself.
const JOIN_RETRIES: u32 = 0;
/// How long we wait for the library's answer, whatever it does.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(14);

/// A room that was entered; dropped, it is left.
#[derive(Debug)]
pub(super) struct JoinedRoom {
    ffi: &'static Ffi,
    handles: Option<RoomHandles>,
}

/// What must stay until the library has left the room.
#[derive(Debug)]
struct RoomHandles {
    room: Handle,
    local_participant: Handle,
}

/// A room as it was when it was entered.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) room: JoinedRoom,
    pub(super) news: mpsc::UnboundedReceiver<RoomNews>,
    pub(super) own_identity: String,
    pub(super) can_publish: bool,
    pub(super) others: Vec<Other>,
}

/// Somebody who was there before, and what it published.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) identity: String,
    pub(super) publications: Vec<TrackPublicationInfo>,
}

/// Enters the room of `options`; dropped, the attempt is given up.
pub(super) async fn enter(
    ffi: &'static Ffi,
    options: &ConnectOptions,
) -> Result<Entered, RoomError> {
    if !options.url.starts_with("ws://") && !options.url.starts_with("wss://") {
        return Err(RoomError::BadUrl);
    }
    let (told, answer) = oneshot::channel();
    let connect = |id| FfiRequest {
        connect: Some(ConnectRequest {
            url: options.url.clone(),
            token: options.token.expose().to_owned(),
            options: RoomOptions {
                auto_subscribe: Some(true),
                join_retries: Some(JOIN_RETRIES),
                connect_timeout_ms: Some(CONNECT_TIMEOUT.as_millis() as u64),
            },
            request_async_id: Some(id),
        }),
        ..FfiRequest::default()
    };
    ffi.ask("enter a room", connect, move |event| {
        if let Some(callback) = event.connect {
            // Where nobody waits any more the room is dropped here, and so left.
            let _ = told.send(entered(ffi, callback));
        }
    })?;
    match timeout(ANSWER_TIMEOUT, answer).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(RoomError::Engine("enter a room")),
        Err(_) => Err(RoomError::Unreachable),
    }
}

fn entered(ffi: &'static Ffi, callback: ConnectCallback) -> Result<Entered, RoomError> {
    if let Some(text) = callback.error {
        return Err(refusal(&text));
    }
    let result: ConnectResult = callback.result.ok_or(RoomError::Engine("enter a room"))?;
    let room = Handle::new(ffi, &result.room.handle);
    let local_participant = Handle::new(ffi, &result.local_participant.handle);
    let others = result.participants.into_iter().map(|other| {
        // Only what they say is wanted; the handles are given back at once.
        drop(Handle::new(ffi, &other.participant.handle));
        let publications = other.publications.into_iter().map(|publication| {
            drop(Handle::new(ffi, &publication.handle));
            publication.info
        });
        Other {
            identity: other.participant.info.identity,
            publications: publications.collect(),
        }
    });
    let others = others.collect();
    let news = ffi.route_room(room.id());
    let ready = FfiRequest {
        ready_for_room_event: Some(ReadyForRoomEventRequest {
            room_handle: room.id(),
        }),
        ..FfiRequest::default()
    };
    let joined = JoinedRoom {
        ffi,
        handles: Some(RoomHandles {
            room,
            local_participant,
        }),
    };
    ffi.request("tell a room's events", &ready)?;
    let own = result.local_participant.info;
    Ok(Entered {
        room: joined,
        news,
        own_identity: own.identity,
        // A server that does not say it decides when we publish.
        can_publish: own
            .permission
            .is_none_or(|permission| permission.can_publish),
        others,
    })
}

/// What the library's text for a failed connection means to an app.
fn refusal(text: &str) -> RoomError {
    let status = ["client error: ", "server error: ", "handshake error: "]
        .into_iter()
        .find_map(|prefix| text.split_once(prefix))
        .and_then(|(_, rest)| rest.get(..3)?.parse::<u16>().ok());
    match status {
        Some(401 | 403) => RoomError::TokenRefused,
        Some(404) => RoomError::RoomNotFound,
        Some(status) => RoomError::Server { status },
        None if text.contains("token has invalid characters") => RoomError::TokenRefused,
        None if text.contains("parse the url") => RoomError::BadUrl,
        None => RoomError::Unreachable,
    }
}

impl JoinedRoom {
    /// The room's number in requests.
    pub(super) fn id(&self) -> Option<u64> {
        self.handles.as_ref().map(|handles| handles.room.id())
    }

    /// Our own participant's number in requests.
    pub(super) fn local_participant(&self) -> Option<u64> {
        self.handles
            .as_ref()
            .map(|handles| handles.local_participant.id())
    }

    /// Leaves; what is returned ends when the library has left.
    pub(super) fn leave(mut self) -> oneshot::Receiver<()> {
        let (told, left) = oneshot::channel();
        self.disconnect(move || {
            // A caller that waits no more has lost nothing.
            let _ = told.send(());
        });
        left
    }

    fn disconnect(&mut self, then: impl FnOnce() + Send + 'static) {
        let Some(handles) = self.handles.take() else {
            return;
        };
        let room_handle = handles.room.id();
        self.ffi.unroute_room(room_handle);
        let request = |id| FfiRequest {
            disconnect: Some(DisconnectRequest {
                room_handle,
                request_async_id: Some(id),
            }),
            ..FfiRequest::default()
        };
        // The library wants the handles until it has left. Where it refuses, nothing is left to do:
        // the closure with the handles is dropped.
        let asked = self.ffi.ask("leave a room", request, move |_| {
            drop(handles);
            then();
        });
        if let Err(error) = asked {
            tracing::warn!(%error, "a room could not be left in order");
        }
    }
}

impl Drop for JoinedRoom {
    fn drop(&mut self) {
        self.disconnect(|| ());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do() {
        let cases = [
            (
                "engine: signal failure: client error: 401 Unauthorized - x",
                RoomError::TokenRefused,
            ),
            (
                "engine: signal failure: client error: 404 Not Found - x",
                RoomError::RoomNotFound,
            ),
            (
                "engine: signal failure: server error: 503 x",
                RoomError::Server { status: 503 },
            ),
            (
                "engine: signal failure: ws failure: refused",
                RoomError::Unreachable,
            ),
        ];
        for (text, error) in cases {
            assert_eq!(refusal(text), error, "{text}");
        }
    }
}
