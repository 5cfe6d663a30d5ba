//! `cargo xtask model`: the searches, and a table of what they found.
use std::process::ExitCode;

use clap::Parser;
use faithcall_model::bounds::{Bounds, FULL, SOUGHT, TEST};
use faithcall_model::{Found, ROWS, search};

#[derive(Parser)]
struct Options {
    /// The large searches too.
    #[arg(long)]
    full: bool,
    /// Only the search of this name.
    #[arg(long)]
    search: Option<String>,
    /// How many threads search.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Says every ten seconds how far it is.
    #[arg(long)]
    progress: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let further = if options.full || options.search.is_some() {
        FULL
    } else {
        &[]
    };
    let asked_for = |bounds: &&Bounds| {
        options
            .search
            .as_deref()
            .is_none_or(|name| name == bounds.name)
    };
    let searches: Vec<&Bounds> = TEST.iter().chain(further).filter(asked_for).collect();
    if searches.is_empty() {
        let names: Vec<&str> = TEST.iter().chain(FULL).map(|bounds| bounds.name).collect();
        eprintln!("no such search: there are {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    let mut good = true;
    let mut met: Vec<&str> = Vec::new();
    for bounds in searches {
        println!("{}: {}", bounds.name, bounds.about);
        let found = search(bounds.clone(), options.threads, options.progress);
        tell(bounds, &found);
        good &= found.broken.is_none();
        met.extend(found.met);
    }
    let missed: Vec<&str> = ROWS.into_iter().filter(|row| !met.contains(row)).collect();
    if options.search.is_none() && !missed.is_empty() {
        println!("never met: {}", missed.join(", "));
        good = false;
    }
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn tell(bounds: &Bounds, found: &Found) {
    println!(
        "  {}: {} states, {} steps, depth {}, {:.1} s; {} states of a device, {} of a call",
        if found.broken.is_none() {
            "closed"
        } else {
            "BROKEN"
        },
        found.states,
        found.steps,
        found.depth,
        found.took.as_secs_f64(),
        found.of_a_device,
        found.of_a_call,
    );
    println!("  met: {}", found.met.join(", "));
    println!(
        "  short of what is sought: {}",
        bounds.short_of(&SOUGHT).join(", ")
    );
    if let Some(path) = &found.broken {
        println!("\n{path}\n");
    }
}
