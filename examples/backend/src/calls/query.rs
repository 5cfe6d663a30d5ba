//! What is asked about calls without wanting to change them.

use std::collections::HashSet;

use faithcall_protocol::id::{CallId, ChurchId, MemberId, Rev};
use faithcall_protocol::ledger::{Call, Claim, claims, over_call, sync_call};
use faithcall_protocol::rest::SyncResponse;
use faithcall_protocol::timestamp::Timestamp;

use super::{Calls, Result};
use crate::clock::now_ms;

/// How many known calls one sync is answered about.
const KNOWN_AT_MOST: usize = 64;

impl Calls {
    /// The call that the member is engaged in, else the one that it holds, else the oldest that
    /// rings it.
    pub(crate) async fn active(
        &self,
        church: &ChurchId,
        member: &MemberId,
    ) -> Result<Option<Call>> {
        let calls = self.open_calls_of(church, member).await?;
        let claimed_as = |wanted| {
            calls
                .iter()
                .find(|call| claim(call, member) == Some(wanted))
        };
        let call = claimed_as(Claim::Engaged)
            .or_else(|| claimed_as(Claim::Held))
            .or_else(|| claimed_as(Claim::Ringing));
        Ok(call.cloned())
    }

    /// Every call that the member is in or that rings it, and the known ones; those that go on
    /// without it too, so that its device learns that.
    pub(crate) async fn sync(
        &self,
        church: &ChurchId,
        member: &MemberId,
        known: &[(CallId, Rev)],
    ) -> Result<SyncResponse> {
        let mut open = self.open_calls_of(church, member).await?;
        let is_known = |call: &Call| known.iter().any(|(id, _)| id == call.call_id());
        open.retain(|call| claim(call, member).is_some() || is_known(call));
        let open_ids: HashSet<_> = open.iter().map(Call::call_id).collect();
        let mut over = Vec::new();
        for (id, _) in known.iter().take(KNOWN_AT_MOST) {
            if open_ids.contains(id) {
                continue;
            }
            let stored = self.store.call(id).await?;
            let own = stored.filter(|stored| {
                stored.call.church_id() == church && stored.call.role_of(member).is_some()
            });
            over.extend(own.and_then(|stored| over_call(&stored.call)));
        }
        let now = now_ms();
        Ok(SyncResponse {
            server_time: Timestamp::from_unix_ms(now),
            calls: open
                .iter()
                .map(|call| sync_call(call, member, now))
                .collect(),
            over,
        })
    }

    /// The member's calls that are not over; a deadline that passed is carried out first, so that
    /// nobody is told of a call whose time is up.
    async fn open_calls_of(&self, church: &ChurchId, member: &MemberId) -> Result<Vec<Call>> {
        let calls = self.store.open_calls_of(church, member).await?;
        let now = now_ms();
        let mut open = Vec::with_capacity(calls.len());
        for call in calls {
            if call.is_overdue(now) {
                self.tick(call.call_id()).await?;
            } else {
                open.push(call);
            }
        }
        Ok(open)
    }
}

/// What the member has to do with the call now.
fn claim(call: &Call, member: &MemberId) -> Option<Claim> {
    let claims = claims(call);
    let own = claims.into_iter().find(|(who, _)| who == member);
    own.map(|(_, claim)| claim)
}
