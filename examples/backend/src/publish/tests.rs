//! What the publisher says of entries that it cannot send.

use faithcall_testing::Log;
use rumqttc::MqttOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use super::*;
use crate::store::SqliteStore;

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named_once_and_not_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls");
    let store = SqliteStore::open(&path).await.unwrap();
    let options = SqliteConnectOptions::new().filename(&path);
    let mut file = SqliteConnection::connect_with(&options).await.unwrap();
    let broken = "INSERT INTO outbox (message) VALUES ('{\"name\": \"Ann\"}'), ('{')";
    sqlx::query(broken).execute(&mut file).await.unwrap();

    let log = Log::caught("info");
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
    let text = log.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, seq) in lines.iter().zip(["seq=1", "seq=2"]) {
        assert!(line.contains(seq) && !line.contains("Ann"), "{line}");
    }
}
