//! `cargo xtask model`: every state that the two pure machines can come into, within bounds.

use std::process::Command;

use clap::Args;

use crate::failure::Result;
use crate::process;

#[derive(Args)]
pub(crate) struct Options {
    /// The large searches too: up to two hours, and most of 20 GiB of memory.
    #[arg(long)]
    full: bool,
    /// Only the search of this name.
    #[arg(long)]
    search: Option<String>,
}

/// Searches what is asked for; fails if an invariant does not hold, a race was not met, or a
/// search did not close.
pub(crate) fn run(options: &Options) -> Result {
    let mut cargo = searcher();
    if options.full {
        cargo.args(["--full", "--progress"]);
    }
    if let Some(search) = &options.search {
        cargo.args(["--search", search, "--progress"]);
    }
    process::run(&mut cargo)
}

/// What the tests search.
pub(crate) fn test() -> Result {
    process::run(&mut searcher())
}

/// The program that searches, optimised.
fn searcher() -> Command {
    let mut cargo = process::cargo();
    cargo.args(["run", "--release", "--locked", "--quiet"]);
    cargo.args(["--package", "faithcall-model", "--"]);
    cargo
}
