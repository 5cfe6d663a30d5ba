//! What follows from a command, and how it comes together.

use super::call::{Call, Phase};
use super::grants::entitled;
use super::notice::{Message, News, Notice, RoomTask, render};
use crate::rest::Actor;
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
    /// Nothing is to be done: the call is as it was.
    pub(super) fn unchanged(call: &Call, now_ms: u64) -> Self {
        Self {
            call: call.clone(),
            effect: Effect::Unchanged,
            notices: Vec::new(),
            at_ms: now_ms,
        }
    }

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

impl<'a> Draft<'a> {
    pub(super) fn new(before: &'a Call, now_ms: u64) -> Self {
        Self {
            before,
            call: before.clone(),
            now_ms,
            news: Vec::new(),
            change: None,
        }
    }

    /// The step is a change of this kind; one a step.
    pub(super) fn commit(&mut self, cause: Cause, by: Option<&Actor>) {
        self.change = Some((cause, by.cloned()));
    }

    /// Part A is told this.
    pub(super) fn tell(&mut self, news: News) {
        self.news.push(news);
    }

    /// The acting device is there.
    pub(super) fn hear(&mut self, actor: &Actor) {
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

    pub(super) fn finish(mut self) -> Step {
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
