//! Pushes to devices as rows.

use async_trait::async_trait;
use faithcall_protocol::ledger::PushOrder;
use sqlx::SqliteConnection;

use super::super::{Pushes, Result, UnsentPush, Write};
use super::SqliteStore;

/// How many entries are read at a time.
const AT_A_TIME: i64 = 64;

pub(super) async fn add(tx: &mut SqliteConnection, write: &Write<'_>) -> Result<()> {
    let church = write.call.church_id();
    for order in write.pushes {
        let call = order.push.call_id.as_str();
        let member = order.member_id.as_str();
        sqlx::query("DELETE FROM pushes WHERE church = ? AND member = ? AND call_id = ?")
            .bind(church.as_str())
            .bind(member)
            .bind(call)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO pushes (church, member, device_id, call_id, push_order) \
             SELECT church, member, device_id, ?, ? FROM devices WHERE church = ? AND member = ? \
             AND push_token IS NOT NULL AND device_id IS NOT ?",
        )
        .bind(call)
        .bind(serde_json::to_string(order)?)
        .bind(church.as_str())
        .bind(member)
        .bind(order.but.as_ref().map(|device| device.as_str()))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

#[async_trait]
impl Pushes for SqliteStore {
    async fn unsent_pushes(&self, after: i64) -> Result<Vec<i64>> {
        let entries =
            sqlx::query_scalar("SELECT seq FROM pushes WHERE seq > ? ORDER BY seq LIMIT ?")
                .bind(after)
                .bind(AT_A_TIME)
                .fetch_all(&self.readers)
                .await?;
        Ok(entries)
    }

    async fn unsent_push(&self, seq: i64) -> Result<Option<UnsentPush>> {
        let row: Option<(String, String, String)> = sqlx::query_as(
            "SELECT p.device_id, d.record, p.push_order FROM pushes p JOIN devices d \
             ON d.church = p.church AND d.member = p.member AND d.device_id = p.device_id \
             WHERE p.seq = ?",
        )
        .bind(seq)
        .fetch_optional(&self.readers)
        .await?;
        let Some((device, registration, order)) = row else {
            return Ok(None);
        };
        // What is not an id cannot have been written by us.
        let Ok(device) = device.parse() else {
            return Ok(None);
        };
        let order: PushOrder = serde_json::from_str(&order)?;
        Ok(Some(UnsentPush {
            device,
            registration: serde_json::from_str(&registration)?,
            order,
        }))
    }

    async fn push_sent(&self, seq: i64) -> Result<()> {
        sqlx::query("DELETE FROM pushes WHERE seq = ?")
            .bind(seq)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
