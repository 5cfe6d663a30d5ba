//! What a log of a whole call shows, at its most talkative.

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::one_to_one::talk_and_hang_up;
use super::world::World;

/// What is logged while it is a subscriber's writer.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_no_name_and_no_query_shows() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("trace,faithcall_backend=off,rmqtt=off"))
        .with_ansi(false)
        .with_writer(log.clone())
        .init();
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    talk_and_hang_up(&ruth, &boas).await;
    tokio::join!(ruth.disconnect(), boas.disconnect());

    let log = log.text();
    for expected in ["answered", "the link to the broker is up"] {
        assert!(log.contains(expected), "nothing of {expected:?} in the log");
    }
    // Any JWT, the members' and LiveKit's, begins so.
    for secret in ["eyJ", "Ruth Ahab", "Boas Levi", "access_token", "known="] {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret:?} shows: {line:?}");
    }
}
