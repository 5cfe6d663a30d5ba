//! What may be asked of a call, or happen to it.

use crate::end::EndReason;
use crate::id::{DeviceId, MemberId};
use crate::rest::{Actor, PatchParticipant, RejectReason, RejectScope};
use crate::signal::Person;

/// One thing that is asked of a call, or happened to it. The server has authenticated every
/// actor. Named devices may repeat a command without harm; nameless ones get part A's answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Command {
    /// POST /ringing, or part A's `call_ringing` (then nameless): a callee's device rings.
    /// Valid while the member rings; later it changes nothing.
    Ringing {
        /// The callee's device.
        actor: Actor,
    },
    /// POST /accept. Valid while the member rings, and until a grace time after its ring time.
    /// Servers go by [`super::accept_call`], which looks at the member's other calls too.
    Accept {
        /// The callee's device.
        actor: Actor,
    },
    /// POST /reject. Valid while the member rings.
    Reject {
        /// The callee's device.
        actor: Actor,
        /// Declined, or busy.
        reason: RejectReason,
        /// For the member, or for this device.
        scope: RejectScope,
        /// For scope device: the member's devices that have a push token. One of them that has not
        /// declined may yet ring.
        reachable: Vec<DeviceId>,
    },
    /// POST /cancel. Valid until the first accept, by the caller.
    Cancel {
        /// A device of the caller.
        actor: Actor,
    },
    /// POST /connected. Before the member's accept it is remembered; after the end it changes
    /// nothing.
    Connected {
        /// The device whose room transport is up.
        actor: Actor,
    },
    /// POST /end. Valid at any time by a participant: of a callee by the device that accepted, of the
    /// caller by any. An end that repeats changes nothing. In a group a callee's is its
    /// [`Command::Leave`].
    End {
        /// Who hangs up.
        actor: Actor,
        /// Why, where it was said.
        reason: Option<EndReason>,
    },
    /// POST /leave. In a group the member leaves and the others go on; from an invitee that rings
    /// it is a reject. In a 1:1 it is [`Command::End`]; from the caller before an accept it is
    /// [`Command::Cancel`]. One that repeats changes nothing.
    Leave {
        /// Who leaves.
        actor: Actor,
    },
    /// POST /invite. Valid until the end, by the caller or who accepted, while it is in the call.
    /// Makes the call a group. Servers go by [`super::invite_members`], which finds out who is busy.
    Invite {
        /// Who invites.
        actor: Actor,
        /// Who is to be rung. Who is in the call or rings already is passed over.
        callees: Vec<Person>,
        /// Which of them are in other calls.
        busy: Vec<MemberId>,
    },
    /// PATCH /participant with `is_on_hold`. Valid by a participant from the first accept; after
    /// the end it changes nothing. Servers go by [`super::hold_call`].
    Hold {
        /// Whose device holds the call, or resumes it.
        actor: Actor,
        /// Held from now on.
        is_on_hold: bool,
    },
    /// PATCH /participant. Valid until the end, after which it changes nothing.
    Patch {
        /// Whose media changed.
        actor: Actor,
        /// What changed.
        flags: PatchParticipant,
    },
    /// Any other authenticated request about the call (a GET, POST /token): the device is there.
    /// Never raises the rev.
    Heard {
        /// The device that asked.
        actor: Actor,
    },
    /// The participant list of the room: the truth about who is there.
    RoomList {
        /// Who is in it.
        present: Vec<InRoom>,
        /// When the list was asked for (ms since 1970): one older than what is known says
        /// nothing about who is missing.
        asked_at_ms: u64,
    },
    /// The media server says that somebody came or went. Ask for a list soon after: hints come
    /// late, twice, out of order, or never.
    RoomHint {
        /// Who.
        identity: String,
        /// Which stay of it (LiveKit's `sid`), where the media server names it.
        session: Option<String>,
        /// What is said.
        hint: RoomHint,
    },
    /// The member's tokens were revoked, or it was disabled. In a 1:1 that is the call's end; in a
    /// group the member is out of it, and the others go on. Changes nothing for who is not in it.
    Revoke {
        /// Who.
        member: MemberId,
    },
    /// The media server did not make the room for the create. Ends a call that rings; later the
    /// clients try again within their own deadlines.
    RoomUnavailable,
    /// The time has come to look at the deadlines.
    Tick,
}

/// One participant of a room's list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InRoom {
    /// Who.
    pub identity: String,
    /// Which stay of it (LiveKit's `sid`), where the media server names it.
    pub session: Option<String>,
    /// Its transport is up. Being listed is enough to be there; only this confirms its media.
    pub is_active: bool,
}

/// What a webhook says about a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoomHint {
    /// It came.
    Joined,
    /// It went.
    Left {
        /// It said so itself: the reason is 'client initiated'.
        client_initiated: bool,
    },
}

impl Command {
    /// Who asked, where somebody did.
    pub fn actor(&self) -> Option<&Actor> {
        match self {
            Self::Ringing { actor }
            | Self::Accept { actor }
            | Self::Reject { actor, .. }
            | Self::Cancel { actor }
            | Self::Connected { actor }
            | Self::End { actor, .. }
            | Self::Leave { actor }
            | Self::Invite { actor, .. }
            | Self::Hold { actor, .. }
            | Self::Patch { actor, .. }
            | Self::Heard { actor } => Some(actor),
            Self::RoomList { .. }
            | Self::RoomHint { .. }
            | Self::Revoke { .. }
            | Self::RoomUnavailable
            | Self::Tick => None,
        }
    }
}
