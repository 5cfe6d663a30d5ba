//! Bytes as something that a server does with a call.

use arbitrary::{Result, Unstructured};
use faithcall_protocol::end::EndReason;
use faithcall_protocol::id::{CallId, MemberId};
use faithcall_protocol::ledger::{Command, Grants, InRoom, RoomHint};
use faithcall_protocol::rest::{
    Actor, MakeWay, PatchHold, PatchParticipant, RejectReason, RejectScope,
};
use faithcall_protocol::signal::Person;

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

/// How long nothing happens. The clock may stand still, jump, and run backwards a bit.
pub(super) fn pause(bytes: &mut Unstructured) -> Result<i64> {
    match bytes.int_in_range(0..=7)? {
        0..=3 => Ok(0),
        4 => bytes.int_in_range(0..=500),
        5 => bytes.int_in_range(0..=9_000),
        6 => bytes.int_in_range(0..=120_000),
        _ => bytes.int_in_range(-500..=20_000),
    }
}

pub(super) fn call_id(bytes: &mut Unstructured) -> Result<CallId> {
    Ok(id(bytes.choose(CALLS)?))
}

impl Operation {
    /// `entitled`: who may be in the call's room now.
    pub(super) fn read(
        bytes: &mut Unstructured,
        now: u64,
        entitled: &[(String, Grants)],
    ) -> Result<Self> {
        Ok(match bytes.int_in_range(0..=23)? {
            0..=3 => Self::Create {
                actor: actor(bytes)?,
                callees: Vec::new(),
                video: bytes.arbitrary()?,
            }
            .to(bytes)?,
            4..=8 => Self::Accept {
                actor: actor(bytes)?,
                make_way: match bytes.int_in_range(0..=3)? {
                    0 => Some(MakeWay::Hold(call_id(bytes)?)),
                    1 => Some(MakeWay::End(call_id(bytes)?)),
                    _ => None,
                },
            },
            9 | 10 => Self::Hold {
                actor: actor(bytes)?,
                patch: PatchHold {
                    is_on_hold: bytes.arbitrary()?,
                    hold: match bytes.arbitrary()? {
                        true => Some(call_id(bytes)?),
                        false => None,
                    },
                },
            },
            11 | 12 => Self::Invite {
                actor: actor(bytes)?,
                callees: people(bytes, None)?,
            },
            13 => Self::Revoke(id(bytes.choose(MEMBERS)?)),
            _ => Self::Command(command(bytes, now, entitled)?),
        })
    }

    /// A create calls others than its caller: a server refuses anything else before.
    fn to(self, bytes: &mut Unstructured) -> Result<Self> {
        let Self::Create { actor, video, .. } = self else {
            return Ok(self);
        };
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

fn command(bytes: &mut Unstructured, now: u64, entitled: &[(String, Grants)]) -> Result<Command> {
    Ok(match bytes.int_in_range(0..=13)? {
        0 | 1 => Command::Ringing {
            actor: actor(bytes)?,
        },
        2 => Command::Reject {
            actor: actor(bytes)?,
            reason: *bytes.choose(&[RejectReason::Rejected, RejectReason::Busy])?,
            scope: *bytes.choose(&[RejectScope::Member, RejectScope::Device])?,
            reachable: {
                let count = bytes.int_in_range(0..=DEVICES.len())?;
                DEVICES[..count].iter().map(|name| id(name)).collect()
            },
        },
        3 => Command::Cancel {
            actor: actor(bytes)?,
        },
        4 | 5 => Command::Connected {
            actor: actor(bytes)?,
        },
        6 => Command::End {
            actor: actor(bytes)?,
            reason: Some(*bytes.choose(REASONS)?).filter(|r| *r != EndReason::Normal),
        },
        7 => Command::Leave {
            actor: actor(bytes)?,
        },
        8 => Command::Patch {
            actor: actor(bytes)?,
            flags: PatchParticipant {
                is_muted: bytes.arbitrary()?,
                is_video_enabled: bytes.arbitrary()?,
                is_speaker_on: bytes.arbitrary()?,
            },
        },
        9 => Command::Heard {
            actor: actor(bytes)?,
        },
        10 | 11 => Command::RoomList {
            present: in_room(bytes, entitled)?,
            asked_at_ms: now.saturating_add_signed(bytes.int_in_range(-10_000..=0)?),
        },
        12 => Command::RoomHint {
            identity: identity(bytes, entitled)?,
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
                is_active: !bytes.ratio(1, 4)?,
            });
        }
    }
    if bytes.ratio(1, 4)? {
        present.push(InRoom {
            identity: identity(bytes, &[])?,
            is_active: bytes.arbitrary()?,
        });
    }
    Ok(present)
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

fn actor(bytes: &mut Unstructured) -> Result<Actor> {
    let member = bytes.choose(MEMBERS)?;
    let device = bytes.int_in_range(0..=DEVICES.len())?;
    Ok(Actor {
        member_id: id(member),
        device_id: DEVICES.get(device).map(|name| id(name)),
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
