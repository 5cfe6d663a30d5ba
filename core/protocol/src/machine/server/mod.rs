//! What a server says of a call.

pub(super) mod learn;
pub(super) mod others;
pub(super) mod part_a;
