//! Scenes as text that people read: what fits stands on one line.

use serde::Serialize;
use serde_json::{Map, Value};

const WIDTH: usize = 100;

/// The scene's file. `first`: the fields that come first, in this order; the others follow by name.
pub(crate) fn of(scene: &impl Serialize, first: &[&str]) -> String {
    let mut page = Page {
        text: String::new(),
        first,
    };
    page.write(&serde_json::to_value(scene).unwrap(), 0, 0);
    page.text.push('\n');
    page.text
}

struct Page<'a> {
    text: String,
    first: &'a [&'a str],
}

impl Page<'_> {
    fn ordered<'v>(&self, fields: &'v Map<String, Value>) -> Vec<(&'v String, &'v Value)> {
        let rank = |name: &str| self.first.iter().position(|first| *first == name);
        let mut fields: Vec<_> = fields.iter().collect();
        fields.sort_by_key(|(name, _)| (rank(name).unwrap_or(usize::MAX), (*name).clone()));
        fields
    }

    /// On one line.
    fn line(&self, value: &Value) -> String {
        match value {
            Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
            Value::Object(fields) => {
                let fields = self.ordered(fields).into_iter();
                let fields: Vec<_> = fields
                    .map(|(n, v)| format!("\"{n}\": {}", self.line(v)))
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.line(item)).collect();
                format!("[{}]", items.join(", "))
            }
            plain => plain.to_string(),
        }
    }

    /// At `indent`, after `used` more characters of the line.
    fn write(&mut self, value: &Value, indent: usize, used: usize) {
        let short = self.line(value);
        let pad = " ".repeat(indent + 2);
        let (open, close, items): (_, _, Vec<(String, &Value)>) = match value {
            _ if indent + used + short.len() < WIDTH => return self.text.push_str(&short),
            Value::Object(fields) => {
                let fields = self.ordered(fields).into_iter();
                let fields = fields.map(|(n, v)| (format!("\"{n}\": "), v));
                ('{', '}', fields.collect())
            }
            Value::Array(items) => ('[', ']', items.iter().map(|v| (String::new(), v)).collect()),
            _ => return self.text.push_str(&short),
        };
        self.text.push(open);
        for (at, (name, value)) in items.into_iter().enumerate() {
            self.text.push_str(if at == 0 { "\n" } else { ",\n" });
            self.text.push_str(&pad);
            self.text.push_str(&name);
            self.write(value, indent + 2, name.len());
        }
        self.text.push('\n');
        self.text.push_str(&" ".repeat(indent));
        self.text.push(close);
    }
}
