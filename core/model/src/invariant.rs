//! What must hold in every state.

use faithcall_protocol::id::{DeviceId, MemberId};
use faithcall_protocol::ledger::{self, Call, Claim, Phase, RingState};
use smallvec::SmallVec;

use crate::names::Slot;
use crate::phone::{End, Line};
use crate::record::Record;
use crate::state::State;
use crate::twins::Id;
use crate::world::World;

/// I1: nothing is forwarded before the accept, and after it only to who accepted; no device
/// takes part in a call that nobody has accepted.
pub(crate) fn nothing_leaks(world: &World, state: &State) -> bool {
    world.open_calls(state).all(|(slot, record)| {
        let ringing = *record.call.phase() == Phase::Ringing;
        let heard = state.seats_in(slot).all(|seat| {
            let may = record.hears(world.identities.get(seat.identity)) == Some(true);
            !seat.hears || may || (!ringing && state.tasks[slot])
        });
        heard
            && !(ringing && devices(world, state).any(|(_, _, facts)| facts.calls[slot].takes_part))
    })
}

/// I2: of a member one device at most takes part in a call, and it is the one that the server
/// has.
pub(crate) fn one_accept_wins(world: &World, state: &State) -> bool {
    (0..state.calls.len()).all(|slot| {
        let mut taking: SmallVec<[usize; 4]> = devices(world, state)
            .filter(|(_, _, facts)| facts.calls[slot].takes_part)
            .map(|(_, device, _)| world.devices[device].member)
            .collect();
        let all = taking.len();
        taking.sort_unstable();
        taking.dedup();
        taking.len() == all
    })
}

/// I6, and liveness: a call that is not over has a deadline in the store, within its longest.
pub(crate) fn every_call_has_a_deadline(world: &World, state: &State) -> bool {
    world.open_calls(state).all(|(_, record)| record.bounded)
}

/// Liveness: a device that is not idle has a deadline of its own, for each of its calls.
pub(crate) fn every_device_has_a_deadline(world: &World, state: &State) -> bool {
    devices(world, state).all(|(_, _, facts)| facts.bounded && (facts.idle || facts.waits))
}

/// I7: a member is in one call at most that it does not hold.
pub(crate) fn one_engaged_call(world: &World, state: &State) -> bool {
    let mut engaged: SmallVec<[&MemberId; 8]> = world
        .open_calls(state)
        .flat_map(|(_, record)| &record.claims)
        .filter(|(_, claim)| *claim == Claim::Engaged)
        .map(|(member, _)| member)
        .collect();
    let all = engaged.len();
    engaged.sort_unstable();
    engaged.dedup();
    engaged.len() == all
}

/// A2: a member rings as long as one of its devices does, or none has answered.
pub(crate) fn who_declined_rings_no_more(world: &World, state: &State) -> bool {
    let mut open = world.open_calls(state);
    open.all(|(_, record)| !record.rings_for_nobody)
}

/// I8: the room of a call that is over is about to be deleted, or is.
pub(crate) fn no_room_outlives(world: &World, state: &State) -> bool {
    (0..state.calls.len()).all(|slot| {
        let over = world.call(state, slot).is_some_and(Call::is_over);
        let there = state.rooms[slot] || state.seats_in(slot).next().is_some();
        !over || !there || state.tasks[slot]
    })
}

/// I3 and I9: when nothing is under way and nothing more comes due, all is over, and everybody
/// has the server's word on how. Who is dead or cut off is not asked.
pub(crate) fn all_agree_in_the_end(world: &World, state: &State) -> bool {
    let quiet = state.flights.is_empty()
        && state.server_up
        && state.outbox.is_empty()
        && state.tasks.iter().all(|task| !task)
        && world.open_calls(state).next().is_none()
        && connected(world, state).all(|(_, _, facts)| !facts.alarms);
    !quiet
        || connected(world, state).all(|(_, device, facts)| {
            let member = &world.devices[device].id.0;
            let here = facts.idle && facts.elsewhere.is_none();
            here && (0..state.calls.len()).all(|slot| {
                let call = world.call(state, slot);
                let ending = call.and_then(Call::ending);
                match (facts.calls[slot].end, ending) {
                    (End::None | End::Elsewhere, _) => true,
                    (End::Unconfirmed, ending) => ending.is_none(),
                    // The server never had it.
                    (End::Confirmed(..), None) => true,
                    _ if call.is_some_and(|call| !saw_the_end(call, member)) => true,
                    // It declined for itself alone; the call rang on elsewhere.
                    _ if call.is_some_and(|call| declined(call, &world.devices[device].id)) => true,
                    (End::Confirmed(status, reason, detail), Some(ending)) => {
                        let told = ending.outcome;
                        (status, reason, detail) == (told.status, told.reason, told.detail)
                    }
                }
            })
        })
}

/// I9: while nothing has gone wrong and nothing is under way, every device shows what the server
/// has.
pub(crate) fn views_agree(world: &World, state: &State) -> bool {
    let well = state.spent.losses == 0 && state.spent.crashes == 0;
    if !well
        || !state.outbox.is_empty()
        || !state.flights.is_empty()
        || state.tasks.iter().any(|task| *task)
    {
        return true;
    }
    let lines = (0..state.calls.len()).all(|slot| {
        let Some(record) = world.record(state, slot) else {
            return true;
        };
        devices(world, state)
            .all(|(_, device, facts)| shows(world, record, device, facts.calls[slot].line))
    });
    lines
        && devices(world, state)
            .all(|(_, device, facts)| facts.elsewhere == elsewhere(world, state, device))
}

/// The call that its member is in with another device; of two, the one that is not on hold.
fn elsewhere(world: &World, state: &State, device: usize) -> Option<Slot> {
    let (member, own) = &world.devices[device].id;
    let taken = world.open_calls(state).filter_map(|(slot, record)| {
        let claim = record.claim(member)?;
        let here = device_of(&record.call, member) == Some(own);
        (!here && claim != Claim::Ringing).then_some((claim == Claim::Held, slot))
    });
    taken.min().map(|(_, slot)| slot)
}

fn shows(world: &World, record: &Record, device: usize, line: Line) -> bool {
    let (member, own) = &world.devices[device].id;
    let claim = record.claim(member);
    let takes_part = device_of(&record.call, member) == Some(own)
        && matches!(claim, Some(Claim::Engaged | Claim::Held));
    let rings = claim == Some(Claim::Ringing);
    match (record.call.phase(), line) {
        (_, Line::None) => true,
        (Phase::Over(_), _) => false,
        (Phase::Ringing, Line::Outgoing) => takes_part,
        (_, Line::Incoming) => rings,
        (Phase::Connecting, Line::Connecting) | (Phase::Active, Line::Active) => takes_part,
        (_, Line::Outgoing | Line::Connecting | Line::Active) => false,
    }
}

/// The device of a member that takes part, or that answered for it.
fn device_of<'a>(call: &'a Call, member: &MemberId) -> Option<&'a DeviceId> {
    let invitees = call.invitees().iter().map(|invitee| &invitee.party);
    let mut parties = std::iter::once(call.caller()).chain(invitees);
    let party = parties.find(|party| party.member_id() == member)?;
    party.device_id.as_ref()
}

/// The device declined, whether or not its member did.
fn declined(call: &Call, (member, device): &(MemberId, DeviceId)) -> bool {
    let mut invitees = call.invitees().iter();
    let invitee = invitees.find(|invitee| invitee.party.member_id() == member);
    invitee.is_some_and(|invitee| {
        let mut rings = invitee.devices.iter();
        rings.any(|ring| {
            ring.device_id.as_ref() == Some(device) && ring.state == RingState::Declined
        })
    })
}

/// The member was in the call to its end, or never answered: how it ended, ended for it.
fn saw_the_end(call: &Call, member: &MemberId) -> bool {
    if !call.is_group() {
        return true;
    }
    if call.caller().member_id() == member {
        return call.caller().left_at_ms.is_none();
    }
    let mut invitees = call.invitees().iter();
    let invitee = invitees.find(|invitee| invitee.party.member_id() == member);
    invitee.is_some_and(ledger::Invitee::is_accepted)
}

fn devices<'a>(
    world: &'a World,
    state: &'a State,
) -> impl Iterator<Item = (Id, usize, &'a crate::phone::Facts)> {
    let phones = state
        .phones
        .iter()
        .enumerate()
        .filter(|(_, phone)| **phone != Id::NONE);
    phones.map(|(device, phone)| (*phone, device, &world.phones.get(*phone).facts))
}

fn connected<'a>(
    world: &'a World,
    state: &'a State,
) -> impl Iterator<Item = (Id, usize, &'a crate::phone::Facts)> {
    devices(world, state).filter(|(_, device, _)| state.is_linked(*device))
}
