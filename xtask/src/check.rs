//! `cargo xtask check`: everything that can be said about the code without running it.

mod fuzz;
mod livekit_crate;

use crate::failure::Result;
use crate::process;
use crate::stages::{Outcome, Stages};
use crate::tools::CargoTool;
use crate::{races, repository, walls};

/// Adds the stages of the check to `stages`.
pub(crate) fn run(stages: &mut Stages) {
    stages.run("format", || {
        passed(process::run(
            process::cargo().args(["fmt", "--all", "--check"]),
        ))
    });
    stages.run("repository", || {
        passed(repository::check(&process::workspace_root()))
    });
    stages.run("walls", || passed(walls::check(&process::workspace_root())));
    stages.run("races", || passed(races::check(&process::workspace_root())));
    stages.run("dependencies", || match CargoTool::Deny.cargo() {
        Ok(mut cargo) => {
            println!(
                "advisories: not run, their database is on GitHub (cargo deny check advisories)"
            );
            let checked = ["check", "bans", "licenses", "sources"];
            // What one of the two workspaces does not have, the other may.
            let elsewhere = ["-A", "license-exception-not-encountered"];
            process::run(cargo.arg("deny").args(checked).args(elsewhere))?;
            let mut cargo = CargoTool::Deny.cargo()?;
            let of_fuzz = ["deny", "--manifest-path", fuzz::MANIFEST];
            let elsewhere = ["-A", "license-not-encountered"];
            passed(process::run(
                cargo.args(of_fuzz).args(checked).args(elsewhere),
            ))
        }
        Err(failure) => Ok(Outcome::Skipped(failure.to_string())),
    });
    stages.run("clippy", || {
        let clippy = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny",
            "warnings",
        ];
        passed(process::run(process::cargo().args(clippy)))
    });
    stages.run("fuzz targets", fuzz::check);
    stages.run("livekit crate", livekit_crate::check);
    stages.run("documentation", || {
        let doc = ["doc", "--workspace", "--no-deps", "--locked"];
        passed(process::run(
            process::cargo()
                .args(doc)
                .env("RUSTDOCFLAGS", "--deny warnings"),
        ))
    });
}

fn passed(result: Result) -> Result<Outcome> {
    result.map(|()| Outcome::Passed)
}
