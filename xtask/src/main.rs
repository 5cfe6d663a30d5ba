//! The one door: `cargo xtask demo | test | check | up`.

mod check;
mod failure;
mod process;
mod repository;
mod stages;
mod test;
mod walls;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::stages::Stages;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "FaithCall's one door")]
struct Door {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Format, clippy, documentation, dependencies and the walls between the rooms.
    Check,
    /// Every test there is, after the check; closes with a table of stages and the counts.
    Test,
}

fn main() -> ExitCode {
    let done = match Door::parse().task {
        Task::Check => staged(check::run),
        Task::Test => staged(test::run),
    };
    if done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn staged(run: impl FnOnce(&mut Stages)) -> bool {
    let mut stages = Stages::default();
    run(&mut stages);
    print!("{}", stages.summary());
    stages.all_passed()
}
