//! Cancels that came before their create.

use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::ledger::CANCEL_REMEMBERED_MS;
use sqlx::SqliteConnection;

use super::super::Result;
use super::{newest, signed};

/// See [`super::Store::cancel_remembered`].
pub(super) async fn is_remembered(
    connection: &mut SqliteConnection,
    church: &ChurchId,
    member: &MemberId,
    call: &CallId,
    now_ms: u64,
) -> Result<bool> {
    let remembered = sqlx::query_scalar::<_, i64>(
        "SELECT 1 FROM remembered_cancels WHERE church = ? AND member = ? AND call_id = ? \
         AND at_ms > ?",
    )
    .bind(church.as_str())
    .bind(member.as_str())
    .bind(call.as_str())
    .bind(signed(now_ms.saturating_sub(CANCEL_REMEMBERED_MS)))
    .fetch_optional(connection)
    .await?;
    Ok(remembered.is_some())
}

/// See [`super::Store::remember_cancel`].
pub(super) async fn remember(
    tx: &mut SqliteConnection,
    church: &ChurchId,
    member: &MemberId,
    call: &CallId,
    now_ms: u64,
) -> Result<bool> {
    let exists = sqlx::query_scalar::<_, i64>("SELECT 1 FROM calls WHERE id = ?")
        .bind(call.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    if exists.is_some() {
        return Ok(false);
    }
    sqlx::query("INSERT OR REPLACE INTO remembered_cancels VALUES (?, ?, ?, ?)")
        .bind(church.as_str())
        .bind(member.as_str())
        .bind(call.as_str())
        .bind(signed(now_ms))
        .execute(&mut *tx)
        .await?;
    let cancels = &newest::CANCELS;
    cancels.keep(tx, church, member, call.as_str()).await?;
    Ok(true)
}
