//! An input or output of a trace, on one line.
//!
//! Made for whatever comes, not for each variant: a new one is shown without a line here.

use serde_json::{Map, Value};

/// Fields whose names say nothing beside their values.
const PLAIN: &[&str] = &[
    "call_id", "cause", "effect", "envelope", "event", "answer", "request", "body",
];

/// Fields that are left out: on nearly every line, and nobody looks for them.
const QUIET: &[&str] = &[
    "faithcall_header",
    "message",
    "timestamp",
    "date",
    "server_time",
];

/// The essence of a value: variants and values as words, identities of whole calls in brackets.
pub(super) fn one_line(value: &Value) -> String {
    let mut words = Vec::new();
    collect(value, &mut words);
    words.join(" ")
}

fn collect(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Null => words.push("none".to_owned()),
        Value::Bool(true) => words.push("on".to_owned()),
        Value::Bool(false) => words.push("off".to_owned()),
        Value::Number(number) => words.push(number.to_string()),
        Value::String(text) => words.push(text.clone()),
        Value::Array(items) => words.push(list(items)),
        Value::Object(fields) => match variant(fields) {
            Some((name, value)) => {
                // An output is an effect unless it says otherwise.
                if name != "effect" {
                    words.push(name.clone());
                }
                collect(value, words);
            }
            None => collect_fields(fields, words),
        },
    }
}

/// The one field of an enum's variant.
fn variant(fields: &Map<String, Value>) -> Option<(&String, &Value)> {
    let mut all = fields.iter();
    let (name, value) = all.next()?;
    (all.next().is_none() && name != "call_id").then_some((name, value))
}

fn collect_fields(fields: &Map<String, Value>, words: &mut Vec<String>) {
    // What pairs things comes first.
    for name in ["id", "session"] {
        if let Some(Value::Number(number)) = fields.get(name) {
            words.push(format!("#{number}"));
        }
    }
    if let Some(kind) = fields.get("type") {
        words.push(one_line(kind));
    }
    for (name, value) in fields {
        let name = name.as_str();
        match value {
            Value::Number(_) if matches!(name, "id" | "session") => {}
            _ if name == "type" || QUIET.contains(&name) => {}
            Value::Null | Value::Bool(false) => {}
            Value::Array(items) if items.is_empty() => {}
            // The server's clock: the machine's stands at the line's beginning.
            Value::String(_) if name.ends_with("_at") => {}
            Value::String(text) if text.is_empty() => {}
            _ if PLAIN.contains(&name) => collect(value, words),
            Value::Bool(true) => words.push(name.to_owned()),
            Value::Object(inner) => words.push(format!("{name} {}", bracketed(inner))),
            _ => words.push(format!("{name}={}", one_line(value))),
        }
    }
}

fn bracketed(fields: &Map<String, Value>) -> String {
    let text = |name: &str| fields.get(name).map(one_line);
    if let (Some(call), Some(rev), Some(status)) = (text("call_id"), text("rev"), text("status")) {
        return format!("[{call} rev {rev} {status}]");
    }
    let mut words = Vec::new();
    match variant(fields) {
        Some(_) => return one_line(&Value::Object(fields.clone())),
        None => collect_fields(fields, &mut words),
    }
    format!("[{}]", words.join(" "))
}

/// Members and values by themselves; of anything longer, how many.
fn list(items: &[Value]) -> String {
    let short: Option<Vec<String>> = items.iter().map(short).collect();
    match short {
        Some(short) => format!("[{}]", short.join(" ")),
        None => format!("[{} of them]", items.len()),
    }
}

fn short(item: &Value) -> Option<String> {
    match item {
        Value::Object(fields) => {
            let who = fields.get("member_id").or_else(|| fields.get("call_id"))?;
            let state = fields.get("state").or_else(|| fields.get("status"));
            let state = state.map(|state| format!(" {}", one_line(state)));
            Some(one_line(who) + &state.unwrap_or_default())
        }
        Value::Array(pair) => Some(pair.iter().map(one_line).collect::<Vec<_>>().join(":")),
        plain => Some(one_line(plain)),
    }
}
