//! A call at the server under any sequence of commands.

use arbitrary::{Result, Unstructured};
use faithcall_protocol::end::EndReason;
use faithcall_protocol::ledger::{Call, Command, InRoom, NewCall, RoomHint, Timeouts, apply};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{Actor, PatchParticipant, RejectReason, RejectScope};
use faithcall_protocol::signal::Person;

use crate::invariants;

const START: u64 = 1_795_361_091_000;
const MEMBERS: &[&str] = &["alice", "bob", "carol", "dave"];
const DEVICES: &[&str] = &["a1", "b1", "b2", "c1"];
const IDENTITIES: &[&str] = &["alice", "bob", "bob#b1", "bob#b2", "carol", "dave", "?"];
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

/// Plays what the bytes say, and holds every step against the ledger's invariants.
///
/// # Panics
/// One is broken.
pub fn play(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let Ok(new) = new_call(&mut bytes) else {
        return;
    };
    let first = Call::create(new, START);
    invariants::hold_at_create(&first);
    let (mut call, mut now) = (first.call, START);
    while !bytes.is_empty() {
        let Ok((ms, command)) = operation(&mut bytes, now) else {
            break;
        };
        now = now.saturating_add_signed(ms);
        while call.is_overdue(now) {
            call = taken(call, &Command::Tick, now);
        }
        call = taken(call, &command, now);
    }
    // Left alone, every call is over.
    let mut deadlines = 0;
    while let Some(deadline) = call.next_deadline() {
        now = now.max(deadline);
        call = taken(call, &Command::Tick, now);
        deadlines += 1;
        assert!(deadlines < 1_000, "a deadline that is never met");
    }
    assert!(call.is_over());
}

fn taken(call: Call, command: &Command, now: u64) -> Call {
    match apply(&call, command, now) {
        Ok(step) => {
            invariants::hold(&call, &step);
            step.call
        }
        Err(_) => call,
    }
}

fn new_call(bytes: &mut Unstructured) -> Result<NewCall> {
    let callees = MEMBERS[1..=bytes.int_in_range(1..=3)?].iter();
    let named: bool = bytes.arbitrary()?;
    let video: bool = bytes.arbitrary()?;
    Ok(NewCall {
        call_id: id("c1"),
        church_id: id("church-1"),
        call_type: if video {
            CallType::Video
        } else {
            CallType::Voice
        },
        caller: person("alice"),
        caller_device: named.then(|| id("a1")),
        callees: callees.map(|name| person(name)).collect(),
        busy: Vec::new(),
        community_id: None,
        community_name: None,
        allow_join_ahead: bytes.arbitrary()?,
        timeouts: Timeouts::default(),
    })
}

/// The clock may stand still, jump, and run backwards a bit.
fn operation(bytes: &mut Unstructured, now: u64) -> Result<(i64, Command)> {
    let ms = match bytes.int_in_range(0..=3)? {
        0 | 1 => bytes.int_in_range(-500..=500)?,
        2 => bytes.int_in_range(0..=9_000)?,
        _ => bytes.int_in_range(0..=120_000)?,
    };
    let command = match bytes.int_in_range(0..=15)? {
        0 | 1 => Command::Ringing {
            actor: actor(bytes)?,
        },
        2 | 3 => Command::Accept {
            actor: actor(bytes)?,
        },
        4 => Command::Reject {
            actor: actor(bytes)?,
            reason: *bytes.choose(&[RejectReason::Rejected, RejectReason::Busy])?,
            scope: *bytes.choose(&[RejectScope::Member, RejectScope::Device])?,
            reachable: reachable(bytes)?,
        },
        5 => Command::Cancel {
            actor: actor(bytes)?,
        },
        6 => Command::Connected {
            actor: actor(bytes)?,
        },
        7 => Command::End {
            actor: actor(bytes)?,
            reason: Some(*bytes.choose(REASONS)?).filter(|r| *r != EndReason::Normal),
        },
        8 => Command::Leave {
            actor: actor(bytes)?,
        },
        9 => Command::Invite {
            actor: actor(bytes)?,
            callees: vec![person(bytes.choose(MEMBERS)?)],
            busy: Vec::new(),
        },
        10 => Command::Hold {
            actor: actor(bytes)?,
            is_on_hold: bytes.arbitrary()?,
        },
        11 => Command::Patch {
            actor: actor(bytes)?,
            flags: PatchParticipant {
                is_muted: bytes.arbitrary()?,
                is_video_enabled: bytes.arbitrary()?,
                is_speaker_on: bytes.arbitrary()?,
            },
        },
        12 => Command::Heard {
            actor: actor(bytes)?,
        },
        13 => Command::RoomList {
            present: in_room(bytes)?,
            asked_at_ms: now.saturating_add_signed(bytes.int_in_range(-60_000..=1_000)?),
        },
        14 => Command::RoomHint {
            identity: (*bytes.choose(IDENTITIES)?).to_owned(),
            hint: match bytes.arbitrary()? {
                None => RoomHint::Joined,
                Some(client_initiated) => RoomHint::Left { client_initiated },
            },
        },
        _ if bytes.arbitrary()? => Command::RoomUnavailable,
        _ => Command::Tick,
    };
    Ok((ms, command))
}

fn in_room(bytes: &mut Unstructured) -> Result<Vec<InRoom>> {
    let mut present = Vec::new();
    for _ in 0..bytes.int_in_range(0..=4)? {
        present.push(InRoom {
            identity: (*bytes.choose(IDENTITIES)?).to_owned(),
            is_active: bytes.arbitrary()?,
        });
    }
    Ok(present)
}

fn reachable<Id: TryFrom<String>>(bytes: &mut Unstructured) -> Result<Vec<Id>>
where
    Id::Error: std::fmt::Debug,
{
    let count = bytes.int_in_range(0..=DEVICES.len())?;
    Ok(DEVICES[..count].iter().map(|name| id(name)).collect())
}

fn actor(bytes: &mut Unstructured) -> Result<Actor> {
    let member = bytes.choose(MEMBERS)?;
    let device = bytes.int_in_range(0..=DEVICES.len())?;
    Ok(Actor {
        member_id: id(member),
        device_id: DEVICES.get(device).map(|name| id(name)),
    })
}

fn person(name: &str) -> Person {
    Person {
        id: id(name),
        name: Default::default(),
        avatar: None,
    }
}

fn id<Id: TryFrom<String>>(text: &str) -> Id
where
    Id::Error: std::fmt::Debug,
{
    text.to_owned().try_into().expect("an id")
}
