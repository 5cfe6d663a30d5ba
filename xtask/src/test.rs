//! `cargo xtask test`: every test there is.

mod demonstration;
mod needs;
mod summary;
mod system;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::check;
use crate::demo::Parts;
use crate::failure::{Failure, Result};
use crate::model;
use crate::process;
use crate::sim;
use crate::stages::{Outcome, Stages};
use crate::tools::{self, CargoTool, Show};
use needs::{Need, PURE};
use summary::Summary;

/// Adds every stage to `stages`: the check, the tests of all crates, what documentation
/// claims, and the demo.
///
/// LiveKit's parts are fetched meanwhile: building its server takes minutes.
pub(crate) fn run(stages: &mut Stages) {
    stages.run("system", system::install);
    let fetching = thread::spawn(|| {
        [
            (Need::MediaLibrary, tools::media_library(Show::Lines)),
            (Need::Descriptors, tools::descriptors()),
            (Need::PythonSdk, tools::python_sdk(Show::Lines)),
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
            found.add(need, tool);
        }
        found.outcome()
    });
    found.add(Need::Mosquitto, system::mosquitto());
    stages.run("tests", || tests(&found));
    stages.run("simulation", || sim::test().map(|()| Outcome::Passed));
    stages.run("model", || model::test().map(|()| Outcome::Passed));
    stages.run("documentation tests", || {
        let mut summary = Summary::default();
        let succeeded =
            summary.of(process::cargo().args(["test", "--workspace", "--doc", "--locked"]))?;
        summary.outcome(succeeded, Vec::new())
    });
    stages.run("demo", || match found.parts() {
        Some(parts) => demonstration::play(&parts),
        None => Ok(Outcome::Skipped(
            "not all of LiveKit is here: see above".to_owned(),
        )),
    });
}

/// Which of LiveKit's parts are here.
#[derive(Default)]
struct Found {
    here: Vec<(Need, PathBuf)>,
    missing: Vec<(Need, Failure)>,
}

impl Found {
    fn add(&mut self, need: Need, tool: Result<PathBuf>) {
        match tool {
            Ok(path) => self.here.push((need, path)),
            Err(failure) => self.missing.push((need, failure)),
        }
    }

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

    fn path(&self, wanted: Need) -> Option<PathBuf> {
        self.here
            .iter()
            .find(|(need, _)| *need == wanted)
            .map(|(_, path)| path.clone())
    }

    /// What the demo needs. It always plays with a server of its own here.
    fn parts(&self) -> Option<Parts> {
        let livekit_server = Some(self.path(Need::LiveKitServer)?);
        Some(Parts {
            livekit_server,
            media_library: self.path(Need::MediaLibrary)?,
        })
    }

    fn tell(&self, command: &mut Command) {
        let variables = self
            .here
            .iter()
            .filter_map(|(need, path)| Some((need.variable()?, path)));
        command.envs(variables);
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
    // A test that needs two missing tools is skipped once.
    let mut skipped = BTreeMap::new();
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
        for name in names.lines() {
            skipped.entry(name.to_owned()).or_insert(need.what());
        }
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
    let skipped = skipped
        .iter()
        .map(|(name, what)| format!("{name}: needs {what}"));
    summary.outcome(succeeded, skipped.collect())
}

/// Unit tests and the pure crate's side by side, integration tests one at a time: this runner knows no groups.
fn with_cargo(found: &Found) -> Result<Outcome> {
    let runner = |packages: &[&str]| {
        let mut cargo = process::cargo();
        cargo.arg("test").args(packages);
        cargo.args(["--locked", "--no-fail-fast"]);
        found.tell(&mut cargo);
        cargo
    };
    let mut pure = runner(&["--package", PURE]);
    pure.args(["--test", "*"]);
    let mut units = runner(&["--workspace"]);
    units.args(["--lib", "--bins", "--"]);
    let mut integration = runner(&["--workspace", "--exclude", PURE]);
    for program in integration_tests()? {
        if !found
            .missing
            .iter()
            .any(|(need, _)| need.is_of_program(&program))
        {
            integration.args(["--test", &program]);
        }
    }
    integration.args(["--", "--test-threads=1"]);
    let mut skipped = Vec::new();
    for (need, why) in &found.missing {
        let runner = if need.is_of_unit_tests() {
            &mut units
        } else {
            &mut integration
        };
        for module in need.modules() {
            runner.args(["--skip", module]);
        }
        skipped.push(format!(
            "tests in modules and programs {}: {why}",
            need.modules().join(", ")
        ));
    }
    let mut summary = Summary::default();
    let succeeded = [units, pure, integration]
        .iter_mut()
        .map(|runner| summary.of(runner))
        .collect::<Result<Vec<bool>>>()?;
    summary.outcome(succeeded.iter().all(|succeeded| *succeeded), skipped)
}

/// The names of the integration-test programs that may need something.
fn integration_tests() -> Result<BTreeSet<String>> {
    let metadata = process::metadata(&["--no-deps"])?;
    let list = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let targets = list(&metadata, "packages")
        .into_iter()
        .filter(|package| package.get("name").is_some_and(|name| name != PURE))
        .flat_map(|package| list(&package, "targets"));
    let tests = targets.filter(|target| list(target, "kind").iter().any(|kind| kind == "test"));
    Ok(tests
        .filter_map(|target| Some(target.get("name")?.as_str()?.to_owned()))
        .collect())
}
