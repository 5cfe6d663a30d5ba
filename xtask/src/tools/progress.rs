//! Showing that something slow goes on.

use std::fs;
use std::io::{IsTerminal, stderr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Result;

/// How often a bar is drawn anew.
const REDRAWN: Duration = Duration::from_millis(100);
/// How often a line says that the work still goes on, where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// A bar; plain lines where standard error is no terminal.
    Bar,
    /// Plain lines, for work beside something else that has the terminal.
    Lines,
}

impl Show {
    /// Does `work`, a download into `folder` of about `bytes` bytes.
    pub(super) fn download<T>(
        self,
        what: &str,
        folder: &Path,
        bytes: u64,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let style = "[{bar:20}] {bytes}/{total_bytes} {wide_msg}";
        let bar = ProgressBar::new(bytes).with_style(styled(style).progress_chars("=> "));
        let megabytes = bytes.div_ceil(1_000_000);
        let title = format!("fetching {what} ({megabytes} MB)");
        self.show(
            &title,
            &bar,
            || bar.set_position(size_of(folder).min(bytes)),
            String::new,
            work,
        )
    }

    /// Does `work`, whose end nobody knows; `state` says how far it is.
    pub(super) fn work<T>(
        self,
        title: &str,
        state: impl Fn() -> String + Sync,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let bar = ProgressBar::no_length().with_style(styled("{spinner} {elapsed} {wide_msg}"));
        let draw = || {
            bar.set_message(format!("{title}: {}", state()));
            bar.tick();
        };
        self.show(title, &bar, draw, &state, work)
    }

    fn show<T>(
        self,
        title: &str,
        bar: &ProgressBar,
        draw: impl Fn() + Sync,
        state: impl Fn() -> String + Sync,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let has_bar = self == Self::Bar && stderr().is_terminal();
        let started = Instant::now();
        let done = AtomicBool::new(false);
        bar.set_message(title.to_owned());
        if !has_bar {
            eprintln!("{title} …");
        }
        let result = thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                let mut told = Instant::now();
                while !done.load(Ordering::Relaxed) {
                    if has_bar {
                        draw();
                    } else if told.elapsed() >= LINE_EVERY {
                        told = Instant::now();
                        eprintln!("{title} … {} s {}", started.elapsed().as_secs(), state());
                    }
                    thread::park_timeout(REDRAWN);
                }
            });
            let result = work();
            done.store(true, Ordering::Relaxed);
            watcher.thread().unpark();
            result
        });
        bar.finish_and_clear();
        if result.is_ok() {
            eprintln!("{title}: done in {} s", started.elapsed().as_secs());
        }
        result
    }
}

fn styled(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The bytes in a folder that is being written to.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
