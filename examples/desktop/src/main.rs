//! `faithcall-desktop`: a phone for scripts, the demo, and the replay of a trace.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use faithcall_desktop::{demo, phone, replay};
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
    Replay(replay::ReplayArgs),
}

fn main() -> ExitCode {
    // Standard output belongs to the phone's lines and the demo's timeline.
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let role = Arguments::parse().role;
    let done = tokio::runtime::Runtime::new()
        .map_err(|error| format!("no threads can be had: {error}"))
        .and_then(|runtime| {
            let done = runtime.block_on(play(role));
            // Else a look-up of a name that hangs would hold up the end.
            runtime.shutdown_background();
            done
        });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("faithcall-desktop: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well that the role promises.
async fn play(role: Role) -> Result<bool, String> {
    match role {
        Role::Phone(args) => phone::run(*args)
            .await
            .map(|()| true)
            .map_err(|e| e.to_string()),
        Role::Demo(args) => demo::run(&args).await.map_err(|e| e.to_string()),
        Role::Replay(args) => replay::run(&args).map_err(|e| e.to_string()),
    }
}
