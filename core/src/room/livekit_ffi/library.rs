//! Where the prebuilt library lies.

use crate::room::RoomError;
use std::{
    env,
    path::{Path, PathBuf},
};

/// The environment variable that names the library's file.
pub const LIBRARY_VARIABLE: &str = "FAITHCALL_LIVEKIT_FFI";
/// The version whose messages this engine speaks, as the cache folder names it.
const FOLDER: &str = "livekit-ffi-1.2.1";

/// Finds the library: `explicit`, else the file that `FAITHCALL_LIVEKIT_FFI` names, else the cache
/// folder (`$XDG_CACHE_HOME/faithcall` or `$HOME/.cache/faithcall`).
pub(super) fn find(explicit: Option<&Path>) -> Result<PathBuf, RoomError> {
    let file = format!(
        "{}livekit_ffi{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    );
    let path = explicit
        .map(Path::to_owned)
        .or_else(|| set_path(LIBRARY_VARIABLE))
        .or_else(|| cache_folder().map(|folder| folder.join(&file)))
        .unwrap_or_else(|| PathBuf::from(file));
    if path.is_file() {
        Ok(path)
    } else {
        Err(RoomError::LibraryMissing { looked_at: path })
    }
}

/// The folder of the pinned version below the user's cache, where there is one.
pub(super) fn cache_folder() -> Option<PathBuf> {
    set_path("XDG_CACHE_HOME")
        .or_else(|| set_path("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("faithcall").join(FOLDER))
}

fn set_path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named_with_what_to_do() {
        let error = find(Some(Path::new("nowhere/liblivekit_ffi.so"))).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("nowhere") && text.contains(LIBRARY_VARIABLE),
            "{text}"
        );
    }
}
