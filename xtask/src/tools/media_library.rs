//! LiveKit's prebuilt media library, with its header and the descriptors of its messages.

mod node_addon;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::cache::{self, Pin};
use super::packages::{Client, Package};
use super::progress::Show;
use crate::failure::{Context, Failure, Result};

const VERSION: &str = "1.2.1";
const WHAT: &str = "LiveKit's media library";
const WAYS_OUT: &str =
    "install pip or npm, or set FAITHCALL_LIVEKIT_FFI to the library of livekit 1.2.1";

/// One platform's library at one registry.
struct Build {
    package: Package,
    /// Where the archive has the library.
    inside: &'static str,
    /// The library, as the entry has it.
    library: Pin,
}

/// The path of LiveKit's media library, fetched if it is not here.
pub(crate) fn path(show: Show) -> Result<PathBuf> {
    if let Some(named) = env::var_os("FAITHCALL_LIVEKIT_FFI") {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            let named = named.display();
            Err(Failure::new(format!(
                "FAITHCALL_LIVEKIT_FFI names {named}, which is no file"
            )))
        };
    }
    let platform = format!("{}-{}", env::consts::OS, env::consts::ARCH);
    let builds = builds(&platform);
    let pins: Vec<Pin> = builds.iter().map(|build| build.library).collect();
    let entry = cache::entry(ENTRY, &pins, |folder| {
        if builds.is_empty() {
            return Err(Failure::new("it is not pinned for this platform"));
        }
        let here = builds
            .iter()
            .filter(|build| build.package.can_be_asked_for());
        first(
            folder,
            here.map(|build| |folder: &Path| build.fetch(folder, show)),
        )
    });
    let entry = entry.context(format_args!(
        "{WHAT} {VERSION} cannot be had for {platform} ({WAYS_OUT})"
    ))?;
    Ok(entry.join(LIBRARY))
}

/// Fills `folder` in the first way that succeeds; what a failed one left is removed.
fn first(folder: &Path, ways: impl Iterator<Item = impl FnOnce(&Path) -> Result>) -> Result {
    let mut failures = Vec::new();
    for fill in ways {
        match fill(folder) {
            Ok(()) => {
                for failure in failures {
                    eprintln!("{failure}: another package client brought it");
                }
                return Ok(());
            }
            Err(failure) => failures.push(failure.to_string()),
        }
        fs::remove_dir_all(folder)
            .and_then(|()| fs::create_dir(folder))
            .context(format_args!("{} cannot be emptied", folder.display()))?;
    }
    match failures.is_empty() {
        true => Err(Failure::new("neither pip nor npm is here")),
        false => Err(Failure::new(failures.join("; "))),
    }
}

/// The folder of the descriptors of the library's messages; only the wheel brings them.
pub(crate) fn descriptors() -> Result<PathBuf> {
    let folder = cache::folder()?.join(ENTRY).join("_proto");
    let missing = "the descriptors of LiveKit's messages are not here: they come with pip";
    Some(folder)
        .filter(|folder| folder.is_dir())
        .context(missing)
}

impl Build {
    /// Fills `folder` with the library and, where the package has them, its header and its messages' descriptors.
    fn fetch(&self, folder: &Path, show: Show) -> Result {
        let unpacked = folder.join("unpacked");
        self.package.unpack_into(&unpacked, WHAT, show)?;
        let keep = |from: &str, to: &str| {
            fs::rename(unpacked.join(from), folder.join(to))
                .context(format_args!("the package has no {from}"))
        };
        keep(self.inside, self.library.path)?;
        match self.package.from {
            Client::Pip { .. } => {
                keep("livekit/rtc/resources/livekit_ffi.h", "livekit_ffi.h")?;
                keep("livekit/rtc/_proto", "_proto")?;
            }
            Client::Npm => {
                node_addon::wrap(&folder.join(self.library.path), &folder.join(LIBRARY))?
            }
        }
        fs::remove_dir_all(&unpacked)
            .context(format_args!("{} cannot be removed", unpacked.display()))
    }
}

const ENTRY: &str = "livekit-ffi-1.2.1";

const LIBRARY: &str = if cfg!(windows) {
    "livekit_ffi.dll"
} else if cfg!(target_os = "macos") {
    "liblivekit_ffi.dylib"
} else {
    "liblivekit_ffi.so"
};

const IN_WHEEL_LINUX: &str = "livekit/rtc/resources/liblivekit_ffi.so";
const IN_WHEEL_MACOS: &str = "livekit/rtc/resources/liblivekit_ffi.dylib";
const IN_WHEEL_WINDOWS: &str = "livekit/rtc/resources/livekit_ffi.dll";

const fn wheel(platform: &'static str, sha256: &'static str, bytes: u64) -> Package {
    Package {
        name: "livekit",
        version: VERSION,
        from: Client::Pip { platform },
        sha256,
        bytes,
    }
}

const fn in_place(sha256: &'static str) -> Pin {
    Pin {
        path: LIBRARY,
        sha256,
    }
}

/// The builds for a platform, the best first.
fn builds(platform: &str) -> Vec<Build> {
    match platform {
        "linux-x86_64" => vec![
            Build {
                package: wheel(
                    "manylinux_2_28_x86_64",
                    "c9a0269cc23a889e20f716405a59fbae375a0248ea3d2d043da103cfb0b71711",
                    11_865_889,
                ),
                inside: IN_WHEEL_LINUX,
                library: in_place(
                    "b0e3b91dcf42b486045b6acca4863b132e3c4d114d5701b5759c7661c04ea1eb",
                ),
            },
            Build {
                package: Package {
                    name: "@livekit/rtc-ffi-bindings-linux-x64-gnu",
                    version: "0.12.80",
                    from: Client::Npm,
                    sha256: "11b42f3bb9bb0bc25af9389569c5deb13a7a227b06c0b839e22cdd274b7bb963",
                    bytes: 11_327_944,
                },
                inside: "package/rtc-node.linux-x64-gnu.node",
                library: Pin {
                    path: "rtc-node.linux-x64-gnu.node",
                    sha256: "e809cbc9686f61d1a7ac1e9512712a8e2337de720ea48dfcd4f597ae8145948c",
                },
            },
        ],
        "linux-aarch64" => vec![Build {
            package: wheel(
                "manylinux_2_28_aarch64",
                "8a3dd36574d5df73dba5baa8fbed97401e25b51ab38822fe2c4769fef994f09d",
                10_636_251,
            ),
            inside: IN_WHEEL_LINUX,
            library: in_place("1851e0a2b740be6041e5a8bf66f419f78f0a424348b4d44d52bf2ece231ab740"),
        }],
        "macos-aarch64" => vec![Build {
            package: wheel(
                "macosx_11_0_arm64",
                "571d25d107b70e70b6b435e803554b0124272cc3d85a45998ea75a4eb09b5ab8",
                9_333_409,
            ),
            inside: IN_WHEEL_MACOS,
            library: in_place("f7ef1bb6803a43559382dc72a5447fb6743dcacdad194edd065140af85078eb4"),
        }],
        "macos-x86_64" => vec![Build {
            package: wheel(
                "macosx_10_15_x86_64",
                "7c3a09623b059f7d93c0c487ff4ba8b5bdebdfa7f0bd424cccbe655ea70c85f3",
                10_515_516,
            ),
            inside: IN_WHEEL_MACOS,
            library: in_place("659767038036c1a6c6e33ffff6be08f10dec03b957a27d8a103fda713ec040c9"),
        }],
        "windows-x86_64" => vec![Build {
            package: wheel(
                "win_amd64",
                "a7892d9b7bd2f683c8789026519e84d6931b67dd19507450343e147dff789c2f",
                11_015_562,
            ),
            inside: IN_WHEEL_WINDOWS,
            library: in_place("f3456b002f2157b9cbacad5296433d71b2ba1228c1bc26c5a89c8e559e05c103"),
        }],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Way = fn(&Path) -> Result;

    const FAILS: Way = |folder| {
        fs::write(folder.join("half"), "").unwrap();
        Err(Failure::new("pip has no network"))
    };
    const SUCCEEDS: Way = |folder| {
        fs::write(folder.join("whole"), "").unwrap();
        Ok(())
    };

    #[test]
    fn where_one_client_fails_the_next_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        first(folder.path(), [FAILS, SUCCEEDS, FAILS].into_iter()).unwrap();
        assert!(folder.path().join("whole").exists());
        assert!(!folder.path().join("half").exists());
    }

    #[test]
    fn every_failure_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |ways: &[Way]| {
            let failure = first(folder.path(), ways.iter().copied()).unwrap_err();
            failure.to_string()
        };
        assert_eq!(
            told(&[FAILS, FAILS]),
            "pip has no network; pip has no network"
        );
        assert_eq!(told(&[]), "neither pip nor npm is here");
    }
}
