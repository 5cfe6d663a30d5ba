//! Calls that are over as rows.

use async_trait::async_trait;
use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::ledger::{self, Call};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{CallFeedback, CallHistoryItem, CallStats};
use sqlx::SqliteConnection;

use super::super::{History, Kept, Paging, Result};
use super::{SqliteStore, signed, unsigned};

/// A call that is over comes into its members' histories; one that goes on does not yet.
pub(super) async fn add(tx: &mut SqliteConnection, call: &Call) -> Result<()> {
    for member in call.members() {
        let Some(item) = ledger::history_item(call, &member.id) else {
            continue;
        };
        sqlx::query(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING",
        )
        .bind(call.church_id().as_str())
        .bind(member.id.as_str())
        .bind(call.call_id().as_str())
        .bind(signed(call.initiated_at_ms()))
        .bind(call.call_type().word())
        .bind(signed(item.duration_seconds))
        .bind(item.is_missed())
        .bind(ledger::took_part(call, &member.id))
        .bind(serde_json::to_string(&item)?)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

#[async_trait]
impl History for SqliteStore {
    async fn history(
        &self,
        church: &ChurchId,
        member: &MemberId,
        paging: Paging,
    ) -> Result<(Vec<CallHistoryItem>, u64)> {
        let wanted = paging.call_type.map(CallType::word);
        // One transaction: the total is that of these lines.
        let mut tx = self.readers.begin().await?;
        let total: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM history WHERE church = ?1 AND member = ?2 \
             AND (?3 IS NULL OR call_type = ?3)",
        )
        .bind(church.as_str())
        .bind(member.as_str())
        .bind(wanted)
        .fetch_one(&mut *tx)
        .await?;
        let items: Vec<String> = sqlx::query_scalar(
            "SELECT item FROM history WHERE church = ?1 AND member = ?2 \
             AND (?3 IS NULL OR call_type = ?3) \
             ORDER BY initiated_ms DESC, call_id DESC LIMIT ?4 OFFSET ?5",
        )
        .bind(church.as_str())
        .bind(member.as_str())
        .bind(wanted)
        .bind(paging.most)
        .bind(signed(paging.offset))
        .fetch_all(&mut *tx)
        .await?;
        let items = items.iter().map(|item| serde_json::from_str(item));
        Ok((
            items.collect::<std::result::Result<_, _>>()?,
            unsigned(total),
        ))
    }

    async fn stats(
        &self,
        church: &ChurchId,
        member: &MemberId,
        since_ms: u64,
    ) -> Result<CallStats> {
        let (total, seconds, video, missed, talked): (i64, i64, i64, i64, i64) = sqlx::query_as(
            "SELECT count(*), coalesce(sum(duration_seconds), 0), \
             count(*) FILTER (WHERE call_type = 'video'), count(*) FILTER (WHERE is_missed), \
             count(*) FILTER (WHERE duration_seconds > 0) \
             FROM history WHERE church = ? AND member = ? AND initiated_ms >= ?",
        )
        .bind(church.as_str())
        .bind(member.as_str())
        .bind(signed(since_ms))
        .fetch_one(&self.readers)
        .await?;
        Ok(CallStats {
            total_calls: unsigned(total),
            total_duration_seconds: unsigned(seconds),
            voice_calls: unsigned(total - video),
            video_calls: unsigned(video),
            missed_calls: unsigned(missed),
            // No sum of seconds comes near to what a float cannot hold.
            average_duration_seconds: seconds as f64 / talked.max(1) as f64,
        })
    }

    async fn keep_feedback(
        &self,
        church: &ChurchId,
        member: &MemberId,
        call: &CallId,
        feedback: &CallFeedback,
    ) -> Result<Kept> {
        let mut tx = self.write().await?;
        let took_part: Option<bool> = sqlx::query_scalar(
            "SELECT took_part FROM history WHERE church = ? AND member = ? AND call_id = ?",
        )
        .bind(church.as_str())
        .bind(member.as_str())
        .bind(call.as_str())
        .fetch_optional(&mut *tx)
        .await?;
        match took_part {
            None => return Ok(Kept::Unknown),
            Some(false) => return Ok(Kept::TookNoPart),
            Some(true) => {}
        }
        sqlx::query(
            "UPDATE history SET feedback = ? WHERE church = ? AND member = ? AND call_id = ?",
        )
        .bind(serde_json::to_string(feedback)?)
        .bind(church.as_str())
        .bind(member.as_str())
        .bind(call.as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Kept::Done)
    }
}
