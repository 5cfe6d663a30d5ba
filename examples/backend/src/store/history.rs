//! The part of the store that is kept for good: calls that are over.

use async_trait::async_trait;
use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{CallFeedback, CallHistoryItem, CallStats};

use super::Result;

/// Which lines of a member's history are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    pub(crate) call_type: Option<CallType>,
    /// How many newer ones are left out.
    pub(crate) offset: u64,
    pub(crate) most: u32,
}

/// What became of a feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is with the call, in place of what the member said before.
    Done,
    /// The member was not in the call.
    TookNoPart,
    /// The member's history has no such call.
    Unknown,
}

/// Calls that are over, by member. A call comes in with the write that ends it.
#[async_trait]
pub(crate) trait History: Send + Sync + 'static {
    /// Lines, the newest call first, and how many there are of this type in all.
    async fn history(
        &self,
        church: &ChurchId,
        member: &MemberId,
        paging: Paging,
    ) -> Result<(Vec<CallHistoryItem>, u64)>;

    /// Sums over the member's calls that began then or later.
    async fn stats(&self, church: &ChurchId, member: &MemberId, since_ms: u64)
    -> Result<CallStats>;

    /// Keeps what a member says of a call.
    async fn keep_feedback(
        &self,
        church: &ChurchId,
        member: &MemberId,
        call: &CallId,
        feedback: &CallFeedback,
    ) -> Result<Kept>;
}
