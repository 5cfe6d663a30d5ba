//! `cargo xtask test`: every test there is.

mod needs;
mod summary;
mod system;

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use crate::check;
use crate::failure::{Failure, Result};
use crate::process;
use crate::stages::{Outcome, Stages};
use crate::tools::{self, CargoTool, Show};
use needs::Need;
use summary::Summary;

/// Adds every stage to `stages`: the check, the tests of all crates, and what documentation claims.
///
/// LiveKit's parts are fetched meanwhile: building its server takes minutes.
pub(crate) fn run(stages: &mut Stages) {
    stages.run("system", system::install);
    let fetching = thread::spawn(|| {
        let media_library = tools::media_library(Show::Lines);
        [
            (Need::MediaLibrary, media_library),
            (Need::LiveKitServer, tools::livekit_server(Show::Lines)),
        ]
    });
    check::run(stages);
    let mut found = Found::default();
    stages.run("LiveKit", || {
        for (need, tool) in fetching
            .join()
            .map_err(|_| Failure::new("fetching stopped: see above"))?
        {
            match tool {
                Ok(path) => found.here.push((need, path)),
                Err(failure) => found.missing.push((need, failure)),
            }
        }
        found.outcome()
    });
    stages.run("tests", || tests(&found));
    stages.run("documentation tests", || {
        let mut summary = Summary::default();
        let succeeded =
            summary.of(process::cargo().args(["test", "--workspace", "--doc", "--locked"]))?;
        summary.outcome(succeeded, Vec::new())
    });
}

/// Which of LiveKit's parts are here.
#[derive(Default)]
struct Found {
    here: Vec<(Need, PathBuf)>,
    missing: Vec<(Need, Failure)>,
}

impl Found {
    fn outcome(&self) -> Result<Outcome> {
        if self.missing.is_empty() {
            return Ok(Outcome::Passed);
        }
        let why: Vec<String> = self
            .missing
            .iter()
            .map(|(_, failure)| failure.to_string())
            .collect();
        Ok(Outcome::Skipped(why.join("; ")))
    }

    fn tell(&self, command: &mut Command) {
        command.envs(self.here.iter().map(|(need, path)| (need.variable(), path)));
    }
}

/// Unit and integration tests: with nextest, else with cargo's own runner.
fn tests(found: &Found) -> Result<Outcome> {
    match CargoTool::Nextest.cargo() {
        Ok(cargo) => with_nextest(cargo, found),
        Err(failure) => {
            eprintln!("{failure}: cargo's own runner takes its place");
            with_cargo(found)
        }
    }
}

fn with_nextest(mut cargo: Command, found: &Found) -> Result<Outcome> {
    let mut skipped = Vec::new();
    let mut filters = vec!["all()".to_owned()];
    for (need, _) in &found.missing {
        let mut list = CargoTool::Nextest.cargo()?;
        list.args([
            "nextest",
            "list",
            "--workspace",
            "--locked",
            "--message-format",
            "oneline",
        ]);
        let names = process::output(list.args(["--filterset", &need.filter()]))?;
        skipped.extend(
            names
                .lines()
                .map(|name| format!("{name}: needs {}", need.variable())),
        );
        filters.push(format!("not ({})", need.filter()));
    }
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
    cargo.args(["--filterset", &filters.join(" & ")]);
    found.tell(&mut cargo);
    let mut summary = Summary::default();
    let succeeded = summary.of(&mut cargo)?;
    summary.outcome(succeeded, skipped)
}

/// Unit tests side by side, integration tests one at a time: this runner knows no groups.
fn with_cargo(found: &Found) -> Result<Outcome> {
    let mut summary = Summary::default();
    let mut units = process::cargo();
    units.args([
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--lib",
        "--bins",
    ]);
    let units_succeeded = summary.of(&mut units)?;
    let mut integration = process::cargo();
    integration.args([
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--test",
        "*",
        "--",
    ]);
    integration.arg("--test-threads=1");
    let mut skipped = Vec::new();
    for module in found.missing.iter().flat_map(|(need, _)| need.modules()) {
        integration.args(["--skip", module]);
        skipped.push(format!("integration tests named {module}"));
    }
    found.tell(&mut integration);
    let succeeded = summary.of(&mut integration)? && units_succeeded;
    summary.outcome(succeeded, skipped)
}
