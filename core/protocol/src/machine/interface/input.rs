//! What a device's machine is told: every input there is.

use std::ops::Not;

use serde::{Deserialize, Serialize};

use crate::id::{CallId, MemberId};
use crate::media::CallType;
use crate::push::Push;
use crate::quality::{ServerWord, Statistics};
use crate::rest::{
    ActiveCallInfo, CallResponse, ErrorBody, HistoryPage, Message, RegisterDevice, RejectReason,
    RejectScope, RingingResponse, SnapshotResponse, SyncResponse, TokenResponse,
};
use crate::signal::Envelope;
use crate::signal::topic::Topic;
use crate::timestamp::Timestamp;

use crate::machine::interface::form;
use crate::machine::interface::output::{RequestId, SessionId};

/// Something happened. Nothing else changes a call's state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The first input: there is a token, requests can be made. Asks the server what it is.
    SignedIn,
    /// The app wants something.
    Command(Command),
    /// A message came on MQTT.
    Signal {
        /// Where it came.
        topic: Topic,
        /// What it says.
        #[serde(with = "form::envelope")]
        envelope: Box<Envelope>,
    },
    /// A push came.
    Push(Push),
    /// The member's topics are subscribed: CONNACK and every SUBACK are there.
    LinkUp,
    /// The MQTT connection is gone.
    LinkDown,
    /// Answer to [`crate::machine::Effect::Subscribe`].
    CallTopics {
        /// Of which call.
        call_id: CallId,
        /// `false`: refused, or unanswered for too long. Normal on a part-B server.
        subscribed: bool,
    },
    /// Answer to [`crate::machine::Effect::Request`]: exactly one for each, at most
    /// [`crate::machine::timer::REQUEST_TIMEOUT_MS`] after it.
    Answer {
        /// Which request.
        id: RequestId,
        /// What came of it.
        answer: Answer,
    },
    /// Something happened in a room.
    Room {
        /// Which connection to a room; events of an old one change nothing.
        session: SessionId,
        /// What happened.
        event: RoomEvent,
    },
    /// The system says that something about this device has changed.
    System(SystemChange),
    /// [`crate::machine::Machine::next_deadline`] is reached. Harmless when it comes early.
    Tick,
}

/// What the system says of this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemChange {
    /// It is on another network now, its address is another, or it wakes from sleep. No loss by
    /// itself: broker, server and rooms are reached anew at once instead of waiting until the old
    /// way is found to be dead.
    NetworkChanged,
    /// The system has taken the microphone, as for a phone call: microphone and camera are off
    /// until it ends, whatever the user wants.
    InterruptionBegan,
    /// It is over. So it is when the user turns something on, and with the last call that goes on:
    /// some systems never tell the end.
    InterruptionEnded,
    /// The user has given or taken the permission to use a microphone or camera.
    PermissionChanged {
        /// Which.
        source: MediaSource,
        /// It may be used.
        allowed: bool,
    },
}

/// What an app can ask for. In another state than those named it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Calls somebody, or a group. Valid when no call is going on but one that is held. The
    /// microphone will be on, the camera in a video call.
    StartCall {
        /// A fresh random UUID. A part-A server puts its own in its place
        /// ([`crate::machine::Event::CallIdChanged`]).
        call_id: CallId,
        /// Whom: each once, at least one, not oneself.
        callees: Vec<MemberId>,
        /// Voice or video.
        call_type: CallType,
    },
    /// Takes an incoming call. Valid while it rings here.
    Accept {
        /// Which call.
        call_id: CallId,
        /// What becomes of the call that the user is in. Needed if there is one that is not held;
        /// [`OtherCall::Hold`] is possible once that one was accepted, and only one call is held
        /// at a time. If the accept fails, that call stays held, or ended.
        other: Option<OtherCall>,
    },
    /// Refuses an incoming call. Valid while it rings here.
    Reject {
        /// Which call.
        call_id: CallId,
        /// Declined, or busy.
        reason: RejectReason,
        /// For the member, or for this device only. A part-A server knows the member only.
        scope: RejectScope,
    },
    /// Takes an outgoing call back. Valid while it is outgoing, and, because a tap can cross the
    /// accept, while it is connecting or active: then it is [`Command::End`].
    Cancel {
        /// Which call.
        call_id: CallId,
    },
    /// The one red button. Valid in every state of a call that is not over: cancels an outgoing
    /// call, declines an incoming one, hangs up a connecting or active one. A group ends for all
    /// where its caller does so ([`Command::Leave`] is for one who only wants to be out of it). The
    /// end is shown at once; the server is told, for up to a minute if it does not answer.
    End {
        /// Which call.
        call_id: CallId,
    },
    /// Calls further members into a call, which becomes a group. Valid for the caller and for who
    /// accepted, once the server has made the call. Who is in it already is passed over;
    /// [`crate::machine::Event::InviteeChanged`] tells of each. A part-A server cannot do it.
    Invite {
        /// Which call.
        call_id: CallId,
        /// Whom.
        callees: Vec<MemberId>,
    },
    /// Leaves a group, which goes on without this member; a call of two ends. Valid while
    /// connecting or active.
    Leave {
        /// Which call.
        call_id: CallId,
    },
    /// Holds a call: microphone and camera off, nothing is played, the device stays in the room.
    /// Valid while it is connecting or active, and no other is held; without effect on one that is.
    Hold {
        /// Which call.
        call_id: CallId,
    },
    /// Ends the hold. Valid while it is held, and the user is in no other call.
    Resume {
        /// Which call.
        call_id: CallId,
    },
    /// Holds the call that the user is in, and resumes the one that is held. Valid while there are
    /// both, and the first was accepted.
    Swap,
    /// Comes back into a call that an earlier process of this app was in
    /// ([`crate::machine::Event::Rejoinable`]). Valid while it is offered and the user is in no other call;
    /// [`Command::End`] declines it. Microphone, camera and hold are what that process had told the
    /// server: who was muted is.
    Rejoin {
        /// Which call.
        call_id: CallId,
    },
    /// Microphone on or off, in the call that the user is in (else: the one that rings or is held).
    /// Valid while there is a call; before it is accepted, it is the wish
    /// for then.
    SetMicrophone(bool),
    /// Camera on or off. Valid while there is a call; before it is accepted, it is the wish for
    /// then.
    SetCamera(bool),
    /// Loudspeaker instead of earpiece, or the other way round, whatever the kind of call
    /// suggests ([`crate::machine::audio_route`]). Valid while there is a call.
    SetSpeaker(bool),
    /// What the server should know of this device: its push token above all. Valid always; told
    /// once a part-B server is reached, and again until it answers. Whether a second call may ring
    /// (`call_waiting`) is taken from the configuration. Signing out takes it back, and what an
    /// earlier process told.
    RegisterDevice(RegisterDevice),
    /// Sign out: ends what is going on, leaves a group, which goes on, then
    /// [`crate::machine::Event::SignedOut`]. Valid always; no other input counts afterwards.
    Disconnect,
}

/// What becomes of a call when another is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherCall {
    /// It is held.
    Hold,
    /// It ends; a group that somebody accepted is left, and goes on.
    End,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// The typed body of a 2xx, or what went wrong. An unreadable body of a 2xx is
    /// [`Failure::NoAnswer`].
    #[serde(flatten, with = "form::outcome")]
    pub result: Result<Reply, Failure>,
    /// The answer carried the header `FaithCall: 1`. `false` where nothing came.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub faithcall_header: bool,
    /// The answer's `Date`. Only ever compared with times of the same server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
}

/// The body of an answer, by the request that it answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// To `Create` and `Accept`.
    Call(Box<CallResponse>),
    /// To `Reject`, `Cancel`, `Connected`, `End`, `Leave`, `Invite`, `Patch`, `Hold`, `Register`,
    /// `Forget`.
    Message(Box<Message>),
    /// To `Active`.
    Active(Option<Box<ActiveCallInfo>>),
    /// To `Get`.
    Snapshot(Box<SnapshotResponse>),
    /// To `Sync`.
    Sync(Box<SyncResponse>),
    /// To `Ringing`.
    Ringing(Box<RingingResponse>),
    /// To `Token`.
    Token(Box<TokenResponse>),
    /// To `History`.
    History(Box<HistoryPage>),
}

/// Why a request brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No answer, or none that can be read: it may or may not have been carried out.
    NoAnswer,
    /// Refused even after the token provider was asked once more (401, or 403
    /// `Not authenticated`), or the provider gave nothing.
    Unauthenticated,
    /// The server refused.
    Status {
        /// The HTTP status, not 2xx.
        status: u16,
        /// The body, where it was one of the contract.
        body: Option<Box<ErrorBody>>,
        /// `Retry-After`, in milliseconds.
        retry_after_ms: Option<u64>,
    },
}

/// What a room tells: the pure mirror of an engine's events.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomEvent {
    /// The transport is up. Those already in the room follow as
    /// [`RoomEvent::ParticipantJoined`].
    Connected,
    /// [`crate::machine::RoomEffect::Connect`] brought nothing; the session is over.
    ConnectFailed,
    /// The transport is gone; the engine is resuming by itself.
    Reconnecting,
    /// It is back.
    Reconnected,
    /// The session is over, and not because we left.
    Disconnected {
        /// Why.
        reason: DisconnectReason,
    },
    /// Somebody is in the room.
    ParticipantJoined {
        /// As LiveKit knows it.
        identity: String,
        /// Which stay of that identity; none where the engine cannot tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sid: Option<String>,
    },
    /// Somebody is no longer in the room.
    ParticipantLeft {
        /// As LiveKit knows it.
        identity: String,
        /// Which stay of that identity: the end of an earlier one changes nothing. None where the
        /// engine cannot tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sid: Option<String>,
        /// It said that it leaves: nobody waits for it to come back.
        deliberate: bool,
    },
    /// A track of somebody arrives.
    TrackSubscribed {
        /// Whose.
        identity: String,
        /// Which.
        source: MediaSource,
        /// It is muted at its sender.
        muted: bool,
    },
    /// A track no longer arrives.
    TrackUnsubscribed {
        /// Whose.
        identity: String,
        /// Which.
        source: MediaSource,
    },
    /// A track was muted or unmuted at its sender.
    TrackMuted {
        /// Whose.
        identity: String,
        /// Which.
        source: MediaSource,
        /// Now.
        muted: bool,
    },
    /// The first sound of somebody was played.
    FirstAudio {
        /// Whose.
        identity: String,
    },
    /// The first picture of somebody was shown.
    FirstVideo {
        /// Whose.
        identity: String,
    },
    /// What the session has counted, while [`crate::machine::RoomEffect::WatchStatistics`] is on.
    Statistics(Statistics),
    /// The media server says how good a connection is; it tells changes only.
    Connection {
        /// Whose; `None`: this device's.
        identity: Option<String>,
        /// How good.
        word: ServerWord,
    },
    /// [`crate::machine::RoomEffect::SetMicrophone`] or [`crate::machine::RoomEffect::SetCamera`] was carried out.
    MediaSet {
        /// Which.
        source: MediaSource,
        /// What it is now.
        on: bool,
    },
    /// It could not be carried out; the device is off.
    MediaFailed {
        /// Which.
        source: MediaSource,
        /// Why.
        problem: MediaProblem,
    },
}

/// Why a room session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisconnectReason {
    /// The room was deleted.
    RoomDeleted,
    /// This participant was removed, or another connection took its identity.
    Removed,
    /// The network, or the media server went away.
    Lost,
}

/// What is captured and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// Sound.
    Microphone,
    /// Picture.
    Camera,
}

/// Why a microphone or camera cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum MediaProblem {
    /// The user has not allowed it.
    #[error("not allowed: ask the user for the permission")]
    NotAllowed,
    /// There is none, or something else is using it.
    #[error("not there, or used by something else")]
    Unavailable,
}
