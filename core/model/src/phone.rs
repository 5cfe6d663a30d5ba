//! One device: its machine, and what the model looks at of it.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use faithcall_protocol::end::{CallStatus, EndReason, ReasonDetail};
use faithcall_protocol::id::Rev;
use faithcall_protocol::machine::timeless::{Alarm, NOW};
use faithcall_protocol::machine::{
    CallState, Command, Effect, Event, Input, Machine, Output, RoomEffect, RoomEvent, ServerKind,
};
use smallvec::SmallVec;

use crate::broken::Broken;
use crate::names::{self, MOST_CALLS, Slot};
use crate::race::{Race, Races};
use crate::twins::Id;

/// A machine, without a clock and without what makes no difference.
pub(crate) struct Phone {
    pub(crate) machine: Machine,
    pub(crate) facts: Facts,
    /// What its user and its deadlines may do.
    pub(crate) moves: OnceLock<Vec<(Move, &'static Step)>>,
}

/// Something that a device does by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Move {
    User(Command),
    Alarm(Alarm),
}

impl Move {
    /// See [`crate::bounds::Bounds::patient`].
    pub(crate) fn is_patient(&self) -> bool {
        matches!(self, Self::Alarm(alarm) if alarm.is_patient())
    }

    pub(crate) fn outlasts_the_server(&self) -> bool {
        matches!(self, Self::Alarm(alarm) if alarm.outlasts_the_server())
    }

    /// The one late invite.
    pub(crate) fn is_invite(&self) -> bool {
        matches!(self, Self::User(Command::Invite { .. }))
    }
}

/// What comes of one input.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) phone: Id,
    /// Requests, with the number that the answer must have; 0: nobody waits for it.
    pub(crate) requests: SmallVec<[(u8, Id); 2]>,
    pub(crate) enters: SmallVec<[(u8, Id); 1]>,
    /// Sessions that were left, by their number before.
    pub(crate) leaves: SmallVec<[u8; 1]>,
    /// New numbers of requests and sessions, by old ones.
    pub(crate) requests_now: SmallVec<[(u8, u8); 4]>,
    pub(crate) sessions_now: SmallVec<[(u8, u8); 2]>,
    /// The command was refused.
    pub(crate) refused: bool,
    pub(crate) broken: Broken,
    pub(crate) races: Races,
}

/// What the model asks of a machine, worked out once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) calls: [CallFacts; MOST_CALLS],
    pub(crate) elsewhere: Option<Slot>,
    pub(crate) part_b: bool,
    /// Messages wait for the answer to a resync.
    pub(crate) holds_messages: bool,
    /// Every call that goes on has a timer.
    pub(crate) bounded: bool,
    /// It wants to be called again.
    pub(crate) waits: bool,
    /// Something may come due without anything else happening.
    pub(crate) alarms: bool,
    pub(crate) idle: bool,
}

/// What a device knows of one call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CallFacts {
    pub(crate) line: Line,
    pub(crate) takes_part: bool,
    pub(crate) rev: Option<Rev>,
    pub(crate) known_as_over: bool,
    pub(crate) end: End,
}

/// Where a call stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Line {
    #[default]
    None,
    Outgoing,
    Incoming,
    Connecting,
    Active,
}

/// How the end of a call was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum End {
    #[default]
    None,
    Unconfirmed,
    Elsewhere,
    Confirmed(CallStatus, EndReason, Option<ReasonDetail>),
}

impl PartialEq for Phone {
    fn eq(&self, other: &Self) -> bool {
        self.machine == other.machine
    }
}

impl Eq for Phone {}

impl Hash for Phone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.machine.hash(state);
    }
}

impl Phone {
    pub(crate) fn new(machine: Machine) -> Self {
        let facts = facts(&machine);
        Self {
            machine,
            facts,
            moves: OnceLock::new(),
        }
    }
}

fn facts(machine: &Machine) -> Facts {
    let view = machine.state();
    let shown: Vec<_> = view.call.iter().chain(&view.others).collect();
    let mut calls = [CallFacts::default(); MOST_CALLS];
    for (slot, facts) in calls.iter_mut().enumerate() {
        let id = names::call(slot);
        facts.rev = machine.known_rev(&id);
        facts.takes_part = machine.takes_part(&id);
        facts.known_as_over = machine.knows_as_over(&id);
        let call = shown.iter().find(|call| call.call_id == id);
        facts.line = call.map_or(Line::None, |call| match call.state {
            CallState::Outgoing { .. } => Line::Outgoing,
            CallState::Incoming { .. } => Line::Incoming,
            CallState::Connecting => Line::Connecting,
            CallState::Active | CallState::Reconnecting | CallState::Held => Line::Active,
            CallState::Ended(_) => Line::None,
        });
        facts.end = match machine.shown_end(&id) {
            None => End::None,
            Some(end) if !end.confirmed => End::Unconfirmed,
            Some(end) if end.elsewhere.is_some() => End::Elsewhere,
            Some(end) => End::Confirmed(end.status, end.reason, end.detail),
        };
    }
    Facts {
        calls,
        elsewhere: view.in_call_elsewhere.as_ref().and_then(names::slot_of),
        part_b: view.server == Some(ServerKind::PartB),
        holds_messages: machine.holds_messages(),
        bounded: machine.is_bounded(),
        waits: machine.next_deadline().is_some(),
        alarms: !machine.alarms().is_empty(),
        idle: shown.is_empty() && view.rejoinable.is_none(),
    }
}

/// A machine after an input, with all that its engine and broker answer at once.
pub(crate) struct Ran {
    pub(crate) machine: Machine,
    pub(crate) effects: Vec<Effect>,
    pub(crate) refused: bool,
    pub(crate) broken: Broken,
    pub(crate) races: Races,
}

/// Gives a machine an input. A microphone does what it is told at once, and a part-B server
/// refuses a call's own topics.
pub(crate) fn run(before: &Machine, input: Input) -> Ran {
    let mut ran = Ran {
        machine: before.clone(),
        effects: Vec::new(),
        refused: false,
        broken: Broken::NONE,
        races: Races::NONE,
    };
    let mut inputs = vec![input];
    while let Some(input) = inputs.pop() {
        for output in ran.machine.handle(NOW, input) {
            match output {
                Output::Effect(Effect::Subscribe { call_id }) => inputs.push(Input::CallTopics {
                    call_id,
                    subscribed: false,
                }),
                Output::Effect(Effect::Room { session, effect }) => {
                    if let Some(event) = engine(&effect) {
                        inputs.push(Input::Room { session, event });
                    }
                    let silent = names::slots().all(|id| !ran.machine.takes_part(&id));
                    if silent && effect == RoomEffect::SetMicrophone(true) {
                        ran.broken |= Broken::I1;
                    }
                    ran.effects.push(Effect::Room { session, effect });
                }
                Output::Effect(effect @ Effect::Request { .. }) => ran.effects.push(effect),
                Output::Effect(
                    Effect::Unsubscribe { .. } | Effect::Publish { .. } | Effect::ReconnectLink,
                ) => {}
                Output::Event(event) => judge(before, &event, &mut ran),
                Output::Refused(_) => ran.refused = true,
            }
        }
    }
    ran
}

fn engine(effect: &RoomEffect) -> Option<RoomEvent> {
    use faithcall_protocol::machine::MediaSource::{Camera, Microphone};
    let (source, on) = match effect {
        RoomEffect::SetMicrophone(on) => (Microphone, *on),
        RoomEffect::SetCamera(on) => (Camera, *on),
        RoomEffect::Connect { .. }
        | RoomEffect::PrepareMicrophone
        | RoomEffect::SetPicture(_)
        | RoomEffect::WatchStatistics(_)
        | RoomEffect::NetworkChanged
        | RoomEffect::SetPlayable(_)
        | RoomEffect::Leave => return None,
    };
    Some(RoomEvent::MediaSet { source, on })
}

/// What an event must not say, given what was before it.
fn judge(before: &Machine, event: &Event, ran: &mut Ran) {
    match event {
        Event::Incoming { call_id, .. } => {
            let known = before.known_rev(call_id).is_some() || before.shown_end(call_id).is_some();
            if known || before.knows_as_over(call_id) {
                ran.broken |= Broken::I4;
            }
        }
        Event::Ended { call_id, .. } if before.shown_end(call_id).is_some() => {
            ran.broken |= Broken::I5;
        }
        Event::Missed { .. } => ran.races |= Races::of(Race::D3),
        _ => {}
    }
}
