//! What is asked about calls without wanting to change them.

use faithcall_protocol::id::{CallId, ChurchId, MemberId, Rev};
use faithcall_protocol::ledger::{self, Call};
use faithcall_protocol::rest::{ActiveCallInfo, SyncResponse};

use super::{Calls, Result};
use crate::clock::now_ms;

/// How many known calls one sync is answered about.
const KNOWN_AT_MOST: usize = 64;

impl Calls {
    /// What `GET /active` shows of the member's calls.
    pub(crate) async fn active(
        &self,
        church: &ChurchId,
        member: &MemberId,
    ) -> Result<Option<ActiveCallInfo>> {
        let calls = self.open_calls_of(church, member).await?;
        Ok(ledger::active_info(member, &calls, now_ms()))
    }

    /// The member's calls that are not over, and the known ones that are.
    pub(crate) async fn sync(
        &self,
        church: &ChurchId,
        member: &MemberId,
        known: &[(CallId, Rev)],
    ) -> Result<SyncResponse> {
        let mut calls = self.open_calls_of(church, member).await?;
        for (id, _) in known.iter().take(KNOWN_AT_MOST) {
            if !calls.iter().any(|call| call.call_id() == id) {
                let call = self.store.call(id).await?.map(|stored| stored.call);
                calls.extend(call.filter(|call| call.church_id() == church));
            }
        }
        Ok(ledger::sync_response(member, known, &calls, now_ms()))
    }

    /// The member's calls that are not over; a deadline that passed is carried out first, so that
    /// nobody is told of a call whose time is up.
    async fn open_calls_of(&self, church: &ChurchId, member: &MemberId) -> Result<Vec<Call>> {
        let calls = self.store.open_calls_of(church, member).await?;
        let now = now_ms();
        let mut all_current = true;
        for call in &calls {
            if call.is_overdue(now) {
                self.tick(call.call_id()).await?;
                all_current = false;
            }
        }
        if all_current {
            return Ok(calls);
        }
        // A group may go on without those whose time was up.
        Ok(self.store.open_calls_of(church, member).await?)
    }
}

#[cfg(test)]
mod tests;
