//! Calls between real phones, played and checked.
//!
//! [`run`] starts the server side, plays the scenes one after the other, and writes the report.
//! Every phone is a process of its own; all that it does is told on its standard output, and all
//! of that goes into the scene's log, beside what the backend publishes.

mod args;
mod log;
mod observer;
mod phone;
mod play;
mod report;
mod scenes;
mod servers;
mod steps;
mod terminal;
mod voices;

use std::path::{Path, PathBuf};

pub use args::DemoArgs;
use log::now_ms;
use observer::Observer;
use play::Stage;
use report::model::Report;
use servers::{Servers, ServersError};
use terminal::Terminal;
use voices::Voices;

use faithcall_protocol::timestamp::Timestamp;

/// Whose calls the observer sees: somebody who is in all of them.
const WATCHED: &str = "ben";

/// Why the demo could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The server side.
    #[error(transparent)]
    Servers(#[from] ServersError),
    /// The server's lane.
    #[error(transparent)]
    Observer(#[from] observer::ObserverError),
    /// What the phones say.
    #[error(transparent)]
    Voices(#[from] crate::media::wav::WavError),
    /// The report.
    #[error(transparent)]
    Report(#[from] report::ReportError),
    /// Somebody stopped it.
    #[error("stopped before the end; no report was written")]
    Stopped,
    /// The folder of `--out`, or this program's own path.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// Plays the demo; `true` if every check passed.
///
/// # Errors
/// [`DemoError`]: something that the demo needs is not there. What goes wrong in a scene is a
/// failed check, not an error.
pub async fn run(args: &DemoArgs) -> Result<bool, DemoError> {
    tokio::select! {
        // What was started is ended when the run is dropped.
        signal = stopped() => Err(signal),
        done = play(args) => done,
    }
}

/// Waits for Ctrl-C, or for a request to end.
async fn stopped() -> DemoError {
    let cannot = |source| DemoError::Io {
        doing: "Ctrl-C cannot be listened for".to_owned(),
        source,
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut asked = match signal(SignalKind::terminate()) {
            Ok(asked) => asked,
            Err(error) => return cannot(error),
        };
        tokio::select! {
            _ = asked.recv() => DemoError::Stopped,
            pressed = tokio::signal::ctrl_c() => {
                pressed.map_or_else(cannot, |()| DemoError::Stopped)
            }
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c()
        .await
        .map_or_else(cannot, |()| DemoError::Stopped)
}

async fn play(args: &DemoArgs) -> Result<bool, DemoError> {
    let terminal = Terminal::of_stdout();
    let began_ms = now_ms();
    let out = folder(&args.out)?;
    terminal.note("starting the media server, the broker and the backend");
    let servers = Servers::start(args, &out).await?;
    let voices = Voices::make(&out)?;
    let program = std::env::current_exe().map_err(|source| DemoError::Io {
        doing: "this program's own path cannot be found".to_owned(),
        source,
    })?;
    let watched = WATCHED.parse().map_err(ServersError::from)?;
    let token = servers.token(&watched)?;
    let observer = Observer::start(servers.mqtt, &servers.church, &watched, &token).await?;
    let parts = parts(args, &servers);
    let stage = Stage {
        servers,
        voices,
        observer,
        program,
        media_library: args.media_library.clone(),
        out: out.clone(),
        terminal,
    };
    let mut scenes = Vec::new();
    for name in scenes::Name::all() {
        if args.only.is_empty() || args.only.contains(&name) {
            scenes.push(scenes::play(name, &stage).await);
        }
    }
    let report = Report {
        began_at: Timestamp::from_unix_ms(began_ms as u64).to_string(),
        took_ms: (now_ms() - began_ms) as u64,
        machine: machine(),
        parts,
        scenes,
    };
    let page = report::write(&report, &out)?;
    let (checks, failed) = report.tally();
    stage.terminal.end(checks, failed, &page);
    Ok(failed == 0)
}

fn folder(out: &Path) -> Result<PathBuf, DemoError> {
    std::fs::create_dir_all(out)
        .and_then(|()| out.canonicalize())
        .map_err(|source| DemoError::Io {
            doing: format!("the folder {} cannot be made", out.display()),
            source,
        })
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{} {}, {cores} cores",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

fn parts(args: &DemoArgs, servers: &Servers) -> Vec<(String, String)> {
    let livekit = match &args.livekit_url {
        Some(_) => format!("the running one at {}", servers.livekit_url),
        None => format!("started for this run at {}", servers.livekit_url),
    };
    [
        ("LiveKit server", livekit),
        (
            "Backend",
            format!("faithcall-backend at http://{}", servers.http),
        ),
        (
            "Broker",
            format!("inside the backend, at mqtt://{}", servers.mqtt),
        ),
        (
            "Phones",
            "faithcall-desktop phone, a process each, media by LiveKit's prebuilt library"
                .to_owned(),
        ),
    ]
    .map(|(name, what)| (name.to_owned(), what))
    .into()
}
