//! The phone's life: sign in, do as told, tell what happens, sign out.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::time::Duration;

use faithcall::room::RoomError;
use faithcall::{ConfigError, ConnectError};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep_until};

use super::args::PhoneArgs;
use super::command::{Command, CommandError};
use super::handset::{Handset, Then};
use super::journal::Journal;
use crate::media::sound::SoundError;
use crate::media::wav::WavError;

/// Why a phone stopped before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// What it should say.
    #[error(transparent)]
    Sound(#[from] SoundError),
    /// The folder for pictures.
    #[error("the folder of --snapshots cannot be made: {0}")]
    Snapshots(std::io::Error),
    /// The media library.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// An address or the device's id.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file of `--ca` is not there, or not this user's to read.
    #[error("--ca {} cannot be read: {why}", file.display())]
    CaUnreadable {
        /// As it was given.
        file: PathBuf,
        /// The system's word.
        why: std::io::Error,
    },
    /// The file of `--ca` is empty, or something else.
    #[error(
        "--ca {} holds no certificate in PEM form ('-----BEGIN CERTIFICATE-----')",
        file.display()
    )]
    CaUseless {
        /// As it was given.
        file: PathBuf,
    },
    /// The token, or the system's certificates.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The call of the command line, with nothing else to do.
    #[error("the call cannot be made: {0}")]
    Dial(faithcall::CommandError),
    /// The recording.
    #[error(transparent)]
    Record(#[from] WavError),
    /// The file of the trace.
    #[error("the file of --trace cannot be made: {0}")]
    Trace(std::io::Error),
    /// Requests to stop.
    #[error("Ctrl-C and SIGTERM cannot be listened for: {0}")]
    Signal(std::io::Error),
}

impl PhoneError {
    pub(super) fn ca_unreadable(file: &Path, why: std::io::Error) -> Self {
        let file = file.to_owned();
        Self::CaUnreadable { file, why }
    }

    pub(super) fn ca_useless(file: &Path) -> Self {
        let file = file.to_owned();
        Self::CaUseless { file }
    }
}

/// Runs a phone until it is told to stop: by `quit` or the end of standard input, by Ctrl-C or
/// SIGTERM, or by the end of its call with `--exit-after-call`. A call that is going on is ended;
/// signing out takes 3 s at most, reached servers or not.
///
/// # Errors
/// [`PhoneError`], also told as an `error` line.
pub async fn run(args: PhoneArgs) -> Result<(), PhoneError> {
    let journal = Journal::new(std::io::stdout());
    let done = live(args, &journal).await;
    if let Err(error) = &done {
        journal.tell("error", json!({ "message": error.to_string() }));
    }
    journal.tell("bye", json!({}));
    done
}

async fn live(args: PhoneArgs, journal: &Journal) -> Result<(), PhoneError> {
    let stop = stop_request().map_err(PhoneError::Signal)?;
    let commands = args.stdin.then(read_commands);
    let mut handset = Handset::sign_in(args, journal.clone()).await?;
    // Outside of the loop: a command that waits for a server must not hold up the end.
    let done = tokio::select! {
        done = use_it(&mut handset, commands) => done,
        () = stop => Ok(()),
    };
    handset.sign_out().await?;
    done
}

type Commands = mpsc::UnboundedReceiver<Result<Command, CommandError>>;

async fn use_it(handset: &mut Handset, mut commands: Option<Commands>) -> Result<(), PhoneError> {
    handset.dial_as_told().await?;
    let mut seconds = interval(Duration::from_secs(1));
    loop {
        let due = handset.due();
        let then = tokio::select! {
            news = handset.news() => match news {
                Some(news) => handset.hear(news)?,
                None => Then::Stop,
            },
            command = next(&mut commands) => handset.obey(command).await,
            () = until(due) => handset.act().await,
            _ = seconds.tick() => handset.tell_second(),
        };
        if then == Then::Stop {
            return Ok(());
        }
    }
}

/// Ends when somebody asks the process to stop; from now on nothing else happens then.
#[cfg(unix)]
fn stop_request() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends when Ctrl-C is pressed; from now on nothing else happens then.
#[cfg(not(unix))]
fn stop_request() -> std::io::Result<impl Future<Output = ()>> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        ctrl_c.recv().await;
    })
}

/// The next command; at the end of standard input, to quit.
async fn next(commands: &mut Option<Commands>) -> Result<Command, CommandError> {
    match commands {
        Some(commands) => commands.recv().await.unwrap_or(Ok(Command::Quit)),
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Reads on a thread of its own, which ends with the process: waiting for a line cannot be
/// given up.
fn read_commands() -> Commands {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if !line.trim().is_empty() && sender.send(line.parse()).is_err() {
                break;
            }
        }
    });
    receiver
}
