//! What a request does with a call: load, let the ledger decide, write, tell the workers.

mod create;
mod devices;
mod history;
mod members;
mod query;
mod room;

use std::sync::Arc;

use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::ledger::{
    self, Call, Command, Effect, Message, PushOrder, Refusal, Step, Timeouts,
};
use faithcall_protocol::rest::Actor;
use tokio::sync::Notify;

pub(crate) use create::Create;
pub(crate) use room::Admitted;

use crate::clock::now_ms;
use crate::config::Limits;
use crate::directory::Directory;
use crate::rooms::{MediaUnavailable, Rooms};
use crate::spans;
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
    /// What was asked for is for calls that are over.
    #[error("the call is not over")]
    NotOver,
    /// A member whom the church does not have.
    #[error("no such member")]
    MemberNotFound,
    /// Too many calls: may try again after so many milliseconds.
    #[error("too many calls")]
    RateLimited { wait_ms: u64 },
    /// An idempotency key that came with another body before.
    #[error("the idempotency key came with another body before")]
    KeyReused,
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
    pub(crate) pushes: Arc<Notify>,
    pub(crate) room_work: Arc<Notify>,
    pub(crate) deadlines: Arc<Notify>,
}

/// What calls are made with.
#[derive(Debug, Clone)]
pub(crate) struct CallSettings {
    pub(crate) timeouts: Timeouts,
    pub(crate) limits: Limits,
    pub(crate) join_ahead: bool,
    /// Somebody sends pushes.
    pub(crate) push: bool,
}

/// All calls of this server.
pub(crate) struct Calls {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) settings: CallSettings,
    pub(crate) news: News,
}

/// What members are told of a step, on either way.
struct ToTell {
    messages: Vec<Message>,
    pushes: Vec<PushOrder>,
}

fn write_of<'a>(
    step: &'a Step,
    told: &'a ToTell,
    claims_seen: &'a [(MemberId, Claims)],
) -> Write<'a> {
    Write {
        call: &step.call,
        claims_seen,
        messages: &told.messages,
        pushes: &told.pushes,
        room_work: step.room_task().is_some(),
    }
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
        self.decide(church, id, &[], |call, _, now| {
            Ok(vec![ledger::apply(call, command, now)?])
        })
        .await
    }

    /// Has the ledger decide about a call, by what calls claim `members`, and writes all its steps
    /// or none: somebody who writes meanwhile has it decide anew. The first step is the call's, and
    /// what it becomes is given back.
    pub(super) async fn decide(
        &self,
        church: &ChurchId,
        id: &CallId,
        members: &[MemberId],
        rule: impl Fn(&Call, &[Call], u64) -> std::result::Result<Vec<Step>, Refusal> + Send,
    ) -> Result<Call> {
        for _ in 0..ATTEMPTS {
            let stored = self.load(church, id).await?;
            let (claims, claiming) = self.claiming(church, members).await?;
            let calls: Vec<Call> = claiming.iter().map(|stored| stored.call.clone()).collect();
            let now = now_ms();
            match rule(&stored.call, &calls, now) {
                Ok(steps) => {
                    let read = std::iter::once(&stored).chain(&claiming);
                    if self.write(read, &steps, &claims).await? {
                        let step = steps.into_iter().next();
                        return step.map(|step| step.call).ok_or(CallError::Contention);
                    }
                }
                // A deadline is to be carried out first: the call's, or that of one which makes way.
                Err(Refusal::Overdue) => {
                    let read = std::iter::once(&stored).chain(&claiming);
                    for overdue in read.filter(|read| read.call.is_overdue(now)) {
                        self.carry_out(overdue, now).await?;
                    }
                }
                Err(refusal) => return Err(refused(refusal, Some(&stored.call))),
            }
        }
        Err(CallError::Contention)
    }

    /// Carries out what is due of a call; `false` where somebody else wrote first.
    async fn carry_out(&self, stored: &Stored, now: u64) -> Result<bool> {
        match ledger::apply(&stored.call, &Command::Tick, now) {
            Ok(step) => self.write([stored], &[step], &[]).await,
            Err(refusal) => Err(refused(refusal, Some(&stored.call))),
        }
    }

    /// Writes steps together, those that need it, and wakes who has to do with them; `false` where
    /// somebody else wrote first. `read`: the calls as they were read.
    async fn write<'a>(
        &self,
        read: impl IntoIterator<Item = &'a Stored> + Clone + Send,
        steps: &[Step],
        claims_seen: &[(MemberId, Claims)],
    ) -> Result<bool> {
        let changed: Vec<&Step> = steps
            .iter()
            .filter(|step| match step.effect {
                Effect::Unchanged => false,
                Effect::Noted | Effect::Committed => true,
            })
            .collect();
        let mut versions = Vec::with_capacity(changed.len());
        let mut told = Vec::with_capacity(changed.len());
        for step in &changed {
            let id = step.call.call_id();
            let mut all = read.clone().into_iter();
            let Some(stored) = all.find(|stored| stored.call.call_id() == id) else {
                return Ok(false);
            };
            versions.push(stored.version);
            told.push(self.to_tell(step, Some(&stored.call)));
        }
        if versions.is_empty() {
            return Ok(true);
        }
        let writes = changed
            .iter()
            .zip(&told)
            .map(|(step, told)| write_of(step, told, claims_seen));
        let writes: Vec<_> = versions.into_iter().zip(writes).collect();
        let written = self.store.update(&writes).await?;
        if written {
            for step in changed {
                self.announce(step);
            }
        }
        Ok(written)
    }

    /// What members are told of a step. `before`: the call before it.
    fn to_tell(&self, step: &Step, before: Option<&Call>) -> ToTell {
        ToTell {
            messages: step.messages(self.rooms.public_url()),
            pushes: match self.settings.push {
                true => step.pushes(before),
                false => Vec::new(),
            },
        }
    }

    fn announce(&self, step: &Step) {
        self.news.deadlines.notify_one();
        match step.effect {
            Effect::Unchanged | Effect::Noted => {}
            Effect::Committed => {
                self.news.outbox.notify_one();
                self.news.pushes.notify_one();
                self.news.room_work.notify_one();
                let _in_call = spans::call(step.call.call_id()).entered();
                let (rev, status) = (step.call.rev().0, step.call.status());
                tracing::info!(rev, ?status, "a call changed");
            }
        }
    }

    async fn load(&self, church: &ChurchId, id: &CallId) -> Result<Stored> {
        let stored = self.store.call(id).await?;
        stored
            .filter(|stored| stored.call.church_id() == church)
            .ok_or_else(|| refused(Refusal::CallNotFound, None))
    }

    /// The claims of members, and the calls that make them, each once.
    async fn claiming(
        &self,
        church: &ChurchId,
        members: &[MemberId],
    ) -> Result<(Vec<(MemberId, Claims)>, Vec<Stored>)> {
        let mut seen = Vec::with_capacity(members.len());
        let mut calls: Vec<Stored> = Vec::new();
        for member in members {
            let claims = self.store.claims(church, member).await?;
            for (id, _) in &claims {
                if !calls.iter().any(|stored| stored.call.call_id() == id) {
                    calls.extend(self.store.call(id).await?);
                }
            }
            seen.push((member.clone(), claims));
        }
        Ok((seen, calls))
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
            self.carry_out(&stored, now_ms()).await?;
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
