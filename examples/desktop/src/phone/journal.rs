//! What a phone tells: one JSON object a line.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use faithcall_protocol::timestamp::Timestamp;
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Line<'a> {
    t_ms: u64,
    at: Timestamp,
    event: &'a str,
    #[serde(flatten)]
    fields: Value,
}

/// Writes lines in the order in which things happen, from any thread.
#[derive(Clone)]
pub(super) struct Journal {
    began: Instant,
    to: Arc<Mutex<dyn Write + Send>>,
}

impl Journal {
    /// Writes to `to`; times count from now.
    pub(super) fn new(to: impl Write + Send + 'static) -> Self {
        Self {
            began: Instant::now(),
            to: Arc::new(Mutex::new(to)),
        }
    }

    /// Writes one line: `t_ms` since the phone began, `at` by the wall clock, `event`, and the
    /// fields of `fields`, which is a JSON object. Never give it a token or a name.
    ///
    /// A reader that went away is no error: the phone goes on until it is told to stop.
    pub(super) fn tell(&self, event: &str, fields: Value) {
        // Taken under the lock, so that times never run backwards from line to line.
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let since = self.began.elapsed().as_millis();
        let wall_ms = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
        let line = Line {
            t_ms: u64::try_from(since).unwrap_or(u64::MAX),
            at: Timestamp::from_unix_ms(wall_ms),
            event,
            fields,
        };
        // Texts and numbers only: this cannot fail.
        let line = serde_json::to_string(&line).unwrap_or_default();
        let _ = writeln!(to, "{line}");
        let _ = to.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_is_an_object_that_begins_with_its_time() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        struct To(Arc<Mutex<Vec<u8>>>);
        impl Write for To {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let journal = Journal::new(To(lines.clone()));
        journal.tell("active", json!({ "call_id": "c" }));
        journal.tell("bye", json!({}));
        let text = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(lines[0]["event"], "active");
        assert_eq!(lines[0]["call_id"], "c");
        assert!(lines[0]["t_ms"].is_u64());
        assert!(lines[0]["at"].as_str().unwrap().ends_with('Z'));
        assert_eq!(lines[1]["event"], "bye");
    }
}
