//! The outbox and the room work as rows.

use faithcall_protocol::id::CallId;
use sqlx::{SqliteConnection, SqlitePool};

use super::super::{Result, RoomWork, UnsentMessage, Write};
use super::pushes;

pub(super) async fn add(tx: &mut SqliteConnection, write: &Write<'_>) -> Result<()> {
    for message in write.messages {
        sqlx::query("INSERT INTO outbox (message) VALUES (?)")
            .bind(serde_json::to_string(message)?)
            .execute(&mut *tx)
            .await?;
    }
    pushes::add(tx, write).await?;
    if write.room_work {
        add_room_work(tx, write.call.call_id()).await?;
    }
    Ok(())
}

pub(super) async fn add_room_work(tx: &mut SqliteConnection, call: &CallId) -> Result<()> {
    sqlx::query("INSERT INTO room_work (call_id) VALUES (?)")
        .bind(call.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn unsent(
    readers: &SqlitePool,
    after: i64,
    most: usize,
) -> Result<Vec<UnsentMessage>> {
    let rows: Vec<(i64, String)> =
        sqlx::query_as("SELECT seq, message FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?")
            .bind(after)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(readers)
            .await?;
    let read = |(seq, message): (i64, String)| UnsentMessage {
        seq,
        message: serde_json::from_str(&message).ok(),
    };
    Ok(rows.into_iter().map(read).collect())
}

pub(super) async fn room_work(readers: &SqlitePool, after: i64) -> Result<Vec<RoomWork>> {
    let rows: Vec<(i64, String)> =
        sqlx::query_as("SELECT seq, call_id FROM room_work WHERE seq > ? ORDER BY seq LIMIT 100")
            .bind(after)
            .fetch_all(readers)
            .await?;
    // What is not an id cannot have been written by us.
    let work = |(seq, call): (i64, String)| {
        let call: CallId = call.parse().ok()?;
        Some(RoomWork { seq, call })
    };
    Ok(rows.into_iter().filter_map(work).collect())
}
