//! `faithcall-desktop`: a phone for scripts, and the demo.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use faithcall_desktop::{demo, phone};
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(version, about, long_about = None)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    Phone(Box<phone::PhoneArgs>),
    Demo(Box<demo::DemoArgs>),
}

#[tokio::main]
async fn main() -> ExitCode {
    // Standard output belongs to the phone's lines and the demo's timeline.
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let done = match Arguments::parse().role {
        Role::Phone(args) => phone::run(*args)
            .await
            .map(|()| true)
            .map_err(|e| e.to_string()),
        Role::Demo(args) => demo::run(&args).await.map_err(|e| e.to_string()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("faithcall-desktop: {message}");
            ExitCode::FAILURE
        }
    }
}
