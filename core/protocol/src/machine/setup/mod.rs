//! A call up to its accept: one that is made here, one that comes, one of an earlier process of the
//! app.

pub(super) mod answering;
pub(super) mod incoming;
pub(super) mod not_created;
pub(super) mod outgoing;
pub(super) mod rejoin;
