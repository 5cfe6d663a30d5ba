//! The demo as a test: its report counts check by check.

use std::fs;

use serde_json::Value;

use crate::demo::{self, Parts};
use crate::failure::{Context, Result};
use crate::stages::{Counts, Outcome};

/// Plays every call of the demo and reads the report.
pub(super) fn play(parts: &Parts) -> Result<Outcome> {
    let folder = demo::folder()?;
    let report = folder.join("report.json");
    // What an earlier run found must not count for this one.
    let _ = fs::remove_file(&report);
    let content = demo::play(parts, &folder, &[])?;
    let text = fs::read_to_string(&report).context("the demo left no report.json")?;
    outcome(
        &serde_json::from_str(&text).context("the demo's report.json cannot be read")?,
        content,
    )
}

fn outcome(report: &Value, content: bool) -> Result<Outcome> {
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for scene in list(report, "scenes") {
        for check in list(scene, "checks") {
            if check.get("passed") == Some(&Value::Bool(true)) {
                counts.passed += 1;
            } else {
                counts.failed += 1;
                failures.push(format!(
                    "{}: {}",
                    word(scene, "title"),
                    word(check, "claim")
                ));
            }
        }
    }
    if !content && counts.failed == 0 {
        counts.failed = 1;
        failures.push("the demo ended with an error: see above".to_owned());
    }
    let played = (counts != Counts::default()).then_some(Outcome::Tests {
        counts,
        failures,
        skipped: Vec::new(),
    });
    played.context("the demo checked nothing")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn counted(report: &Value, content: bool) -> (Counts, Vec<String>) {
        match outcome(report, content) {
            Ok(Outcome::Tests {
                counts, failures, ..
            }) => (counts, failures),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_check_of_every_scene_counts() {
        let check = |claim: &str, passed: bool| json!({ "claim": claim, "passed": passed });
        let report = json!({ "scenes": [
            { "title": "Voice", "checks": [check("both hear", true), check("mute is silence", false)] },
            { "title": "Video", "checks": [check("frames arrive", true)] },
        ] });
        let (counts, failures) = counted(&report, false);
        assert_eq!(
            counts,
            Counts {
                passed: 2,
                failed: 1,
                skipped: 0
            }
        );
        assert_eq!(failures, ["Voice: mute is silence"]);
    }

    #[test]
    fn an_error_beside_good_checks_is_a_failure() {
        let report = json!({ "scenes": [{ "title": "Voice", "checks": [{ "claim": "a", "passed": true }] }] });
        assert_eq!(
            counted(&report, true).0,
            Counts {
                passed: 1,
                failed: 0,
                skipped: 0
            }
        );
        assert_eq!(
            counted(&report, false).0,
            Counts {
                passed: 1,
                failed: 1,
                skipped: 0
            }
        );
    }

    #[test]
    fn a_demo_without_checks_has_not_run() {
        assert!(outcome(&json!({ "scenes": [] }), true).is_err());
    }
}
