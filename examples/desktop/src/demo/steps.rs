//! From what was told to the rows of a timeline.

use super::log::Entry;
use super::report::model::{Lane, Role, Step};
use super::servers::MEMBERS;

/// The rows of a scene, in the order of time, from the moment of dialling.
pub(super) fn of(entries: &[Entry], lanes: &[Lane], zero_ms: f64) -> Vec<Step> {
    let mut told: Vec<&Entry> = entries.iter().filter(|e| e.at_ms >= zero_ms).collect();
    // Each lane tells in order; between lanes, time decides.
    told.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
    let mut steps: Vec<Step> = Vec::new();
    let mut shown: Vec<&Entry> = Vec::new();
    for entry in told {
        if let Some(what) = phrase(entry) {
            steps.push(Step {
                at_ms: entry.at_ms - zero_ms,
                lane: entry.lane,
                what,
                is_command: matches!(entry.event.as_str(), "command" | "killed"),
                from: cause(entry, &shown, lanes),
            });
            shown.push(entry);
        }
    }
    steps
}

/// What an entry says in a timeline; `None` for those that are not shown.
pub(super) fn phrase(entry: &Entry) -> Option<String> {
    let text = |field| entry.text(field);
    Some(match (entry.event.as_str(), text("command")) {
        ("command", "accept") => "accepts".to_owned(),
        ("command", "reject") => "declines".to_owned(),
        ("command", "cancel") => "takes it back".to_owned(),
        ("command", "end") => "hangs up".to_owned(),
        ("command", "mute") => "mutes".to_owned(),
        ("command", "unmute") => "unmutes".to_owned(),
        ("command", "camera on") => "camera on".to_owned(),
        ("command", "camera off") => "camera off".to_owned(),
        ("command", dials) => dialling(dials),
        ("incoming", _) => "rings".to_owned(),
        ("remote_ringing", _) => "hears it ring".to_owned(),
        ("connecting", _) => "connecting".to_owned(),
        ("active", _) => "in the call".to_owned(),
        ("microphone", _) if entry.is_on("open") => "microphone opens".to_owned(),
        ("microphone", _) => "microphone closes".to_owned(),
        ("sound", _) => "hears the other".to_owned(),
        ("silence", _) => "hears nothing".to_owned(),
        ("picture", _) => match entry.number("frame") {
            Some(frame) => format!("sees picture {frame}"),
            None => "sees a picture".to_owned(),
        },
        ("peer_media_changed", _) => format!(
            "told: {} {}",
            text("source"),
            if entry.is_on("on") { "on" } else { "off" }
        ),
        ("reconnecting", _) if text("who") == "me" => "lost the room".to_owned(),
        ("reconnecting", _) => "shows 'reconnecting'".to_owned(),
        ("reconnected", _) => "shows 'back again'".to_owned(),
        ("ended", _) => format!("over: {}", how_it_ended(entry)),
        ("killed", _) => "is killed".to_owned(),
        ("command_failed" | "room_failed" | "refused" | "error", _) => text("message").to_owned(),
        ("server", _) => match text("cause") {
            "created" => "call made".to_owned(),
            "ringing" => "ringing confirmed".to_owned(),
            "accepted" => "accepted".to_owned(),
            "rejected" => "declined".to_owned(),
            "busy" => "busy".to_owned(),
            "joined" => "one is in the room".to_owned(),
            "active" => "both in the room".to_owned(),
            "participant" => "participant changed".to_owned(),
            "ended" => format!("over: {}", text("reason")),
            other => other.to_owned(),
        },
        _ => return None,
    })
}

/// `dials Ben` of `call ben voice`.
fn dialling(command: &str) -> String {
    let mut words = command.split(' ').skip(1);
    let callee = words.next().unwrap_or_default();
    let known = MEMBERS.iter().find(|(id, _)| *id == callee);
    let name = known.map_or(callee, |(_, name)| name);
    match words.next() {
        Some("video") => format!("dials {name}, with video"),
        _ => format!("dials {name}"),
    }
}

/// How a phone's call ended: the word that its user would see.
pub(super) fn how_it_ended(entry: &Entry) -> &str {
    match entry.text("elsewhere") {
        "" => entry.text("reason"),
        elsewhere => elsewhere,
    }
}

/// The shown entry that this one follows from, where that is known.
fn cause(entry: &Entry, shown: &[&Entry], lanes: &[Lane]) -> Option<usize> {
    let last = |fits: &dyn Fn(&Entry) -> bool| shown.iter().rposition(|e| fits(e));
    let role = |lane: usize| lanes.get(lane).map(|lane| lane.role);
    let server = |cause: &str| last(&|e| e.event == "server" && e.text("cause") == cause);
    let server_over = || {
        last(&|e| e.event == "server" && matches!(e.text("cause"), "ended" | "rejected" | "busy"))
    };
    let command = |words: &[&str]| {
        last(&|e| e.event == "command" && words.iter().any(|w| e.text("command").starts_with(w)))
    };
    match entry.event.as_str() {
        "server" => match entry.text("cause") {
            "created" => command(&["call"]),
            "ringing" => last(&|e| e.event == "incoming"),
            "accepted" => command(&["accept"]),
            "rejected" | "busy" => command(&["reject"]),
            "ended" if entry.text("by").is_empty() => None,
            "ended" => command(&["end", "cancel", "reject"]),
            _ => None,
        },
        "incoming" => server("created"),
        "remote_ringing" => server("ringing"),
        "connecting" if role(entry.lane) == Some(Role::Caller) => server("accepted"),
        "active" => server("active"),
        "ended" if entry.text("elsewhere").is_empty() => {
            let own = |e: &Entry| e.lane == entry.lane && e.event == "command";
            // Who ends a call is shown its end at once, before the server knows.
            let ended_here = last(&|e| own(e) && !e.text("command").starts_with("call"));
            let ended_there = server_over();
            match (ended_here, ended_there) {
                (Some(here), Some(there)) if here > there => None,
                (_, there) => there,
            }
        }
        "ended" => server("accepted"),
        "sound" | "silence" => {
            let open = entry.event == "sound";
            last(&|e| e.event == "microphone" && e.is_on("open") == open && e.lane != entry.lane)
        }
        "peer_media_changed" | "picture" => {
            last(&|e| e.event == "command" && e.text("command").starts_with("camera"))
                .filter(|place| shown.get(*place).is_some_and(|e| e.lane != entry.lane))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn entry(at_ms: f64, lane: usize, event: &str, fields: Value) -> Entry {
        let Value::Object(fields) = fields else {
            panic!("an object")
        };
        Entry {
            at_ms,
            lane,
            event: event.into(),
            fields,
        }
    }

    fn lanes() -> Vec<Lane> {
        [
            ("Ada", Role::Caller),
            ("Server", Role::Server),
            ("Ben", Role::Callee),
        ]
        .map(|(name, role)| Lane {
            name: name.into(),
            role,
        })
        .into()
    }

    #[test]
    fn rows_are_in_the_order_of_time_and_know_what_they_follow_from() {
        let entries = [
            entry(90.0, 0, "online", json!({})),
            entry(100.0, 0, "command", json!({ "command": "call ben voice" })),
            entry(120.0, 2, "incoming", json!({})),
            // Told later, happened earlier.
            entry(110.0, 1, "server", json!({ "cause": "created" })),
            entry(125.0, 1, "server", json!({ "cause": "ringing" })),
            entry(130.0, 0, "media", json!({})),
        ];
        let steps = of(&entries, &lanes(), 100.0);
        let rows: Vec<_> = steps
            .iter()
            .map(|s| (s.at_ms, s.what.as_str(), s.from))
            .collect();
        assert_eq!(
            rows,
            [
                (0.0, "dials Ben", None),
                (10.0, "call made", Some(0)),
                (20.0, "rings", Some(1)),
                (25.0, "ringing confirmed", Some(2)),
            ]
        );
    }

    #[test]
    fn an_answer_elsewhere_is_shown_as_such() {
        let ended = entry(
            0.0,
            2,
            "ended",
            json!({ "reason": "normal", "elsewhere": "answered_elsewhere" }),
        );
        assert_eq!(phrase(&ended).unwrap(), "over: answered_elsewhere");
    }
}
