//! The shared vectors of `core/vectors`: scenes in plain JSON, the same for every language.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods // the scenes are files; the crate itself does no I/O
)]

mod scene;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use scene::Scene;

/// Set, the expectations are written anew from what the machine answers now.
const UPDATE: &str = "UPDATE_VECTORS";

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
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

#[test]
fn every_scene_comes_out_as_it_is_written() {
    let update = std::env::var_os(UPDATE).is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for path in files() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let written = fs::read_to_string(&path).unwrap();
        let scene: Scene = serde_json::from_str(&written).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(scene.name, name, "a scene has its file's name");
        assert!(!scene.why.is_empty(), "{name}: why is this shown?");
        let played = scene.played().unwrap_or_else(|e| panic!("{name}: {e}"));
        if update {
            fs::write(&path, text::of(&played)).unwrap();
        } else if let Some(difference) = scene.difference(&played) {
            wrong.push(format!("{name}: {difference}"));
        } else if text::of(&played) != written {
            wrong.push(format!("{name}: not in the form that {UPDATE}=1 writes"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n\nMeant? Then {UPDATE}=1 writes the expectations anew: read what git diff shows.",
        wrong.join("\n\n")
    );
}
