//! Reading the closing lines of a test runner.

use std::process::Command;

use crate::failure::{Failure, Result};
use crate::process;
use crate::stages::{Counts, Outcome};

/// What the lines of `cargo nextest run` or `cargo test` have said so far.
#[derive(Debug, Default)]
pub(super) struct Summary {
    counts: Counts,
    /// Whether a closing line was seen at all.
    closed: bool,
    failures: Vec<String>,
}

impl Summary {
    /// Runs a test runner, shows and reads what it says; returns whether it succeeded.
    pub(super) fn of(&mut self, runner: &mut Command) -> Result<bool> {
        process::tee(runner, |line| self.read(line))
    }

    /// Takes one line of output; colours are ignored.
    fn read(&mut self, line: &str) {
        let line = without_colors(line);
        // nextest shows, indented, what a failed test program said itself: that is not counted twice.
        let own = line.trim_end();
        let line = line.trim();
        if let Some(counts) = nextest(line).or_else(|| libtest(own)) {
            self.counts += counts;
            self.closed = true;
        } else if let Some(name) = failed_alone(own).or_else(|| failed_test(line))
            && !self.failures.contains(&name)
        {
            self.failures.push(name);
        }
    }

    /// What the run came to. A runner that ends without a closing line has not run: it is a failure.
    ///
    /// `skipped` names the tests that were left out.
    pub(super) fn outcome(mut self, succeeded: bool, skipped: Vec<String>) -> Result<Outcome> {
        if !self.closed {
            return Err(Failure::new("the tests did not run: see the error above"));
        }
        if !succeeded && self.counts.failed == 0 {
            self.counts.failed = 1;
            self.failures
                .push("the runner ended with an error: see above".to_owned());
        }
        // A test program that is left out whole is not in its runner's count.
        let left_out = u64::try_from(skipped.len()).unwrap_or(u64::MAX);
        self.counts.skipped = self.counts.skipped.max(left_out);
        Ok(Outcome::Tests {
            counts: self.counts,
            failures: self.failures,
            skipped,
        })
    }
}

/// `Summary [   1.234s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 3 skipped`
fn nextest(line: &str) -> Option<Counts> {
    let (_, counts) = line.strip_prefix("Summary [")?.split_once(" run: ")?;
    Some(counted(counts, ','))
}

/// `test result: ok. 10 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s`
fn libtest(line: &str) -> Option<Counts> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    Some(counted(counts, ';'))
}

fn counted(text: &str, separator: char) -> Counts {
    let mut counts = Counts::default();
    for part in text.split(separator) {
        let Some((number, what)) = part.trim().split_once(' ') else {
            continue;
        };
        let Ok(number) = number.parse::<u64>() else {
            continue;
        };
        match what.split(' ').next().unwrap_or_default() {
            "passed" => counts.passed += number,
            "failed" | "exec" | "timed" => counts.failed += number,
            "skipped" | "ignored" => counts.skipped += number,
            _ => {}
        }
    }
    counts
}

/// `test a::b ... FAILED`
fn failed_alone(line: &str) -> Option<String> {
    let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
    Some(name.to_owned())
}

/// `FAIL [   0.004s] (1/2) xtask stages::tests::a`, also `TIMEOUT`, `SIGSEGV`, …
fn failed_test(line: &str) -> Option<String> {
    let (status, rest) = line.split_once(" [")?;
    let ended_badly = matches!(status, "FAIL" | "TIMEOUT" | "ABORT" | "LEAK-FAIL")
        || (status.starts_with("SIG") && !status.contains(' '));
    let (_, name) = rest.split_once("] ").filter(|_| ended_badly)?;
    let name = name.trim_start();
    // A counter like `(  3/120)` may stand before the name.
    let name = name
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(") "))
        .map_or(name, |(_, name)| name);
    Some(name.trim().to_owned())
}

fn without_colors(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // An escape sequence ends with a letter.
            let _ = chars.find(char::is_ascii_alphabetic);
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome_of(lines: &str, succeeded: bool) -> (Counts, Vec<String>) {
        let mut summary = Summary::default();
        lines.lines().for_each(|line| summary.read(line));
        match summary.outcome(succeeded, Vec::new()) {
            Ok(Outcome::Tests {
                counts, failures, ..
            }) => (counts, failures),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nextest_is_understood() {
        let lines = "\
            PASS [   0.010s] ( 1/14) faithcall end::tests::a\n\
            \u{1b}[31;1mFAIL\u{1b}[0m [   0.004s] ( 2/14) faithcall end::tests::b\n\
            TIMEOUT [ 300.004s] ( 3/14) faithcall::rooms voice::c\n\
            SIGABRT [   0.004s] ( 4/14) faithcall::rooms voice::d\n\
            ──── \n\
            Summary [  12.345s] 14 tests run: 11 passed (1 slow), 1 failed, 1 exec failed, 1 timed out, 5 skipped\n\
            FAIL [   0.004s] ( 2/14) faithcall end::tests::b\n";
        let (counts, failures) = outcome_of(lines, false);
        assert_eq!(
            counts,
            Counts {
                passed: 11,
                failed: 3,
                skipped: 5
            }
        );
        assert_eq!(
            failures,
            [
                "faithcall end::tests::b",
                "faithcall::rooms voice::c",
                "faithcall::rooms voice::d"
            ]
        );
    }

    #[test]
    fn several_results_of_cargo_test_are_added() {
        let lines = "\
            test end::a ... ok\n\
            test end::b ... FAILED\n\
            test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 9 filtered out; finished in 0.01s\n\
            test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        let (counts, failures) = outcome_of(lines, false);
        assert_eq!(
            counts,
            Counts {
                passed: 7,
                failed: 1,
                skipped: 2
            }
        );
        assert_eq!(failures, ["end::b"]);
    }

    #[test]
    fn a_run_that_never_closed_failed() {
        let mut summary = Summary::default();
        summary.read("error[E0308]: mismatched types");
        assert!(summary.outcome(true, Vec::new()).is_err());
    }

    #[test]
    fn what_was_left_out_is_counted() {
        let mut summary = Summary::default();
        summary.read("Summary [   4.2s] 119 tests run: 119 passed, 0 skipped");
        let skipped = vec!["a::b".to_owned(), "a::c".to_owned()];
        let Ok(Outcome::Tests { counts, .. }) = summary.outcome(true, skipped) else {
            panic!()
        };
        assert_eq!(
            counts,
            Counts {
                passed: 119,
                failed: 0,
                skipped: 2
            }
        );
    }

    #[test]
    fn an_error_beside_passing_tests_is_a_failure() {
        let line = "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(
            outcome_of(line, false).0,
            Counts {
                passed: 4,
                failed: 1,
                skipped: 0
            }
        );
        assert_eq!(
            outcome_of(line, true).0,
            Counts {
                passed: 4,
                failed: 0,
                skipped: 0
            }
        );
    }

    #[test]
    fn what_a_failed_program_said_itself_is_not_counted_again() {
        let lines = "        FAIL [   0.1s] (1/2) calls a::b\n    test a::b ... FAILED\n    test result: FAILED. 0 passed; 1 failed; 0 ignored\n     Summary [   1.0s] 2 tests run: 1 passed, 1 failed, 0 skipped";
        let (counts, failures) = outcome_of(lines, false);
        assert_eq!((counts.passed, counts.failed), (1, 1));
        assert_eq!(failures, ["calls a::b"]);
    }
}
