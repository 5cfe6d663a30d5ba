//! What a machine knows of one call that is going on here.
//!
//! ```text
//!            StartCall              create answered            accept seen
//!   (idle) ───────────► Creating ───────────────────► Dialing ───────────┐
//!     │                    │ 409 glare                                   ▼     both there
//!     │                    ▼                 accept answered        Connecting ──────────► Active
//!     └─────► Ringing ─► Accepting ─────────────────────────────────────┘
//!      invite,       Accept                       ▲
//!      push, sync                                 └── Rejoin: a call that an earlier process
//!        │                                            of this app was in (or to Dialing)
//!        └─► (idle), and the call is offered for a rejoin: it turns out that this device is in
//!            it from before its process began
//!
//!   from every phase ──► over: the call is dropped, its id is kept among those that are over
//!                        (`finish`), and a farewell tells the server where it does not know.
//! ```
//!
//! *Reconnecting* is not a phase: it is Active without a room. *Held* is none either: it is
//! Connecting or Active with [`Hold::wanted`]. While the server's last word on a
//! call that seems over is awaited ([`LastWord`]), the phase stays what it was.

use std::sync::Arc;

use std::collections::{BTreeMap, BTreeSet};

use crate::end::{EndReason, Outcome};
use crate::id::{CallId, MemberId, Rev};
use crate::media::CallType;
use crate::quality::Picture;
use crate::rest::{MakeWay, PatchHold, RejectCall, RoomAccess};
use crate::snapshot::{CallSnapshot, Role};

use super::interface::event::Peer;
use super::interface::input::MediaSource;
use super::interface::output::{CommandError, RequestId, SessionId};
use super::interface::view::{CallDuration, Timings};
use super::room::connection::Connection;
use super::server::others::Other;

/// A call that is going on here, on this device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Call {
    /// The server's id for it, once the server has one.
    pub(super) id: CallId,
    /// Ids under which the app may know it.
    pub(super) aliases: Vec<CallId>,
    pub(super) role: Role,
    /// Whom the call is with, for those who show one name: the caller, or the first one dialled.
    pub(super) peer: Peer,
    /// Everybody else in the call: those invited, and the caller.
    pub(super) others: Vec<Other>,
    /// Several were called, or somebody was invited later.
    pub(super) is_group: bool,
    pub(super) call_type: CallType,
    pub(super) phase: Phase,
    pub(super) hold: Hold,
    /// What becomes of another call with the accept of this one.
    pub(super) make_way: Option<MakeWay>,
    pub(super) timings: Timings,
    /// The newest there is; none from a part-A server.
    pub(super) snapshot: Option<Arc<CallSnapshot>>,
    pub(super) room: RoomSide,
    pub(super) media: Media,
    pub(super) connection: Connection,
    pub(super) topics: Topics,
    pub(super) connected: Connected,
    pub(super) last_word: Option<LastWord>,
    /// Failed attempts in a row of what this phase asks for.
    pub(super) failures: u32,
    /// Looks for the call in a row that nobody answered.
    pub(super) lost_looks: u32,
    /// It waits for others, and no look has been answered since.
    pub(super) waits_unheard: bool,
    /// An attempt to accept may have been carried out, and its answer was lost.
    pub(super) accept_in_doubt: bool,
    /// The newest request when the server was first known to have the call: an answer to that
    /// one, or to one before it, may be older than the call.
    pub(super) known_after: RequestId,
    /// Somebody called who could not ring beside it, and was not answered busy: once this one is
    /// over, the server is asked who still rings.
    pub(super) holds_invite: bool,
    /// The server has said that it is over, at this revision, and not how.
    pub(super) over_at: Option<Rev>,
    /// The invite that rings here was written at this revision, and brought no snapshot.
    pub(super) invited_at: Option<Rev>,
    /// Which of this member's invitations it is, by how often it was invited anew; `None` until the
    /// server has shown the call, and for its caller.
    pub(super) invitation: Option<u32>,
}

/// Where the call stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// The server has not answered `POST /`.
    Creating {
        since_ms: u64,
        attempt: CreateAttempt,
    },
    /// It rings over there.
    Dialing { remote_ringing: bool },
    /// It rings here.
    Ringing { until_ms: u64 },
    /// The user took it, or had dialled the other who called at the same time; the server has
    /// not answered `POST /{id}/accept`.
    Accepting,
    /// Accepted; not both are in the room yet.
    Connecting,
    /// Both are in it. It had been active for `before_ms` when this device learned so.
    Active { since_ms: u64, before_ms: u64 },
}

/// How far the making of a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CreateAttempt {
    /// Not sent: the last call's end comes first.
    Held,
    /// Sent, or about to be sent again.
    Sent,
    /// Part A: the answer was lost; `GET /active` tells whether there is a call.
    Lost,
    /// Part A: refused with 409; `GET /active` tells whether the other called at the same time.
    Refused { busy: bool },
}

/// This device and the room.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct RoomSide {
    /// Lets this device in, with the grants of an accepted one; used up by a part-B join.
    pub(super) access: Option<RoomAccess>,
    pub(super) leg: Option<Leg>,
    /// LiveKit identities that may be played, with their members.
    pub(super) playable: Vec<(String, MemberId)>,
    /// Shown as reconnecting.
    pub(super) lost: bool,
    pub(super) failures: u32,
}

/// Whether this device holds the call: it stays in the room, and neither sends nor plays.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Hold {
    /// By this device's user.
    pub(super) wanted: bool,
    /// As a part-B server knows it.
    pub(super) told: bool,
    /// What it is being told.
    pub(super) asked: Option<PatchHold>,
}

/// One session in the room.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Leg {
    pub(super) session: SessionId,
    pub(super) transport: Transport,
    /// Identities that are in the room now, and in which stay where that is known.
    pub(super) present: BTreeMap<String, Option<String>>,
    /// Identities that were, and have left.
    pub(super) left: Vec<String>,
    pub(super) tracks: Vec<Track>,
    /// What the engine was told last.
    pub(super) microphone: MicrophoneEffect,
    pub(super) camera: bool,
    /// Answers of the engine that are still to come.
    pub(super) open_microphone: u32,
    pub(super) open_camera: u32,
    /// What was told last before the way to the room was found again, and is not answered: that it
    /// fails says nothing of the device.
    pub(super) asked_before: BTreeSet<MediaSource>,
    pub(super) picture: Picture,
    pub(super) statistics: bool,
    pub(super) playable: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Transport {
    Joining,
    Up,
    Resuming,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum MicrophoneEffect {
    None,
    Silent,
    Set(bool),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Track {
    pub(super) identity: String,
    pub(super) source: MediaSource,
    pub(super) muted: bool,
}

/// What is wanted, what the engine did, and what the server was told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Media {
    pub(super) microphone: Own,
    pub(super) camera: Own,
    /// Chosen by the user.
    pub(super) speaker: Option<bool>,
    /// As the server knows them; `None` when a PATCH was lost.
    pub(super) told_muted: Option<bool>,
    pub(super) told_video: Option<bool>,
    pub(super) told_speaker: Option<bool>,
    pub(super) patched_at_ms: Option<u64>,
}

/// This device's microphone or camera in one call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Own {
    /// By the user. Nothing else changes it, but that an earlier process of the app had it off
    /// (`media::own`).
    pub(super) wanted: bool,
    /// What the engine did last in this session.
    pub(super) engine: Option<bool>,
    /// It could not be opened, though allowed, since the user last asked for it.
    pub(super) unavailable: bool,
}

impl Own {
    fn wanted(wanted: bool) -> Self {
        Self {
            wanted,
            engine: None,
            unavailable: false,
        }
    }
}

impl Media {
    pub(super) fn own(&self, source: MediaSource) -> &Own {
        match source {
            MediaSource::Microphone => &self.microphone,
            MediaSource::Camera => &self.camera,
        }
    }

    pub(super) fn own_mut(&mut self, source: MediaSource) -> &mut Own {
        match source {
            MediaSource::Microphone => &mut self.microphone,
            MediaSource::Camera => &mut self.camera,
        }
    }
}

/// Part A's topics of this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Topics {
    None,
    Asked,
    Subscribed,
    Refused,
}

/// `POST /connected`, once a device and call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Connected {
    NotYet,
    Asked,
    Told,
}

/// The call seems to be over; the server is asked why, for a moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LastWord {
    /// What is shown if it does not say.
    pub(super) guess: Outcome,
    /// What it is told then.
    pub(super) farewell: Option<Parting>,
    /// It may answer that the call lives.
    pub(super) if_alive: IfAlive,
}

/// The strictest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum IfAlive {
    /// Then it goes on: only this device's view of the room said otherwise.
    GoOn,
    /// It is over all the same, because a bound has passed; but not where others may yet come.
    EndIfAlone,
    /// It is over all the same: a bound has passed.
    EndAnyway,
}

/// What the server is told about a call that is over here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Parting {
    Cancel,
    Reject(RejectCall),
    End(EndReason),
    /// Out of a group, which goes on.
    Leave,
    /// Nothing: it is only asked how the call ended.
    Ask,
}

impl Call {
    pub(super) fn new(
        id: CallId,
        role: Role,
        peer: Peer,
        call_type: CallType,
        phase: Phase,
    ) -> Self {
        Self {
            id,
            aliases: Vec::new(),
            role,
            others: vec![Other::new(peer.clone(), role.other())],
            peer,
            is_group: false,
            call_type,
            phase,
            hold: Hold::default(),
            make_way: None,
            timings: Timings::default(),
            snapshot: None,
            room: RoomSide::default(),
            media: Media {
                microphone: Own::wanted(true),
                camera: Own::wanted(call_type == CallType::Video),
                speaker: None,
                told_muted: Some(false),
                told_video: Some(true),
                told_speaker: Some(false),
                patched_at_ms: None,
            },
            connection: Connection::default(),
            topics: Topics::None,
            connected: Connected::NotYet,
            last_word: None,
            failures: 0,
            lost_looks: 0,
            waits_unheard: false,
            accept_in_doubt: false,
            known_after: RequestId(0),
            holds_invite: false,
            over_at: None,
            invited_at: None,
            invitation: None,
        }
    }

    /// The app means this call by `id`.
    pub(super) fn is(&self, id: &CallId) -> bool {
        self.id == *id || self.aliases.contains(id)
    }

    pub(super) fn rev(&self) -> Rev {
        self.snapshot.as_ref().map_or(Rev(0), |s| s.rev)
    }

    /// The snapshot is from before the invite that rings here: who was called in anew was out of
    /// the call, or in it, then.
    pub(super) fn is_before_its_invite(&self, snapshot: &CallSnapshot) -> bool {
        self.invited_at
            .is_some_and(|invited| snapshot.rev < invited)
    }

    /// The snapshot is from before the end that the server has told.
    pub(super) fn is_before_its_end(&self, snapshot: &CallSnapshot) -> bool {
        self.over_at.is_some_and(|over| snapshot.rev < over)
    }

    /// Somebody has accepted, as far as this device knows.
    pub(super) fn is_accepted(&self) -> bool {
        match self.phase {
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Ringing { .. }
            | Phase::Accepting => false,
            Phase::Connecting | Phase::Active { .. } => true,
        }
    }

    /// The others may be heard and seen: it is accepted, and not held.
    pub(super) fn may_play(&self) -> bool {
        self.is_accepted() && !self.hold.wanted
    }

    /// How long it has been active, once it is.
    pub(super) fn duration(&self) -> Option<CallDuration> {
        match self.phase {
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Ringing { .. }
            | Phase::Accepting
            | Phase::Connecting => None,
            Phase::Active {
                since_ms,
                before_ms,
            } => Some(CallDuration {
                before_ms,
                since_ms,
                until_ms: None,
            }),
        }
    }

    /// The session in the room, if its transport stands.
    pub(super) fn leg_up(&self) -> Option<&Leg> {
        self.room
            .leg
            .as_ref()
            .filter(|leg| leg.transport == Transport::Up)
    }

    pub(super) fn wrong_state(&self) -> CommandError {
        CommandError::WrongState(match self.phase {
            Phase::Creating { .. } | Phase::Dialing { .. } => "outgoing",
            Phase::Ringing { .. } => "incoming",
            Phase::Accepting | Phase::Connecting => "connecting",
            Phase::Active { .. } => "active",
        })
    }
}
