//! What the server does, worked out once for each question to the store.

use faithcall_protocol::end::EndCause;
use faithcall_protocol::ledger::{self, Call, Command, Effect, InRoom, Phase, RoomTask};
use faithcall_protocol::machine::timeless::NOW;
use faithcall_protocol::machine::{Failure, Request};
use faithcall_protocol::rest::ErrorCode;
use faithcall_protocol::snapshot::InviteeState;
use smallvec::SmallVec;

use crate::broken::Broken;
use crate::deadline;
use crate::names::{self, MOST_CALLS, Slot};
use crate::race::{Race, Races};
use crate::record::Record;
use crate::server::{Answered, Store};
use crate::state::State;
use crate::table::kept;
use crate::twins::Id;
use crate::world::{Device, World};

/// Something that the server is asked, with all that its answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    Request {
        calls: [Id; MOST_CALLS],
        cancels: Id,
        device: u8,
        request: Id,
    },
    /// A room's participant list, for the call in this slot.
    List {
        call: Id,
        slot: u8,
        present: SmallVec<[Id; 4]>,
    },
}

/// What became of the store.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    pub(crate) calls: [Id; MOST_CALLS],
    pub(crate) cancels: Id,
    /// To be published.
    pub(crate) messages: Vec<Id>,
    pub(crate) tasks: [bool; MOST_CALLS],
    pub(crate) rooms: [bool; MOST_CALLS],
    pub(crate) committed: bool,
    pub(crate) broken: Broken,
    pub(crate) races: Races,
}

/// What became of the store, and the answer.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) stored: Stored,
    pub(crate) answer: Id,
}

impl World {
    /// Carries out a request.
    pub(crate) fn asked(&self, state: &State, device: usize, request: Id) -> &'static Made {
        let question = Question::Request {
            calls: state.calls,
            cancels: state.cancels,
            device: u8::try_from(device).unwrap_or_default(),
            request,
        };
        if let Some(known) = self.stored.get(&question) {
            return *known;
        }
        let who = &self.devices[device];
        let before = self.store(state);
        let mut store = before.clone();
        let request = self.requests.get(request);
        let result = store.answer(&who.id.0, &who.id.1, request);
        let races = recognise(&before, who, request, &result);
        let twice = result.is_ok() && !is_read(request) && !is_repeated_alike(&store, who, request);
        let mut stored = self.kept(&before, store, races);
        if twice {
            stored.broken |= Broken::TWICE;
        }
        let made = kept(Made {
            answer: self.numbered_answer(result),
            stored,
        });
        self.stored.insert(question, made);
        made
    }

    /// Takes in a participant list.
    pub(crate) fn listed(&self, state: &State, slot: Slot) -> &'static Made {
        let question = Question::List {
            call: state.calls[slot],
            slot: u8::try_from(slot).unwrap_or_default(),
            present: state.seats_in(slot).map(|seat| seat.identity).collect(),
        };
        if let Some(known) = self.stored.get(&question) {
            return *known;
        }
        let before = self.store(state);
        let mut store = before.clone();
        let seats = state.seats_in(slot);
        let present = seats.map(|seat| InRoom {
            identity: self.identities.get(seat.identity).clone(),
            session: None,
            is_active: true,
        });
        let command = Command::RoomList {
            present: present.collect(),
            asked_at_ms: NOW,
        };
        let mut races = Races::NONE;
        if let Some(call) = self.call(state, slot)
            && let Ok(step) = ledger::apply(call, &command, NOW)
        {
            if step.effect == Effect::Committed {
                races |= Races::of(Race::M5);
            }
            store.commit(step);
        }
        let made = kept(Made {
            answer: Id::NONE,
            stored: self.kept(&before, store, races),
        });
        self.stored.insert(question, made);
        made
    }

    /// Every way in which the time of a call may run out.
    pub(crate) fn time_outs(&self, state: &State, slot: Slot) -> &'static [Stored] {
        let id = state.calls[slot];
        if let Some(known) = self.deadlines.get(&id) {
            return *known;
        }
        let before = self.store(state);
        let call = &self.calls.get(id).call;
        let steps = deadline::steps(call).into_iter().map(|step| {
            let mut races = Races::NONE;
            if let Phase::Over(ending) = step.call.phase() {
                if ending.outcome == EndCause::ConnectDeadline.outcome() {
                    races |= Races::of(Race::M6);
                }
                if ending.outcome == EndCause::Gone.outcome() {
                    races |= Races::of(Race::P3);
                }
            }
            let mut store = before.clone();
            let idle = step.effect == Effect::Unchanged;
            store.commit(step);
            let mut stored = self.kept(&before, store, races);
            if idle {
                stored.broken |= Broken::I6;
            }
            stored
        });
        let steps: &[Stored] = kept(steps.collect::<Vec<_>>());
        self.deadlines.insert(id, steps);
        steps
    }

    fn kept(&self, before: &Store, store: Store, races: Races) -> Stored {
        let mut kept = Stored {
            races,
            ..Stored::default()
        };
        for (slot, call) in store.calls.into_iter().enumerate() {
            let was = before.calls[slot].as_ref();
            if was.is_some_and(Call::is_over) && call.as_ref() != was {
                kept.broken |= Broken::I5;
            }
            let won = |call: &Call| {
                let invitees = call.invitees().iter();
                let accepted = invitees.filter(|i| i.state == InviteeState::Accepted);
                accepted
                    .map(|i| (i.party.member_id().clone(), i.party.device_id.clone()))
                    .collect::<Vec<_>>()
            };
            if let (Some(was), Some(is)) = (was, &call) {
                let accepted = matches!(was.phase(), Phase::Connecting | Phase::Active);
                let cancelled = EndCause::CallerCancelled.outcome();
                if accepted && is.ending().is_some_and(|end| end.outcome == cancelled) {
                    kept.broken |= Broken::C1;
                }
                let is = won(is);
                let changed =
                    |(member, device): &(_, _)| is.iter().any(|(m, d)| m == member && d != device);
                if won(was).iter().any(changed) {
                    kept.broken |= Broken::I2;
                }
            }
            kept.calls[slot] = call.map_or(Id::NONE, |call| self.calls.number(Record::new(call)));
        }
        kept.cancels = match store.cancels.is_empty() {
            true => Id::NONE,
            false => self.cancels.number(store.cancels),
        };
        kept.committed = !store.outbox.is_empty();
        let outbox = store.outbox.into_iter();
        kept.messages = outbox
            .filter_map(|message| message.at(NOW))
            .filter(|message| self.reaches(message))
            .map(|message| self.messages.number(message))
            .collect();
        for (slot, task) in store.room_tasks {
            match task {
                RoomTask::Reconcile | RoomTask::Delete => kept.tasks[slot] = true,
            }
        }
        for slot in store.rooms_made {
            kept.rooms[slot] = true;
        }
        kept
    }
}

/// The same device asks the same once more, before anything else: that is no error, and changes
/// nothing.
fn is_repeated_alike(after: &Store, who: &Device, request: &Request) -> bool {
    let mut again = after.clone();
    again.outbox.clear();
    let result = again.answer(&who.id.0, &who.id.1, request);
    result.is_ok() && again.outbox.is_empty() && again.calls == after.calls
}

/// Which row of the catalogue a request and its answer are.
fn recognise(before: &Store, who: &Device, request: &Request, result: &Answered) -> Races {
    let call = request
        .call_id()
        .and_then(names::slot_of)
        .and_then(|slot| before.calls.get(slot))
        .and_then(Option::as_ref);
    let code = match result {
        Err(Failure::Status {
            body: Some(body), ..
        }) => body.code,
        _ => None,
    };
    let accepted_by = call.and_then(|call| {
        let mut invitees = call.invitees().iter();
        let mine = invitees.find(|i| *i.party.member_id() == who.id.0)?;
        mine.is_accepted().then(|| mine.party.device_id.clone())
    });
    let elsewhere = accepted_by.is_some_and(|device| device.as_ref() != Some(&who.id.1));
    let ended = |cause: EndCause| {
        call.and_then(Call::ending)
            .is_some_and(|ending| ending.outcome == cause.outcome())
    };
    let over = call.is_some_and(Call::is_over);
    let accepted =
        call.is_some_and(|call| matches!(call.phase(), Phase::Connecting | Phase::Active));
    let race = match (request, code) {
        (Request::Create(_), Some(ErrorCode::Glare)) => Race::G1,
        (Request::Create(_), Some(ErrorCode::Cancelled)) => Race::C2,
        (Request::Cancel { .. }, Some(ErrorCode::CancelRemembered)) => Race::C2,
        (Request::Create(_), None) if call.is_some() && result.is_ok() => Race::D1,
        (Request::Cancel { .. }, Some(_)) if accepted => Race::C1,
        (Request::Accept { .. }, Some(_)) if ended(EndCause::CallerCancelled) => Race::C1,
        (Request::Accept { .. }, Some(_)) if ended(EndCause::RingDeadline) => Race::C3,
        (Request::Accept { .. }, Some(ErrorCode::AlreadyInCall)) => Race::A3,
        (Request::Accept { .. }, Some(_)) if elsewhere => Race::A1,
        (Request::Accept { .. }, Some(_)) if ended(EndCause::AllRejected) => Race::A2,
        (Request::Reject { .. }, Some(_)) if elsewhere => Race::A2,
        (Request::Reject { .. }, Some(_)) if ended(EndCause::CallerCancelled) => Race::C4,
        (Request::Cancel { .. }, Some(_)) if ended(EndCause::AllRejected) => Race::C4,
        (Request::End { .. }, None) if over => Race::E1,
        _ => return Races::NONE,
    };
    Races::of(race)
}

impl World {
    /// Some device subscribes this topic.
    fn reaches(&self, message: &ledger::Message) -> bool {
        crate::message::member_of(&message.topic)
            .is_some_and(|member| self.devices.iter().any(|device| device.id.0 == *member))
    }
}

/// Answers without which nothing changes: repeating such a request changes nothing.
pub(crate) fn is_read(request: &Request) -> bool {
    match request {
        Request::Active
        | Request::Get { .. }
        | Request::Sync { .. }
        | Request::Token { .. }
        | Request::Register { .. }
        | Request::Forget { .. }
        | Request::History => true,
        Request::Create(_)
        | Request::Accept { .. }
        | Request::Reject { .. }
        | Request::Cancel { .. }
        | Request::Connected { .. }
        | Request::End { .. }
        | Request::Leave { .. }
        | Request::Invite { .. }
        | Request::Hold { .. }
        | Request::Patch { .. }
        | Request::Ringing { .. } => false,
    }
}
