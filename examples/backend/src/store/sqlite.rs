//! The store in one SQLite file.

mod cancels;
mod devices;
mod history;
mod keys;
mod newest;
mod outbox;
mod pushes;
mod rows;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use faithcall_protocol::id::{CallId, ChurchId, DeviceId, MemberId};
use faithcall_protocol::ledger::{CANCEL_REMEMBERED_MS, Call};
use faithcall_protocol::rest::RegisterDevice;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{SqlSafeStr, Sqlite, Transaction};

use super::{
    CREATE_KEY_MS, Claims, CreateKey, Created, Result, RoomWork, Store, Stored, UnsentMessage,
    Write,
};
use crate::config::Limits;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
const DAY_MS: u64 = 24 * 3600 * 1000;

/// The database file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be opened or made.
    #[error("FAITHCALL_DATABASE names the file {path}, which cannot be opened: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// Its tables cannot be brought up to date.
    #[error("the tables of the database {path} cannot be brought up to date: {source}")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: Box<MigrateError>,
    },
}

/// Calls in one SQLite file: many readers, one writer, write-ahead log.
#[derive(Debug, Clone)]
pub(crate) struct SqliteStore {
    readers: SqlitePool,
    writer: SqlitePool,
    unreadable: rows::Unreadable,
}

impl SqliteStore {
    /// Opens the file, makes it where it is missing, and brings its tables up to date.
    ///
    /// # Errors
    /// The file cannot be used.
    pub(crate) async fn open(path: &Path) -> std::result::Result<Self, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // In WAL mode a crash of the machine, not of the process, may lose the last commits.
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = |most| {
            SqlitePoolOptions::new()
                .max_connections(most)
                .acquire_timeout(ACQUIRE_TIMEOUT)
        };
        let open_error = |source| OpenError::Open {
            path: path.to_owned(),
            source,
        };
        let writer = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(open_error)?;
        migrations()
            .run(&writer)
            .await
            .map_err(|source| OpenError::Migrate {
                path: path.to_owned(),
                source: Box::new(source),
            })?;
        let readers = pool(READERS)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(open_error)?;
        Ok(Self {
            readers,
            writer,
            unreadable: rows::Unreadable::default(),
        })
    }

    /// Ends all connections; what was committed is in the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// A transaction that holds the write lock from its beginning, so that what it reads stays true.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

fn migrations() -> Migrator {
    const CALLS: &str = include_str!("../../migrations/0001_calls.sql");
    const DEVICES: &str = include_str!("../../migrations/0002_devices.sql");
    const HISTORY: &str = include_str!("../../migrations/0003_history.sql");
    const PUSHES: &str = include_str!("../../migrations/0004_pushes.sql");
    const CREATE_KEYS: &str = include_str!("../../migrations/0005_create_keys.sql");
    let migration = |number, name: &'static str, sql: &'static str| {
        let kind = MigrationType::Simple;
        Migration::new(number, name.into(), kind, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        migration(1, "calls", CALLS),
        migration(2, "devices", DEVICES),
        migration(3, "history", HISTORY),
        migration(4, "pushes", PUSHES),
        migration(5, "create keys", CREATE_KEYS),
    ])
}

/// SQLite's integers are signed; times and revisions never reach their end.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[async_trait]
impl Store for SqliteStore {
    async fn call(&self, id: &CallId) -> Result<Option<Stored>> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT record, version FROM calls WHERE id = ?")
                .bind(id.as_str())
                .fetch_optional(&self.readers)
                .await?;
        let Some((record, version)) = row else {
            return Ok(None);
        };
        let call = serde_json::from_str(&record)?;
        Ok(Some(Stored { call, version }))
    }

    async fn open_calls_of(&self, church: &ChurchId, member: &MemberId) -> Result<Vec<Call>> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT c.id, c.record FROM call_members m JOIN calls c ON c.id = m.call_id \
             WHERE m.church = ? AND m.member = ? AND c.ended_ms IS NULL \
             ORDER BY c.initiated_ms, c.id",
        )
        .bind(church.as_str())
        .bind(member.as_str())
        .fetch_all(&self.readers)
        .await?;
        Ok(rows::calls(rows, &self.unreadable))
    }

    async fn open_calls(&self) -> Result<Vec<Call>> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT id, record FROM calls WHERE ended_ms IS NULL")
                .fetch_all(&self.readers)
                .await?;
        Ok(rows::calls(rows, &self.unreadable))
    }

    async fn due_calls(&self, now_ms: u64, most: usize) -> Result<Vec<CallId>> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM calls WHERE deadline_ms <= ? ORDER BY deadline_ms LIMIT ?",
        )
        .bind(signed(now_ms))
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        // What is not an id cannot have been written by us.
        Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
    }

    async fn next_deadline(&self, after_ms: u64) -> Result<Option<u64>> {
        let deadline: Option<i64> =
            sqlx::query_scalar("SELECT min(deadline_ms) FROM calls WHERE deadline_ms > ?")
                .bind(signed(after_ms))
                .fetch_one(&self.readers)
                .await?;
        Ok(deadline.map(unsigned))
    }

    async fn claims(&self, church: &ChurchId, member: &MemberId) -> Result<Claims> {
        let mut connection = self.readers.acquire().await?;
        rows::claims(&mut connection, church, member).await
    }

    async fn create(&self, write: Write<'_>) -> Result<Created> {
        let call = write.call;
        let mut tx = self.write().await?;
        let (church, caller) = (call.church_id(), call.caller().member_id());
        let made_ms = call.initiated_at_ms();
        if cancels::is_remembered(&mut tx, church, caller, call.call_id(), made_ms).await? {
            return Ok(Created::Cancelled);
        }
        if !rows::insert_call(&mut tx, call).await? {
            return Ok(Created::IdTaken);
        }
        if !rows::claims_are_as_seen(&mut tx, &write).await? {
            return Ok(Created::ClaimsMoved);
        }
        rows::put_claims(&mut tx, call).await?;
        outbox::add(&mut tx, &write).await?;
        tx.commit().await?;
        Ok(Created::Done)
    }

    async fn update(&self, writes: &[(i64, Write<'_>)]) -> Result<bool> {
        let mut tx = self.write().await?;
        for (_, write) in writes {
            if !rows::claims_are_as_seen(&mut tx, write).await? {
                return Ok(false);
            }
        }
        for (version, write) in writes {
            if !rows::update_call(&mut tx, *version, write.call).await? {
                return Ok(false);
            }
            rows::put_claims(&mut tx, write.call).await?;
            outbox::add(&mut tx, write).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn remember_cancel(
        &self,
        church: &ChurchId,
        member: &MemberId,
        call: &CallId,
        now_ms: u64,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        if !cancels::remember(&mut tx, church, member, call, now_ms).await? {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn cancel_remembered(
        &self,
        church: &ChurchId,
        member: &MemberId,
        call: &CallId,
        now_ms: u64,
    ) -> Result<bool> {
        let mut connection = self.readers.acquire().await?;
        cancels::is_remembered(&mut connection, church, member, call, now_ms).await
    }

    async fn keyed_call(
        &self,
        church: &ChurchId,
        member: &MemberId,
        key: &CreateKey,
        call: &CallId,
        now_ms: u64,
    ) -> Result<Option<CallId>> {
        let mut tx = self.write().await?;
        let id = keys::keyed_call(&mut tx, church, member, key, call, now_ms).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn count_create(
        &self,
        church: &ChurchId,
        caller: &MemberId,
        callees: &[MemberId],
        limits: &Limits,
        now_ms: u64,
    ) -> Result<Option<u64>> {
        let mut tx = self.write().await?;
        let mut longest = None;
        for callee in callees {
            let wait = rows::wait_for_limits(&mut tx, church, caller, callee, limits, now_ms);
            longest = longest.max(wait.await?);
        }
        if longest.is_none() {
            for callee in callees {
                sqlx::query("INSERT INTO creates VALUES (?, ?, ?, ?)")
                    .bind(church.as_str())
                    .bind(caller.as_str())
                    .bind(callee.as_str())
                    .bind(signed(now_ms))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
        Ok(longest)
    }

    async fn put_device(
        &self,
        church: &ChurchId,
        member: &MemberId,
        device: &DeviceId,
        registration: &RegisterDevice,
        now_ms: u64,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        devices::put(&mut tx, church, member, device, registration, now_ms).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn forget_device(
        &self,
        church: &ChurchId,
        member: &MemberId,
        device: &DeviceId,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        devices::forget(&mut tx, church, member, device).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn devices_of(
        &self,
        church: &ChurchId,
        member: &MemberId,
    ) -> Result<Vec<(DeviceId, RegisterDevice)>> {
        devices::of_member(&self.readers, church, member).await
    }

    async fn unsent(&self, after: i64, most: usize) -> Result<Vec<UnsentMessage>> {
        outbox::unsent(&self.readers, after, most).await
    }

    async fn sent(&self, entries: &[i64]) -> Result<()> {
        let mut tx = self.write().await?;
        for seq in entries {
            sqlx::query("DELETE FROM outbox WHERE seq = ?")
                .bind(seq)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn ask_for_room_work(&self, call: &CallId) -> Result<()> {
        let mut tx = self.write().await?;
        outbox::add_room_work(&mut tx, call).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn room_work(&self, after: i64) -> Result<Vec<RoomWork>> {
        outbox::room_work(&self.readers, after).await
    }

    async fn room_work_done(&self, work: &RoomWork) -> Result<()> {
        sqlx::query("DELETE FROM room_work WHERE call_id = ? AND seq <= ?")
            .bind(work.call.as_str())
            .bind(work.seq)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn prune(&self, ended_before_ms: u64, now_ms: u64) -> Result<()> {
        let mut tx = self.write().await?;
        for (statement, before) in [
            ("DELETE FROM calls WHERE ended_ms < ?", ended_before_ms),
            (
                "DELETE FROM remembered_cancels WHERE at_ms < ?",
                now_ms.saturating_sub(CANCEL_REMEMBERED_MS),
            ),
            (
                "DELETE FROM create_keys WHERE at_ms <= ?",
                now_ms.saturating_sub(CREATE_KEY_MS),
            ),
            (
                "DELETE FROM creates WHERE at_ms < ?",
                now_ms.saturating_sub(DAY_MS),
            ),
        ] {
            sqlx::query(statement)
                .bind(signed(before))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn check(&self) -> Result<()> {
        sqlx::query("SELECT 1 FROM calls LIMIT 1")
            .fetch_optional(&self.readers)
            .await?;
        let mut tx = self.write().await?;
        // A page is written and nothing changed: only a commit tells of a full or a read-only disk.
        sqlx::query("PRAGMA user_version = 0")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
