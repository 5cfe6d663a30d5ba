//! What a test's code logs, to be read by the test.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Dispatch;
use tracing::dispatcher::{self, DefaultGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// A log kept in memory: one line an event, without colours.
pub struct Log {
    written: Written,
    _until_dropped: Option<DefaultGuard>,
}

impl Log {
    /// Catches what this thread logs from now until the log is dropped; `filter` is written as
    /// `RUST_LOG` is.
    ///
    /// Other threads' logs are missed: a test that wants a whole server's runs on one thread.
    #[must_use]
    pub fn caught(filter: &str) -> Self {
        let written = Written::default();
        let guard = dispatcher::set_default(&written.subscriber(filter));
        Self {
            written,
            _until_dropped: Some(guard),
        }
    }

    /// Catches what every thread of this process logs from now on. A process can do so once.
    ///
    /// # Panics
    /// If something takes the whole process's log already.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that cannot see must not pass")]
    pub fn caught_everywhere(filter: &str) -> Self {
        let written = Written::default();
        dispatcher::set_global_default(written.subscriber(filter))
            .expect("only one test of a process may take its whole log");
        Self {
            written,
            _until_dropped: None,
        }
    }

    /// Everything so far.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.written.0.lock();
        let bytes = bytes.unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn subscriber(&self, filter: &str) -> Dispatch {
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter))
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        Dispatch::new(subscriber)
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
