//! Entering a room, and leaving it.

use super::{
    dispatch::Ffi,
    handle::Handle,
    news::RoomQueue,
    proto::{
        ConnectCallback, ConnectRequest, DisconnectRequest, FfiRequest, ReadyForRoomEventRequest,
        RoomOptions,
    },
    track,
};
use crate::room::{
    ConnectOptions, Participant, RoomError,
    native::{CONNECT_TIMEOUT, Entered, Other, check_url, entered, lock, refusal},
};
use std::sync::Mutex;
use tokio::sync::oneshot;

/// How often the library tries again by itself.
const JOIN_RETRIES: u32 = 0;

/// A room that was entered; dropped, it is left.
#[derive(Debug)]
pub(super) struct JoinedRoom {
    pub(super) ffi: &'static Ffi,
    handles: Mutex<Option<RoomHandles>>,
}

/// What must stay until the library has left the room.
#[derive(Debug)]
struct RoomHandles {
    room: Handle,
    local_participant: Handle,
}

/// Enters the room of `options`; dropped, the attempt is given up.
pub(super) async fn enter(
    ffi: &'static Ffi,
    options: &ConnectOptions,
) -> Result<Entered<JoinedRoom, RoomQueue>, RoomError> {
    check_url(&options.url)?;
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
            let _ = told.send(read(ffi, callback));
        }
    })?;
    entered(answer).await
}

/// Takes over the room that the library entered.
fn read(
    ffi: &'static Ffi,
    callback: ConnectCallback,
) -> Result<Entered<JoinedRoom, RoomQueue>, RoomError> {
    if let Some(text) = callback.error {
        return Err(refusal(&text));
    }
    let result = callback.result.ok_or(RoomError::Engine("enter a room"))?;
    let room = Handle::new(ffi, &result.room.handle);
    let local_participant = Handle::new(ffi, &result.local_participant.handle);
    let own = result.local_participant.info;
    let others = result.participants.into_iter().map(|other| {
        // Only what they say is wanted of them; their own handle is given back at once.
        drop(Handle::new(ffi, &other.participant.handle));
        let publications = other.publications.into_iter().map(|publication| {
            let handle = Handle::new(ffi, &publication.handle);
            track::publication(ffi, publication.info, handle)
        });
        Other {
            who: Participant {
                identity: other.participant.info.identity,
                sid: other.participant.info.sid,
            },
            publications: publications.collect(),
        }
    });
    let others = others.collect();
    let room_handle = room.id();
    let news = RoomQueue::new(ffi, ffi.route_room(room_handle), own.identity);
    let handles = Mutex::new(Some(RoomHandles {
        room,
        local_participant,
    }));
    let link = JoinedRoom { ffi, handles };
    let ready = FfiRequest {
        ready_for_room_event: Some(ReadyForRoomEventRequest { room_handle }),
        ..FfiRequest::default()
    };
    ffi.request("tell a room's events", &ready)?;
    Ok(Entered {
        link,
        news,
        // A server that does not say it decides when we publish.
        can_publish: own
            .permission
            .is_none_or(|permission| permission.can_publish),
        others,
    })
}

impl JoinedRoom {
    /// The room's number in requests.
    pub(super) fn id(&self) -> Result<u64, RoomError> {
        let handles = lock(&self.handles);
        handles
            .as_ref()
            .map(|handles| handles.room.id())
            .ok_or(RoomError::Over)
    }

    /// Our own participant's number in requests.
    pub(super) fn local_participant(&self) -> Result<u64, RoomError> {
        let handles = lock(&self.handles);
        handles
            .as_ref()
            .map(|handles| handles.local_participant.id())
            .ok_or(RoomError::Over)
    }

    /// Begins to leave, once; what is returned ends when the library has left.
    pub(super) fn begin_to_leave(&self) -> oneshot::Receiver<()> {
        let (told, left) = oneshot::channel();
        let Some(handles) = lock(&self.handles).take() else {
            return left;
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
            // A caller that waits no more has lost nothing.
            let _ = told.send(());
        });
        if let Err(error) = asked {
            tracing::warn!(%error, "a room could not be left in order");
        }
        left
    }
}

impl Drop for JoinedRoom {
    fn drop(&mut self) {
        drop(self.begin_to_leave());
    }
}
