//! Where downloaded tools live.

use crate::ServerError;
use std::{env, path::PathBuf};

/// Returns FaithCall's cache folder: `$XDG_CACHE_HOME/faithcall`, else `$HOME/.cache/faithcall`.
pub fn cache_folder() -> Result<PathBuf, ServerError> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .map(|base| base.join("faithcall"))
        .ok_or(ServerError::NoCacheFolder)
}

/// Finds `livekit-server`: `FAITHCALL_LIVEKIT_SERVER`, the cache folder, the `PATH`, in that order.
pub fn livekit_server_binary() -> Result<PathBuf, ServerError> {
    let looked_at = cache_folder()?
        .join("livekit-server-1.13.5")
        .join("livekit-server");
    let named = env::var_os("FAITHCALL_LIVEKIT_SERVER").map(PathBuf::from);
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>());
    named
        .into_iter()
        .chain([looked_at.clone()])
        .chain(
            on_path
                .into_iter()
                .flatten()
                .map(|folder| folder.join("livekit-server")),
        )
        .find(|candidate| candidate.is_file())
        .ok_or(ServerError::BinaryMissing { looked_at })
}
