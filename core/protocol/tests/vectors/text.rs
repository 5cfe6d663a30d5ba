//! Scenes as text that people read: what fits stands on one line.

use serde_json::{Map, Value};

use crate::scene::Scene;

const WIDTH: usize = 100;

/// Fields that come first, in this order; the others follow by name.
const FIRST: &[&str] = &[
    "name", "why", "config", "steps", "at_ms", "command", "input", "expect", "view", "id",
    "session", "topic", "type", "call_id",
];

/// The scene's file.
pub(crate) fn of(scene: &Scene) -> String {
    let mut text = String::new();
    write(&mut text, &serde_json::to_value(scene).unwrap(), 0, 0);
    text.push('\n');
    text
}

fn ordered(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let rank = |name: &str| FIRST.iter().position(|f| *f == name).unwrap_or(FIRST.len());
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_by_key(|(name, _)| (rank(name), (*name).clone()));
    fields
}

/// On one line.
fn line(value: &Value) -> String {
    match value {
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields = ordered(fields).into_iter();
            let fields: Vec<_> = fields
                .map(|(n, v)| format!("\"{n}\": {}", line(v)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(line).collect();
            format!("[{}]", items.join(", "))
        }
        plain => plain.to_string(),
    }
}

/// At `indent`, after `used` more characters of the line.
fn write(text: &mut String, value: &Value, indent: usize, used: usize) {
    let short = line(value);
    let pad = " ".repeat(indent + 2);
    let (open, close, items): (_, _, Vec<(String, &Value)>) = match value {
        _ if indent + used + short.len() < WIDTH => return text.push_str(&short),
        Value::Object(fields) => {
            let fields = ordered(fields).into_iter();
            (
                '{',
                '}',
                fields.map(|(n, v)| (format!("\"{n}\": "), v)).collect(),
            )
        }
        Value::Array(items) => ('[', ']', items.iter().map(|v| (String::new(), v)).collect()),
        _ => return text.push_str(&short),
    };
    text.push(open);
    for (at, (name, value)) in items.into_iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        text.push_str(&pad);
        text.push_str(&name);
        write(text, value, indent + 2, name.len());
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}
