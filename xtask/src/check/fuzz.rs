//! The fuzz targets: a workspace of their own, which no other build looks at. They are linted and
//! never linked, so that they keep up with what they fuzz.

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::process;
use crate::stages::Outcome;

/// Its manifest, from the repository's root.
pub(super) const MANIFEST: &str = "fuzz/Cargo.toml";

/// Checks the form of the fuzz targets, and that they compile without a warning.
pub(super) fn check() -> Result<Outcome> {
    process::run(process::cargo().args(["fmt", "--manifest-path", MANIFEST, "--check"]))?;
    let metadata = process::metadata(&["--no-deps"])?;
    let target = metadata
        .get("target_directory")
        .and_then(Value::as_str)
        .ok_or_else(|| Failure::new("cargo metadata names no target directory"))?;
    let lint = [
        "clippy",
        "--manifest-path",
        MANIFEST,
        "--all-targets",
        "--locked",
        "--target-dir",
        target,
    ];
    process::run(
        process::cargo()
            .args(lint)
            .args(["--", "--deny", "warnings"])
            // Nothing is linked: libFuzzer's C++ need not be built, and its file need not be there.
            .env("CUSTOM_LIBFUZZER_PATH", "fuzz/libfuzzer.a"),
    )?;
    Ok(Outcome::Passed)
}
