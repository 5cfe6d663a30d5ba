//! The broker: messages on their way to devices, and connections to it that break.

use crate::broken::Broken;
use crate::phone::Step;
use crate::race::{Race, Races};
use crate::state::{Flight, Kind, State};
use crate::twins::Id;
use crate::world::{Told, World};

impl World {
    /// The broker hands a message to every device of its member that is connected.
    pub(crate) fn publish(&self, state: &mut State, message: Id) {
        let to = crate::message::member_of(&self.messages.get(message).topic);
        for (device, who) in self.devices.iter().enumerate() {
            let alive = state.phones[device] != Id::NONE && state.is_linked(device);
            if !alive || to != Some(&who.id.0) {
                continue;
            }
            if self.makes_no_difference(state, device, message) {
                continue;
            }
            let own = u8::try_from(device).unwrap_or_default();
            self.hand_over(state, own, message);
        }
    }

    /// A message is on its way to a device: behind those that are, where they keep their order.
    pub(crate) fn hand_over(&self, state: &mut State, device: u8, message: Id) {
        if self.bounds.in_order {
            let newer = self.messages.get(message);
            let older = state.flights.iter().position(|flight| {
                flight.kind == Kind::Message
                    && flight.device == device
                    && crate::message::takes_its_place(newer, self.messages.get(flight.what))
            });
            if let Some(at) = older {
                let older = state.flights.remove(at);
                self.move_up(state, &older);
            }
        }
        let mine = |flight: &&Flight| flight.device == device && flight.kind == Kind::Message;
        let last = state
            .flights
            .iter()
            .filter(mine)
            .map(|flight| flight.tag)
            .max();
        let tag = match self.bounds.in_order {
            true => last.unwrap_or(0) + 1,
            false => 0,
        };
        state.send(Flight {
            kind: Kind::Message,
            device,
            tag,
            what: message,
        });
        self.take_idle(state, device);
    }

    /// Takes the first messages to a device from its queue as long as nothing comes of them.
    fn take_idle(&self, state: &mut State, device: u8) {
        if !self.bounds.in_order {
            return;
        }
        let first = |flight: &Flight| {
            flight.kind == Kind::Message && flight.device == device && flight.tag == 1
        };
        let phone = state.phones[usize::from(device)];
        while let Some(at) = state.flights.iter().position(first) {
            let flight = state.flights[at];
            if !self.step(phone, Told::Message(flight.what)).is_idle(phone) {
                return;
            }
            self.recognise_message(state, device.into(), flight.what);
            state.flights.remove(at);
            self.move_up(state, &flight);
        }
    }

    /// One of the messages to a device is gone from the queue.
    pub(crate) fn move_up(&self, state: &mut State, gone: &Flight) {
        if self.bounds.in_order && gone.kind == Kind::Message {
            for flight in &mut state.flights {
                let behind = flight.kind == Kind::Message && flight.tag > gone.tag;
                if behind && flight.device == gone.device {
                    flight.tag -= 1;
                }
            }
        }
    }

    /// News that the device knows, now and for as long as this process of it lives: such a
    /// message is as good as arrived. That it changes nothing is looked at, not believed.
    fn makes_no_difference(&self, state: &mut State, device: usize, message: Id) -> bool {
        let phone = state.phones[device];
        let facts = &self.phones.get(phone).facts;
        let known = crate::message::is_known(facts, self.messages.get(message));
        if known
            && !facts.holds_messages
            && !self.step(phone, Told::Message(message)).is_idle(phone)
        {
            state.broken |= Broken::D1;
        }
        known
    }

    pub(crate) fn drop_known(&self, state: &mut State, device: usize) {
        let mut at = 0;
        while let Some(flight) = state.flights.get(at).copied() {
            let mine = usize::from(flight.device) == device && flight.kind == Kind::Message;
            if mine && self.makes_no_difference(state, device, flight.what) {
                self.recognise_message(state, device, flight.what);
                state.flights.remove(at);
                self.move_up(state, &flight);
            } else {
                at += 1;
            }
        }
        if state.phones[device] != Id::NONE {
            self.take_idle(state, u8::try_from(device).unwrap_or_default());
        }
    }

    pub(crate) fn device_dies(&self, state: &mut State, device: usize) {
        state.spent.crashes += 1;
        state.spent.device_crashes[device] += 1;
        state.phones[device] = Id::NONE;
        let own = u8::try_from(device).unwrap_or_default();
        self.link_down(state, device);
        // What it has sent may still come; nobody waits for answers.
        self.renumber(state, own, &Step::default());
    }

    /// The broker forgets the device, and what it had for it.
    pub(crate) fn link_down(&self, state: &mut State, device: usize) {
        state.linked &= !(1 << device);
        state.cut &= !(1 << device);
        let own = u8::try_from(device).unwrap_or_default();
        let lost = |flight: &Flight| flight.device == own && flight.kind == Kind::Message;
        state.flights.retain(|flight| !lost(flight));
    }

    /// The broker has the device again, and nothing for it.
    pub(crate) fn link_up(&self, state: &mut State, device: usize) {
        self.meets(Races::of(Race::S2));
        state.linked |= 1 << device;
        self.tell(state, device, Told::LinkUp);
    }

    pub(crate) fn recognise_message(&self, state: &State, device: usize, message: Id) {
        let phone = state.phones[device];
        if phone != Id::NONE {
            let facts = &self.phones.get(phone).facts;
            self.meets(crate::message::recognise(facts, self.messages.get(message)));
        }
    }
}
