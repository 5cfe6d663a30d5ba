//! LiveKit's Python SDK, which the foreign client of the tests (testing/peers) is written with.

use std::env;
use std::path::{Path, PathBuf};

use super::cache;
use super::packages;
use super::progress::Show;
use crate::failure::{Context, Failure, Result};
use crate::process;

const WHAT: &str = "LiveKit's Python SDK 1.2.1";
/// Of the wheels, for the progress bar.
const BYTES: u64 = 29_000_000;

/// The folder of the SDK and of all that it imports, fetched if it is not here. It is for the Python on the PATH: an
/// entry of the cache for each, which the client finds by the same name.
pub(crate) fn folder(show: Show) -> Result<PathBuf> {
    if let Some(named) = env::var_os("FAITHCALL_LIVEKIT_PYTHON") {
        let named = PathBuf::from(named);
        return if named.is_dir() {
            Ok(named)
        } else {
            let named = named.display();
            Err(Failure::new(format!(
                "FAITHCALL_LIVEKIT_PYTHON names {named}, which is no folder"
            )))
        };
    }
    let cannot = format!("{WHAT} cannot be had");
    let tag = process::output(
        packages::python()
            .context(&cannot)?
            .args(["-c", "import sys; print(sys.implementation.cache_tag)"]),
    )?;
    let name = format!("livekit-python-1.2.1-{}", tag.trim());
    // The wheels' sums are in the list of requirements, for every platform at once.
    cache::entry(&name, &[], |folder| install(folder, show)).context(cannot)
}

fn install(folder: &Path, show: Show) -> Result {
    let requirements = process::workspace_root().join("testing/peers/requirements.txt");
    show.download(WHAT, folder, BYTES, || {
        let mut pip = packages::python()?;
        pip.args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--progress-bar", "off"])
            .args(["--root-user-action", "ignore"])
            .args(["--no-deps", "--require-hashes", "--only-binary", ":all:"])
            // Bytecode is the affair of whoever runs it, and would not fit the entry's sums.
            .args(["--no-compile", "--target"])
            .arg(folder)
            .arg("--requirement")
            .arg(requirements);
        process::output(&mut pip).map(drop)
    })
}
