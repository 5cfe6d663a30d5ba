//! Calls and claims as rows.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::ledger::{self, Call, Claim};
use sqlx::SqliteConnection;

use super::super::{Claims, Result, Write};
use super::{history, signed, unsigned};
use crate::config::Limits;

/// Calls whose records could not be read: each is told of once.
#[derive(Debug, Clone, Default)]
pub(super) struct Unreadable(Arc<Mutex<HashSet<String>>>);

impl Unreadable {
    fn is_news(&self, call_id: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(call_id.to_owned())
    }
}

/// Ids and records as calls. One that cannot be read is passed over: the others are there all the
/// same.
pub(super) fn calls(rows: Vec<(String, String)>, unreadable: &Unreadable) -> Vec<Call> {
    let read = |(call_id, record): (String, String)| {
        // What is wrong with it could quote what it holds.
        let call = serde_json::from_str(&record).ok();
        if call.is_none() && unreadable.is_news(&call_id) {
            tracing::error!(%call_id, "a call's record cannot be read: it is passed over");
        }
        call
    };
    rows.into_iter().filter_map(read).collect()
}

/// `false` where the id is taken.
pub(super) async fn insert_call(tx: &mut SqliteConnection, call: &Call) -> Result<bool> {
    let inserted = sqlx::query(
        "INSERT INTO calls (id, church, caller, rev, status, unanswered, initiated_ms, \
         ended_ms, deadline_ms, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
    )
    .bind(call.call_id().as_str())
    .bind(call.church_id().as_str())
    .bind(call.caller().member_id().as_str())
    .bind(signed(call.rev().0))
    .bind(status(call)?)
    .bind(is_unanswered(call))
    .bind(signed(call.initiated_at_ms()))
    .bind(call.ended_at_ms().map(signed))
    .bind(call.next_deadline().map(signed))
    .bind(serde_json::to_string(call)?)
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    insert_members(tx, call).await?;
    Ok(true)
}

/// `false` where somebody wrote the call since `version`.
pub(super) async fn update_call(
    tx: &mut SqliteConnection,
    version: i64,
    call: &Call,
) -> Result<bool> {
    let updated = sqlx::query(
        "UPDATE calls SET version = version + 1, rev = ?, status = ?, unanswered = ?, \
         ended_ms = ?, deadline_ms = ?, record = ? WHERE id = ? AND version = ?",
    )
    .bind(signed(call.rev().0))
    .bind(status(call)?)
    .bind(is_unanswered(call))
    .bind(call.ended_at_ms().map(signed))
    .bind(call.next_deadline().map(signed))
    .bind(serde_json::to_string(call)?)
    .bind(call.call_id().as_str())
    .bind(version)
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Ok(false);
    }
    // Somebody may have been invited.
    insert_members(tx, call).await?;
    history::add(tx, call).await?;
    Ok(true)
}

async fn insert_members(tx: &mut SqliteConnection, call: &Call) -> Result<()> {
    for member in call.members() {
        sqlx::query("INSERT OR IGNORE INTO call_members VALUES (?, ?, ?)")
            .bind(call.church_id().as_str())
            .bind(member.id.as_str())
            .bind(call.call_id().as_str())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

fn is_unanswered(call: &Call) -> bool {
    let ending = call.ending();
    ending.is_some_and(|ending| ending.outcome.reason.is_unanswered())
}

/// The status in the words of the wire.
fn status(call: &Call) -> Result<String> {
    let word = serde_json::to_value(call.status())?;
    Ok(word.as_str().unwrap_or_default().to_owned())
}

pub(super) async fn claims(
    connection: &mut SqliteConnection,
    church: &ChurchId,
    member: &MemberId,
) -> Result<Claims> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT call_id, claim FROM claims WHERE church = ? AND member = ? ORDER BY call_id",
    )
    .bind(church.as_str())
    .bind(member.as_str())
    .fetch_all(connection)
    .await?;
    // What is neither an id nor a claim cannot have been written by us.
    let claim = |(call, number): (String, i64)| {
        let claim = [Claim::Ringing, Claim::Engaged, Claim::Held]
            .into_iter()
            .find(|claim| claim_number(*claim) == number)?;
        Some((call.parse().ok()?, claim))
    };
    Ok(rows.into_iter().filter_map(claim).collect())
}

fn claim_number(claim: Claim) -> i64 {
    match claim {
        Claim::Ringing => 0,
        Claim::Engaged => 1,
        Claim::Held => 2,
    }
}

/// Nobody's claims have changed since they were read for the decision.
pub(super) async fn claims_are_as_seen(
    tx: &mut SqliteConnection,
    write: &Write<'_>,
) -> Result<bool> {
    for (member, seen) in write.claims_seen {
        if claims(tx, write.call.church_id(), member).await? != *seen {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Brings the claims to what the call makes.
pub(super) async fn put_claims(tx: &mut SqliteConnection, call: &Call) -> Result<()> {
    sqlx::query("DELETE FROM claims WHERE call_id = ?")
        .bind(call.call_id().as_str())
        .execute(&mut *tx)
        .await?;
    for (member, claim) in ledger::claims(call) {
        sqlx::query("INSERT INTO claims VALUES (?, ?, ?, ?)")
            .bind(call.church_id().as_str())
            .bind(member.as_str())
            .bind(call.call_id().as_str())
            .bind(claim_number(claim))
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// How long the caller must wait before it may call again; `None` where it may now.
pub(super) async fn wait_for_limits(
    tx: &mut SqliteConnection,
    church: &ChurchId,
    caller: &MemberId,
    callee: &MemberId,
    limits: &Limits,
    now_ms: u64,
) -> Result<Option<u64>> {
    let window = u64::try_from(limits.window.as_millis()).unwrap_or(u64::MAX);
    let since = now_ms.saturating_sub(window);
    // Each statement gives the moments that count, the newest first: the one at the limit's place
    // must leave the window before there is room again.
    let made = sqlx::query_scalar(
        // The callees of one call are counted at one moment.
        "SELECT DISTINCT at_ms FROM creates WHERE church = ? AND caller = ? AND at_ms > ? \
         ORDER BY at_ms DESC LIMIT 1 OFFSET ?",
    )
    .bind(church.as_str())
    .bind(caller.as_str())
    .bind(signed(since))
    .bind(i64::from(limits.creates) - 1)
    .fetch_optional(&mut *tx)
    .await?;
    let made_to_callee = sqlx::query_scalar(
        "SELECT at_ms FROM creates WHERE church = ? AND caller = ? AND callee = ? AND at_ms > ? \
         ORDER BY at_ms DESC LIMIT 1 OFFSET ?",
    )
    .bind(church.as_str())
    .bind(caller.as_str())
    .bind(callee.as_str())
    .bind(signed(since))
    .bind(i64::from(limits.creates_per_pair) - 1)
    .fetch_optional(&mut *tx)
    .await?;
    let unanswered = sqlx::query_scalar(
        "SELECT c.initiated_ms FROM calls c JOIN call_members m ON m.call_id = c.id \
         WHERE c.church = ? AND c.caller = ? AND m.member = ? AND c.initiated_ms > ? \
         AND c.unanswered = 1 \
         ORDER BY c.initiated_ms DESC LIMIT 1 OFFSET ?",
    )
    .bind(church.as_str())
    .bind(caller.as_str())
    .bind(callee.as_str())
    .bind(signed(since))
    .bind(i64::from(limits.unanswered_per_pair) - 1)
    .fetch_optional(&mut *tx)
    .await?;
    let latest: Option<i64> = [made, made_to_callee, unanswered]
        .into_iter()
        .flatten()
        .max();
    Ok(latest.map(|at| unsigned(at).saturating_add(window).saturating_sub(now_ms)))
}
