//! `cargo xtask check`: everything that can be said about the code without running it.

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
            passed(process::run(
                cargo.args(["deny", "check", "bans", "licenses", "sources"]),
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
