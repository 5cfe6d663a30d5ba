//! `cargo xtask test`: every test there is.

mod summary;

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use crate::check;
use crate::failure::{Failure, Result};
use crate::process;
use crate::stages::{Outcome, Stages};
use crate::tools::{self, CargoTool, Show};
use summary::Summary;

/// Adds every stage to `stages`: the check, the tests of all crates, and what documentation claims.
///
/// LiveKit's parts are fetched meanwhile: building its server takes minutes.
pub(crate) fn run(stages: &mut Stages) {
    let fetching = thread::spawn(|| {
        [
            tools::media_library(Show::Lines),
            tools::livekit_server(Show::Lines),
        ]
    });
    check::run(stages);
    let mut here = Vec::new();
    stages.run("LiveKit", || {
        let fetched = fetching
            .join()
            .map_err(|_| Failure::new("fetching stopped: see above"))?;
        let mut missing = Vec::new();
        for (variable, tool) in ["FAITHCALL_LIVEKIT_FFI", "FAITHCALL_LIVEKIT_SERVER"]
            .into_iter()
            .zip(fetched)
        {
            match tool {
                Ok(path) => here.push((variable, path)),
                Err(failure) => missing.push(failure.to_string()),
            }
        }
        if missing.is_empty() {
            Ok(Outcome::Passed)
        } else {
            Ok(Outcome::Skipped(missing.join("; ")))
        }
    });
    stages.run("tests", || tests(&here));
    stages.run("documentation tests", || {
        count(process::cargo().args(["test", "--workspace", "--doc", "--locked"]))
    });
}

/// Unit and integration tests: with nextest, else with cargo's own runner.
fn tests(environment: &[(&str, PathBuf)]) -> Result<Outcome> {
    let mut run = match CargoTool::Nextest.cargo() {
        Ok(mut cargo) => {
            let color = if stderr().is_terminal() {
                "always"
            } else {
                "never"
            };
            cargo.args([
                "nextest",
                "run",
                "--workspace",
                "--locked",
                "--color",
                color,
            ]);
            cargo
        }
        Err(failure) => {
            eprintln!("{failure}: cargo's own runner takes its place");
            let mut cargo = process::cargo();
            cargo.args([
                "test",
                "--workspace",
                "--all-targets",
                "--locked",
                "--no-fail-fast",
            ]);
            cargo
        }
    };
    count(run.envs(environment.iter().map(|(name, path)| (name, path))))
}

/// Runs a test runner and reads its closing lines.
fn count(command: &mut Command) -> Result<Outcome> {
    let mut summary = Summary::default();
    let succeeded = process::tee(command, |line| summary.read(line))?;
    summary.outcome(succeeded)
}
