//! What stands in a trace for what is personal.
//!
//! By field name, and fail-safe: a text whose field is named nowhere here is replaced too. A new
//! field with words of the contract needs a line in [`WORDS`]; without it a replay differs, which
//! the property test of replays shows.

use std::collections::HashMap;

use serde_json::Value;

use crate::timestamp::Timestamp;

/// The first moment in every trace: 2000-01-01, in milliseconds since 1970.
pub const EPOCH_MS: u64 = 946_684_800_000;

/// Fields whose texts are words of the contract or of the machine, and stay.
const WORDS: &[&str] = &[
    // Variants without fields.
    "input",
    "command",
    "event",
    "failure",
    "effect",
    "request",
    "refused",
    "who",
    "other",
    // Enums of the contract and of the machine.
    "type",
    "call_type",
    "status",
    "state",
    "role",
    "reason",
    "reason_detail",
    "end_reason",
    "cause",
    "code",
    "scope",
    "source",
    "problem",
    "elsewhere",
    "what",
    "wrong_state",
    "system",
    "word",
    "quality",
    "picture",
    "set_picture",
    "why_not",
    "platform",
    "push_kind",
];

/// Fields whose texts are named by what they are: the stand-in is this and a number.
const NAMED: &[(&str, &[&str])] = &[
    (
        "m",
        &[
            "me",
            "member",
            "member_id",
            "caller_id",
            "callee_id",
            "callee_ids",
            "callees",
            "participant_id",
            "id",
            "peer",
            "by",
            "ended_by",
            "playable",
        ],
    ),
    ("d", &["device", "device_id"]),
    ("church", &["church"]),
    (
        "c",
        &[
            "call_id",
            "known",
            "from",
            "to",
            "hold",
            "end",
            "already_in_call",
            "already_holding",
        ],
    ),
    ("i", &["identity", "set_playable"]),
    ("stay", &["sid"]),
    ("room", &["room_name"]),
    ("token", &["token", "livekit_token"]),
    ("url", &["url", "livekit_url"]),
    (
        "name",
        &[
            "name",
            "member_name",
            "caller_name",
            "callee_name",
            "callee_names",
            "community_name",
        ],
    ),
    ("picture", &["avatar", "member_avatar", "caller_avatar"]),
];

/// What stands for a text of any other field.
const OTHER: &str = "x";

/// Sentences of a server, of which only what the machine looks for stays.
const SENTENCES: &[&str] = &["detail", "message"];

/// What may stay of a sentence: it may hold anything else, a name too.
const SAID: &[&str] = &[
    "All callees are busy",
    "ringing",
    "connecting",
    "active",
    "lease",
    "revoked",
    "media_unavailable",
    "other",
];

/// The stand-ins of one trace.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    /// By the text that is replaced, whatever the field: a member's id as a LiveKit identity is
    /// the same member.
    given: HashMap<String, String>,
    counts: HashMap<&'static str, u32>,
    /// The first moment that was met, in milliseconds since 1970.
    began_ms: Option<u64>,
}

impl StandIns {
    /// Renames everything in a value, which is that of this field.
    pub(super) fn rename(&mut self, field: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                let renamed = self.stand_in(field, text);
                *text = renamed;
            }
            Value::Array(items) => {
                for item in items {
                    self.rename(field, item);
                }
            }
            // A server's own: its field names may say anything too.
            Value::Object(_) if field == "detail" => *value = Value::Null,
            Value::Object(fields) => {
                for (field, value) in fields {
                    self.rename(field, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn stand_in(&mut self, field: &str, text: &str) -> String {
        if text.is_empty() || WORDS.contains(&field) {
            return text.to_owned();
        }
        if SENTENCES.contains(&field) {
            let said = SAID.iter().filter(|words| text.contains(**words));
            return said.copied().collect::<Vec<_>>().join(" ");
        }
        if field == "topic" {
            return self.topic(text);
        }
        if is_moment(field)
            && let Ok(moment) = Timestamp::parse(text)
        {
            return self.moment(moment).to_string();
        }
        let named = NAMED.iter().find(|(_, fields)| fields.contains(&field));
        self.numbered(named.map_or(OTHER, |(kind, _)| kind), text)
    }

    fn numbered(&mut self, kind: &'static str, text: &str) -> String {
        if let Some(given) = self.given.get(text) {
            return given.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let stand_in = format!("{kind}{count}");
        self.given.insert(text.to_owned(), stand_in.clone());
        stand_in
    }

    /// `faithflow/{church}/member/{member}/…`, `faithflow/{church}/call/{call}/…`.
    fn topic(&mut self, text: &str) -> String {
        let levels: Vec<&str> = text.split('/').collect();
        let [root, church, kind, id, leaf] = levels[..] else {
            return self.numbered(OTHER, text);
        };
        let church = self.numbered("church", church);
        let id = self.numbered(if kind == "call" { "c" } else { "m" }, id);
        format!("{root}/{church}/{kind}/{id}/{leaf}")
    }

    fn moment(&mut self, moment: Timestamp) -> Timestamp {
        let began = *self.began_ms.get_or_insert(moment.unix_ms());
        moment.moved_ms(began, EPOCH_MS)
    }
}

fn is_moment(field: &str) -> bool {
    field.ends_with("_at") || matches!(field, "timestamp" | "date" | "server_time")
}
