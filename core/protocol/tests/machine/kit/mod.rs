//! One device of Bob, its server's answers and its room, all by hand and in virtual time.

mod happenings;
mod openings;
mod phone;
mod replies;
mod snapshots;

use faithcall_protocol::id::CallId;
use faithcall_protocol::timestamp::Timestamp;

pub(crate) use happenings::*;
pub(crate) use phone::*;
pub(crate) use replies::*;
pub(crate) use snapshots::*;

/// The server's clock at the device's zero.
const EPOCH_MS: u64 = 1_795_000_000_000;

pub(crate) fn id(text: &str) -> CallId {
    text.parse().unwrap()
}

/// The server's clock when the device's shows `now`.
pub(crate) fn server_time(now: u64) -> Timestamp {
    Timestamp::from_unix_ms(EPOCH_MS + now)
}
