//! Everything that may happen next.

use crate::names::Slot;
use crate::state::{Flight, Kind, State};
use crate::store_step::is_read;
use crate::twins::Id;
use crate::world::World;

/// One thing that happens. Places are those of the state that it happens in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// What is under way arrives.
    Arrives(usize),
    /// It was lost, and the device notices. (When it was lost makes no difference before that.)
    Lost(usize),
    /// It arrives, and its answer is lost.
    AnswerLost(usize),
    /// It arrives, and once more later.
    Repeats(usize),
    /// It arrives, and once more later, and only the second time is answered.
    RepeatsUnanswered(usize),
    /// The server commits what a request asks, and dies before it answers and publishes.
    ServerDies(usize),
    /// It comes back from its store, and publishes what was not.
    ServerBack,
    /// A user begins a call.
    Dials(usize, u8),
    /// A user does something else, or a device's deadline is reached.
    Moves(usize, usize),
    /// A device's process dies.
    DeviceDies(usize),
    /// It is started again.
    DeviceBack(usize),
    /// The broker loses a device, and all that is under way to it.
    Cut(usize),
    /// The device notices.
    LinkDown(usize),
    /// It is connected and subscribed again.
    LinkUp(usize),
    /// A device loses its room.
    RoomLost(usize),
    /// The media server gives a participant up that nobody is behind.
    RoomGivesUp(usize),
    /// All is over at the server: from now on this device alone is looked at.
    Follows(usize),
    /// Another, who is not looked at, leaves the room.
    OtherLeaves(usize),
    /// The server reads a room's participant list.
    Lists(Slot),
    /// The server brings a room up to date, or deletes it.
    RoomTask(Slot),
    /// A deadline of a call is reached.
    TimeOut(Slot, usize),
}

impl World {
    /// Everything that may happen in this state.
    pub(crate) fn possible(&self, state: &State, actions: &mut Vec<Action>) {
        if self.is_afterwards(state) {
            let alive = state
                .phones
                .iter()
                .enumerate()
                .filter(|(_, phone)| **phone != Id::NONE);
            actions.extend(alive.map(|(device, _)| Action::Follows(device)));
            return;
        }
        let (bounds, spent) = (&self.bounds, &state.spent);
        let may_crash = bounds.allows_crash(spent);
        for (at, flight) in state.flights.iter().enumerate() {
            // The same thing twice is one thing to choose.
            if at > 0 && state.flights[at - 1] == *flight {
                continue;
            }
            if self.bounds.in_order && flight.kind == Kind::Message && flight.tag > 1 {
                continue;
            }
            actions.push(Action::Arrives(at));
            if bounds.allows_loss(spent) && self.may_be_lost(flight) {
                actions.push(Action::Lost(at));
                if state.server_up && self.is_answered_at_once(flight) {
                    actions.push(Action::AnswerLost(at));
                }
            }
            if bounds.allows_repeat(spent) && self.may_repeat(flight) {
                actions.push(Action::Repeats(at));
                if flight.kind == Kind::Request {
                    actions.push(Action::RepeatsUnanswered(at));
                }
            }
            let dies = may_crash && spent.server_crashes < bounds.server_crashes;
            if dies
                && state.server_up
                && flight.kind == Kind::Request
                && self.commits(state, flight)
            {
                actions.push(Action::ServerDies(at));
            }
        }
        for (device, phone) in state.phones.iter().enumerate() {
            if *phone == Id::NONE {
                let quiet = !bounds.patient || state.flights.is_empty();
                if state.alone.is_none() && quiet {
                    actions.push(Action::DeviceBack(device));
                }
                continue;
            }
            self.possible_of_device(state, device, *phone, actions);
            let died = spent.device_crashes[device];
            // A device on which nothing goes on is not changed by its death.
            if may_crash && died < bounds.device_crashes && !self.phones.get(*phone).facts.idle {
                actions.push(Action::DeviceDies(device));
            }
        }
        for (at, seat) in state.seats.iter().enumerate() {
            if seat.session == 0 {
                actions.push(Action::RoomGivesUp(at));
                if state.alone.is_some() {
                    actions.push(Action::OtherLeaves(at));
                }
            } else if bounds.allows_loss(spent) {
                actions.push(Action::RoomLost(at));
            }
        }
        if !state.server_up || !state.outbox.is_empty() {
            actions.push(Action::ServerBack);
        }
        if !state.server_up {
            return;
        }
        let still =
            !bounds.patient || (!state.tasks.iter().any(|task| *task) && state.flights.is_empty());
        for (slot, _) in self.open_calls(state) {
            if state.rooms[slot] && still {
                actions.push(Action::Lists(slot));
            }
            for at in 0..self.time_outs(state, slot).len() {
                actions.push(Action::TimeOut(slot, at));
            }
        }
        for slot in 0..state.tasks.len() {
            if state.tasks[slot] {
                actions.push(Action::RoomTask(slot));
            }
        }
    }

    fn possible_of_device(
        &self,
        state: &State,
        device: usize,
        phone: Id,
        actions: &mut Vec<Action>,
    ) {
        let (bounds, spent) = (&self.bounds, &state.spent);
        let open = self.open_calls(state).next().is_some();
        for (at, (what, _)) in self.moves(phone).iter().enumerate() {
            let early = what.outlasts_the_server() && state.server_up && open;
            let busy = what.is_patient() && under_way(state, device)
                || what.is_invite() && !state.flights.is_empty();
            let waits = bounds.patient && (early || busy);
            let invites = !spent.late_invite && (device == 0 || !bounds.invited_by_first);
            if !waits && (invites || !what.is_invite()) {
                actions.push(Action::Moves(device, at));
            }
        }
        if usize::from(spent.calls) < bounds.calls {
            for (dial, (who, _)) in bounds.dials.iter().enumerate() {
                if *who == device {
                    let dial = u8::try_from(dial).unwrap_or_default();
                    actions.push(Action::Dials(device, dial));
                }
            }
        }
        if state.cut & (1 << device) != 0 {
            actions.push(Action::LinkDown(device));
        } else if !state.is_linked(device) {
            actions.push(Action::LinkUp(device));
        } else if bounds.allows_loss(spent) && self.loses_by_a_cut(state, device, phone) {
            actions.push(Action::Cut(device));
        }
    }

    /// Something is lost to it, or could be before it notices.
    fn loses_by_a_cut(&self, state: &State, device: usize, phone: Id) -> bool {
        let message =
            |flight: &Flight| flight.kind == Kind::Message && usize::from(flight.device) == device;
        let misses = state.flights.iter().any(message);
        misses || !self.bounds.breaks_at_once && !self.phones.get(phone).facts.idle
    }

    /// A request or an answer, but not what comes of a loss. Messages are lost with their connection.
    fn may_be_lost(&self, flight: &Flight) -> bool {
        match flight.kind {
            Kind::Request => flight.tag != 0,
            Kind::Answer => flight.what != self.no_answer,
            Kind::Message | Kind::Enter | Kind::RoomEvent => false,
        }
    }

    /// What changes something when it comes twice: a request that is more than a question, and an
    /// invite. (A `call_update` that comes twice is one that the device knows: see `Broken::D1`.)
    fn may_repeat(&self, flight: &Flight) -> bool {
        match flight.kind {
            Kind::Request => flight.tag != 0 && !is_read(self.requests.get(flight.what)),
            Kind::Message => crate::message::is_invite(self.messages.get(flight.what)),
            Kind::Answer | Kind::Enter | Kind::RoomEvent => false,
        }
    }

    fn commits(&self, state: &State, flight: &Flight) -> bool {
        let device = usize::from(flight.device);
        self.asked(state, device, flight.what).stored.committed
    }
}

/// Something is on its way to or from the device.
fn under_way(state: &State, device: usize) -> bool {
    let mut flights = state.flights.iter();
    flights.any(|flight| usize::from(flight.device) == device)
}
