//! The room engine over the `livekit` crate: checked and linted, never linked.
//!
//! Linking it needs a download of libwebrtc that many machines cannot make; with `DOCS_RS=1` its build script makes
//! none. That takes minutes, so it is done only when something changed that it depends on.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::failure::{Context, Result};
use crate::stages::Outcome;
use crate::{process, repository, tools};

const PACKAGE: &str = "faithcall";
const FEATURE: &str = "livekit";
/// The engine's room.
const ROOM: &str = "core/src/room/";
/// What lies there and has nothing to do with this engine.
const OTHER_ENGINES: &[&str] = &["core/src/room/livekit_ffi", "core/src/room/fake"];

/// Checks the engine, unless what it is made of was found good before.
pub(super) fn check() -> Result<Outcome> {
    if !has_feature(&process::metadata(&["--no-deps"])?) {
        return Ok(Outcome::Skipped(format!(
            "{PACKAGE} has no feature {FEATURE}"
        )));
    }
    let inputs = inputs()?;
    let stamps = tools::cache_folder()?.join("livekit-crate-checked");
    let stamp = stamps.join(&inputs);
    if stamp.exists() {
        println!("unchanged since it was found good");
        return Ok(Outcome::Passed);
    }
    let lint = [
        "clippy",
        "--package",
        PACKAGE,
        "--features",
        FEATURE,
        "--lib",
        "--locked",
    ];
    process::run(
        process::cargo()
            .args(lint)
            .args(["--", "--deny", "warnings"])
            .env("DOCS_RS", "1"),
    )?;
    fs::create_dir_all(&stamps)
        .and_then(|()| fs::write(&stamp, ""))
        .context(format_args!("{} cannot be written", stamp.display()))?;
    Ok(Outcome::Passed)
}

fn has_feature(metadata: &Value) -> bool {
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    packages
        .filter(|package| package.get("name").is_some_and(|name| name == PACKAGE))
        .any(|package| {
            package
                .get("features")
                .is_some_and(|features| features.get(FEATURE).is_some())
        })
}

/// A sum of all that decides the result: the compiler, the crates at their versions, the engine's own files.
fn inputs() -> Result<String> {
    let root = process::workspace_root();
    let mut sum = Sha256::new();
    sum.update(process::output(process::cargo().arg("--version"))?);
    let tree = [
        "tree",
        "--package",
        PACKAGE,
        "--features",
        FEATURE,
        "--edges",
        "normal,build",
        "--locked",
    ];
    let tree = process::output(
        process::cargo()
            .args(tree)
            .args(["--prefix", "depth", "--format", " {p} {f}"]),
    )?;
    // The same in every checkout.
    sum.update(tree.replace(&root.display().to_string(), ""));
    for path in repository::files(&root)? {
        let name = path.to_string_lossy().replace('\\', "/");
        let counts = name == "core/Cargo.toml"
            || (name.starts_with(ROOM)
                && !OTHER_ENGINES.iter().any(|other| name.starts_with(other)));
        if counts {
            sum.update(&name);
            sum.update(read(&root.join(&path))?);
        }
    }
    Ok(sum
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).context(format_args!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_feature_is_found_where_it_is() {
        let of = |name: &str, features: Value| json!({ "packages": [{ "name": name, "features": features }] });
        assert!(has_feature(&of(PACKAGE, json!({ FEATURE: [] }))));
        assert!(!has_feature(&of(PACKAGE, json!({ "livekit_ffi": [] }))));
        assert!(!has_feature(&of("another", json!({ FEATURE: [] }))));
    }
}
