//! Plays many scenes and counts what happened in them, or shows one of them line by line.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use faithcall_sim::scene::{self, Failed};
use indicatif::{ProgressBar, ProgressStyle};

/// How many failing seeds are shown.
const SHOWN: usize = 20;

#[derive(Parser)]
#[command(about = "Seeded scenes of calls, in virtual time")]
struct Options {
    /// How many scenes, with the seeds from `--first` on.
    #[arg(long, default_value_t = 20_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Shows the scene of this one seed.
    #[arg(long, conflicts_with_all = ["seeds", "first"])]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match options.seed {
        Some(seed) => show(seed),
        None => play(options.first, options.seeds),
    }
}

fn show(seed: u64) -> ExitCode {
    let world = scene::play(seed, true);
    for entry in world.timeline() {
        println!("{entry}");
    }
    match world.check() {
        Ok(()) => {
            println!("\nseed {seed}: every invariant holds");
            ExitCode::SUCCESS
        }
        Err(broken) => {
            println!("\nseed {seed}, marked BROKEN above where it was seen at once:");
            for violation in &broken.violations {
                println!("  {violation}");
            }
            ExitCode::FAILURE
        }
    }
}

fn play(first: u64, seeds: u64) -> ExitCode {
    let started = Instant::now();
    let (played, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let summary = thread::scope(|scope| {
        scope.spawn(|| watch(seeds, &played, &done));
        let summary = scene::play_many(first..first.saturating_add(seeds), &played);
        done.store(true, Ordering::Relaxed);
        summary
    });
    let took = started.elapsed().as_secs_f64();
    let speed = summary.seeds as f64 / took;
    print!("{summary}");
    println!(
        "\n{} seeds in {took:.1} s, {speed:.0} a second",
        summary.seeds
    );
    let [shortest, ..] = summary.failed.as_slice() else {
        println!("every invariant holds");
        return ExitCode::SUCCESS;
    };
    println!("\n{} of them failed:", summary.failed.len());
    for failed in summary.failed.iter().take(SHOWN) {
        let Failed { seed, what, steps } = failed;
        println!("  seed {seed}, {steps} steps: {what}");
    }
    let more = summary.failed.len().saturating_sub(SHOWN);
    if more > 0 {
        println!("  and {more} more, which are longer");
    }
    println!("\nThe first of these:");
    if let Err(broken) = scene::play(shortest.seed, true).check() {
        println!("{broken}");
    }
    ExitCode::FAILURE
}

/// Shows how far it is, where somebody is there to look.
fn watch(seeds: u64, played: &AtomicU64, done: &AtomicBool) {
    let bar = ProgressBar::new(seeds);
    let style = "{bar:40} {pos}/{len} seeds, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    while !done.load(Ordering::Relaxed) {
        bar.set_position(played.load(Ordering::Relaxed));
        thread::sleep(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}
