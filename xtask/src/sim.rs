//! `cargo xtask sim`: calls by chance, in virtual time, as many as one likes.

use std::process::Command;

use clap::Args;

use crate::failure::Result;
use crate::process;

/// How many seeds the tests play.
const SEEDS_OF_A_TEST: u64 = 20_000;

#[derive(Args)]
pub(crate) struct Options {
    /// How many seeds are played.
    #[arg(long, default_value_t = SEEDS_OF_A_TEST)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Plays this one seed, and shows what happens line by line.
    #[arg(long, conflicts_with_all = ["seeds", "first"])]
    seed: Option<u64>,
}

/// Plays what is asked for; fails if an invariant did not hold.
pub(crate) fn run(options: &Options) -> Result {
    let mut cargo = player();
    match options.seed {
        Some(seed) => cargo.args(["--seed", &seed.to_string()]),
        None => cargo.args([
            "--seeds",
            &options.seeds.to_string(),
            "--first",
            &options.first.to_string(),
        ]),
    };
    process::run(&mut cargo)
}

/// What the tests play.
pub(crate) fn test() -> Result {
    process::run(player().args(["--seeds", &SEEDS_OF_A_TEST.to_string()]))
}

/// The program that plays, optimised.
fn player() -> Command {
    let mut cargo = process::cargo();
    cargo.args(["run", "--profile", "sim", "--locked", "--quiet"]);
    cargo.args(["--package", "faithcall-sim", "--example", "seeds", "--"]);
    cargo
}
