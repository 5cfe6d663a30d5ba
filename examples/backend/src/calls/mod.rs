//! What a request does with a call: load, let the ledger decide, write, tell the workers.

mod create;
mod query;
mod room;

use std::sync::Arc;

use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::ledger::{
    self, Call, Command, Effect, Refusal, Step, Timeouts, admit_accept,
};
use faithcall_protocol::rest::Actor;
use tokio::sync::Notify;

pub(crate) use create::Create;
pub(crate) use room::Admitted;

use crate::clock::now_ms;
use crate::config::Limits;
use crate::directory::Directory;
use crate::rooms::{MediaUnavailable, Rooms};
use crate::store::{Claims, Store, StoreError, Stored, Write};

/// How often a decision is made anew because somebody else's write came first.
const ATTEMPTS: usize = 20;

/// Why a request about a call was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The ledger refuses it. The call as it is now, where there is one.
    #[error("{refusal}")]
    Refused {
        refusal: Refusal,
        call: Option<Box<Call>>,
    },
    /// A member whom the church does not have.
    #[error("no such member")]
    MemberNotFound,
    /// Too many calls: may try again after so many milliseconds.
    #[error("too many calls")]
    RateLimited { wait_ms: u64 },
    /// Others wrote first, every time.
    #[error("too many others change the same call")]
    Contention,
    /// The media server did not do its part. The call as it is now.
    #[error("the media server did not make the room")]
    Media { call: Option<Box<Call>> },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MediaUnavailable> for CallError {
    fn from(MediaUnavailable: MediaUnavailable) -> Self {
        Self::Media { call: None }
    }
}

type Result<T> = std::result::Result<T, CallError>;

/// Wakes the workers after a write.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) outbox: Arc<Notify>,
    pub(crate) room_work: Arc<Notify>,
    pub(crate) deadlines: Arc<Notify>,
}

/// What calls are made with.
#[derive(Debug, Clone)]
pub(crate) struct CallSettings {
    pub(crate) timeouts: Timeouts,
    pub(crate) limits: Limits,
    pub(crate) join_ahead: bool,
}

/// All calls of this server.
pub(crate) struct Calls {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) settings: CallSettings,
    pub(crate) news: News,
}

impl Calls {
    /// Carries out a command on a call of this church, and gives back the call after it.
    ///
    /// # Errors
    /// [`Refusal::CallNotFound`] for a call of another church too.
    pub(crate) async fn apply(
        &self,
        church: &ChurchId,
        id: &CallId,
        command: &Command,
    ) -> Result<Call> {
        for _ in 0..ATTEMPTS {
            let stored = self.load(church, id).await?;
            match self.attempt(&stored, command).await? {
                Some(call) => return Ok(call),
                None => continue,
            }
        }
        Err(CallError::Contention)
    }

    /// The command on the call as it was read; `None` where somebody wrote it meanwhile, or where
    /// a deadline had to be carried out first.
    async fn attempt(&self, stored: &Stored, command: &Command) -> Result<Option<Call>> {
        let now = now_ms();
        let step = match ledger::apply(&stored.call, command, now) {
            Ok(step) => step,
            Err(Refusal::Overdue) => {
                let tick = ledger::apply(&stored.call, &Command::Tick, now);
                if let Ok(step) = tick {
                    self.write(stored, step, &[]).await?;
                }
                return Ok(None);
            }
            Err(refusal) => return Err(refused(refusal, Some(&stored.call))),
        };
        let mut seen = Vec::new();
        if let (Command::Accept { actor }, Effect::Committed) = (command, step.effect) {
            let church = stored.call.church_id();
            let claims = self.claims(church, &actor.member_id).await?;
            let claiming = self.claiming(&claims).await?;
            seen.push((actor.member_id.clone(), claims));
            admit_accept(&actor.member_id, stored.call.call_id(), &claiming, now)
                .map_err(|refusal| refused(refusal, Some(&stored.call)))?;
        }
        self.write(stored, step, &seen).await
    }

    /// Writes a step, if that is needed, and wakes who has to do with it; `None` where somebody
    /// else wrote first.
    async fn write(
        &self,
        stored: &Stored,
        step: Step,
        claims_seen: &[(MemberId, Claims)],
    ) -> Result<Option<Call>> {
        match step.effect {
            Effect::Unchanged => return Ok(Some(step.call)),
            Effect::Noted | Effect::Committed => {}
        }
        let messages = step.messages(self.rooms.public_url());
        let write = Write {
            call: &step.call,
            claims_seen,
            messages: &messages,
            room_work: step.room_task().is_some(),
        };
        if !self.store.update(stored.version, write).await? {
            return Ok(None);
        }
        self.announce(&step);
        Ok(Some(step.call))
    }

    fn announce(&self, step: &Step) {
        self.news.deadlines.notify_one();
        match step.effect {
            Effect::Unchanged | Effect::Noted => {}
            Effect::Committed => {
                self.news.outbox.notify_one();
                self.news.room_work.notify_one();
                tracing::info!(
                    call_id = %step.call.call_id(),
                    rev = step.call.rev().0,
                    status = ?step.call.status(),
                    "a call changed"
                );
            }
        }
    }

    async fn load(&self, church: &ChurchId, id: &CallId) -> Result<Stored> {
        let stored = self.store.call(id).await?;
        stored
            .filter(|stored| stored.call.church_id() == church)
            .ok_or_else(|| refused(Refusal::CallNotFound, None))
    }

    async fn claims(&self, church: &ChurchId, member: &MemberId) -> Result<Claims> {
        Ok(self.store.claims(church, member).await?)
    }

    /// The calls that make these claims.
    async fn claiming(&self, claims: &Claims) -> Result<Vec<Call>> {
        let mut calls = Vec::with_capacity(claims.len());
        for (id, _) in claims {
            calls.extend(self.store.call(id).await?.map(|stored| stored.call));
        }
        Ok(calls)
    }

    /// Takes a call back; one that is not there yet is remembered as taken back.
    pub(crate) async fn cancel(
        &self,
        church: &ChurchId,
        id: &CallId,
        actor: &Actor,
    ) -> Result<Call> {
        let command = Command::Cancel {
            actor: actor.clone(),
        };
        for _ in 0..ATTEMPTS {
            match self.apply(church, id, &command).await {
                Err(CallError::Refused {
                    refusal: Refusal::CallNotFound,
                    ..
                }) => {
                    let member = &actor.member_id;
                    let remembered = self.store.remember_cancel(church, member, id, now_ms());
                    if remembered.await? {
                        return Err(refused(Refusal::CancelRemembered, None));
                    }
                    // It exists by now, or it is another church's.
                    if self.load(church, id).await.is_err() {
                        return Err(refused(Refusal::AlreadyHandled, None));
                    }
                }
                done => return done,
            }
        }
        Err(CallError::Contention)
    }

    /// Carries out what is due of a call. A call that is not due, or is no more, is left alone.
    pub(crate) async fn tick(&self, id: &CallId) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let stored = self.store.call(id).await?;
            let Some(stored) = stored.filter(|stored| stored.call.is_overdue(now_ms())) else {
                return Ok(());
            };
            self.attempt(&stored, &Command::Tick).await?;
        }
        Err(CallError::Contention)
    }
}

/// A refusal, with the call that it is about.
fn refused(refusal: Refusal, call: Option<&Call>) -> CallError {
    CallError::Refused {
        refusal,
        call: call.cloned().map(Box::new),
    }
}
