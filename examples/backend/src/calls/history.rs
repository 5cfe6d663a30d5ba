//! Calls that are over: what members find of them, and what they say of them.

use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::ledger::Refusal;
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{CallFeedback, CallStats, HistoryPage};

use super::{CallError, Calls, Result, refused};
use crate::clock::now_ms;
use crate::store::{Kept, Paging};

const DAY_MS: u64 = 24 * 3600 * 1000;

impl Calls {
    /// A page of a member's history.
    pub(crate) async fn history(
        &self,
        church: &ChurchId,
        member: &MemberId,
        page: u32,
        page_size: u32,
        call_type: Option<CallType>,
    ) -> Result<HistoryPage> {
        let offset = u64::from(page).saturating_sub(1) * u64::from(page_size);
        let paging = Paging {
            call_type,
            offset,
            most: page_size,
        };
        let (calls, total) = self.store.history(church, member, paging).await?;
        Ok(HistoryPage {
            calls,
            total,
            page,
            page_size,
            has_more: total > offset.saturating_add(u64::from(page_size)),
        })
    }

    /// Sums over a member's calls of the last days.
    pub(crate) async fn stats(
        &self,
        church: &ChurchId,
        member: &MemberId,
        days: u32,
    ) -> Result<CallStats> {
        let since = now_ms().saturating_sub(u64::from(days) * DAY_MS);
        Ok(self.store.stats(church, member, since).await?)
    }

    /// Keeps what a member says of a call that is over.
    ///
    /// # Errors
    /// [`CallError::NotOver`]; [`Refusal::NotAParticipant`] where the member did not take the call;
    /// [`Refusal::CallNotFound`].
    pub(crate) async fn feedback(
        &self,
        church: &ChurchId,
        member: &MemberId,
        call: &CallId,
        feedback: &CallFeedback,
    ) -> Result<()> {
        let kept = self
            .store
            .keep_feedback(church, member, call, feedback)
            .await?;
        match kept {
            Kept::Done => Ok(()),
            Kept::TookNoPart => Err(refused(Refusal::NotAParticipant, None)),
            Kept::Unknown => {
                let call = self.load(church, call).await?.call;
                match call.role_of(member) {
                    Some(_) => Err(CallError::NotOver),
                    None => Err(refused(Refusal::CallNotFound, None)),
                }
            }
        }
    }
}
