//! A new call.

use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::ledger::{
    Call, Command, Effect, Found, NewCall, Refusal, Step, create_call,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::Actor;
use faithcall_protocol::signal::Person;
use uuid::Uuid;

use super::{ATTEMPTS, Admitted, CallError, Calls, Result, refused, write_of};
use crate::clock::now_ms;
use crate::store::{Claims, CreateKey, Created};

/// A call to be made, its body checked.
#[derive(Debug, Clone)]
pub(crate) struct Create {
    pub(crate) church: ChurchId,
    pub(crate) caller: Actor,
    pub(crate) callees: Vec<MemberId>,
    pub(crate) call_type: CallType,
    /// The client's id, if it made one.
    pub(crate) call_id: Option<CallId>,
    /// Stands for the client's id where it made none.
    pub(crate) key: Option<CreateKey>,
    pub(crate) community_id: Option<String>,
}

/// What a decision to make a call was made from.
struct Read {
    same_id: Option<Call>,
    cancel_remembered: bool,
    claims: Vec<(MemberId, Claims)>,
    claiming: Vec<Call>,
}

impl Calls {
    /// Makes a call and its room; a repeat gives back the call that the first one made. A call
    /// whose room cannot be made is over.
    pub(crate) async fn create(&self, create: Create) -> Result<Admitted> {
        let caller = self
            .person(&create.church, &create.caller.member_id)
            .await?;
        let callees = self.persons(&create.church, &create.callees).await?;
        let call = self.make(&create, caller, callees).await?;
        let id = call.call_id().clone();
        match self.admit(call, &create.caller).await {
            Err(CallError::Media { .. }) => {
                let command = Command::RoomUnavailable;
                let ended = self.apply(&create.church, &id, &command).await?;
                Err(CallError::Media {
                    call: Some(Box::new(ended)),
                })
            }
            admitted => admitted,
        }
    }

    async fn make(&self, create: &Create, caller: Person, callees: Vec<Person>) -> Result<Call> {
        let (call_id, same_key) = self.id_of(create).await?;
        let call_waiting = self
            .with_call_waiting(&create.church, &create.callees)
            .await?;
        let mut counted = false;
        for _ in 0..ATTEMPTS {
            let read = self.read(create, &call_id).await?;
            if read.same_id.is_none() && !read.cancel_remembered && !counted {
                let (church, caller) = (&create.church, &create.caller.member_id);
                self.count_rings(church, caller, &create.callees).await?;
                counted = true;
            }
            let now = now_ms();
            let found = Found {
                same_id: read.same_id.as_ref(),
                same_key,
                // The write of the call looks again: it may come meanwhile.
                cancel_remembered: read.cancel_remembered,
                claiming: &read.claiming,
                call_waiting: &call_waiting,
            };
            let new = NewCall {
                call_id: call_id.clone(),
                church_id: create.church.clone(),
                call_type: create.call_type,
                caller: caller.clone(),
                caller_device: create.caller.device_id.clone(),
                callees: callees.clone(),
                community_id: create.community_id.clone(),
                allow_join_ahead: self.settings.join_ahead,
                timeouts: self.settings.timeouts,
            };
            let step = create_call(new, &found, now)
                .map_err(|refusal| refused(refusal.clone(), found.about(&refusal)))?;
            if step.effect == Effect::Unchanged {
                return Ok(step.call);
            }
            match self.write_new(&step, &read.claims).await? {
                Created::Done => {
                    self.announce(&step);
                    return Ok(step.call);
                }
                Created::Cancelled => return Err(refused(Refusal::Cancelled, None)),
                Created::IdTaken | Created::ClaimsMoved => {}
            }
        }
        Err(CallError::Contention)
    }

    /// The id of the call, and whether it is that of the create's idempotency key.
    async fn id_of(&self, create: &Create) -> Result<(CallId, bool)> {
        if let Some(id) = &create.call_id {
            return Ok((id.clone(), false));
        }
        let id = fresh_id()?;
        let Some(key) = &create.key else {
            return Ok((id, false));
        };
        let (church, member) = (&create.church, &create.caller.member_id);
        let keyed = self.store.keyed_call(church, member, key, &id, now_ms());
        let id = keyed.await?.ok_or(CallError::KeyReused)?;
        Ok((id, true))
    }

    async fn read(&self, create: &Create, call_id: &CallId) -> Result<Read> {
        let caller = std::iter::once(&create.caller.member_id);
        let members: Vec<_> = caller.chain(&create.callees).cloned().collect();
        let (claims, claiming) = self.claiming(&create.church, &members).await?;
        let (church, caller) = (&create.church, &create.caller.member_id);
        let cancelled = self
            .store
            .cancel_remembered(church, caller, call_id, now_ms());
        let cancel_remembered = cancelled.await?;
        // Last: a call that claims somebody above, and is this one, is found to be this one.
        let stored = self.store.call(call_id).await?;
        Ok(Read {
            same_id: stored.map(|stored| stored.call),
            cancel_remembered,
            claims,
            claiming: claiming.into_iter().map(|stored| stored.call).collect(),
        })
    }

    async fn write_new(&self, step: &Step, claims_seen: &[(MemberId, Claims)]) -> Result<Created> {
        let told = self.to_tell(step, None);
        let write = write_of(step, &told, claims_seen);
        Ok(self.store.create(write).await?)
    }

    /// Counts that members are rung by another one, if that is not once too often.
    pub(super) async fn count_rings(
        &self,
        church: &ChurchId,
        caller: &MemberId,
        callees: &[MemberId],
    ) -> Result<()> {
        let limits = &self.settings.limits;
        let counted = self
            .store
            .count_create(church, caller, callees, limits, now_ms());
        match counted.await? {
            None => Ok(()),
            Some(wait_ms) => Err(CallError::RateLimited { wait_ms }),
        }
    }

    pub(super) async fn persons(&self, church: &ChurchId, ids: &[MemberId]) -> Result<Vec<Person>> {
        let mut persons = Vec::with_capacity(ids.len());
        for id in ids {
            persons.push(self.person(church, id).await?);
        }
        Ok(persons)
    }

    async fn person(&self, church: &ChurchId, id: &MemberId) -> Result<Person> {
        let member = self.directory.member(church, id).await;
        let member = member.ok_or(CallError::MemberNotFound)?;
        Ok(Person {
            id: member.id,
            name: member.name,
            avatar: member.avatar,
        })
    }
}

fn fresh_id() -> Result<CallId> {
    let id = Uuid::new_v4().to_string().parse();
    // A UUID has no character that an id must not have.
    id.map_err(|_| CallError::Contention)
}
