//! The media server: who is in which room, and what its clients are told.

use faithcall_protocol::machine::{DisconnectReason, RoomEvent};

use crate::names::Slot;
use crate::race::{Race, Races};
use crate::state::{Flight, Kind, Seat, State};
use crate::twins::Id;
use crate::world::{Told, World};

impl World {
    /// A device comes into its room, or finds none.
    pub(crate) fn enter(&self, state: &mut State, device: usize, session: u8, token: Id) {
        let token = self.tokens.get(token);
        let identity = self.identities.number(token.identity.clone());
        let own = u8::try_from(device).unwrap_or_default();
        let slot = token.slot;
        if !state.rooms[slot] {
            self.tell_client(state, own, session, RoomEvent::ConnectFailed);
            return;
        }
        let same = |seat: &Seat| usize::from(seat.slot) == slot && seat.identity == identity;
        if let Some(at) = state.seats.iter().position(same) {
            self.meets(Races::of(Race::M3));
            let old = state.seats.remove(at);
            self.put_out(state, &old, DisconnectReason::Removed);
            self.tell_others(state, &old, false);
        }
        let seat = Seat {
            slot: u8::try_from(slot).unwrap_or_default(),
            device: own,
            session,
            hears: token.hears,
            identity,
        };
        let others: Vec<Seat> = state.seats_in(slot).copied().collect();
        state.sit(seat);
        // The webhook of its coming brings its permissions up to date.
        state.tasks[slot] |= !self.is_as_entitled(state, slot);
        self.work_on_rooms(state);
        let identity = |id| self.identities.get(id).clone();
        // Its engine tells it in one go; the others hear of it each by itself.
        self.tell_at_once(state, seat, RoomEvent::Connected);
        for other in others {
            let here = RoomEvent::ParticipantJoined {
                identity: identity(other.identity),
                sid: None,
            };
            self.tell_at_once(state, seat, here);
            let came = RoomEvent::ParticipantJoined {
                identity: identity(seat.identity),
                sid: None,
            };
            self.tell_client(state, other.device, other.session, came);
        }
    }

    /// A session of a device leaves on purpose.
    pub(crate) fn leaves(&self, state: &mut State, device: u8, session: u8) {
        let own = |seat: &Seat| seat.device == device && seat.session == session;
        if let Some(at) = state.seats.iter().position(own) {
            let seat = state.seats.remove(at);
            self.tell_others(state, &seat, true);
        }
    }

    /// A device's connection to its room breaks; the media server has yet to notice.
    pub(crate) fn room_lost(&self, state: &mut State, at: usize) {
        let seat = state.seats.remove(at);
        state.sit(Seat { session: 0, ..seat });
        self.put_out(state, &seat, DisconnectReason::Lost);
    }

    /// A participant goes that no device which is looked at is behind.
    pub(crate) fn gives_up(&self, state: &mut State, at: usize, deliberate: bool) {
        let seat = state.seats.remove(at);
        self.tell_others(state, &seat, deliberate);
    }

    /// Brings a room to what the ledger says, or deletes it.
    pub(crate) fn room_task(&self, state: &mut State, slot: Slot) {
        state.tasks[slot] = false;
        let Some(record) = self.record(state, slot) else {
            return;
        };
        if record.call.is_over() {
            state.rooms[slot] = false;
            let seats: Vec<Seat> = state.seats_in(slot).copied().collect();
            state.seats.retain(|seat| usize::from(seat.slot) != slot);
            for seat in seats {
                self.put_out(state, &seat, DisconnectReason::RoomDeleted);
            }
            return;
        }
        let seats: Vec<Seat> = state.seats_in(slot).copied().collect();
        state.seats.retain(|seat| usize::from(seat.slot) != slot);
        let (mut stay, mut go) = (Vec::new(), Vec::new());
        for seat in seats {
            let identity = self.identities.get(seat.identity);
            match record.hears(identity) {
                Some(hears) => stay.push(Seat { hears, ..seat }),
                None => go.push(seat),
            }
        }
        for seat in stay {
            state.sit(seat);
        }
        for seat in go {
            self.put_out(state, &seat, DisconnectReason::Removed);
            self.tell_others(state, &seat, false);
        }
    }

    /// Nobody is in the room who may not be, or with other permissions.
    fn is_as_entitled(&self, state: &State, slot: Slot) -> bool {
        let Some(record) = self.record(state, slot) else {
            return true;
        };
        !record.call.is_over()
            && state
                .seats_in(slot)
                .all(|seat| record.hears(self.identities.get(seat.identity)) == Some(seat.hears))
    }

    fn tell_others(&self, state: &mut State, gone: &Seat, deliberate: bool) {
        let others: Vec<Seat> = state.seats_in(usize::from(gone.slot)).copied().collect();
        for other in others {
            let event = RoomEvent::ParticipantLeft {
                identity: self.identities.get(gone.identity).clone(),
                sid: None,
                deliberate,
            };
            self.tell_client(state, other.device, other.session, event);
        }
    }

    /// A client is told that it is out of its room.
    fn put_out(&self, state: &mut State, seat: &Seat, reason: DisconnectReason) {
        let event = RoomEvent::Disconnected { reason };
        self.tell_client(state, seat.device, seat.session, event);
    }

    fn tell_client(&self, state: &mut State, device: u8, session: u8, event: RoomEvent) {
        if session == 0 {
            if matches!(event, RoomEvent::ParticipantLeft { .. }) {
                self.meets(Races::of(Race::M4));
            }
            return;
        }
        let event = self.events.number(event);
        if self.bounds.late_room_events {
            state.send(Flight {
                kind: Kind::RoomEvent,
                device,
                tag: session,
                what: event,
            });
        } else {
            self.tell(state, device.into(), Told::Room(session, event));
        }
    }

    /// What a device that has just come in is told; its step may change the session's number.
    fn tell_at_once(&self, state: &mut State, seat: Seat, event: RoomEvent) {
        let of = |other: &&Seat| {
            other.device == seat.device
                && other.identity == seat.identity
                && other.slot == seat.slot
        };
        let session = state.seats.iter().find(of).map_or(0, |seat| seat.session);
        if session != 0 {
            let event = self.events.number(event);
            self.tell(state, seat.device.into(), Told::Room(session, event));
        }
    }
}
