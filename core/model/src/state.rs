//! A state of the world, by the numbers of its parts.

use std::hash::{Hash, Hasher};

use smallvec::SmallVec;

use crate::broken::Broken;
use crate::names::{MOST_CALLS, Slot};
use crate::twins::Id;

/// All that can make a difference to what happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// See [`crate::bounds::Bounds::twins`].
    pub(crate) twins: Option<[u8; 2]>,
    /// By device; 0: its process is dead.
    pub(crate) phones: SmallVec<[Id; 4]>,
    /// By slot; 0: there is none.
    pub(crate) calls: [Id; MOST_CALLS],
    pub(crate) cancels: Id,
    /// By slot: there is a room.
    pub(crate) rooms: [bool; MOST_CALLS],
    /// By slot: the server is to bring the room up to date.
    pub(crate) tasks: [bool; MOST_CALLS],
    /// Sorted.
    pub(crate) seats: SmallVec<[Seat; 4]>,
    /// Sorted: what is under way comes in any order.
    pub(crate) flights: SmallVec<[Flight; 6]>,
    /// From now on only this device is looked at; see [`crate::afterwards`].
    pub(crate) alone: Option<u8>,
    /// Committed by a server that died, and not published.
    pub(crate) outbox: Vec<Id>,
    pub(crate) server_up: bool,
    /// By device: connected to the broker.
    pub(crate) linked: u8,
    /// By device: lost by the broker, and not aware of it.
    pub(crate) cut: u8,
    pub(crate) spent: Spent,
    pub(crate) broken: Broken,
}

/// What was used up of the bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Spent {
    pub(crate) calls: u8,
    pub(crate) late_invite: bool,
    pub(crate) losses: u8,
    pub(crate) repeats: u8,
    pub(crate) crashes: u8,
    pub(crate) device_crashes: SmallVec<[u8; 4]>,
    pub(crate) server_crashes: u8,
}

impl Spent {
    pub(crate) fn faults(&self) -> u8 {
        self.losses + self.repeats + self.crashes
    }
}

/// Something under way, to or from one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Flight {
    pub(crate) kind: Kind,
    pub(crate) device: u8,
    /// The number of a request (0: nobody waits for the answer), or of a room session.
    pub(crate) tag: u8,
    /// In the kind's table.
    pub(crate) what: Id,
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Request,
    Answer,
    Message,
    /// A device on its way into a room.
    Enter,
    RoomEvent,
}

/// A participant of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Seat {
    pub(crate) slot: u8,
    pub(crate) device: u8,
    /// 0: nobody is behind it any more, and the media server has not noticed.
    pub(crate) session: u8,
    /// Others are forwarded to it.
    pub(crate) hears: bool,
    pub(crate) identity: Id,
}

/// All that a state is, in an order in which two can be compared.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Parts<'a> {
    phones: &'a [Id],
    calls: &'a [Id],
    seats: &'a [Seat],
    flights: &'a [Flight],
    cancels: Id,
    rooms: &'a [bool],
    tasks: &'a [bool],
    alone: Option<u8>,
    outbox: &'a [Id],
    server_up: bool,
    linked: u8,
    cut: u8,
    spent: &'a Spent,
    broken: Broken,
}

/// The same for a state and for the one in which the twins are exchanged.
impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match self.exchanged() {
            None => self.parts().hash(hasher),
            Some(other) => self.parts().min(other.parts()).hash(hasher),
        }
    }
}

impl Flight {
    pub(crate) fn is_of_room(&self) -> bool {
        matches!(self.kind, Kind::Enter | Kind::RoomEvent)
    }
}

impl State {
    fn parts(&self) -> Parts<'_> {
        Parts {
            phones: &self.phones,
            calls: &self.calls,
            seats: &self.seats,
            flights: &self.flights,
            cancels: self.cancels,
            rooms: &self.rooms,
            tasks: &self.tasks,
            alone: self.alone,
            outbox: &self.outbox,
            server_up: self.server_up,
            linked: self.linked,
            cut: self.cut,
            spent: &self.spent,
            broken: self.broken,
        }
    }

    /// The state in which the twins are exchanged.
    fn exchanged(&self) -> Option<Self> {
        let [one, other] = self.twins?;
        let now = |device: u8| match device {
            device if device == one => other,
            device if device == other => one,
            device => device,
        };
        let bits = |bits: u8| {
            let rest = bits & !(1 << one | 1 << other);
            rest | (bits >> one & 1) << other | (bits >> other & 1) << one
        };
        let mut state = self.clone();
        state.phones.swap(one.into(), other.into());
        state.spent.device_crashes.swap(one.into(), other.into());
        state.phones.iter_mut().for_each(|id| *id = id.twin());
        state.calls = state.calls.map(Id::twin);
        state.cancels = state.cancels.twin();
        state.outbox.iter_mut().for_each(|id| *id = id.twin());
        for seat in &mut state.seats {
            (seat.device, seat.identity) = (now(seat.device), seat.identity.twin());
        }
        state.seats.sort_unstable();
        for flight in &mut state.flights {
            (flight.device, flight.what) = (now(flight.device), flight.what.twin());
        }
        state.flights.sort_unstable();
        state.alone = state.alone.map(now);
        (state.linked, state.cut) = (bits(state.linked), bits(state.cut));
        Some(state)
    }

    pub(crate) fn is_linked(&self, device: usize) -> bool {
        self.linked & (1 << device) != 0
    }

    pub(crate) fn send(&mut self, flight: Flight) {
        let at = self.flights.partition_point(|other| *other < flight);
        self.flights.insert(at, flight);
    }

    pub(crate) fn sit(&mut self, seat: Seat) {
        let at = self.seats.partition_point(|other| *other < seat);
        self.seats.insert(at, seat);
    }

    pub(crate) fn seats_in(&self, slot: Slot) -> impl Iterator<Item = &Seat> {
        self.seats
            .iter()
            .filter(move |seat| usize::from(seat.slot) == slot)
    }
}
