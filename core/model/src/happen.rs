//! What comes of each thing that happens.

use faithcall_protocol::machine::Request;

use crate::action::Action;
use crate::broken::Broken;
use crate::names::Slot;
use crate::phone::Step;
use crate::race::{Race, Races};
use crate::state::{Flight, Kind, State};
use crate::store_step::{Stored, is_read};
use crate::twins::Id;
use crate::world::{Told, World};

/// A device that asks so often without anything else happening never stops.
const MOST_QUESTIONS: u32 = 30;

impl World {
    /// The state after an action; none where the bounds do not allow it, or nothing came of it.
    pub(crate) fn happens(&self, before: &State, action: Action) -> Option<State> {
        let mut state = self.happens_first(before, action)?;
        if self.bounds.questions_at_once && state.server_up {
            self.answer_questions(&mut state);
        }
        Some(state)
    }

    fn happens_first(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Arrives(at) => {
                let flight = state.flights.remove(at);
                self.move_up(&mut state, &flight);
                self.arrives(&mut state, flight);
                let waits = flight.kind == Kind::Request
                    && before
                        .flights
                        .iter()
                        .any(|flight| flight.kind != Kind::Request);
                return (!waits || self.is_within(before, &state)).then_some(state);
            }
            Action::Lost(at) => {
                state.spent.losses += 1;
                let flight = state.flights.remove(at);
                let noticed = Told::Answer(flight.tag, self.no_answer);
                self.tell(&mut state, flight.device.into(), noticed);
            }
            Action::AnswerLost(at) => {
                state.spent.losses += 1;
                let flight = state.flights.remove(at);
                let made = self.asked(&state, usize::from(flight.device), flight.what);
                self.carried_out(&mut state, flight, &made.stored, self.no_answer);
            }
            Action::Repeats(at) => {
                state.spent.repeats += 1;
                let flight = state.flights.remove(at);
                self.move_up(&mut state, &flight);
                self.arrives(&mut state, flight);
                match flight.kind {
                    Kind::Message => self.hand_over(&mut state, flight.device, flight.what),
                    _ => state.send(Flight { tag: 0, ..flight }),
                }
            }
            Action::RepeatsUnanswered(at) => {
                state.spent.repeats += 1;
                let flight = state.flights[at];
                self.arrives(&mut state, Flight { tag: 0, ..flight });
            }
            Action::ServerDies(at) => {
                state.spent.crashes += 1;
                state.spent.server_crashes += 1;
                let flight = state.flights.remove(at);
                let made = self.asked(&state, usize::from(flight.device), flight.what);
                state.server_up = self.bounds.patient;
                self.store_all(&mut state, &made.stored);
                self.answer(&mut state, flight, self.no_answer);
                self.work_on_rooms(&mut state);
                state.outbox.extend(&made.stored.messages);
                if self.bounds.server_back_at_once {
                    self.publish_outbox(&mut state);
                }
            }
            Action::ServerBack => {
                state.server_up = true;
                self.work_on_rooms(&mut state);
                self.publish_outbox(&mut state);
                return Some(state);
            }
            Action::Dials(device, dial) => {
                let slot = usize::from(state.spent.calls);
                let step = self.step(state.phones[device], Told::Dial(slot, dial));
                if step.refused {
                    return None;
                }
                state.spent.calls += 1;
                self.on_device(&mut state, device, step);
            }
            Action::Moves(device, at) => {
                let (what, step) = &self.moves(state.phones[device])[at];
                state.spent.late_invite |= what.is_invite();
                self.on_device(&mut state, device, step);
            }
            Action::DeviceDies(device) => self.device_dies(&mut state, device),
            Action::DeviceBack(device) => {
                state.phones[device] = self.devices[device].fresh;
                self.tell(&mut state, device, Told::SignedIn);
                state.linked |= 1 << device;
                self.tell(&mut state, device, Told::LinkUp);
                return Some(state);
            }
            Action::Cut(device) => {
                state.spent.losses += 1;
                self.link_down(&mut state, device);
                if self.bounds.breaks_at_once {
                    self.tell(&mut state, device, Told::LinkDown);
                    self.link_up(&mut state, device);
                } else {
                    state.cut |= 1 << device;
                }
            }
            Action::LinkDown(device) => {
                state.cut &= !(1 << device);
                self.tell(&mut state, device, Told::LinkDown);
                return Some(state);
            }
            Action::LinkUp(device) => {
                self.link_up(&mut state, device);
                return Some(state);
            }
            Action::RoomLost(at) => {
                state.spent.losses += 1;
                self.room_lost(&mut state, at);
            }
            Action::RoomGivesUp(at) => {
                self.gives_up(&mut state, at, false);
                return Some(state);
            }
            Action::OtherLeaves(at) => {
                self.gives_up(&mut state, at, true);
                return Some(state);
            }
            Action::Follows(device) => {
                self.follow(&mut state, device);
                return Some(state);
            }
            Action::Lists(slot) => {
                let made = self.listed(&state, slot);
                if made.stored.calls[slot] == state.calls[slot] {
                    return None;
                }
                self.store_one(&mut state, slot, &made.stored);
            }
            Action::RoomTask(slot) => {
                self.room_task(&mut state, slot);
                return Some(state);
            }
            Action::TimeOut(slot, at) => {
                let steps = self.time_outs(&state, slot);
                self.store_one(&mut state, slot, &steps[at]);
            }
        }
        self.is_within(before, &state).then_some(state)
    }

    /// No more is under way than may be, or not more than before.
    fn is_within(&self, before: &State, state: &State) -> bool {
        let most = self.bounds.in_flight.max(before.flights.len());
        state.flights.len() <= most
    }

    fn arrives(&self, state: &mut State, flight: Flight) {
        let device = usize::from(flight.device);
        match flight.kind {
            Kind::Request if !state.server_up => self.answer(state, flight, self.no_answer),
            Kind::Request => self.taken_up(state, flight),
            Kind::Answer => self.tell(state, device, Told::Answer(flight.tag, flight.what)),
            Kind::Message => {
                self.recognise_message(state, device, flight.what);
                self.tell(state, device, Told::Message(flight.what));
            }
            Kind::RoomEvent => self.tell(state, device, Told::Room(flight.tag, flight.what)),
            Kind::Enter => self.enter(state, device, flight.tag, flight.what),
        }
    }

    fn taken_up(&self, state: &mut State, flight: Flight) {
        let made = self.asked(state, flight.device.into(), flight.what);
        self.carried_out(state, flight, &made.stored, made.answer);
    }

    /// The server carries a request out. What its device is answered, goes off before what follows
    /// for the room does: the request goes by the number that it had.
    fn carried_out(&self, state: &mut State, request: Flight, stored: &Stored, answer: Id) {
        self.store_all(state, stored);
        self.answer(state, request, answer);
        self.work_on_rooms(state);
        if stored.committed {
            self.publish_outbox(state);
        }
        for message in &stored.messages {
            self.publish(state, *message);
        }
    }

    /// The answer to a request, if anybody waits for it.
    fn answer(&self, state: &mut State, request: Flight, answer: Id) {
        if request.tag == 0 {
            return;
        }
        if self.is_answered_at_once(&request) {
            let told = Told::Answer(request.tag, answer);
            return self.tell(state, request.device.into(), told);
        }
        state.send(Flight {
            kind: Kind::Answer,
            what: answer,
            ..request
        });
    }

    /// A request whose answer is never under way.
    pub(crate) fn is_answered_at_once(&self, flight: &Flight) -> bool {
        if flight.kind != Kind::Request {
            return false;
        }
        let request = self.requests.get(flight.what);
        let lets_in = matches!(request, Request::Create(_) | Request::Accept { .. });
        match is_read(request) {
            true => self.bounds.questions_at_once,
            false => self.bounds.confirmed_at_once && !lets_in,
        }
    }

    /// The whole store after a request.
    fn store_all(&self, state: &mut State, stored: &Stored) {
        state.cancels = stored.cancels;
        for slot in 0..state.calls.len() {
            let open = stored.calls[slot] != Id::NONE
                && !self.calls.get(stored.calls[slot]).call.is_over();
            state.rooms[slot] |= stored.rooms[slot] && open;
            self.store_call(state, slot, stored);
        }
        state.broken |= stored.broken;
        self.meets(stored.races);
    }

    pub(crate) fn work_on_rooms(&self, state: &mut State) {
        for slot in 0..state.tasks.len() {
            if self.bounds.rooms_at_once && state.server_up && state.tasks[slot] {
                self.room_task(state, slot);
            }
        }
    }

    /// One call after a deadline or a list, which look at that call alone; and what is published.
    fn store_one(&self, state: &mut State, slot: Slot, stored: &Stored) {
        self.store_call(state, slot, stored);
        state.broken |= stored.broken;
        self.meets(stored.races);
        self.work_on_rooms(state);
        if stored.committed {
            self.publish_outbox(state);
        }
        for message in &stored.messages {
            self.publish(state, *message);
        }
    }

    fn store_call(&self, state: &mut State, slot: Slot, stored: &Stored) {
        state.calls[slot] = stored.calls[slot];
        state.tasks[slot] |= stored.tasks[slot];
        // Nobody is there to be removed, and no room to be deleted.
        state.tasks[slot] &= state.rooms[slot];
    }

    /// What a server that died had not published comes before anything new.
    fn publish_outbox(&self, state: &mut State) {
        for message in std::mem::take(&mut state.outbox) {
            self.meets(Races::of(Race::S1));
            self.publish(state, message);
        }
    }

    /// Gives a device an input, and takes what comes of it into the world.
    pub(crate) fn tell(&self, state: &mut State, device: usize, told: Told) {
        let phone = state.phones[device];
        if phone == Id::NONE {
            return;
        }
        let step = self.step(phone, told);
        self.on_device(state, device, step);
    }

    fn on_device(&self, state: &mut State, device: usize, step: &Step) {
        state.phones[device] = step.phone;
        state.broken |= step.broken;
        self.meets(step.races);
        let own = u8::try_from(device).unwrap_or_default();
        for session in &step.leaves {
            self.leaves(state, own, *session);
        }
        self.renumber(state, own, step);
        for (tag, request) in &step.requests {
            let question = is_read(self.requests.get(*request));
            // A question of which nobody awaits the answer changes nothing.
            if *tag != 0 || !question {
                state.send(Flight {
                    kind: Kind::Request,
                    device: own,
                    tag: *tag,
                    what: *request,
                });
            }
        }
        for (session, token) in &step.enters {
            if self.bounds.rooms_at_once {
                self.enter(state, device, *session, *token);
                continue;
            }
            state.send(Flight {
                kind: Kind::Enter,
                device: own,
                tag: *session,
                what: *token,
            });
        }
        self.drop_known(state, device);
    }

    /// Answers every question that is under way, and those that follow from the answers.
    fn answer_questions(&self, state: &mut State) {
        let asks = |flight: &Flight| {
            flight.kind == Kind::Request && is_read(self.requests.get(flight.what))
        };
        let mut left = MOST_QUESTIONS;
        while let Some(at) = state.flights.iter().position(asks) {
            let question = state.flights.remove(at);
            self.taken_up(state, question);
            left -= 1;
            if left == 0 {
                state.broken |= Broken::BUSY;
                return;
            }
        }
    }

    /// Gives what is under way to a device the numbers that it goes by now, and drops what it no
    /// longer waits for.
    pub(crate) fn renumber(&self, state: &mut State, device: u8, step: &Step) {
        let now = |map: &[(u8, u8)], tag: u8| {
            let found = map.iter().find(|(from, _)| *from == tag);
            found.map_or(0, |(_, to)| *to)
        };
        let flights = std::mem::take(&mut state.flights);
        for mut flight in flights {
            if flight.device == device {
                match flight.kind {
                    Kind::Request | Kind::Answer => {
                        flight.tag = now(&step.requests_now, flight.tag)
                    }
                    Kind::Enter | Kind::RoomEvent => {
                        flight.tag = now(&step.sessions_now, flight.tag);
                    }
                    Kind::Message => {}
                }
                let counts = match flight.kind {
                    Kind::Message => true,
                    Kind::Request => flight.tag != 0 || !is_read(self.requests.get(flight.what)),
                    Kind::Answer | Kind::Enter | Kind::RoomEvent => flight.tag != 0,
                };
                if !counts {
                    continue;
                }
            }
            state.send(flight);
        }
        for seat in &mut state.seats {
            if seat.device == device && seat.session != 0 {
                seat.session = now(&step.sessions_now, seat.session);
            }
        }
        state.seats.sort_unstable();
    }
}
