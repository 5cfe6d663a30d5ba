//! The walls between the rooms of the house (ARCHITECTURE.md): which crate may depend on what, and in
//! which folder a technology may be named.

mod code;
mod dependencies;
mod sources;

use std::fs;
use std::path::Path;

use crate::failure::{Context, Failure, Result};
use crate::repository;

/// Fails with every breach of a wall, one a line.
pub(crate) fn check(root: &Path) -> Result {
    let mut breaches = dependencies::breaches(&dependencies::Graph::of_workspace()?);
    for path in repository::files(root)? {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(root.join(&path))
                .context(format_args!("{} cannot be read", path.display()))?;
            let path = path.to_string_lossy().replace('\\', "/");
            breaches.extend(sources::breaches(&path, &text));
        }
    }
    if breaches.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(breaches.join("\n")))
    }
}
