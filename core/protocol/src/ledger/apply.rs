//! The one way in which a call changes.

use super::call::{Call, Phase};
use super::command::Command;
use super::grants::entitled;
use super::notice::{Message, News, Notice, RoomTask, render};
use super::refusal::Refusal;
use super::{answer, end, hold, invite, leave, ring, room};
use crate::rest::{Actor, RejectScope};
use crate::signal::Cause;

/// What follows from a command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// The call after it.
    pub call: Call,
    /// What has to be written.
    pub effect: Effect,
    /// What others have to be told and done; empty unless the step is committed.
    pub notices: Vec<Notice>,
    /// The time that the command was applied at (ms since 1970).
    pub at_ms: u64,
}

/// What a step asks of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing changed: a repeat, or something that came too late to matter.
    Unchanged,
    /// The record changed in what nobody is shown (presence, what is remembered): write the
    /// call, under the same rev.
    Noted,
    /// A change: the rev is one higher. Write the call and its notices together.
    Committed,
}

impl Step {
    /// The MQTT messages of the step, in the order in which they are to be published.
    pub fn messages(&self, livekit_url: &str) -> Vec<Message> {
        self.notices
            .iter()
            .flat_map(|notice| match notice {
                Notice::Publish(news) => render(&self.call, news, livekit_url, self.at_ms),
                Notice::ReconcileRoom | Notice::DeleteRoom => Vec::new(),
            })
            .collect()
    }

    /// What the media server has to do after the step.
    pub fn room_task(&self) -> Option<RoomTask> {
        self.notices.iter().find_map(|notice| match notice {
            Notice::Publish(_) => None,
            Notice::ReconcileRoom => Some(RoomTask::Reconcile),
            Notice::DeleteRoom => Some(RoomTask::Delete),
        })
    }
}

/// Decides a command. `now_ms`: milliseconds since 1970, the server's clock.
///
/// # Errors
/// A [`Refusal`] changes nothing. [`Refusal::Overdue`]: a deadline has passed; apply
/// [`Command::Tick`] and commit it, then ask again. So nothing revives a call whose time is up,
/// however late the deadline is carried out.
pub fn apply(call: &Call, command: &Command, now_ms: u64) -> Result<Step, Refusal> {
    let mut draft = Draft {
        before: call,
        call: call.clone(),
        now_ms,
        news: Vec::new(),
        change: None,
    };
    if *command != Command::Tick && call.is_overdue(now_ms) {
        return Err(Refusal::Overdue);
    }
    match command {
        Command::Ringing { actor } => ring::ringing(&mut draft, actor)?,
        Command::Accept { actor } => answer::accept(&mut draft, actor)?,
        Command::Reject {
            actor,
            reason,
            scope,
            reachable,
        } => {
            // Whoever declines for the member leaves nobody to go on ringing.
            let others = match scope {
                RejectScope::Member => None,
                RejectScope::Device => Some(reachable.as_slice()),
            };
            answer::reject(&mut draft, actor, *reason, others)?;
        }
        Command::Cancel { actor } => end::cancel(&mut draft, actor)?,
        Command::Connected { actor } => room::connected(&mut draft, actor)?,
        Command::End { actor, reason } => end::end(&mut draft, actor, *reason)?,
        Command::Leave { actor } => leave::leave(&mut draft, actor, None)?,
        Command::Invite {
            actor,
            callees,
            busy,
        } => invite::invite(&mut draft, actor, callees, busy)?,
        Command::Hold { actor, is_on_hold } => hold::hold(&mut draft, actor, *is_on_hold)?,
        Command::Patch { actor, flags } => room::patch(&mut draft, actor, *flags)?,
        Command::Heard { actor } => call.members_only(actor)?,
        Command::RoomList {
            present,
            asked_at_ms,
        } => room::list(&mut draft, present, *asked_at_ms),
        Command::RoomHint { identity, hint } => room::hint(&mut draft, identity, *hint),
        Command::Revoke { member } => leave::revoke(&mut draft, member),
        Command::RoomUnavailable => end::room_unavailable(&mut draft),
        Command::Tick => end::tick(&mut draft),
    }
    if let Some(actor) = command.actor() {
        draft.hear(actor);
    }
    Ok(draft.finish())
}

/// A step in the making.
pub(super) struct Draft<'a> {
    /// The call before the command.
    pub(super) before: &'a Call,
    /// The call as it becomes.
    pub(super) call: Call,
    pub(super) now_ms: u64,
    /// Part A's signals, in order.
    news: Vec<News>,
    /// Set once something changed that others are shown.
    change: Option<(Cause, Option<Actor>)>,
}

impl Draft<'_> {
    /// The step is a change of this kind; one a step.
    pub(super) fn commit(&mut self, cause: Cause, by: Option<&Actor>) {
        self.change = Some((cause, by.cloned()));
    }

    /// Part A is told this.
    pub(super) fn tell(&mut self, news: News) {
        self.news.push(news);
    }

    /// The acting device is there.
    fn hear(&mut self, actor: &Actor) {
        let (now, step) = (self.now_ms, self.call.timeouts.heard_step_ms());
        match self.call.phase {
            Phase::Ringing | Phase::Connecting | Phase::Active => {
                let party = self.call.participant_mut(&actor.member_id);
                if let Some(party) = party.filter(|party| party.is_device(actor)) {
                    let heard = &mut party.presence.heard_at_ms;
                    if now >= heard.saturating_add(step) {
                        *heard = now;
                    }
                }
            }
            Phase::Over(_) => {}
        }
    }

    fn finish(mut self) -> Step {
        let mut notices = Vec::new();
        let effect = match self.change {
            Some((cause, by)) => {
                self.call.rev = self.before.rev.next();
                notices.extend(self.news.into_iter().map(Notice::Publish));
                notices.push(Notice::Publish(News::Updated { cause, by }));
                if self.call.is_over() {
                    notices.push(Notice::DeleteRoom);
                } else if entitled(&self.call) != entitled(self.before) {
                    notices.push(Notice::ReconcileRoom);
                }
                Effect::Committed
            }
            None if self.call == *self.before => Effect::Unchanged,
            None => Effect::Noted,
        };
        Step {
            call: self.call,
            effect,
            notices,
            at_ms: self.now_ms,
        }
    }
}
