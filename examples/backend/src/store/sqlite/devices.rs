//! Members' devices as rows.

use faithcall_protocol::id::{ChurchId, DeviceId, MemberId};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::RegisterDevice;
use sqlx::{SqliteConnection, SqlitePool};

use super::super::Result;
use super::{newest, signed};

/// The latest registration of a device counts, and of a push token: it belongs to whoever is
/// signed in on that device now.
pub(super) async fn put(
    tx: &mut SqliteConnection,
    church: &ChurchId,
    member: &MemberId,
    device: &DeviceId,
    registration: &RegisterDevice,
    now_ms: u64,
) -> Result<()> {
    let token = registration.push_token.as_ref().map(Secret::expose);
    sqlx::query("DELETE FROM devices WHERE push_token = ?")
        .bind(token)
        .execute(&mut *tx)
        .await?;
    sqlx::query("INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?)")
        .bind(church.as_str())
        .bind(member.as_str())
        .bind(device.as_str())
        .bind(signed(now_ms))
        .bind(token)
        .bind(serde_json::to_string(registration)?)
        .execute(&mut *tx)
        .await?;
    newest::DEVICES
        .keep(tx, church, member, device.as_str())
        .await
}

pub(super) async fn forget(
    tx: &mut SqliteConnection,
    church: &ChurchId,
    member: &MemberId,
    device: &DeviceId,
) -> Result<()> {
    sqlx::query("DELETE FROM devices WHERE church = ? AND member = ? AND device_id = ?")
        .bind(church.as_str())
        .bind(member.as_str())
        .bind(device.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

/// One that cannot be read is passed over: it is as if it were not registered.
pub(super) async fn of_member(
    readers: &SqlitePool,
    church: &ChurchId,
    member: &MemberId,
) -> Result<Vec<(DeviceId, RegisterDevice)>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT device_id, record FROM devices WHERE church = ? AND member = ? ORDER BY device_id",
    )
    .bind(church.as_str())
    .bind(member.as_str())
    .fetch_all(readers)
    .await?;
    let read = |(id, record): (String, String)| {
        Some((id.parse().ok()?, serde_json::from_str(&record).ok()?))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}
