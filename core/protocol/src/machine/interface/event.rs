//! What an app is told.

use serde::Serialize;

use crate::end::{CallStatus, EndReason, ReasonDetail};
use crate::id::{CallId, MemberId};
use crate::media::CallType;
use crate::quality::{Picture, Quality};
use crate::redact::Personal;
use crate::snapshot::{CallSnapshot, InviteeState};

use crate::machine::interface::input::{MediaProblem, MediaSource};
use crate::machine::interface::view::{Rejoinable, Timings};

/// News for the app. Together with [`crate::machine::Machine::state`] all that a user interface needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A call is being made, by this device.
    Outgoing {
        /// Which.
        call_id: CallId,
        /// Whom.
        callees: Vec<MemberId>,
        /// Voice or video.
        call_type: CallType,
    },
    /// The call goes on under another id: the server chose its own, or both called each other
    /// and the other call lives. The old id still works in commands.
    CallIdChanged {
        /// Until now.
        from: CallId,
        /// From now on.
        to: CallId,
    },
    /// The server has made the call, and invites the callee.
    Placed {
        /// Which.
        call_id: CallId,
    },
    /// A device of the callee really rings.
    RemoteRinging {
        /// Which.
        call_id: CallId,
    },
    /// In a group: where somebody stands has changed, or somebody was called in.
    InviteeChanged {
        /// Of which call.
        call_id: CallId,
        /// Who.
        member: MemberId,
        /// Now. The caller counts as accepted until it has left.
        state: InviteeState,
    },
    /// Somebody calls: ring, or where another call is going on (`call_waiting`) say so softly:
    /// [`crate::machine::alerting`] knows. [`Event::Connecting`], [`Event::Ended`] or [`Event::Rejoinable`]
    /// stops the ringing, at the latest after `ring_expires_in_ms`.
    Incoming {
        /// Which.
        call_id: CallId,
        /// Who.
        caller: Peer,
        /// Voice or video.
        call_type: CallType,
        /// Ring time left, in milliseconds; not more than 45 000.
        ring_expires_in_ms: u64,
    },
    /// Somebody called while this device could not ring, and it is too late now.
    Missed {
        /// Which.
        call_id: CallId,
        /// Who.
        caller: Peer,
        /// Voice or video.
        call_type: CallType,
    },
    /// A push brought a call that does not ring here: it is over, or another one is going on. A
    /// system that insists on showing it (iOS) must be given it and its end; no other rings.
    PushWithoutRing {
        /// Which.
        call_id: CallId,
        /// Who.
        caller: Peer,
        /// Voice or video.
        call_type: CallType,
    },
    /// The call was accepted here or over there; media is coming up.
    Connecting {
        /// Which.
        call_id: CallId,
    },
    /// Both sides are in the call.
    Active {
        /// Which.
        call_id: CallId,
    },
    /// Somebody's connection to the room is gone, and may come back.
    Reconnecting {
        /// Which.
        call_id: CallId,
        /// Whose.
        who: Side,
    },
    /// It is back.
    Reconnected {
        /// Which.
        call_id: CallId,
        /// Whose.
        who: Side,
    },
    /// Somebody holds the call, or no longer.
    HoldChanged {
        /// Which.
        call_id: CallId,
        /// Who.
        who: Side,
        /// Now.
        on_hold: bool,
    },
    /// An earlier process of this app was in a call, on this device, and may come back:
    /// [`crate::machine::Command::Rejoin`], or [`crate::machine::Command::End`]. What is not taken until
    /// [`Rejoinable::until_ms`] is ended at the server; a group is left, and goes on.
    ///
    /// It may have rung here: a push that was late started the app, and only the server knew that
    /// nobody calls. Then this takes the ring back, and also the end by which the ring stopped
    /// before the server was heard: a system's call screen is told that the call has ended. The
    /// server is told nothing. What the user did until then counts: an accept comes back into the
    /// call, a reject hangs up (it leaves a group).
    Rejoinable(Rejoinable),
    /// That is no longer on offer. Does not follow a rejoin.
    NotRejoinable {
        /// Which.
        call_id: CallId,
    },
    /// The call is over on this device. Comes once a call; only a group that this member left or
    /// missed can ring here again, when it is called in anew, and only what rang and was not
    /// answered can be offered ([`Event::Rejoinable`]).
    Ended {
        /// Which.
        call_id: CallId,
        /// How.
        ended: Ended,
        /// When it came how far.
        timings: Timings,
    },
    /// The server's word on a call whose end was shown unconfirmed; it may differ.
    EndConfirmed {
        /// Which.
        call_id: CallId,
        /// How, with `confirmed`.
        ended: Ended,
    },
    /// This member is in a call on another device, or no longer.
    InCallElsewhere {
        /// Which; `None`: no longer.
        call_id: Option<CallId>,
    },
    /// This device's microphone or camera went on or off.
    MediaChanged {
        /// In which call.
        call_id: CallId,
        /// Which.
        source: MediaSource,
        /// Now.
        on: bool,
    },
    /// This device's microphone or camera could not be used; it is off, and still wanted. Ask for
    /// the permission where it is missing, and tell [`crate::machine::SystemChange::PermissionChanged`];
    /// or the user turns it on again.
    MediaFailed {
        /// In which call.
        call_id: CallId,
        /// Which.
        source: MediaSource,
        /// Why.
        problem: MediaProblem,
    },
    /// Somebody's connection is better or worse than before. Comes once before there was one to
    /// compare with.
    QualityChanged {
        /// In which call.
        call_id: CallId,
        /// Whose.
        who: Side,
        /// Now.
        quality: Quality,
    },
    /// This device's picture is lowered, or turned off, because its connection has been poor for a
    /// while; or comes back because it has been good, or, for when it is on again, because the user
    /// has turned the camera off. What the user wants stays what it was.
    PictureChanged {
        /// In which call.
        call_id: CallId,
        /// Now.
        picture: Picture,
    },
    /// The other's microphone or camera went on or off.
    PeerMediaChanged {
        /// In which call.
        call_id: CallId,
        /// Whose.
        member: MemberId,
        /// Which.
        source: MediaSource,
        /// Now.
        on: bool,
    },
    /// The first sound or picture of the other was played or shown.
    FirstMedia {
        /// In which call.
        call_id: CallId,
        /// Whose.
        member: MemberId,
        /// Which.
        source: MediaSource,
    },
    /// The server did not do what a command asked for. If the call is over with it,
    /// [`Event::Ended`] follows.
    CommandFailed {
        /// Of which call.
        call_id: CallId,
        /// What was asked.
        what: Attempt,
        /// What the app can do.
        failure: CommandFailure,
    },
    /// The server refuses the token, and the provider gave no better one: sign in again. Once,
    /// until a request succeeds.
    AuthNeeded,
    /// [`crate::machine::Command::Disconnect`] is done: drop the connection.
    SignedOut,
}

impl Event {
    /// The call that it is about: where its id has changed, the new one.
    pub fn call_id(&self) -> Option<&CallId> {
        match self {
            Self::CallIdChanged { to: call_id, .. }
            | Self::Outgoing { call_id, .. }
            | Self::Placed { call_id }
            | Self::RemoteRinging { call_id }
            | Self::InviteeChanged { call_id, .. }
            | Self::Incoming { call_id, .. }
            | Self::Missed { call_id, .. }
            | Self::PushWithoutRing { call_id, .. }
            | Self::Connecting { call_id }
            | Self::Active { call_id }
            | Self::Reconnecting { call_id, .. }
            | Self::Reconnected { call_id, .. }
            | Self::HoldChanged { call_id, .. }
            | Self::Rejoinable(Rejoinable { call_id, .. })
            | Self::NotRejoinable { call_id }
            | Self::Ended { call_id, .. }
            | Self::EndConfirmed { call_id, .. }
            | Self::MediaChanged { call_id, .. }
            | Self::MediaFailed { call_id, .. }
            | Self::QualityChanged { call_id, .. }
            | Self::PictureChanged { call_id, .. }
            | Self::PeerMediaChanged { call_id, .. }
            | Self::FirstMedia { call_id, .. }
            | Self::CommandFailed { call_id, .. } => Some(call_id),
            Self::InCallElsewhere { call_id } => call_id.as_ref(),
            Self::AuthNeeded | Self::SignedOut => None,
        }
    }
}

/// The other side of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Peer {
    /// Who.
    pub member_id: MemberId,
    /// Display name, where the server told it.
    pub name: Option<Personal>,
    /// Address of a picture.
    pub avatar: Option<Personal>,
}

impl Peer {
    /// A member as a snapshot shows it; by its id alone where it does not.
    pub(in crate::machine) fn in_snapshot(snapshot: &CallSnapshot, member: &MemberId) -> Self {
        let known = snapshot.participant(member).map(|p| &p.participant);
        Self {
            member_id: member.clone(),
            name: known.map(|p| p.member_name.clone()),
            avatar: known.and_then(|p| p.member_avatar.clone()),
        }
    }
}

/// One of the two sides of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// This device.
    Me,
    /// The other.
    Peer(MemberId),
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Ended {
    /// One of the statuses that are over.
    pub status: CallStatus,
    /// Why.
    pub reason: EndReason,
    /// What lies behind it.
    pub detail: Option<ReasonDetail>,
    /// Whose action it was; none where a deadline or the server decided, or nobody said.
    pub by: Option<MemberId>,
    /// Another device of this member answered, declined or said busy; the call may go on there.
    pub elsewhere: Option<Elsewhere>,
    /// The server said so. Otherwise [`Event::EndConfirmed`] may follow.
    pub confirmed: bool,
}

/// What another device of this member did with a call that rang here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Elsewhere {
    /// It took the call (`answered_elsewhere`).
    Answered,
    /// It declined (`declined_elsewhere`).
    Declined,
    /// It said that the member is in another call (`busy_elsewhere`).
    Busy,
}

/// What a command asked the server for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Attempt {
    /// To make a call.
    Start,
    /// To accept one.
    Accept,
    /// To call further members in.
    Invite,
    /// To hold or resume one; it stays as it was.
    Hold,
}

/// Why the server did not do it, named by what the app can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CommandFailure {
    /// Nothing was heard from the server.
    #[error("no answer from the server: check the network and try again")]
    TryAgain,
    /// The server asks for patience.
    #[error("the server is busy: try again in {after_ms} ms")]
    TryLater {
        /// How long to wait.
        after_ms: u64,
    },
    /// The token is refused.
    #[error("not signed in: sign in again")]
    SignIn,
    /// This member is in another call, perhaps on another device.
    #[error("already in another call: end that one first")]
    AlreadyInCall,
    /// There is no such member in this church.
    #[error("this member cannot be called: check whom you call")]
    MemberNotFound,
    /// This member may not do this.
    #[error("not allowed for this member")]
    NotAllowed,
    /// The media server does not work.
    #[error("the media server made no room: try again later")]
    MediaUnavailable,
    /// Everybody who was to be called in is in another call.
    #[error("in another call: try again later")]
    Busy,
    /// Who made the call has left it, and cannot be called back in.
    #[error("the caller has left this call for good: make another call")]
    CallerLeft,
    /// The call has as many members as it can have.
    #[error("the call is full")]
    CallFull,
    /// Something that should not happen between this SDK and this server.
    #[error("refused with status {status}: report this")]
    Report {
        /// The HTTP status.
        status: u16,
    },
}
