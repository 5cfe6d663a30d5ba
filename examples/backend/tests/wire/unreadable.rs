//! A call's record that cannot be read: it is told of once, and nothing else waits for it.

use faithcall_testing::Log;

use crate::backend::{Backend, id_of};

#[tokio::test(flavor = "current_thread")]
async fn a_record_that_cannot_be_read_is_told_of_once_and_keeps_nobody() {
    let log = Log::caught("faithcall_backend=info");

    // Its record is looked at all the time, and its deadline passes.
    let settings = [
        ("FAITHCALL_RING_SECONDS", "0.1"),
        ("FAITHCALL_ROOM_WATCH_SECONDS", "0.02"),
    ];
    let backend = Backend::with(&settings).await;
    let mut ann = backend.phone("ann", "a1").await;
    // Open before the call is made: its record is to be broken well before its deadline.
    let mut file = backend.database_connection().await;
    let broken = id_of(
        &backend
            .client("c1", "cleo", Some("c1"))
            .dial("dan")
            .await
            .ok(),
    );
    // With a version of its own: what the server read before must not be written over it.
    let breaks = "UPDATE calls SET record = '{', version = version + 1 WHERE id = ?";
    let breaks = sqlx::query(breaks).bind(&broken);
    breaks.execute(&mut file).await.unwrap();
    for _ in 0..2 {
        let good = id_of(&ann.dial("bob").await.ok());
        assert_eq!(ann.update("ended").await["call_id"], *good);
    }
    let text = log.text();
    for told in ["it is passed over", "a deadline could not be carried out"] {
        let lines = text.lines().filter(|line| line.contains(told));
        let lines: Vec<_> = lines.collect();
        assert_eq!(lines.len(), 1, "{told}: {text}");
        assert!(lines[0].contains(&broken));
    }
}

#[tokio::test]
async fn more_of_them_than_a_page_holds_keep_nobody_either() {
    // Whoever looks at its room would carry the deadline out as well.
    let settings = [
        ("FAITHCALL_RING_SECONDS", "0.1"),
        ("FAITHCALL_ROOM_WATCH_SECONDS", "60"),
    ];
    let backend = Backend::with(&settings).await;
    let mut ann = backend.phone("ann", "a1").await;
    // Overdue for ever, and more so than any call that is to come.
    let many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 250) \
        INSERT INTO calls (id, church, caller, rev, status, unanswered, initiated_ms, deadline_ms, \
        record) SELECT 'broken-' || x, 'c1', 'cleo', 1, 'ringing', 0, 1, x, '{' FROM n";
    let mut file = backend.database_connection().await;
    sqlx::query(many).execute(&mut file).await.unwrap();
    for _ in 0..2 {
        let good = id_of(&ann.dial("bob").await.ok());
        assert_eq!(ann.update("ended").await["call_id"], *good);
    }
}
