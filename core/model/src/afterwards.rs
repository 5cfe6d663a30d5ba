//! What follows when every call is over and none is to come: each device by itself.
//!
//! The store changes no more (I5 looks at that in every step), so no device learns anything of
//! another through it: what is left of each depends on itself, on what is under way to and from
//! it, and on who else leaves its room. Their orders among each other make no difference to any
//! of them, nor to what is asked of the end, which is asked of each device by itself. So instead
//! of all of them together, each is followed alone, and the others' participants may leave the
//! room at any moment. Left out: that another comes into the room of a call that is over.

use crate::state::{Kind, State};
use crate::twins::Id;
use crate::world::World;

impl World {
    /// Nothing more comes from others.
    pub(crate) fn is_afterwards(&self, state: &State) -> bool {
        state.alone.is_none()
            && state.server_up
            && state.outbox.is_empty()
            && usize::from(state.spent.calls) == self.bounds.calls
            && self.open_calls(state).next().is_none()
            && self.open_calls_to_come(state)
    }

    /// No create is under way, or may still be sent again.
    fn open_calls_to_come(&self, state: &State) -> bool {
        (0..self.bounds.calls).all(|slot| state.calls[slot] != Id::NONE)
    }

    /// Follows one device, and drops all that it will never hear of.
    pub(crate) fn follow(&self, state: &mut State, device: usize) {
        let own = u8::try_from(device).unwrap_or_default();
        state.alone = Some(own);
        for (other, phone) in state.phones.iter_mut().enumerate() {
            if other != device {
                *phone = Id::NONE;
                state.linked &= !(1 << other);
                state.cut &= !(1 << other);
            }
        }
        state.flights.retain(|flight| {
            flight.device == own && (flight.kind != Kind::Request || flight.tag != 0)
        });
        // Of a room in which the device is not, it hears nothing.
        let here = |slot: u8| {
            let mut seats = state.seats.iter();
            let enters = state.flights.iter().any(crate::state::Flight::is_of_room);
            enters || seats.any(|seat| seat.device == own && seat.slot == slot)
        };
        let heard: Vec<bool> = state.seats.iter().map(|seat| here(seat.slot)).collect();
        let mut heard = heard.into_iter();
        state.seats.retain(|_| heard.next().unwrap_or_default());
        for seat in &mut state.seats {
            if seat.device != own {
                seat.session = 0;
            }
        }
        state.seats.sort_unstable();
    }
}
