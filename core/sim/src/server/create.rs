//! How a call is made.

use faithcall_protocol::id::{CallId, MemberId};
use faithcall_protocol::ledger::{
    self, Admission, Call, Command, Found, NewCall, Refusal, Timeouts,
};
use faithcall_protocol::redact::Personal;
use faithcall_protocol::rest::{Actor, CreateCall};
use faithcall_protocol::signal::Person;

use super::Server;
use super::answer::{Answered, refused, response, unavailable};
use crate::media::Media;

impl Server {
    pub(super) fn create(
        &mut self,
        actor: &Actor,
        body: &CreateCall,
        media: &mut Media,
        now: u64,
    ) -> Answered {
        let Some(id) = body.call_id.clone() else {
            return Err(unavailable(None, now));
        };
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
        match ledger::admit_create(actor, &callees, &found, now) {
            Ok(Admission::Repeat) => {}
            Ok(Admission::Create { busy }) => {
                let step = Call::create(
                    NewCall {
                        call_id: id.clone(),
                        church_id: self.church.clone(),
                        call_type: body.call_type,
                        caller: person(&actor.member_id),
                        caller_device: actor.device_id.clone(),
                        callees,
                        busy,
                        community_id: body.community_id.clone(),
                        community_name: None,
                        allow_join_ahead: self.join_ahead,
                        timeouts: Timeouts::default(),
                    },
                    now,
                );
                self.commit(step);
            }
            Err(refusal) => {
                let about = match &refusal {
                    Refusal::Glare { other } => self.calls.get(other),
                    _ => self.calls.get(&id),
                };
                return Err(refused(&refusal, about.map(|call| &**call), now));
            }
        }
        if !media.make(&id) {
            let ended = self.apply(&id, &Command::RoomUnavailable, now).ok();
            return Err(unavailable(ended.as_deref(), now));
        }
        match self.calls.get(&id).cloned() {
            Some(call) => response(&call, actor, media, now),
            None => Err(unavailable(None, now)),
        }
    }

    /// A cancel that came before its create is kept for it.
    pub(super) fn remember_cancel(&mut self, member: &MemberId, call: &CallId) {
        self.cancels.push((member.clone(), call.clone()));
    }
}

pub(super) fn person(id: &MemberId) -> Person {
    Person {
        id: id.clone(),
        name: Personal::new(id.as_str()),
        avatar: None,
    }
}
