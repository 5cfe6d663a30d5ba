//! The workspace's own programs, and the folder that cargo builds into.
//!
//! Where that is, is said in many places: `CARGO_TARGET_DIR`, `build.target-dir`, `build.target`. Cargo is asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::{Context, Result};
use crate::process;

/// Where each program lies.
#[derive(Debug)]
pub(crate) struct Programs(BTreeMap<String, PathBuf>);

impl Programs {
    /// Builds all of them; cargo shows how far it is on standard error.
    pub(crate) fn build() -> Result<Self> {
        let mut build = process::cargo();
        build.args(["build", "--workspace", "--bins", "--locked"]);
        build.args(["--message-format", "json-render-diagnostics"]);
        Ok(Self::read(&process::printed(&mut build)?))
    }

    /// Takes them from cargo's messages, one a line.
    fn read(messages: &str) -> Self {
        let program = |line: &str| {
            let message: Value = serde_json::from_str(line).ok()?;
            let name = message.get("target")?.get("name")?.as_str()?.to_owned();
            Some((name, message.get("executable")?.as_str()?.into()))
        };
        Self(messages.lines().filter_map(program).collect())
    }

    /// The path of the program `name`.
    pub(crate) fn path(&self, name: &str) -> Result<&Path> {
        self.0
            .get(name)
            .map(PathBuf::as_path)
            .context(format_args!("cargo built no program {name}"))
    }
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let metadata = process::metadata(&["--no-deps"])?;
    metadata
        .get("target_directory")
        .and_then(Value::as_str)
        .map(PathBuf::from)
        .context("`cargo metadata` names no target folder")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_can_be_started_is_a_program() {
        let artifact = |name: &str, executable: Value| json!({ "reason": "compiler-artifact", "target": { "name": name }, "executable": executable });
        let messages = [
            artifact("faithcall", Value::Null),
            artifact("phone", json!("elsewhere/debug/phone")),
            json!({ "reason": "build-finished", "success": true }),
        ];
        let programs = Programs::read(&messages.map(|message| message.to_string()).join("\n"));
        assert_eq!(
            programs.path("phone").unwrap(),
            Path::new("elsewhere/debug/phone")
        );
        let missing = programs.path("faithcall").unwrap_err().to_string();
        assert_eq!(missing, "cargo built no program faithcall");
    }
}
