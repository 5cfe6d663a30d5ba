//! Where a trace goes.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// An hour of calls and more.
const LIMIT_BYTES: usize = 8 * 1024 * 1024;

type WriteLine = dyn FnMut(&str) -> io::Result<()> + Send;

/// Takes the lines of one client's trace: see [`faithcall_protocol::trace`] for what they hold
/// and what was left out. A trace begins when the client connects, and its beginning is kept: a
/// replay needs it.
#[derive(Clone)]
pub struct TraceSink {
    write: Arc<Mutex<WriteLine>>,
    pub(super) limit_bytes: usize,
}

impl TraceSink {
    /// Gives each line, without its line end, to this function. It is called by the client's one
    /// loop: it must be quick, and wait for nothing.
    pub fn new(mut write: impl FnMut(&str) + Send + 'static) -> Self {
        Self::with(move |line| {
            write(line);
            Ok(())
        })
    }

    /// Writes a file, each line at once. One that exists is overwritten.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn file(path: &Path) -> io::Result<Self> {
        let mut file = File::create(path)?;
        Ok(Self::with(move |line| {
            // One write a line: whoever reads meanwhile sees whole lines.
            file.write_all(format!("{line}\n").as_bytes())
        }))
    }

    fn with(write: impl FnMut(&str) -> io::Result<()> + Send + 'static) -> Self {
        Self {
            write: Arc::new(Mutex::new(write)),
            limit_bytes: LIMIT_BYTES,
        }
    }

    /// Keeps no more bytes than this; 8 MiB where nothing is said. What comes later is left out,
    /// and the last line says so.
    #[must_use]
    pub fn limit_bytes(mut self, bytes: usize) -> Self {
        self.limit_bytes = bytes;
        self
    }

    pub(super) fn write(&self, line: &str) -> io::Result<()> {
        // A function that panicked on one line may take the next.
        let mut write = self.write.lock().unwrap_or_else(PoisonError::into_inner);
        write(line)
    }

    #[cfg(test)]
    pub(super) fn failing() -> Self {
        Self::with(|_| Err(io::ErrorKind::StorageFull.into()))
    }
}

impl fmt::Debug for TraceSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceSink")
            .field("limit_bytes", &self.limit_bytes)
            .finish_non_exhaustive()
    }
}
