//! Idempotency keys of creates.

use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use sqlx::SqliteConnection;

use super::super::{CREATE_KEY_MS, CreateKey, Result};
use super::{newest, signed};

/// See [`super::Store::keyed_call`].
pub(super) async fn keyed_call(
    tx: &mut SqliteConnection,
    church: &ChurchId,
    member: &MemberId,
    key: &CreateKey,
    call: &CallId,
    now_ms: u64,
) -> Result<Option<CallId>> {
    sqlx::query(
        "DELETE FROM create_keys WHERE church = ? AND member = ? AND key = ? AND at_ms <= ?",
    )
    .bind(church.as_str())
    .bind(member.as_str())
    .bind(&key.key)
    .bind(signed(now_ms.saturating_sub(CREATE_KEY_MS)))
    .execute(&mut *tx)
    .await?;
    sqlx::query("INSERT OR IGNORE INTO create_keys VALUES (?, ?, ?, ?, ?, ?)")
        .bind(church.as_str())
        .bind(member.as_str())
        .bind(&key.key)
        .bind(&key.body)
        .bind(call.as_str())
        .bind(signed(now_ms))
        .execute(&mut *tx)
        .await?;
    let (body, id) = sqlx::query_as::<_, (String, String)>(
        "SELECT body, call_id FROM create_keys WHERE church = ? AND member = ? AND key = ?",
    )
    .bind(church.as_str())
    .bind(member.as_str())
    .bind(&key.key)
    .fetch_one(&mut *tx)
    .await?;
    newest::CREATE_KEYS
        .keep(tx, church, member, &key.key)
        .await?;
    // Only this server writes ids here.
    Ok((body == key.body).then(|| id.parse().ok()).flatten())
}
