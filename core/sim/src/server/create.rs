//! How a call is made.

use std::sync::Arc;

use faithcall_protocol::id::{CallId, MemberId};
use faithcall_protocol::ledger::{self, Command, Found, NewCall, Timeouts};
use faithcall_protocol::machine::Reply;
use faithcall_protocol::rest::{Actor, CreateCall};
use faithcall_protocol::signal::Person;

use super::Server;
use super::answer::{Error, admitted, person};
use crate::media::Media;

impl Server {
    pub(super) fn create(
        &mut self,
        actor: &Actor,
        body: &CreateCall,
        media: &mut Media,
        now: u64,
    ) -> Result<Reply, Error> {
        let id = body.call_id.clone().ok_or(Error::NoRoom(None))?;
        let callees: Vec<Person> = body.callee_ids.iter().map(person).collect();
        let mut members = body.callee_ids.clone();
        members.push(actor.member_id.clone());
        let claiming = self.claiming(&members);
        let cancel = (actor.member_id.clone(), id.clone());
        let found = Found {
            same_id: self.calls.get(&id).map(|call| &**call),
            same_key: false,
            cancel_remembered: self.cancels.contains(&cancel),
            claiming: &claiming,
            call_waiting: &self.who_has_call_waiting(),
        };
        let new = NewCall {
            call_id: id.clone(),
            church_id: self.church.clone(),
            call_type: body.call_type,
            caller: person(&actor.member_id),
            caller_device: actor.device_id.clone(),
            callees,
            community_id: body.community_id.clone(),
            allow_join_ahead: self.join_ahead,
            timeouts: Timeouts::default(),
        };
        let step = ledger::create_call(new, &found, now).map_err(|refusal| {
            let about = found.about(&refusal).cloned().map(Arc::new);
            Error::Refused(refusal, about)
        })?;
        let call = self.commit(step);
        match admitted(call, actor, media, now) {
            Err(Error::NoRoom(_)) => {
                let ended = self.apply(&id, &Command::RoomUnavailable, now).ok();
                Err(Error::NoRoom(ended))
            }
            answered => answered,
        }
    }

    /// A cancel that came before its create is kept for it.
    pub(super) fn remember_cancel(&mut self, member: &MemberId, call: &CallId) {
        self.cancels.push((member.clone(), call.clone()));
    }
}
