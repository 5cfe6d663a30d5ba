//! `cargo xtask demo`: calls between real clients, through a real backend, broker and LiveKit server.

use std::ffi::OsString;
use std::process::{Command, ExitStatus};

use crate::failure::{Context, Result};
use crate::livekit::Running;
use crate::process;
use crate::tools::{self, Show};

/// Fetches what is needed, builds, and plays the calls; returns how the player ended.
///
/// `arguments` go to the player as they are.
pub(crate) fn run(arguments: &[OsString]) -> Result<ExitStatus> {
    let media_library = tools::media_library(Show::Bar)?;
    // The player finds a running server in the same variables itself.
    let server = match Running::from_environment()? {
        Some(_) => None,
        None => Some(tools::livekit_server(Show::Bar)?),
    };
    process::run(process::cargo().args(["build", "--workspace", "--bins", "--locked"]))?;
    let mut player = Command::new(process::built("faithcall-desktop"));
    player
        .current_dir(process::workspace_root())
        .arg("demo")
        .arg("--out")
        .arg(process::target_dir().join("demo"))
        .arg("--backend")
        .arg(process::built("faithcall-backend"))
        .arg("--media-library")
        .arg(media_library);
    if let Some(server) = server {
        player.arg("--livekit-server").arg(server);
    }
    player
        .args(arguments)
        .status()
        .context("the demo's player, faithcall-desktop, cannot be started")
}
