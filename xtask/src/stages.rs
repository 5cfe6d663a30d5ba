//! The stages of a run: what each one came to and how long it took.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::failure::Result;

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// What a stage came to. A stage that is no test runner counts as one test.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed,
    Skipped(String),
    /// A test runner's own count, and the names of what failed and of what was skipped.
    Tests {
        counts: Counts,
        failures: Vec<String>,
        skipped: Vec<String>,
    },
}

struct Stage {
    name: String,
    took: Duration,
    counts: Counts,
    /// What a reader should know beyond the counts: why it failed or was skipped.
    remarks: Vec<String>,
}

/// Runs stages one after the other, goes on after a failure, and closes with a table.
#[derive(Default)]
pub(crate) struct Stages {
    stages: Vec<Stage>,
}

impl Stages {
    /// Runs one stage under a headline.
    pub(crate) fn run(&mut self, name: &str, stage: impl FnOnce() -> Result<Outcome>) {
        println!("\n── {name}");
        let started = Instant::now();
        let (counts, remarks) = match stage() {
            Ok(Outcome::Passed) => (
                Counts {
                    passed: 1,
                    ..Counts::default()
                },
                Vec::new(),
            ),
            Ok(Outcome::Skipped(why)) => (
                Counts {
                    skipped: 1,
                    ..Counts::default()
                },
                vec![format!("skipped: {why}")],
            ),
            Ok(Outcome::Tests {
                counts,
                failures,
                skipped,
            }) => {
                let failures = failures.into_iter().map(|name| format!("failed: {name}"));
                (
                    counts,
                    failures
                        .chain(skipped.into_iter().map(|name| format!("skipped: {name}")))
                        .collect(),
                )
            }
            Err(failure) => (
                Counts {
                    failed: 1,
                    ..Counts::default()
                },
                vec![format!("failed: {failure}")],
            ),
        };
        for remark in &remarks {
            println!("{remark}");
        }
        self.stages.push(Stage {
            name: name.to_owned(),
            took: started.elapsed(),
            counts,
            remarks,
        });
    }

    /// Whether nothing has failed so far.
    pub(crate) fn all_passed(&self) -> bool {
        self.stages.iter().all(|stage| stage.counts.failed == 0)
    }

    fn total(&self) -> Counts {
        let mut total = Counts::default();
        for stage in &self.stages {
            total += stage.counts;
        }
        total
    }

    /// The table of stages, every remark, and as the last line the counts of all.
    pub(crate) fn summary(&self) -> String {
        let width = self
            .stages
            .iter()
            .map(|stage| stage.name.chars().count())
            .max()
            .unwrap_or(0)
            .max(5);
        let mut text = format!(
            "\n{:width$}  {:>8}  {:>6}  {:>6}  {:>7}\n",
            "stage", "time", "passed", "failed", "skipped"
        );
        let mut took = Duration::ZERO;
        for stage in &self.stages {
            let Counts {
                passed,
                failed,
                skipped,
            } = stage.counts;
            let time = show_duration(stage.took);
            let _ = writeln!(
                text,
                "{:width$}  {time:>8}  {passed:>6}  {failed:>6}  {skipped:>7}",
                stage.name
            );
            took += stage.took;
        }
        let _ = writeln!(text, "{:width$}  {:>8}", "all", show_duration(took));
        for stage in &self.stages {
            for remark in &stage.remarks {
                let _ = writeln!(text, "{}: {remark}", stage.name);
            }
        }
        let Counts {
            passed,
            failed,
            skipped,
        } = self.total();
        let _ = writeln!(
            text,
            "\n{passed} passed, {failed} failed, {skipped} skipped"
        );
        text
    }
}

fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!(
            "{:.0} min {:02.0} s",
            (seconds / 60.0).floor(),
            seconds % 60.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn the_last_line_sums_every_stage() {
        let mut stages = Stages::default();
        stages.run("format", || Ok(Outcome::Passed));
        stages.run("tests", || {
            let counts = Counts {
                passed: 7,
                failed: 2,
                skipped: 1,
            };
            Ok(Outcome::Tests {
                counts,
                failures: vec!["a::b".to_owned()],
                skipped: vec!["c::d: needs a tool".to_owned()],
            })
        });
        stages.run("demo", || {
            Ok(Outcome::Skipped("no media library".to_owned()))
        });
        stages.run("docs", || Err(Failure::new("a broken link")));
        assert!(!stages.all_passed());
        let summary = stages.summary();
        assert_eq!(
            summary.lines().last(),
            Some("8 passed, 3 failed, 2 skipped")
        );
        for remark in [
            "tests: failed: a::b",
            "tests: skipped: c::d: needs a tool",
            "demo: skipped: no media library",
            "docs: failed: a broken link",
        ] {
            assert!(
                summary.lines().any(|line| line == remark),
                "{remark} is missing in {summary}"
            );
        }
    }

    #[test]
    fn minutes_and_seconds() {
        assert_eq!(show_duration(Duration::from_millis(1_540)), "1.5 s");
        assert_eq!(show_duration(Duration::from_secs(125)), "2 min 05 s");
    }
}
