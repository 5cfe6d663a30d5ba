//! The names of the world: calls by their slot, and the church.

use faithcall_protocol::id::{CallId, ChurchId, DeviceId, MemberId};

/// The place of a call in the store; calls are numbered as users begin them.
pub(crate) type Slot = usize;

/// No search has more calls.
pub(crate) const MOST_CALLS: usize = 2;

const CALLS: [&str; MOST_CALLS] = ["call-1", "call-2"];

pub(crate) fn call(slot: Slot) -> CallId {
    CALLS[slot].parse().expect("an id")
}

pub(crate) fn slot_of(id: &CallId) -> Option<Slot> {
    CALLS.iter().position(|name| *name == id.as_str())
}

pub(crate) fn church() -> ChurchId {
    "church".parse().expect("an id")
}

pub(crate) fn member(name: &str) -> MemberId {
    name.parse().expect("an id")
}

pub(crate) fn device(member: &str, name: &str) -> DeviceId {
    format!("{member}-{name}").parse().expect("an id")
}

/// Every call's id.
pub(crate) fn slots() -> impl Iterator<Item = CallId> {
    (0..MOST_CALLS).map(call)
}
