//! Bytes as something that a server does with a call.

use arbitrary::{Result, Unstructured};
use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::id::{CallId, MemberId};
use faithcall_protocol::ledger::{Call, Command, Grants, InRoom, RoomHint, entitled, snapshot};
use faithcall_protocol::rest::{
    Actor, MakeWay, PatchHold, PatchParticipant, RejectReason, RejectScope,
};
use faithcall_protocol::signal::Person;
use faithcall_protocol::snapshot::SnapshotParticipant;

pub(super) const MEMBERS: &[&str] = &["alice", "bob", "carol", "dave"];
pub(super) const DEVICES: &[&str] = &["d1", "d2", "d3"];
const CALLS: &[&str] = &["c1", "c2", "c3"];
const REASONS: &[EndReason] = &[
    EndReason::Normal,
    EndReason::Missed,
    EndReason::Rejected,
    EndReason::Busy,
    EndReason::Failed,
    EndReason::NetworkError,
    EndReason::Timeout,
    EndReason::Cancelled,
];

/// What the server is set to, and who has what device.
pub(super) struct Options {
    pub(super) join_ahead: bool,
    pub(super) call_waiting: Vec<MemberId>,
}

impl Options {
    pub(super) fn read(bytes: &mut Unstructured) -> Result<Self> {
        let mut call_waiting = Vec::new();
        for member in MEMBERS {
            if bytes.arbitrary()? {
                call_waiting.push(id(member));
            }
        }
        Ok(Self {
            join_ahead: bytes.arbitrary()?,
            call_waiting,
        })
    }
}

/// One thing that a server does.
pub(super) enum Operation {
    Create {
        actor: Actor,
        callees: Vec<Person>,
        video: bool,
    },
    Accept {
        actor: Actor,
        make_way: Option<MakeWay>,
    },
    Hold {
        actor: Actor,
        patch: PatchHold,
    },
    Invite {
        actor: Actor,
        callees: Vec<Person>,
    },
    /// The member is taken out of all its calls.
    Revoke(MemberId),
    Command(Command),
}

/// How long nothing happens. The clock may stand still, jump, and run backwards a bit. It stands still
/// for the most part: no call lives long where nobody does anything.
pub(super) fn pause(bytes: &mut Unstructured) -> Result<i64> {
    match bytes.int_in_range(0..=31)? {
        0..=27 => Ok(0),
        28 => bytes.int_in_range(0..=500),
        29 => bytes.int_in_range(0..=9_000),
        30 => bytes.int_in_range(0..=120_000),
        _ => bytes.int_in_range(-500..=20_000),
    }
}

pub(super) fn call_id(bytes: &mut Unstructured) -> Result<CallId> {
    Ok(id(bytes.choose(CALLS)?))
}

impl Operation {
    /// What is done with this call: for the most part what makes sense, or next to nothing would
    /// come of it. A call that rings is taken, and one that was taken is held and resumed.
    pub(super) fn read(bytes: &mut Unstructured, now: u64, call: Option<&Call>) -> Result<Self> {
        let Some(call) = call else {
            return Self::before(bytes);
        };
        let shown = snapshot(call, now);
        let (members, rings) = (&shown.participants, shown.status == CallStatus::Ringing);
        Ok(match bytes.int_in_range(0..=31)? {
            0 => Self::create(bytes, members)?,
            1 => Self::Revoke(id(bytes.choose(MEMBERS)?)),
            2 | 3 => Self::Invite {
                actor: actor(bytes, members)?,
                callees: people(bytes, None)?,
            },
            4..=7 => Self::accept(bytes, members)?,
            8..=11 => Self::hold(bytes, members)?,
            12..=19 if rings => Self::accept(bytes, members)?,
            12..=19 => Self::hold(bytes, members)?,
            _ => Self::Command(command(bytes, now, call, members)?),
        })
    }

    fn accept(bytes: &mut Unstructured, members: &[SnapshotParticipant]) -> Result<Self> {
        Ok(Self::Accept {
            actor: actor(bytes, members)?,
            make_way: match bytes.int_in_range(0..=3)? {
                0 => Some(MakeWay::Hold(call_id(bytes)?)),
                1 => Some(MakeWay::End(call_id(bytes)?)),
                _ => None,
            },
        })
    }

    fn hold(bytes: &mut Unstructured, members: &[SnapshotParticipant]) -> Result<Self> {
        Ok(Self::Hold {
            actor: actor(bytes, members)?,
            patch: PatchHold {
                is_on_hold: !bytes.ratio(1, 4)?,
                hold: match bytes.arbitrary()? {
                    true => Some(call_id(bytes)?),
                    false => None,
                },
            },
        })
    }

    /// What can be done with a call that there is not.
    fn before(bytes: &mut Unstructured) -> Result<Self> {
        if bytes.ratio(1, 8)? {
            let actor = actor(bytes, &[])?;
            return Ok(Self::Command(Command::Cancel { actor }));
        }
        Self::create(bytes, &[])
    }

    /// A create calls others than its caller: a server refuses anything else before.
    fn create(bytes: &mut Unstructured, members: &[SnapshotParticipant]) -> Result<Self> {
        let actor = actor(bytes, members)?;
        let video = bytes.arbitrary()?;
        let mut callees = people(bytes, Some(&actor.member_id))?;
        if callees.is_empty() {
            let other = MEMBERS
                .iter()
                .find(|name| **name != actor.member_id.as_str());
            callees.extend(other.map(|name| person(name)));
        }
        Ok(Self::Create {
            actor,
            callees,
            video,
        })
    }
}

fn command(
    bytes: &mut Unstructured,
    now: u64,
    call: &Call,
    members: &[SnapshotParticipant],
) -> Result<Command> {
    let entitled = &entitled(call);
    Ok(match bytes.int_in_range(0..=13)? {
        0 | 1 => Command::Ringing {
            actor: actor(bytes, members)?,
        },
        2 => Command::Reject {
            actor: actor(bytes, members)?,
            reason: *bytes.choose(&[RejectReason::Rejected, RejectReason::Busy])?,
            scope: *bytes.choose(&[RejectScope::Member, RejectScope::Device])?,
            reachable: {
                let count = bytes.int_in_range(0..=DEVICES.len())?;
                DEVICES[..count].iter().map(|name| id(name)).collect()
            },
        },
        3 => Command::Cancel {
            actor: actor(bytes, members)?,
        },
        4 | 5 => Command::Connected {
            actor: actor(bytes, members)?,
        },
        6 => Command::End {
            actor: actor(bytes, members)?,
            reason: Some(*bytes.choose(REASONS)?).filter(|r| *r != EndReason::Normal),
        },
        7 => Command::Leave {
            actor: actor(bytes, members)?,
        },
        8 => Command::Patch {
            actor: actor(bytes, members)?,
            flags: PatchParticipant {
                is_muted: bytes.arbitrary()?,
                is_video_enabled: bytes.arbitrary()?,
                is_speaker_on: bytes.arbitrary()?,
            },
        },
        9 => Command::Heard {
            actor: actor(bytes, members)?,
        },
        10 | 11 => Command::RoomList {
            present: in_room(bytes, entitled)?,
            asked_at_ms: now.saturating_add_signed(bytes.int_in_range(-10_000..=0)?),
        },
        12 => Command::RoomHint {
            identity: identity(bytes, entitled)?,
            session: session(bytes)?,
            hint: match bytes.arbitrary()? {
                None => RoomHint::Joined,
                Some(client_initiated) => RoomHint::Left { client_initiated },
            },
        },
        _ if bytes.arbitrary()? => Command::RoomUnavailable,
        _ => Command::Tick,
    })
}

/// Those who may be in the room, for the most part, and others too.
fn in_room(bytes: &mut Unstructured, entitled: &[(String, Grants)]) -> Result<Vec<InRoom>> {
    let mut present = Vec::new();
    for (name, _) in entitled {
        if !bytes.ratio(1, 4)? {
            present.push(InRoom {
                identity: name.clone(),
                session: session(bytes)?,
                is_active: !bytes.ratio(1, 4)?,
            });
        }
    }
    if bytes.ratio(1, 4)? {
        present.push(InRoom {
            identity: identity(bytes, &[])?,
            session: session(bytes)?,
            is_active: bytes.arbitrary()?,
        });
    }
    Ok(present)
}

/// A stay, if the media server names it.
fn session(bytes: &mut Unstructured) -> Result<Option<String>> {
    let names = ["PA_1", "PA_2"];
    let named: Option<bool> = bytes.arbitrary()?;
    Ok(named.map(|second| names[usize::from(second)].to_owned()))
}

fn identity(bytes: &mut Unstructured, entitled: &[(String, Grants)]) -> Result<String> {
    if !entitled.is_empty() && !bytes.ratio(1, 4)? {
        return Ok(bytes.choose(entitled)?.0.clone());
    }
    let member = bytes.choose(MEMBERS)?;
    Ok(match bytes.int_in_range(0..=DEVICES.len())? {
        0 => (*member).to_owned(),
        device => format!("{member}#{}", DEVICES[device - 1]),
    })
}

/// One of these, on the device that takes part, for the most part; anybody on any device, too.
fn actor(bytes: &mut Unstructured, members: &[SnapshotParticipant]) -> Result<Actor> {
    let known = match members.is_empty() || bytes.ratio(1, 4)? {
        true => None,
        false => Some(bytes.choose(members)?),
    };
    let member_id = match known {
        Some(known) => known.participant.member_id.clone(),
        None => id(bytes.choose(MEMBERS)?),
    };
    let device_id = match known.and_then(|known| known.device_id.clone()) {
        Some(device) => Some(device),
        None => DEVICES
            .get(bytes.int_in_range(0..=DEVICES.len())?)
            .map(|name| id(name)),
    };
    Ok(Actor {
        member_id,
        device_id,
    })
}

/// Each once, and not this one.
fn people(bytes: &mut Unstructured, but: Option<&MemberId>) -> Result<Vec<Person>> {
    let mut people = Vec::new();
    for name in MEMBERS {
        if bytes.arbitrary()? && but.is_none_or(|but| but.as_str() != *name) {
            people.push(person(name));
        }
    }
    Ok(people)
}

pub(super) fn person(name: &str) -> Person {
    Person {
        id: id(name),
        name: Default::default(),
        avatar: None,
    }
}

pub(super) fn id<Id: TryFrom<String>>(text: &str) -> Id
where
    Id::Error: std::fmt::Debug,
{
    text.to_owned().try_into().expect("an id")
}
