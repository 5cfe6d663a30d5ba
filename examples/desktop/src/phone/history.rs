//! Calls that are over, as a line of the journal.

use faithcall::{CallHistoryItem, HistoryPage};
use serde_json::{Value, json};

/// Calls a page.
pub(super) const LINES: u32 = 20;

/// The line's fields. No names of people: they have no place in a log.
pub(super) fn fields(page: &HistoryPage) -> Value {
    let calls: Vec<Value> = page.calls.iter().map(call).collect();
    json!({
        "calls": calls,
        "total": page.total,
        "page": page.page,
        "has_more": page.has_more,
    })
}

fn call(call: &CallHistoryItem) -> Value {
    json!({
        "call_id": call.call_id,
        "call_type": call.call_type,
        "caller": call.caller_id,
        "callees": call.callee_ids,
        "status": call.status,
        "reason": call.end_reason,
        "missed": call.is_missed(),
        "duration_seconds": call.duration_seconds,
    })
}
