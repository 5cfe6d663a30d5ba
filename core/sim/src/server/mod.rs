//! The server: the ledger over a store in memory. What is stored outlives the process.

mod answer;
mod create;
mod registered;

pub(crate) use answer::Answered;
pub(crate) use registered::revoked;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use faithcall_protocol::id::{CallId, ChurchId, DeviceId, MemberId};
use faithcall_protocol::ledger::{
    self, Call, Command, Effect, Message, PushOrder, Refusal, RoomTask, Step,
};

/// What waits in the outbox.
#[derive(Debug, Clone)]
pub(crate) enum Outgoing {
    /// To the broker.
    Signal(Box<Message>),
    /// To the devices of a member that registered a push token.
    Push(Box<PushOrder>),
}

/// A committed change.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) before: Option<Arc<Call>>,
    pub(crate) after: Arc<Call>,
}

/// The server's store, and whether a process works on it.
#[derive(Debug)]
pub(crate) struct Server {
    church: ChurchId,
    /// Every device that registered a push token.
    pub(crate) push_tokens: Vec<(MemberId, DeviceId)>,
    /// Every device that registered `call_waiting`.
    pub(crate) call_waiting: Vec<(MemberId, DeviceId)>,
    /// Devices may join a room while it rings.
    pub(crate) join_ahead: bool,
    /// Members whose tokens count no more.
    pub(crate) revoked: BTreeSet<MemberId>,
    pub(crate) up: bool,
    /// What it does at its next commit: it dies before it answers and publishes.
    pub(crate) dies_at_commit: bool,
    pub(crate) calls: BTreeMap<CallId, Arc<Call>>,
    /// Calls that are not over.
    pub(crate) open: Vec<CallId>,
    cancels: Vec<(MemberId, CallId)>,
    /// Committed and not published.
    pub(crate) outbox: VecDeque<Outgoing>,
    /// What was published last: a process that dies then cannot know that it was.
    pub(crate) published: Vec<Outgoing>,
    /// What the media server has to be told.
    pub(crate) room_work: Vec<(CallId, RoomTask)>,
    /// What was committed since the world looked last.
    pub(crate) commits: Vec<Commit>,
}

impl Server {
    pub(crate) fn new(church: ChurchId) -> Self {
        Self {
            church,
            push_tokens: Vec::new(),
            call_waiting: Vec::new(),
            join_ahead: true,
            revoked: BTreeSet::new(),
            up: true,
            dies_at_commit: false,
            calls: BTreeMap::new(),
            open: Vec::new(),
            cancels: Vec::new(),
            outbox: VecDeque::new(),
            published: Vec::new(),
            room_work: Vec::new(),
            commits: Vec::new(),
        }
    }

    pub(crate) fn open_calls(&self) -> impl Iterator<Item = &Arc<Call>> {
        self.open.iter().filter_map(|id| self.calls.get(id))
    }

    /// Applies a command, with the deadlines that come before it.
    pub(crate) fn apply(
        &mut self,
        id: &CallId,
        command: &Command,
        now: u64,
    ) -> Result<Arc<Call>, (Refusal, Option<Arc<Call>>)> {
        let rule = |call: &Call, _: &[Call]| Ok(vec![ledger::apply(call, command, now)?]);
        self.decide(id, &[], now, rule)
    }

    /// Has the ledger decide about a call, by what calls claim `members`, and writes all its
    /// steps; the first is the call's.
    pub(super) fn decide(
        &mut self,
        id: &CallId,
        members: &[MemberId],
        now: u64,
        rule: impl Fn(&Call, &[Call]) -> Result<Vec<Step>, Refusal>,
    ) -> Result<Arc<Call>, (Refusal, Option<Arc<Call>>)> {
        loop {
            let Some(call) = self.calls.get(id) else {
                return Err((Refusal::CallNotFound, None));
            };
            match rule(call, &self.claiming(members)) {
                Ok(steps) => {
                    let calls: Vec<_> = steps.into_iter().map(|s| self.commit(s)).collect();
                    let first = calls.into_iter().next();
                    return first.ok_or((Refusal::CallNotFound, None));
                }
                Err(Refusal::Overdue) => {
                    for overdue in self.overdue(now) {
                        self.tick(&overdue, now);
                    }
                }
                Err(refusal) => return Err((refusal, Some(call.clone()))),
            }
        }
    }

    fn overdue(&self, now: u64) -> Vec<CallId> {
        let overdue = self.open_calls().filter(|call| call.is_overdue(now));
        overdue.map(|call| call.call_id().clone()).collect()
    }

    /// Carries out the deadlines of a call.
    pub(crate) fn tick(&mut self, id: &CallId, now: u64) {
        if let Some(call) = self.calls.get(id)
            && let Ok(step) = ledger::apply(call, &Command::Tick, now)
        {
            self.commit(step);
        }
    }

    /// One write: the call, and what follows from the change.
    fn commit(&mut self, step: Step) -> Arc<Call> {
        let id = step.call.call_id().clone();
        let known = self.calls.get(&id).map(|call| &**call);
        let (messages, pushes, room_work) = match step.effect {
            Effect::Unchanged => return Arc::new(step.call),
            Effect::Noted => (Vec::new(), Vec::new(), None),
            Effect::Committed => (
                step.messages("wss://room"),
                step.pushes(known),
                step.room_task(),
            ),
        };
        let committed = step.effect == Effect::Committed;
        let after = Arc::new(step.call);
        let before = self.calls.insert(id.clone(), after.clone());
        if !committed {
            return after;
        }
        if before.is_none() {
            self.open.push(id.clone());
        }
        if after.is_over() {
            self.open.retain(|open| *open != id);
        }
        self.room_work.extend(room_work.map(|task| (id, task)));
        let signals = messages.into_iter().map(Box::new).map(Outgoing::Signal);
        self.outbox.extend(signals);
        pushes.into_iter().for_each(|order| self.order_push(order));
        let commit = Commit {
            before,
            after: after.clone(),
        };
        self.commits.push(commit);
        after
    }

    /// Of one call, the newest push to a member takes the place of one that waits.
    fn order_push(&mut self, order: PushOrder) {
        self.outbox.retain(|waiting| match waiting {
            Outgoing::Signal(_) => true,
            Outgoing::Push(waiting) => {
                waiting.member_id != order.member_id || waiting.push.call_id != order.push.call_id
            }
        });
        self.outbox.push_back(Outgoing::Push(Box::new(order)));
    }

    /// The calls that claim one of these members.
    pub(crate) fn claiming(&self, members: &[MemberId]) -> Vec<Call> {
        if members.is_empty() {
            return Vec::new();
        }
        let claims = |call: &Call| {
            let claims = ledger::claims(call);
            claims.iter().any(|(who, _)| members.contains(who))
        };
        self.open_calls()
            .filter(|call| claims(call))
            .map(|call| Call::clone(call))
            .collect()
    }
}
