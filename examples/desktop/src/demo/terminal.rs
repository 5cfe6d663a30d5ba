//! The live timeline.

use std::io::Write;
use std::path::Path;

use super::report::model::{Check, Lane, Role};
use crate::colour::Colour;

/// Writes what happens to standard output; in colour on a terminal, unless NO_COLOR is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    colour: Colour,
}

impl Terminal {
    /// Standard output.
    pub(super) fn of_stdout() -> Self {
        Self {
            colour: Colour::of_stdout(),
        }
    }

    /// Something by the way.
    pub(super) fn note(&self, text: &str) {
        self.line(&self.colour.paint("2", text));
    }

    /// A scene begins.
    pub(super) fn scene(&self, title: &str, story: &str) {
        self.line("");
        self.line(&self.colour.paint("1", title));
        self.line(&self.colour.paint("2", story));
    }

    /// A step of the scene.
    pub(super) fn step(&self, at_ms: f64, lane: &Lane, what: &str) {
        let colour = match lane.role {
            Role::Caller => "36",
            Role::Callee => "33",
            Role::Other => "35",
            Role::Server => "2",
        };
        let name = self.colour.paint(colour, &format!("{:<14}", lane.name));
        self.line(&format!("{at_ms:>9.0} ms  {name} {what}"));
    }

    /// One time of a series.
    pub(super) fn measured(&self, series: &str, ms: f64) {
        self.line(&format!("{ms:>9.0} ms  {series}"));
    }

    /// A check of the scene.
    pub(super) fn check(&self, check: &Check) {
        let measured: Vec<String> = check
            .measured
            .iter()
            .map(|figure| {
                format!("{} {}", figure.name, figure.value.text())
                    .trim()
                    .to_owned()
            })
            .collect();
        let measured = measured.join(", ");
        if check.passed {
            let mark = self.colour.paint("32", "✓");
            let measured = self.colour.paint("2", &measured);
            self.line(&format!("  {mark} {}  {measured}", check.claim));
        } else {
            let text = format!(
                "✗ {}  {measured}  (expected: {})",
                check.claim, check.expected
            );
            self.line(&format!("  {}", self.colour.paint("31", &text)));
        }
    }

    /// The demo is over.
    pub(super) fn end(&self, checks: usize, failed: usize, page: &Path) {
        self.line("");
        let text = match failed {
            0 => self
                .colour
                .paint("1;32", &format!("all {checks} checks passed")),
            _ => self
                .colour
                .paint("1;31", &format!("{failed} of {checks} checks failed")),
        };
        self.line(&text);
        self.line(&format!("report: {}", page.display()));
    }

    /// A reader that went away does not stop the demo: the report is still to be written.
    fn line(&self, text: &str) {
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}
