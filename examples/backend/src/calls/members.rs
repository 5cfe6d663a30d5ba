//! What a member does with a call in view of its other calls, or of other members.

use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::ledger::{self, Call, Command};
use faithcall_protocol::rest::{Actor, InviteRequest, MakeWay, PatchHold, RejectCall, RejectScope};

use super::{Admitted, Calls, Result};

impl Calls {
    /// Accepts a call, its room made before the answer; what `make_way` names makes way in the
    /// same commit.
    pub(crate) async fn accept(
        &self,
        church: &ChurchId,
        id: &CallId,
        actor: &Actor,
        make_way: Option<&MakeWay>,
    ) -> Result<Admitted> {
        let members = std::slice::from_ref(&actor.member_id);
        let rule = |call: &Call, claiming: &[Call], now| {
            ledger::accept_call(call, actor, make_way, claiming, now)
        };
        let call = self.decide(church, id, members, rule).await?;
        self.admit(call, actor).await
    }

    /// Holds a call or resumes it; the one that `patch` names is held in the same commit.
    pub(crate) async fn hold(
        &self,
        church: &ChurchId,
        id: &CallId,
        actor: &Actor,
        patch: &PatchHold,
    ) -> Result<Call> {
        let members = std::slice::from_ref(&actor.member_id);
        let rule = |call: &Call, claiming: &[Call], now| {
            ledger::hold_call(call, actor, patch, claiming, now)
        };
        self.decide(church, id, members, rule).await
    }

    /// Rings further members; a request that was carried out and is repeated rings nobody twice.
    pub(crate) async fn invite(
        &self,
        church: &ChurchId,
        id: &CallId,
        actor: &Actor,
        asked: &InviteRequest,
    ) -> Result<Call> {
        let callees = &asked.callee_ids;
        // Whoever may not invite is told so before anything is looked up or counted.
        let nobody = Command::Invite {
            actor: actor.clone(),
            callees: Vec::new(),
            busy: Vec::new(),
        };
        let call = self.apply(church, id, &nobody).await?;
        let persons = self.persons(church, callees).await?;
        let meant = |call: &Call| ledger::meant_callees(call, &persons, asked.known.as_deref());
        let new = ledger::newly_called(&call, &meant(&call)).into_iter();
        let new: Vec<MemberId> = new.map(|person| person.id).collect();
        self.count_rings(church, &actor.member_id, &new).await?;
        let waiting = self.with_call_waiting(church, callees).await?;
        let rule = |call: &Call, claiming: &[Call], now| {
            let callees = meant(call);
            let step = ledger::invite_members(call, actor, &callees, claiming, &waiting, now)?;
            Ok(vec![step])
        };
        self.decide(church, id, callees, rule).await
    }

    /// Takes whoever is a member no more out of a call.
    pub(crate) async fn revoke_unwelcome(&self, call: &Call) -> Result<()> {
        let church = call.church_id();
        for person in call.members() {
            if !self.directory.admits(church, &person.id).await {
                let member = person.id.clone();
                let revoke = Command::Revoke { member };
                self.apply(church, call.call_id(), &revoke).await?;
            }
        }
        Ok(())
    }

    /// Declines a call for the member, or on one device.
    pub(crate) async fn reject(
        &self,
        church: &ChurchId,
        id: &CallId,
        actor: &Actor,
        body: RejectCall,
    ) -> Result<Call> {
        let reachable = match body.scope {
            RejectScope::Member => Vec::new(),
            RejectScope::Device => self.reachable(church, &actor.member_id).await?,
        };
        let command = Command::Reject {
            actor: actor.clone(),
            reason: body.reason,
            scope: body.scope,
            reachable,
        };
        self.apply(church, id, &command).await
    }
}

#[cfg(test)]
mod tests;
