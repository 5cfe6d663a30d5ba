//! What a device's machine wants done.

use serde::{Deserialize, Serialize};

use crate::id::{CallId, DeviceId, Rev};
use crate::quality::Picture;
use crate::redact::Secret;
use crate::rest::{
    CreateCall, EndCall, InviteRequest, MakeWay, PatchHold, PatchParticipant, RegisterDevice,
    RejectCall,
};
use crate::signal::Signal;
use crate::signal::topic::Topic;

use crate::machine::interface::event::Event;

/// One answer of the machine to an input. They are carried out in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// Do this.
    Effect(Effect),
    /// Tell the app.
    Event(Event),
    /// The command is not valid in this state; nothing has changed.
    Refused(CommandError),
}

/// Something to be done outside. No effect starts a timer:
/// [`crate::machine::Machine::next_deadline`] says when to come back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Send this request, once; requests run side by side. Only a refused token may be renewed
    /// and the request repeated; every other repetition is the machine's. Exactly one
    /// [`crate::machine::Input::Answer`] follows.
    Request {
        /// Comes back with the answer.
        id: RequestId,
        /// What is asked.
        request: Request,
    },
    /// Subscribe `call/{id}/signal` and `call/{id}/participants`, again after each reconnect
    /// when the machine says so. [`crate::machine::Input::CallTopics`] follows.
    Subscribe {
        /// Which call.
        call_id: CallId,
    },
    /// Forget these topics.
    Unsubscribe {
        /// Which call.
        call_id: CallId,
    },
    /// Publish at QoS 1, with the present time as `timestamp`; lost if there is no connection.
    Publish {
        /// Where.
        topic: Topic,
        /// About which call.
        call_id: CallId,
        /// What.
        signal: Signal,
    },
    /// The network is another now: connect to the broker anew, at once, and send requests over new
    /// connections.
    ReconnectLink,
    /// Do something in a room.
    Room {
        /// Which connection to a room. Sessions are numbered upwards and never used again.
        session: SessionId,
        /// What. The effects of one session are begun in order; those on the microphone, those on
        /// the camera and a new way to the server do not wait for each other.
        effect: RoomEffect,
    },
}

/// Pairs a request with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// One connection to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u64);

/// A request to the server; method, path and body are those of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// `POST /`
    Create(CreateCall),
    /// `POST /{id}/accept`
    Accept {
        /// Which call.
        call_id: CallId,
        /// The body: what becomes of another call in the same commit.
        make_way: Option<MakeWay>,
    },
    /// `POST /{id}/reject`
    Reject {
        /// Which call.
        call_id: CallId,
        /// Why, and for whom.
        body: RejectCall,
    },
    /// `POST /{id}/cancel`
    Cancel {
        /// Which call.
        call_id: CallId,
    },
    /// `POST /{id}/connected`
    Connected {
        /// Which call.
        call_id: CallId,
    },
    /// `POST /{id}/end`
    End {
        /// Which call.
        call_id: CallId,
        /// Why.
        body: EndCall,
    },
    /// `POST /{id}/leave`
    Leave {
        /// Which call.
        call_id: CallId,
    },
    /// `POST /{id}/invite`
    Invite {
        /// Which call.
        call_id: CallId,
        /// Whom.
        body: InviteRequest,
    },
    /// `PATCH /{id}/participant`, about a hold
    Hold {
        /// Which call.
        call_id: CallId,
        /// Held or not, and what makes way.
        body: PatchHold,
    },
    /// `PATCH /{id}/participant`
    Patch {
        /// Which call.
        call_id: CallId,
        /// What changes.
        body: PatchParticipant,
    },
    /// `GET /active`
    Active,
    /// `GET /{id}`
    Get {
        /// Which call.
        call_id: CallId,
    },
    /// `GET /sync?known=…`
    Sync {
        /// What is known here.
        known: Vec<(CallId, Rev)>,
    },
    /// `POST /{id}/ringing`
    Ringing {
        /// Which call.
        call_id: CallId,
    },
    /// `POST /{id}/token`
    Token {
        /// Which call.
        call_id: CallId,
    },
    /// `GET /history?page=1`
    History,
    /// `PUT /api/devices/{device_id}`
    Register {
        /// This device.
        device_id: DeviceId,
        /// What the server should know of it.
        body: RegisterDevice,
    },
    /// `DELETE /api/devices/{device_id}`
    Forget {
        /// This device.
        device_id: DeviceId,
    },
}

impl Request {
    /// The call that it is about; of a create, the id that the client made for it.
    pub fn call_id(&self) -> Option<&CallId> {
        match self {
            Self::Create(body) => body.call_id.as_ref(),
            Self::Accept { call_id, .. }
            | Self::Reject { call_id, .. }
            | Self::Cancel { call_id }
            | Self::Connected { call_id }
            | Self::End { call_id, .. }
            | Self::Leave { call_id }
            | Self::Invite { call_id, .. }
            | Self::Hold { call_id, .. }
            | Self::Patch { call_id, .. }
            | Self::Get { call_id }
            | Self::Ringing { call_id }
            | Self::Token { call_id } => Some(call_id),
            Self::Active
            | Self::Sync { .. }
            | Self::History
            | Self::Register { .. }
            | Self::Forget { .. } => None,
        }
    }
}

/// Something to be done in a room. Until the first [`RoomEffect::SetPlayable`] nobody is played.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomEffect {
    /// Connect. [`crate::machine::RoomEvent::Connected`] or [`crate::machine::RoomEvent::ConnectFailed`] follows.
    /// The other effects come after `Connected`, but for `Leave`, which may come any time.
    Connect {
        /// Where; the app's configuration may override it.
        url: String,
        /// Lets this device in.
        token: Secret,
    },
    /// Publish a microphone track of silence; open no device.
    PrepareMicrophone,
    /// On: open the device and send it. Off: mute, and close the device.
    /// [`crate::machine::RoomEvent::MediaSet`] or [`crate::machine::RoomEvent::MediaFailed`] follows.
    SetMicrophone(bool),
    /// On: open the camera and send it. Off: stop both. The same events follow.
    SetCamera(bool),
    /// Send the camera's picture as it is, or lowered: smaller and slower. Holds for a camera that
    /// is on and for one that will be; never [`Picture::Off`].
    SetPicture(Picture),
    /// On: tell [`crate::machine::RoomEvent::Statistics`] every [`crate::quality::SAMPLE_MS`].
    WatchStatistics(bool),
    /// The device's network is another now: find a new way to the media server at once, without
    /// leaving.
    NetworkChanged,
    /// Play and show these participants and nobody else.
    SetPlayable(Vec<String>),
    /// Leave, at once; also while connecting. No event of this session counts afterwards.
    Leave,
}

/// Why a command was refused. Nothing has changed, nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CommandError {
    /// Another call is going on.
    #[error("call {0} is going on: end it first")]
    AlreadyInCall(CallId),
    /// The call is not known here, or is over.
    #[error("there is no such call now: it is over, or never was")]
    NoSuchCall,
    /// The call is in another state than this command needs.
    #[error("the call is {0}: this is not possible now")]
    WrongState(&'static str),
    /// Another call is held, and one is all.
    #[error("call {0} is held already: end or resume it first")]
    AlreadyHolding(CallId),
    /// A call to oneself.
    #[error("a member cannot call itself")]
    SelfCall,
    /// Nobody to be called.
    #[error("name at least one member to call")]
    NoCallee,
    /// A part-A server, or one that has not answered yet.
    #[error("this server cannot do that, or has not been reached yet")]
    NotOnThisServer,
    /// Signed out, or about to be.
    #[error("signed out: connect again first")]
    SignedOut,
}
