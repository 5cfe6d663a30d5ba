//! What the publisher says of entries that it cannot send.

use std::io;
use std::sync::{Mutex, PoisonError};

use rumqttc::MqttOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::store::SqliteStore;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(log.clone())
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named_once_and_not_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls");
    let store = SqliteStore::open(&path).await.unwrap();
    let options = SqliteConnectOptions::new().filename(&path);
    let mut file = SqliteConnection::connect_with(&options).await.unwrap();
    let broken = "INSERT INTO outbox (message) VALUES ('{\"name\": \"Ann\"}'), ('{')";
    sqlx::query(broken).execute(&mut file).await.unwrap();

    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _caught = tracing::subscriber::set_default(subscriber);
    let (client, _events) = AsyncClient::new(MqttOptions::new("b", "localhost", 1), 1);
    let mut worker = Worker {
        client,
        filter: "",
        store: Arc::new(store),
        inbound: mpsc::channel(1).0,
        listening: Arc::default(),
        window: Window::default(),
        reported: 0,
    };
    // Read again on every connection.
    for _connection in 0..3 {
        worker.window = Window {
            connected: true,
            ..Window::default()
        };
        for _news in 0..3 {
            assert!(worker.fill().await);
        }
    }
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, seq) in lines.iter().zip(["seq=1", "seq=2"]) {
        assert!(line.contains(seq) && !line.contains("Ann"), "{line}");
    }
}
