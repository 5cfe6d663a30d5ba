//! The bounds of a call, for the server that keeps them and for the devices that keep to them.
//!
//! A device lives by these whatever a server says, so a server may be set to less, never to more.

/// Nobody rings longer, in milliseconds, counted from the invitation; no push makes a device ring
/// longer, whatever it carries.
pub const RING_MS: u64 = 45_000;
/// An accept still wins for so long after the ring time, in milliseconds.
pub const ACCEPT_GRACE_MS: u64 = 2_000;
/// From an accept until the media of who accepted is up, in milliseconds.
pub const CONNECT_MS: u64 = 30_000;
/// A participant may be gone from the room so long, in milliseconds; then it has left.
pub const GONE_MS: u64 = 15_000;
/// A request proves for so long that its device is there, in milliseconds.
pub const HEARD_MS: u64 = 20_000;
/// The longest call, in milliseconds, counted from the first accept.
pub const LONGEST_CALL_MS: u64 = 4 * 60 * 60 * 1_000;
/// How many calls may ring a member whose devices can show a second one.
pub const RINGING_WITH_CALL_WAITING: usize = 2;
