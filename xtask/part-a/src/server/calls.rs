//! The calls of a deployed server, with its rules as they were observed.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::tokens::CHURCH;

/// The members that the recordings know.
const MEMBERS: [(&str, &str, Option<&str>); 4] = [
    (
        "member-1",
        "Member One",
        Some("https://files.example/member-1.jpg"),
    ),
    ("member-2", "Member Two", None),
    ("member-3", "Member Three", None),
    ("member-4", "Member Four", None),
];

pub(super) fn name_of(member: &str) -> Option<&'static str> {
    MEMBERS.iter().find(|m| m.0 == member).map(|m| m.1)
}

fn avatar_of(member: &str) -> Option<&'static str> {
    MEMBERS.iter().find(|m| m.0 == member).and_then(|m| m.2)
}

pub(super) fn person(member: &str) -> Value {
    json!({"id": member, "name": name_of(member), "avatar": avatar_of(member)})
}

/// A time without a zone and with microseconds.
pub(super) fn timestamp() -> String {
    OffsetDateTime::now_utc()
        .format(format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]"
        ))
        .unwrap_or_default()
}

/// Microphone muted, camera on, loudspeaker on.
#[derive(Clone, Copy)]
pub(super) struct Flags(pub(super) bool, pub(super) bool, pub(super) bool);

pub(super) struct Call {
    pub(super) id: String,
    pub(super) call_type: String,
    pub(super) status: &'static str,
    pub(super) caller: String,
    pub(super) callees: Vec<String>,
    pub(super) community: Option<String>,
    pub(super) started_at: String,
    pub(super) connected_at: Option<Instant>,
    pub(super) duration_seconds: u64,
    pub(super) end_reason: Option<String>,
    pub(super) flags: BTreeMap<String, Flags>,
    /// Who declined a group call: listed no more.
    pub(super) declined: Vec<String>,
}

impl Call {
    pub(super) fn room(&self) -> String {
        format!("faithflow_{CHURCH}_{}", self.id)
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.caller).chain(&self.callees)
    }

    pub(super) fn has(&self, member: &str) -> bool {
        self.members().any(|m| m == member)
    }

    pub(super) fn is_over(&self) -> bool {
        !matches!(self.status, "ringing" | "connecting" | "active")
    }

    /// Seconds of conversation so far.
    pub(super) fn talked(&self) -> u64 {
        self.connected_at.map_or(0, |t| t.elapsed().as_secs())
    }

    pub(super) fn participants(&self) -> Value {
        self.members()
            .filter(|member| !self.declined.contains(member))
            .map(|member| {
                let Flags(muted, video, speaker) =
                    *self.flags.get(member).unwrap_or(&Flags(false, true, false));
                json!({
                    "member_id": member,
                    "member_name": name_of(member),
                    "member_avatar": avatar_of(member),
                    "role": if *member == self.caller { "caller" } else { "callee" },
                    "joined_at": null,
                    "left_at": null,
                    "is_muted": muted,
                    "is_video_enabled": video,
                    "is_speaker_on": speaker,
                })
            })
            .collect()
    }

    /// A line of the history, as `member` sees it.
    pub(super) fn history_item(&self, member: &str) -> Value {
        json!({
            "call_id": self.id,
            "call_type": self.call_type,
            "status": self.status,
            "caller_id": self.caller,
            "caller_name": name_of(&self.caller),
            "caller_avatar": avatar_of(&self.caller),
            "callee_ids": self.callees,
            "callee_names": self.callees.iter().map(|c| name_of(c)).collect::<Vec<_>>(),
            "initiated_at": self.started_at,
            "duration_seconds": self.duration_seconds,
            "end_reason": self.end_reason,
            "is_incoming": *member != self.caller,
        })
    }
}

/// All calls, oldest first.
#[derive(Default)]
pub(super) struct Calls(pub(super) Vec<Call>);

impl Calls {
    pub(super) fn get(&mut self, id: &str) -> Option<&mut Call> {
        self.0.iter_mut().find(|call| call.id == id)
    }

    /// The newest call of a member that is not over.
    pub(super) fn of(&self, member: &str) -> Option<&Call> {
        self.0
            .iter()
            .rev()
            .find(|call| !call.is_over() && call.has(member))
    }
}
