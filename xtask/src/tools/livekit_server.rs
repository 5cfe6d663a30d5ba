//! LiveKit's server: one of the user's own, else built once with Go.
//!
//! What is built is pinned whole: the module's sum is here, and its own `go.sum`, which that sum covers, holds the
//! sums of everything it is built from. No setting of Go (GONOSUMDB, GOSUMDB=off, GOPRIVATE, GOFLAGS) takes part.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_json::Value;

use super::cache;
use super::progress::Show;
use crate::failure::{Context, Failure, Result};
use crate::process;

const VERSION: &str = "1.13.5";
const MODULE: &str = "github.com/livekit/livekit-server";
const MODULE_SUM: &str = "h1:HWfxfKvi5k1czMVqLV/htGmPgEBhrqHMxpfyMvfhyVo=";
/// A server on the PATH is taken if its version begins so.
const FINE: &str = "1.13.";

const WAYS_OUT: &str = "install Go 1.26 or newer, or put livekit-server 1.13 on the PATH, or set \
    LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET of a running one (for demo and up)";

/// The path of `livekit-server`, fetched if it is not here.
pub(crate) fn path(show: Show) -> Result<PathBuf> {
    if let Some(named) = env::var_os("FAITHCALL_LIVEKIT_SERVER") {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            Err(Failure::new(format!(
                "FAITHCALL_LIVEKIT_SERVER names {}, which is no file",
                named.display()
            )))
        };
    }
    if let Some(installed) = process::on_path("livekit-server") {
        let said = process::output(Command::new(&installed).arg("--version")).unwrap_or_default();
        if version(&said).is_some_and(|version| version.starts_with(FINE)) {
            return Ok(installed);
        }
        eprintln!(
            "livekit-server on the PATH says {:?}, wanted is {FINE}x: another is fetched",
            said.trim()
        );
    }
    let file = format!("livekit-server{}", env::consts::EXE_SUFFIX);
    let entry = cache::entry(&format!("livekit-server-{VERSION}"), &[], |folder| {
        build(&folder.join(&file), show)
    })
    .context(format_args!(
        "LiveKit's server {VERSION} cannot be had ({WAYS_OUT})"
    ))?;
    Ok(entry.join(file))
}

/// `1.13.5` of `livekit-server version 1.13.5`.
fn version(said: &str) -> Option<&str> {
    said.lines()
        .find_map(|line| line.strip_prefix("livekit-server version "))
        .map(str::trim)
}

fn build(binary: &Path, show: Show) -> Result {
    let go = process::on_path("go").context("Go is not on the PATH")?;
    let title = format!("building LiveKit's server {VERSION} with Go (some minutes, once)");
    let state = Mutex::new("fetching its module".to_owned());
    let packages = Mutex::new(0_u32);
    let say = |now: String| {
        state
            .lock()
            .map(|mut state| *state = now)
            .unwrap_or_default()
    };
    show.work(
        &title,
        || state.lock().map(|state| state.clone()).unwrap_or_default(),
        || {
            let source = module(&go, binary)?;
            let mut build = Command::new(&go);
            build
                .args(["build", "-v", "-mod=readonly", "-buildvcs=false", "-o"])
                .arg(binary)
                .arg("./cmd/server")
                .current_dir(&source)
                .env("GOFLAGS", "-mod=readonly")
                .env("GOWORK", "off");
            process::watch(&mut build, |line| {
                if let Some(module) = line.strip_prefix("go: downloading ") {
                    say(format!("fetching {module}"));
                } else if let Ok(mut packages) = packages.lock() {
                    *packages += 1;
                    say(format!("{packages} packages built"));
                }
            })
        },
    )
}

/// Fetches the module and returns the folder of its source, if its sum is the pinned one.
fn module(go: &Path, binary: &Path) -> Result<PathBuf> {
    let mut download = Command::new(go);
    download
        .args(["mod", "download", "-json", &format!("{MODULE}@v{VERSION}")])
        // A folder of no module, so that none of the user's takes part.
        .current_dir(binary.parent().unwrap_or(binary))
        .env("GOFLAGS", "-mod=mod")
        .env("GOWORK", "off");
    let answer: Value =
        serde_json::from_str(&process::output(&mut download)?).context("Go printed no JSON")?;
    let field = |name| answer.get(name).and_then(Value::as_str);
    match field("Sum") {
        Some(MODULE_SUM) => field("Dir")
            .map(PathBuf::from)
            .context("Go named no folder of the module"),
        sum => Err(Failure::new(format!(
            "the module's sum is {sum:?}, not {MODULE_SUM}: it is refused"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read() {
        assert_eq!(version("livekit-server version 1.13.5\n"), Some("1.13.5"));
        assert_eq!(version("something else"), None);
    }
}
