//! `cargo xtask test`: every test there is.

mod summary;

use std::io::{IsTerminal, stderr};
use std::process::Command;

use crate::check;
use crate::failure::Result;
use crate::process;
use crate::stages::{Outcome, Stages};
use summary::Summary;

/// Adds every stage to `stages`: the check, the tests of all crates, and what documentation claims.
pub(crate) fn run(stages: &mut Stages) {
    check::run(stages);
    stages.run("tests", tests);
    stages.run("documentation tests", || {
        count(process::cargo().args(["test", "--workspace", "--doc", "--locked"]))
    });
}

/// Unit and integration tests: with nextest, else with cargo's own runner.
fn tests() -> Result<Outcome> {
    if process::on_path("cargo-nextest").is_none() {
        println!("cargo-nextest is not on the PATH: cargo's own runner takes its place");
        return count(process::cargo().args([
            "test",
            "--workspace",
            "--all-targets",
            "--locked",
            "--no-fail-fast",
        ]));
    }
    let color = if stderr().is_terminal() {
        "always"
    } else {
        "never"
    };
    count(process::cargo().args([
        "nextest",
        "run",
        "--workspace",
        "--locked",
        "--color",
        color,
    ]))
}

/// Runs a test runner and reads its closing lines.
fn count(command: &mut Command) -> Result<Outcome> {
    let mut summary = Summary::default();
    let succeeded = process::tee(command, |line| summary.read(line))?;
    summary.outcome(succeeded)
}
