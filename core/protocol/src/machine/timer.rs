//! Every time-out of a device, each with the one constant that it takes.

/// The driver answers a request at most this long after it was asked for, if only with
/// [`super::Failure::NoAnswer`].
pub const REQUEST_TIMEOUT_MS: u64 = 8_000;
/// No ring is longer, whatever says so.
pub const RING_MS: u64 = crate::push::MAX_RING_MS;
