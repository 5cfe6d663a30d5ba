//! The packages of the system that tests need.

use std::path::Path;
use std::process::Command;

use crate::failure::Result;
use crate::process;
use crate::stages::Outcome;

struct Wanted {
    /// Any one of these programs will do.
    programs: &'static [&'static str],
    /// Which package of Debian brings one.
    package: &'static str,
    why: &'static str,
}

const WANTED: &[Wanted] = &[Wanted {
    programs: &["pip", "pip3", "npm"],
    package: "python3-pip",
    why: "fetching the pinned tools",
}];

/// Installs what is missing where that is this command's business: as root on Debian, so in a container or in CI.
/// Elsewhere it names what is missing.
pub(super) fn install() -> Result<Outcome> {
    let missing: Vec<&Wanted> = WANTED
        .iter()
        .filter(|wanted| {
            !wanted
                .programs
                .iter()
                .any(|program| process::on_path(program).is_some())
        })
        .collect();
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
