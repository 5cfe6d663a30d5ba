//! The world that is searched: its devices, and the tables in which everything is worked out once.

use std::sync::atomic::{AtomicU32, Ordering};

use ahash::RandomState;
use dashmap::DashMap;
use faithcall_protocol::id::{CallId, DeviceId, MemberId};
use faithcall_protocol::ledger::{Call, Message};
use faithcall_protocol::machine::timeless::NOW;
use faithcall_protocol::machine::{
    Answer, Effect, Failure, Input, Machine, MachineConfig, Request, RequestId, RoomEffect,
    RoomEvent, SessionId,
};
use faithcall_protocol::timestamp::Timestamp;

use crate::bounds::Bounds;
use crate::names::{self, Slot};
use crate::phone::{self, Move, Phone, Step};
use crate::race::{Race, Races};
use crate::record::Record;
use crate::server::Store;
use crate::state::State;
use crate::store_step::{Made, Question, Stored};
use crate::table::{Table, kept};
use crate::twins::{Id, Twins};

/// A device, and whose.
pub(crate) struct Device {
    pub(crate) id: (MemberId, DeviceId),
    /// The place of the member among the members.
    pub(crate) member: usize,
    /// Its machine as a new process has it.
    pub(crate) fresh: Id,
}

/// Lets a device into a room.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Token {
    pub(crate) slot: Slot,
    pub(crate) identity: String,
    pub(crate) hears: bool,
}

/// What a device is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Told {
    SignedIn,
    LinkUp,
    LinkDown,
    Answer(u8, Id),
    Message(Id),
    Room(u8, Id),
    /// By place in `Phone::moves`.
    Dial(Slot, u8),
}

/// The world within its bounds.
pub(crate) struct World {
    pub(crate) bounds: Bounds,
    pub(crate) devices: Vec<Device>,
    pub(crate) phones: Table<Phone>,
    pub(crate) calls: Table<Record>,
    pub(crate) cancels: Table<Vec<(MemberId, CallId)>>,
    pub(crate) requests: Table<Request>,
    pub(crate) answers: Table<Answer>,
    pub(crate) messages: Table<Message>,
    pub(crate) events: Table<RoomEvent>,
    pub(crate) tokens: Table<Token>,
    pub(crate) identities: Table<String>,
    steps: DashMap<(Id, Told), &'static Step, RandomState>,
    pub(crate) stored: DashMap<Question, &'static Made, RandomState>,
    pub(crate) deadlines: DashMap<Id, &'static [Stored], RandomState>,
    pub(crate) no_answer: Id,
    races: AtomicU32,
}

impl World {
    /// The world in which every device is signed in and nothing goes on.
    pub(crate) fn new(bounds: Bounds) -> Self {
        let mut members: Vec<MemberId> = Vec::new();
        for (member, _) in bounds.devices {
            let member = names::member(member);
            if !members.contains(&member) {
                members.push(member);
            }
        }
        members.extend(
            bounds
                .late_invite
                .map(names::member)
                .filter(|m| !members.contains(m)),
        );
        let twins = bounds.twins.map(|pair| {
            let [one, other] = pair
                .map(|at| bounds.devices[at])
                .map(|(m, d)| names::device(m, d));
            Twins::new(one.as_str(), other.as_str())
        });
        let phones = Table::new(twins.clone());
        let devices = bounds.devices.iter().map(|(member, name)| {
            let id = (names::member(member), names::device(member, name));
            let (me, device) = id.clone();
            let mut config = MachineConfig::new(me, names::church(), device, 0);
            config.join_ahead = bounds.join_ahead;
            let machine = Machine::new(config);
            Device {
                member: members.iter().position(|m| *m == id.0).unwrap_or_default(),
                fresh: phones.number(Phone::new(machine)),
                id,
            }
        });
        let devices = devices.collect();
        let answers = Table::new(twins.clone());
        let no_answer = answers.number(Answer {
            result: Err(Failure::NoAnswer),
            faithcall_header: false,
            date: None,
        });
        Self {
            bounds,
            devices,
            phones,
            calls: Table::new(twins.clone()),
            cancels: Table::new(twins.clone()),
            requests: Table::new(twins.clone()),
            answers,
            messages: Table::new(twins.clone()),
            events: Table::new(twins.clone()),
            tokens: Table::new(twins.clone()),
            identities: Table::new(twins.clone()),
            steps: DashMap::default(),
            stored: DashMap::default(),
            deadlines: DashMap::default(),
            no_answer,
            races: AtomicU32::new(0),
        }
    }

    pub(crate) fn record(&self, state: &State, slot: Slot) -> Option<&'static Record> {
        let id = state.calls[slot];
        (id != Id::NONE).then(|| self.calls.get(id))
    }

    pub(crate) fn call(&self, state: &State, slot: Slot) -> Option<&'static Call> {
        self.record(state, slot).map(|record| &record.call)
    }

    pub(crate) fn open_calls<'a>(
        &'a self,
        state: &'a State,
    ) -> impl Iterator<Item = (Slot, &'static Record)> + 'a {
        (0..state.calls.len())
            .filter_map(|slot| Some((slot, self.record(state, slot)?)))
            .filter(|(_, record)| !record.call.is_over())
    }

    pub(crate) fn meets(&self, races: Races) {
        if races != Races::NONE && self.races.load(Ordering::Relaxed) & races.0 != races.0 {
            self.races.fetch_or(races.0, Ordering::Relaxed);
        }
    }

    /// A row of the catalogue was met.
    pub(crate) fn has_met(&self, race: Race) -> bool {
        Races(self.races.load(Ordering::Relaxed)).has(race)
    }

    pub(crate) fn numbered_answer(&self, result: crate::server::Answered) -> Id {
        self.answers.number(Answer {
            result,
            faithcall_header: true,
            date: Some(Timestamp::from_unix_ms(NOW)),
        })
    }

    /// What a device does with an input.
    pub(crate) fn step(&self, phone: Id, told: Told) -> &'static Step {
        if let Some(known) = self.steps.get(&(phone, told)) {
            return *known;
        }
        let machine = &self.phones.get(phone).machine;
        let input = match told {
            Told::SignedIn => Input::SignedIn,
            Told::LinkUp => Input::LinkUp,
            Told::LinkDown => Input::LinkDown,
            Told::Answer(id, answer) => Input::Answer {
                id: RequestId(id.into()),
                answer: self.answers.get(answer).clone(),
            },
            Told::Message(message) => {
                let message = self.messages.get(message);
                Input::Signal {
                    topic: message.topic.clone(),
                    envelope: Box::new(message.envelope.clone()),
                }
            }
            Told::Room(session, event) => Input::Room {
                session: SessionId(session.into()),
                event: self.events.get(event).clone(),
            },
            Told::Dial(slot, dial) => Input::Command(self.dial(slot, dial)),
        };
        let step = kept(self.settled(phone::run(machine, input)));
        self.steps.insert((phone, told), step);
        step
    }

    fn dial(&self, slot: Slot, dial: u8) -> faithcall_protocol::machine::Command {
        let (_, callees) = self.bounds.dials[usize::from(dial)];
        faithcall_protocol::machine::Command::StartCall {
            call_id: names::call(slot),
            callees: callees.iter().map(|name| names::member(name)).collect(),
            call_type: faithcall_protocol::media::CallType::Voice,
        }
    }

    /// What a device may do by itself.
    pub(crate) fn moves(&self, phone: Id) -> &[(Move, &'static Step)] {
        let known = self.phones.get(phone);
        known.moves.get_or_init(|| {
            let machine = &known.machine;
            let mut moves = Vec::new();
            for command in crate::moves::commands(&self.bounds) {
                let step = self.settled(phone::run(machine, Input::Command(command.clone())));
                moves.push((Move::User(command), kept(step)));
            }
            for alarm in machine.alarms() {
                let mut due = machine.clone();
                due.expire(alarm);
                let step = self.settled(phone::run(&due, Input::Tick));
                moves.push((Move::Alarm(alarm), kept(step)));
            }
            moves.retain(|(_, step)| !step.refused && !step.is_idle(phone));
            moves
        })
    }

    /// Puts what a machine wants into the tables, and the machine itself without its clock.
    fn settled(&self, ran: phone::Ran) -> Step {
        let mut machine = ran.machine;
        let now = machine.canonical();
        let number = |id: RequestId| now.requests.get(&id).map_or(0, |id| small(id.0));
        let mut step = Step {
            refused: ran.refused,
            broken: ran.broken,
            races: ran.races,
            ..Step::default()
        };
        for effect in ran.effects {
            match effect {
                Effect::Request { id, request } => {
                    let request = self.requests.number(request);
                    step.requests.push((number(id), request));
                }
                Effect::Room { session, effect } => match effect {
                    RoomEffect::Connect { token, .. } => {
                        let to = now.sessions.get(&session);
                        if let (Some(to), Some(token)) = (to, self.token(token.expose())) {
                            step.enters.push((small(to.0), token));
                        }
                    }
                    RoomEffect::Leave => step.leaves.push(small(session.0)),
                    RoomEffect::PrepareMicrophone
                    | RoomEffect::SetMicrophone(_)
                    | RoomEffect::SetCamera(_)
                    | RoomEffect::SetPicture(_)
                    | RoomEffect::WatchStatistics(_)
                    | RoomEffect::NetworkChanged
                    | RoomEffect::SetPlayable(_) => {}
                },
                Effect::Subscribe { .. }
                | Effect::Unsubscribe { .. }
                | Effect::Publish { .. }
                | Effect::ReconnectLink => {}
            }
        }
        step.requests_now = now
            .requests
            .iter()
            .map(|(a, b)| (small(a.0), small(b.0)))
            .collect();
        step.sessions_now = now
            .sessions
            .iter()
            .map(|(a, b)| (small(a.0), small(b.0)))
            .collect();
        step.phone = self.phones.number(Phone::new(machine));
        step
    }

    fn token(&self, text: &str) -> Option<Id> {
        let mut words = text.split(' ');
        let slot = names::slot_of(&words.next()?.parse().ok()?)?;
        let identity = words.next()?.to_owned();
        let hears = words.next()? == "hears";
        Some(self.tokens.number(Token {
            slot,
            identity,
            hears,
        }))
    }

    pub(crate) fn store(&self, state: &State) -> Store {
        let calls = (0..state.calls.len()).map(|slot| self.call(state, slot).cloned());
        let cancels = match state.cancels {
            Id::NONE => Vec::new(),
            id => self.cancels.get(id).clone(),
        };
        Store {
            calls: calls.collect(),
            cancels,
            ..Store::default()
        }
    }
}

impl Step {
    /// Nothing came of it.
    pub(crate) fn is_idle(&self, before: Id) -> bool {
        self.phone == before
            && self.requests.is_empty()
            && self.enters.is_empty()
            && self.leaves.is_empty()
            && self.broken == crate::broken::Broken::NONE
    }
}

fn small(number: u64) -> u8 {
    u8::try_from(number).expect("requests and sessions are few")
}
