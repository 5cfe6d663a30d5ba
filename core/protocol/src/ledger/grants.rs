//! Who may do what in the room: a pure function of the call.

use super::call::{Call, JoinAhead, Phase};
use super::refusal::Refusal;
use crate::id::{DeviceId, MemberId};
use crate::media::CallType;
use crate::rest::Actor;

/// What a participant may publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A microphone.
    Microphone,
    /// A camera.
    Camera,
    /// A screen.
    ScreenShare,
}

/// What one participant may do in the room. Everybody there may publish, from `sources`; nobody
/// is hidden, an administrator of the room, or may change its own metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grants {
    /// Tracks of others are forwarded to it.
    pub can_subscribe: bool,
    /// It may send data messages.
    pub can_publish_data: bool,
    /// From what it may publish.
    pub sources: &'static [Source],
}

impl Grants {
    /// After the accept: the caller, and who accepted.
    pub const FULL: Self = Self {
        can_subscribe: true,
        can_publish_data: true,
        sources: &[Source::Microphone, Source::Camera, Source::ScreenShare],
    };

    /// Before the accept: nothing is forwarded to it, and LiveKit forwards its tracks to nobody,
    /// because nobody else may subscribe either.
    pub const fn waiting(call_type: CallType) -> Self {
        Self {
            can_subscribe: false,
            can_publish_data: false,
            sources: match call_type {
                CallType::Voice => &[Source::Microphone],
                CallType::Video => &[Source::Microphone, Source::Camera],
            },
        }
    }
}

/// What a token is made of: who joins as what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Access {
    /// The LiveKit identity.
    pub identity: String,
    /// What it may do.
    pub grants: Grants,
}

/// What the actor joins the room as now, for an answer that brings a token.
///
/// # Errors
/// It has no business in the room: [`Refusal::AlreadyHandled`] where nobody has any more,
/// [`Refusal::NotAParticipant`] where others have.
pub fn access(call: &Call, actor: &Actor) -> Result<Access, Refusal> {
    let (member, device) = (&actor.member_id, actor.device_id.as_ref());
    seats(call)
        .find(|seat| seat.member == member && seat.device == device)
        .map(|seat| Access {
            identity: identity(call, seat.member, seat.device),
            grants: seat.grants,
        })
        .ok_or(match call.phase {
            Phase::Over(_) => Refusal::AlreadyHandled,
            Phase::Ringing | Phase::Connecting | Phase::Active => Refusal::NotAParticipant,
        })
}

/// What a callee's device that rings waits in the room as, for the answer to 'ringing'; none:
/// another device waits there, or nobody does.
pub fn access_ahead(call: &Call, actor: &Actor) -> Option<Access> {
    match call.phase {
        Phase::Ringing => access(call, actor).ok(),
        Phase::Connecting | Phase::Active | Phase::Over(_) => None,
    }
}

/// Everybody who may be in the room now, with what they may do. Who is not listed is removed.
pub fn entitled(call: &Call) -> Vec<(String, Grants)> {
    seats(call)
        .map(|seat| (identity(call, seat.member, seat.device), seat.grants))
        .collect()
}

/// The identity of a member's device: the plain member id, but for the callee's device that
/// joined ahead, which keeps the one it had.
pub(super) fn identity(call: &Call, member: &MemberId, device: Option<&DeviceId>) -> String {
    match &call.join_ahead {
        JoinAhead::Chosen {
            member_id,
            device_id,
        } if member_id == member && device == Some(device_id) => {
            format!("{member_id}#{device_id}")
        }
        JoinAhead::Chosen { .. } | JoinAhead::Open | JoinAhead::Off => member.to_string(),
    }
}

/// One place in the room.
struct Seat<'a> {
    member: &'a MemberId,
    device: Option<&'a DeviceId>,
    grants: Grants,
}

fn seats(call: &Call) -> impl Iterator<Item = Seat<'_>> {
    let (grants, waits) = match (&call.phase, &call.join_ahead) {
        (
            Phase::Ringing,
            JoinAhead::Chosen {
                member_id,
                device_id,
            },
        ) => (
            Some(Grants::waiting(call.call_type)),
            Some((member_id, device_id)),
        ),
        (Phase::Ringing, JoinAhead::Open | JoinAhead::Off) => {
            (Some(Grants::waiting(call.call_type)), None)
        }
        (Phase::Connecting | Phase::Active, _) => (Some(Grants::FULL), None),
        (Phase::Over(_), _) => (None, None),
    };
    let participants = call
        .participants()
        .map(|party| (party.member_id(), party.device_id.as_ref()));
    let waits = waits.map(|(member, device)| (member, Some(device)));
    participants
        .chain(waits)
        .filter_map(move |(member, device)| {
            grants.map(|grants| Seat {
                member,
                device,
                grants,
            })
        })
}
