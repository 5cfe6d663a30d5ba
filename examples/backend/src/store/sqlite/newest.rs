//! Tables of which a member has so many rows and no more: the oldest give way.

use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::ledger::CANCELS_REMEMBERED_PER_MEMBER;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::super::{CREATE_KEYS_PER_MEMBER, DEVICES_PER_MEMBER, Result};

/// Such a table, by the names that it has in SQL.
pub(super) struct Newest {
    table: &'static str,
    /// Tells a member's rows apart.
    key: &'static str,
    /// When a row was written.
    at_ms: &'static str,
    /// So many a member.
    most: usize,
}

/// Cancels that came before their create.
pub(super) const CANCELS: Newest = Newest {
    table: "remembered_cancels",
    key: "call_id",
    at_ms: "at_ms",
    most: CANCELS_REMEMBERED_PER_MEMBER,
};
/// Idempotency keys of creates.
pub(super) const CREATE_KEYS: Newest = Newest {
    table: "create_keys",
    key: "key",
    at_ms: "at_ms",
    most: CREATE_KEYS_PER_MEMBER,
};
/// Registered devices.
pub(super) const DEVICES: Newest = Newest {
    table: "devices",
    key: "device_id",
    at_ms: "registered_ms",
    most: DEVICES_PER_MEMBER,
};

impl Newest {
    /// Removes what is too much of a member's. `written`: the key of the row that was written just
    /// now, which is the newest also where another was in the same millisecond.
    pub(super) async fn keep(
        &self,
        tx: &mut SqliteConnection,
        church: &ChurchId,
        member: &MemberId,
        written: &str,
    ) -> Result<()> {
        let Self {
            table, key, at_ms, ..
        } = self;
        // Of names that stand above, and of nothing that came from outside.
        let remove = AssertSqlSafe(format!(
            "DELETE FROM {table} WHERE church = ?1 AND member = ?2 AND {key} NOT IN \
             (SELECT {key} FROM {table} WHERE church = ?1 AND member = ?2 \
              ORDER BY {at_ms} DESC, {key} = ?3 DESC LIMIT ?4)"
        ));
        sqlx::query(remove)
            .bind(church.as_str())
            .bind(member.as_str())
            .bind(written)
            .bind(i64::try_from(self.most).unwrap_or(i64::MAX))
            .execute(tx)
            .await?;
        Ok(())
    }
}
