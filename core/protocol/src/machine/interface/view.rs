//! What a user interface is drawn from.

use serde::Serialize;

use crate::id::{CallId, MemberId};
use crate::media::CallType;
use crate::quality::{Picture, Quality};
use crate::snapshot::{InviteeState, Role};

use crate::machine::Machine;
use crate::machine::interface::event::{Ended, Peer};
use crate::machine::interface::input::MediaSource;
use crate::machine::media::own::OwnMedia;
use crate::machine::server::others::Other;
use crate::machine::state::{Call, Phase};

/// All that is to be shown now.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct View {
    /// The call that the user is in, else one that rings, else the one that is held; where there
    /// is none, the last one until another begins.
    pub call: Option<CallView>,
    /// The other calls that are going on: held, or waiting to be answered. Oldest first.
    pub others: Vec<CallView>,
    /// An earlier process of this app was in this call, on this device, and may come back.
    pub rejoinable: Option<Rejoinable>,
    /// This member is in this call on another device.
    pub in_call_elsewhere: Option<CallId>,
    /// The MQTT connection stands.
    pub link_up: bool,
    /// The server refuses the token, and the provider gave no better one: sign in again. Until a
    /// request succeeds.
    pub auth_needed: bool,
    /// What the server speaks, once it is known.
    pub server: Option<ServerKind>,
    /// Signals that came from somebody who may not send them, since sign-in.
    pub refused_signals: u64,
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerKind {
    /// The base contract only.
    PartA,
    /// The base contract and what our backend adds.
    PartB,
}

/// One call, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct CallView {
    /// Which.
    pub call_id: CallId,
    /// What this member is in it.
    pub role: Role,
    /// The other side.
    pub peer: Peer,
    /// Voice or video.
    pub call_type: CallType,
    /// Where it stands.
    pub state: CallState,
    /// This device's microphone.
    pub microphone: OwnMedia,
    /// This device's camera.
    pub camera: OwnMedia,
    /// How much of the camera's picture the connection allows.
    pub picture: Picture,
    /// The loudspeaker as the user chose it; `None`: as the kind of call suggests
    /// ([`crate::machine::audio_route`]).
    pub speaker: Option<bool>,
    /// How good this device's connection is; `None` until there was enough to judge.
    pub quality: Option<Quality>,
    /// Everybody else in it: one in a call of two, and in a group all who were called.
    pub participants: Vec<ParticipantView>,
    /// It is a group: it can be left without ending it.
    pub is_group: bool,
    /// Whose sound and picture may be played now, by member.
    pub playable: Vec<MemberId>,
    /// How long it has been active; `None` until it is.
    pub duration: Option<CallDuration>,
    /// When it came how far.
    pub timings: Timings,
}

impl CallView {
    /// What is shown of somebody else in the call.
    pub fn participant(&self, member: &MemberId) -> Option<&ParticipantView> {
        self.participants
            .iter()
            .find(|p| p.who.member_id == *member)
    }

    /// The same once the call is over: nothing is sent or played any more, and no time counts.
    pub(in crate::machine) fn over(self, ended: Ended) -> Self {
        let until_ms = self.timings.ended_ms;
        Self {
            state: CallState::Ended(ended),
            duration: self.duration.map(|duration| CallDuration {
                until_ms,
                ..duration
            }),
            microphone: self.microphone.over(),
            camera: self.camera.over(),
            playable: Vec::new(),
            ..self
        }
    }
}

/// How long a call has been active, as a timer shows it: it goes on while somebody holds the call or
/// has lost the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct CallDuration {
    /// So long, in milliseconds, before this device was in it: in a call that another process of
    /// this app was in, or a group that talked already. By the server's count, in whole seconds.
    pub before_ms: u64,
    /// It counts from then on, in the machine's milliseconds.
    pub since_ms: u64,
    /// It has counted until then; `None` while the call goes on.
    pub until_ms: Option<u64>,
}

impl CallDuration {
    /// The whole of it, in milliseconds, when the machine's clock shows `clock_ms`.
    pub fn ms_at(&self, clock_ms: u64) -> u64 {
        let until_ms = self.until_ms.unwrap_or(clock_ms);
        let here_ms = until_ms.saturating_sub(self.since_ms);
        self.before_ms.saturating_add(here_ms)
    }
}

/// Somebody else in a call, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ParticipantView {
    /// Who.
    pub who: Peer,
    /// Caller or callee.
    pub role: Role,
    /// Where it stands. The caller counts as accepted until it has left.
    pub state: InviteeState,
    /// Its microphone is on, as far as is known.
    pub microphone: bool,
    /// Its camera is on, as far as is known.
    pub camera: bool,
    /// It has lost the room and may come back.
    pub reconnecting: bool,
    /// It holds the call.
    pub on_hold: bool,
    /// How good its connection is, as it arrives here; `None` until there was enough to judge.
    pub quality: Option<Quality>,
}

/// When a call came how far on this device, in the machine's milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Timings {
    /// This device began to call.
    pub dialled_ms: Option<u64>,
    /// The server had made the call.
    pub acknowledged_ms: Option<u64>,
    /// It rang: here, or at the first callee.
    pub ringing_ms: Option<u64>,
    /// The accept was known here.
    pub accepted_ms: Option<u64>,
    /// This device was in the room; perhaps ahead of the accept.
    pub joined_ms: Option<u64>,
    /// Both sides were in it.
    pub active_ms: Option<u64>,
    /// The first sound of somebody was played.
    pub first_audio_ms: Option<u64>,
    /// The first picture of somebody was shown.
    pub first_frame_ms: Option<u64>,
    /// It was over here.
    pub ended_ms: Option<u64>,
}

/// A call that an earlier process of this app was in, on this device.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Rejoinable {
    /// Which.
    pub call_id: CallId,
    /// Whom it is with: the caller, or the first who was called.
    pub peer: Peer,
    /// Voice or video.
    pub call_type: CallType,
    /// On offer until then, in the machine's milliseconds.
    pub until_ms: u64,
}

/// Where a call stands for the user. No call at all is *idle*.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Made here, not answered yet.
    Outgoing {
        /// A device of the callee really rings.
        remote_ringing: bool,
    },
    /// Rings here.
    Incoming {
        /// Until then, in the machine's milliseconds.
        ring_until_ms: u64,
    },
    /// Accepted; media is coming up.
    Connecting,
    /// Both sides are in it.
    Active,
    /// It is active; this device has lost the room, or did not come into it, and goes on trying.
    Reconnecting,
    /// Held by this device's user, whether or not its room stands.
    Held,
    /// Over.
    Ended(Ended),
}

impl Machine {
    /// What a user interface is drawn from.
    pub fn state(&self) -> View {
        View {
            others: self.others_shown(),
            rejoinable: self.rejoinable(),
            call: self
                .foremost()
                .map(|call| self.view_of(call))
                .or_else(|| self.last.clone()),
            in_call_elsewhere: self.elsewhere.clone(),
            link_up: self.link.is_up(),
            auth_needed: self.auth_needed,
            server: self.server,
            refused_signals: self.refused_signals,
        }
    }

    fn others_shown(&self) -> Vec<CallView> {
        let Some(foremost) = self.foremost() else {
            return Vec::new();
        };
        self.calls()
            .filter(|call| call.id != foremost.id)
            .map(|call| self.view_of(call))
            .collect()
    }

    pub(in crate::machine) fn view_of(&self, call: &Call) -> CallView {
        let state = match call.phase {
            Phase::Creating { .. } => CallState::Outgoing {
                remote_ringing: false,
            },
            Phase::Dialing { remote_ringing } => CallState::Outgoing { remote_ringing },
            Phase::Ringing { until_ms } => CallState::Incoming {
                ring_until_ms: until_ms,
            },
            Phase::Accepting => CallState::Connecting,
            Phase::Connecting | Phase::Active { .. } if call.hold.wanted => CallState::Held,
            Phase::Connecting => CallState::Connecting,
            Phase::Active { .. } if call.room.lost => CallState::Reconnecting,
            Phase::Active { .. } => CallState::Active,
        };
        let playable = if call.may_play() {
            call.room
                .playable
                .iter()
                .map(|(_, member)| member.clone())
                .collect()
        } else {
            Vec::new()
        };
        CallView {
            call_id: call.id.clone(),
            role: call.role,
            peer: call.peer.clone(),
            call_type: call.call_type,
            state,
            microphone: self.own_media(call, MediaSource::Microphone),
            camera: self.own_media(call, MediaSource::Camera),
            picture: call.connection.picture(),
            speaker: call.media.speaker,
            quality: call.connection.mine(),
            participants: call.others.iter().map(|other| shown(call, other)).collect(),
            is_group: call.is_group,
            playable,
            duration: call.duration(),
            timings: call.timings,
        }
    }
}

fn shown(call: &Call, other: &Other) -> ParticipantView {
    ParticipantView {
        who: other.who.clone(),
        role: other.role,
        state: other.state,
        microphone: other.microphone,
        camera: other.camera,
        reconnecting: other.lost,
        on_hold: other.on_hold,
        quality: call.connection.of(&other.who.member_id),
    }
}
