//! The shared vectors of `core/vectors`: scenes in plain JSON, the same for every language.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods // the scenes are files; the crate itself does no I/O
)]

mod device;
mod json;
mod ledger;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Set, the expectations are written anew from what the code answers now.
const UPDATE: &str = "UPDATE_VECTORS";

/// What stands in a file.
trait Scene: DeserializeOwned + Serialize {
    /// Where such scenes are, below `core/vectors`.
    const FOLDER: &str;
    /// Fields that come first in its text, in this order; the others follow by name.
    const FIRST: &[&str];

    fn name(&self) -> &str;

    fn why(&self) -> &str;

    /// The same scene with the expectations that the code fulfils.
    fn played(&self) -> Result<Self, String>;

    /// The first step that comes out otherwise, with both sides.
    fn difference(&self, played: &Self) -> Option<String>;
}

fn files(folder: &str) -> Vec<PathBuf> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    let folder = vectors.join(folder);
    let entries = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no scenes in {}", folder.display());
    files
}

fn come_out_as_written<S: Scene>() {
    let update = std::env::var_os(UPDATE).is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for path in files(S::FOLDER) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let written = fs::read_to_string(&path).unwrap();
        let scene: S = serde_json::from_str(&written).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(scene.name(), name, "a scene has its file's name");
        assert!(!scene.why().is_empty(), "{name}: why is this shown?");
        let played = scene.played().unwrap_or_else(|e| panic!("{name}: {e}"));
        if update {
            fs::write(&path, text::of(&played, S::FIRST)).unwrap();
        } else if let Some(difference) = scene.difference(&played) {
            wrong.push(format!("{name}: {difference}"));
        } else if text::of(&played, S::FIRST) != written {
            wrong.push(format!("{name}: not in the form that {UPDATE}=1 writes"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n\nMeant? Then {UPDATE}=1 writes the expectations anew: read what git diff shows.",
        wrong.join("\n\n")
    );
}

#[test]
fn every_scene_of_a_device_comes_out_as_it_is_written() {
    come_out_as_written::<device::DeviceScene>();
}

#[test]
fn every_scene_of_the_ledger_comes_out_as_it_is_written() {
    come_out_as_written::<ledger::LedgerScene>();
}
