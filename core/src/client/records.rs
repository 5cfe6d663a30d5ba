//! What the server keeps of calls that are over.

use faithcall_protocol::id::CallId;
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{CallFeedback, CallStats, HistoryPage};

use super::CallClient;
use crate::rest::RequestError;

impl CallClient {
    /// Asks for a page of the member's calls that are over, the newest first. Valid at any time;
    /// dropping the future gives it up.
    ///
    /// `page` counts from 1; `page_size` is from 1 to 100; with a `call_type`, only such calls are
    /// listed and counted. Of its lines, [`is_missed`](faithcall_protocol::rest::CallHistoryItem::is_missed)
    /// tells which the member missed.
    ///
    /// # Errors
    /// [`RequestError`], each case with what to do about it.
    pub async fn history(
        &self,
        page: u32,
        page_size: u32,
        call_type: Option<CallType>,
    ) -> Result<HistoryPage, RequestError> {
        self.signed_in()?;
        self.http.history(page, page_size, call_type).await
    }

    /// Asks for sums over the member's calls of the last `days`, from 1 to 365. Valid at any time;
    /// dropping the future gives it up.
    ///
    /// # Errors
    /// [`RequestError`], each case with what to do about it.
    pub async fn stats(&self, days: u32) -> Result<CallStats, RequestError> {
        self.signed_in()?;
        self.http.stats(days).await
    }

    /// Sends what the member says of a call that it was in and that is over. A later one replaces
    /// it. Bounds: see [`CallFeedback`]. Valid once the server knows of the end, which may be a
    /// moment after this device; dropping the future does not take it back.
    ///
    /// # Errors
    /// [`RequestError::NotOver`], [`RequestError::TookNoPart`], [`RequestError::NoSuchCall`],
    /// [`RequestError::NotOnThisServer`] on a part-A server, and the others of [`RequestError`].
    pub async fn send_feedback(
        &self,
        call_id: &CallId,
        feedback: &CallFeedback,
    ) -> Result<(), RequestError> {
        self.signed_in()?;
        self.http.feedback(call_id, feedback).await
    }

    fn signed_in(&self) -> Result<(), RequestError> {
        if self.is_signed_out() {
            Err(RequestError::SignedOut)
        } else {
            Ok(())
        }
    }
}
