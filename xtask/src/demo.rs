//! `cargo xtask demo`: calls between real clients, through a real backend, broker and LiveKit server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Result};
use crate::livekit::Running;
use crate::process;
use crate::programs::{self, Programs};
use crate::tools::{self, Show};

/// What the player needs besides what is built.
#[derive(Debug)]
pub(crate) struct Parts {
    /// None where a LiveKit server runs already.
    pub(crate) livekit_server: Option<PathBuf>,
    pub(crate) media_library: PathBuf,
}

impl Parts {
    /// Finds or fetches them.
    fn fetch() -> Result<Self> {
        let running = Running::from_environment()?;
        Ok(Self {
            media_library: tools::media_library(Show::Bar)?,
            livekit_server: match running {
                Some(_) => None,
                None => Some(tools::livekit_server(Show::Bar)?),
            },
        })
    }
}

/// The folder of the player's report.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(programs::target_dir()?.join("demo"))
}

/// Fetches what is needed, builds, and plays the calls; returns whether the player was content.
///
/// `arguments` go to the player as they are.
pub(crate) fn run(arguments: &[OsString]) -> Result<bool> {
    play(&Parts::fetch()?, &folder()?, arguments)
}

/// Builds, and plays the calls into `out`; returns whether the player was content.
pub(crate) fn play(parts: &Parts, out: &Path, arguments: &[OsString]) -> Result<bool> {
    let programs = Programs::build()?;
    let mut player = Command::new(programs.path("faithcall-desktop")?);
    player
        .current_dir(process::workspace_root())
        .arg("demo")
        .arg("--out")
        .arg(out);
    player
        .arg("--backend")
        .arg(programs.path("faithcall-backend")?);
    player.arg("--media-library").arg(&parts.media_library);
    // A running server the player finds in its environment itself.
    if let Some(server) = &parts.livekit_server {
        player.arg("--livekit-server").arg(server);
        for name in Running::NAMES {
            player.env_remove(name);
        }
    }
    let status = player.args(arguments).status();
    Ok(status
        .context("the demo's player, faithcall-desktop, cannot be started")?
        .success())
}
