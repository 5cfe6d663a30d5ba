//! What remains of a run: one page for people, one file for programs.

mod lanes;
pub(super) mod model;
mod page;
mod pictures;
mod strips;
mod waves;

use std::path::{Path, PathBuf};

use model::Report;

/// The report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path:?}: {source}")]
pub struct ReportError {
    path: PathBuf,
    source: std::io::Error,
}

/// Writes `report.html` and `report.json` into a folder; returns the page's path.
///
/// # Errors
/// A file cannot be written.
pub(super) fn write(report: &Report, folder: &Path) -> Result<PathBuf, ReportError> {
    let save = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        match std::fs::write(&path, content) {
            Ok(()) => Ok(path),
            Err(source) => Err(ReportError { path, source }),
        }
    };
    // Numbers, texts and lists only: this cannot fail, and an empty file would be seen.
    let json = serde_json::to_vec_pretty(report).unwrap_or_default();
    save("report.json", &json)?;
    save("report.html", page::render(report).as_bytes())
}
