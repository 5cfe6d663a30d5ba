//! The one door: `cargo xtask demo | up | test | check | sim | model | races`.

mod check;
mod demo;
mod failure;
mod livekit;
mod model;
mod process;
mod programs;
mod races;
mod repository;
mod sim;
mod stages;
mod test;
mod tools;
mod up;
mod walls;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Result;
use crate::stages::Stages;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "FaithCall's one door")]
struct Door {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Plays calls between real clients, and writes target/demo/report.html.
    Demo {
        /// Given to the player as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Starts a LiveKit server and the backend, writes target/up/env.json, and stays until Ctrl-C.
    Up(up::Options),
    /// Every test there is, after the check; closes with a table of stages and the counts.
    Test,
    /// Plays calls by chance in virtual time, over bad links, and looks for broken invariants.
    Sim(sim::Options),
    /// Looks at every order of events within bounds: the model check.
    Model(model::Options),
    /// Format, clippy, documentation, dependencies and the walls between the rooms.
    Check,
    /// Writes target/races.md: which tests show which row of the catalogue of races.
    Races,
}

fn main() -> ExitCode {
    match Door::parse().task {
        Task::Demo { arguments } => exit(demo::run(&arguments)),
        Task::Up(options) => exit(up::run(&options).map(|()| true)),
        Task::Test => exit(Ok(staged(test::run))),
        Task::Sim(options) => exit(sim::run(&options).map(|()| true)),
        Task::Model(options) => exit(model::run(&options).map(|()| true)),
        Task::Check => exit(Ok(staged(check::run))),
        Task::Races => exit(races::write(&process::workspace_root()).map(|()| true)),
    }
}

/// Runs stages, shows their table, and returns whether nothing failed.
fn staged(run: impl FnOnce(&mut Stages)) -> bool {
    let mut stages = Stages::default();
    run(&mut stages);
    print!("{}", stages.summary());
    stages.all_passed()
}

fn exit(passed: Result<bool>) -> ExitCode {
    match passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
