//! `faithcall-backend`: reads its configuration from the environment and serves until it is told
//! to stop. `faithcall-backend token CHURCH/MEMBER` prints a member's token, for development.

use std::error::Error;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};
use faithcall_backend::auth::Tokens;
use faithcall_backend::config::{Config, Source};
use tokio::signal;
use tracing_subscriber::EnvFilter;

/// FaithCall's reference server. Everything is set by the environment: see its README.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Prints a token for a member, as the app's own sign-in would make it.
    Token {
        /// The member, written CHURCH/MEMBER.
        member: String,
        /// How long it is valid.
        #[arg(long, default_value_t = 24 * 3600)]
        seconds: u64,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("FAITHCALL_LOG").unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("faithcall-backend: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let config = Config::read(&Source::from_environment()?)?;
    match arguments.command {
        Some(Command::Token { member, seconds }) => print_token(&config, &member, seconds),
        None => serve(config).await,
    }
}

fn print_token(config: &Config, member: &str, seconds: u64) -> Result<(), Box<dyn Error>> {
    let (church, member) = member
        .split_once('/')
        .ok_or("the member must be written CHURCH/MEMBER")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let tokens = Tokens::new(&config.jwt_secret);
    let token = tokens.mint(
        &church.parse()?,
        &member.parse()?,
        now.saturating_add(seconds),
    )?;
    println!("{}", token.expose());
    Ok(())
}

async fn serve(config: Config) -> Result<(), Box<dyn Error>> {
    let running = faithcall_backend::start(config).await?;
    tracing::info!("REST on http://{}", running.http_address());
    for (scheme, address) in running.broker_addresses().into_iter().flat_map(|a| {
        [
            ("mqtt", a.tcp),
            ("ws", a.ws),
            ("mqtts", a.mqtts),
            ("wss", a.wss),
        ]
    }) {
        if let Some(address) = address {
            tracing::info!("MQTT on {scheme}://{address}");
        }
    }
    told_to_stop().await?;
    tracing::info!("stopping");
    running.shutdown().await;
    Ok(())
}

#[cfg(unix)]
async fn told_to_stop() -> io::Result<()> {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn told_to_stop() -> io::Result<()> {
    signal::ctrl_c().await
}
