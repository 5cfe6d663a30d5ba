//! `cargo xtask test`: every test there is.

mod summary;
mod system;

use crate::failure::Result;
use crate::process;
use crate::stages::{Outcome, Stages};
use crate::{check, tools};
use summary::Summary;

/// Adds every stage to `stages`: the check, the tests of all crates, and what documentation claims.
pub(crate) fn run(stages: &mut Stages) {
    stages.run("system", system::install);
    let started = tools::Downloads::start();
    check::run(stages);
    stages.run("tools", || started.finish());
    stages.run("tests", tests);
    stages.run("documentation tests", || {
        count(process::cargo().args(["test", "--workspace", "--doc", "--locked"]))
    });
}

/// Unit and integration tests: with nextest, else with cargo's own runner.
fn tests() -> Result<Outcome> {
    let color = if std::io::IsTerminal::is_terminal(&std::io::stderr()) { "always" } else { "never" };
    count(process::cargo().args(["nextest", "run", "--workspace", "--locked", "--color", color]))
}

/// Runs a test runner and reads its closing lines.
fn count(command: &mut std::process::Command) -> Result<Outcome> {
    let mut summary = Summary::default();
    let succeeded = process::tee(command, |line| summary.read(line))?;
    summary.outcome(succeeded)
}
