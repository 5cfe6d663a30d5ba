//! A call's deadlines, each of which may come due before any other.
//!
//! Time stands still, so a deadline comes due by making the moment older from which it counts.
//! Which moments those are is found by trying: whatever makes the call overdue is one.

use faithcall_protocol::ledger::{self, Call, Command, Step};
use faithcall_protocol::machine::timeless::NOW;
use serde_json::Value;

/// Every way in which the time of a call that is not over may run out, carried out.
pub(crate) fn steps(call: &Call) -> Vec<Step> {
    let Ok(record) = serde_json::to_value(call) else {
        return Vec::new();
    };
    let mut moments = Vec::new();
    find(&record, &mut String::new(), &mut moments);
    let alone: Vec<bool> = moments
        .iter()
        .map(|at| aged(&record, &[at]).is_some())
        .collect();
    let mut sets: Vec<Vec<&str>> = Vec::new();
    for (i, at) in moments.iter().enumerate() {
        if alone[i] {
            sets.push(vec![at]);
            continue;
        }
        // Being out of the room counts only together with not being heard.
        for (j, other) in moments.iter().enumerate().skip(i + 1) {
            if !alone[j] && same_party(at, other) {
                sets.push(vec![at, other]);
            }
        }
    }
    let mut steps: Vec<Step> = Vec::new();
    for set in sets {
        let Some(old) = aged(&record, &set) else {
            continue;
        };
        let Ok(step) = ledger::apply(&old, &Command::Tick, NOW) else {
            continue;
        };
        let Some(call) = renewed(&step.call) else {
            continue;
        };
        let step = Step { call, ..step };
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
}

/// The paths of every moment in the record, but for the lengths of time in `timeouts`.
fn find(value: &Value, path: &mut String, found: &mut Vec<String>) {
    let mut below = |key: &str, value: &Value| {
        let length = path.len();
        path.push('/');
        path.push_str(key);
        find(value, path, found);
        path.truncate(length);
    };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter().filter(|(key, _)| *key != "timeouts") {
                below(key, value);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                below(&at.to_string(), value);
            }
        }
        Value::Number(number) if number.as_u64() == Some(NOW) => found.push(path.clone()),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Two moments of the presence of one party.
fn same_party(one: &str, other: &str) -> bool {
    let party = |path: &str| path.find("/presence/").map(|end| path[..end].to_owned());
    party(one).is_some() && party(one) == party(other)
}

/// The call with these moments long ago, if that makes it overdue.
fn aged(record: &Value, moments: &[&str]) -> Option<Call> {
    let mut record = record.clone();
    for moment in moments {
        *record.pointer_mut(moment)? = Value::from(0);
    }
    let call: Call = serde_json::from_value(record).ok()?;
    call.is_overdue(NOW).then_some(call)
}

/// The call with every moment now.
fn renewed(call: &Call) -> Option<Call> {
    let mut record = serde_json::to_value(call).ok()?;
    renew(&mut record);
    serde_json::from_value(record).ok()
}

fn renew(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let moments = fields.iter_mut().filter(|(key, _)| *key != "timeouts");
            for (key, value) in moments {
                if key.ends_with("_ms") && value.as_u64() == Some(0) {
                    *value = Value::from(NOW);
                } else {
                    renew(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(renew),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// No call that goes on has so many revisions.
const LAST_REV: u64 = 1_000;

/// A call that is over without what only counts while it goes on, or is only shown: who was in its
/// room and since when, and the number of its last revision, which is above all others.
pub(crate) fn laid_to_rest(call: Call) -> Call {
    if !call.is_over() {
        return call;
    }
    let Ok(mut record) = serde_json::to_value(&call) else {
        return call;
    };
    forget(&mut record);
    record["rev"] = Value::from(LAST_REV);
    record["join_ahead"] = Value::from("off");
    record["active_at_ms"] = Value::Null;
    serde_json::from_value(record).unwrap_or(call)
}

fn forget(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match key.as_str() {
                    "room" if value.get("sight").is_some() => {
                        *value = serde_json::json!({ "sight": "unseen" });
                    }
                    "joined_at_ms" => *value = Value::Null,
                    "connected" => *value = Value::Array(Vec::new()),
                    _ => forget(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
