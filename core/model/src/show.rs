//! How a path is told to a person.

use faithcall_protocol::machine::Failure;

use crate::action::Action;
use crate::message::update;
use crate::names;
use crate::phone::Move;
use crate::state::{Flight, Kind, State};
use crate::twins::Id;
use crate::world::World;

impl World {
    fn device(&self, device: usize) -> &str {
        self.devices[device].id.1.as_str()
    }

    /// An action, as it is told of the state that it happens in.
    pub(crate) fn tell_action(&self, state: &State, action: Action) -> String {
        match action {
            Action::Arrives(at) => format!("arrives: {}", self.tell_flight(&state.flights[at])),
            Action::AnswerLost(at) => {
                format!("answer lost: {}", self.tell_flight(&state.flights[at]))
            }
            Action::Lost(at) => format!("lost:    {}", self.tell_flight(&state.flights[at])),
            Action::Repeats(at) => format!("repeats: {}", self.tell_flight(&state.flights[at])),
            Action::ServerDies(at) => format!(
                "the server commits, and dies: {}",
                self.tell_flight(&state.flights[at])
            ),
            Action::ServerBack => "the server is back, and publishes what it had not".to_owned(),
            Action::RepeatsUnanswered(at) => format!(
                "repeats, and the second is answered: {}",
                self.tell_flight(&state.flights[at])
            ),
            Action::Dials(device, dial) => {
                let (_, callees) = self.bounds.dials[usize::from(dial)];
                format!("{} dials {}", self.device(device), callees.join(", "))
            }
            Action::Moves(device, at) => {
                let (what, _) = &self.moves(state.phones[device])[at];
                match what {
                    Move::User(command) => format!("{}: {command:?}", self.device(device)),
                    Move::Alarm(alarm) => format!("{}: time {alarm:?}", self.device(device)),
                }
            }
            Action::DeviceDies(device) => format!("{} dies", self.device(device)),
            Action::DeviceBack(device) => format!("{} is started again", self.device(device)),
            Action::Cut(device) => format!("the broker loses {}", self.device(device)),
            Action::LinkDown(device) => format!("{} notices", self.device(device)),
            Action::LinkUp(device) => format!("{} has the broker again", self.device(device)),
            Action::RoomLost(at) => {
                let device = usize::from(state.seats[at].device);
                format!("{} loses its room", self.device(device))
            }
            Action::RoomGivesUp(at) => {
                let identity = self.identities.get(state.seats[at].identity);
                format!("the media server gives {identity} up")
            }
            Action::Follows(device) => {
                format!("all is over: what becomes of {}", self.device(device))
            }
            Action::OtherLeaves(at) => {
                let identity = self.identities.get(state.seats[at].identity);
                format!("{identity} leaves the room")
            }
            Action::Lists(slot) => format!("the server lists the room of {}", names::call(slot)),
            Action::RoomTask(slot) => {
                format!("the server works on the room of {}", names::call(slot))
            }
            Action::TimeOut(slot, at) => {
                let after = self.time_outs(state, slot)[at].calls[slot];
                let after = &self.calls.get(after).call;
                format!(
                    "a deadline of {}: then {:?}",
                    names::call(slot),
                    after.phase()
                )
            }
        }
    }

    fn tell_flight(&self, flight: &Flight) -> String {
        let device = self.device(flight.device.into());
        match flight.kind {
            Kind::Request => {
                let request = self.requests.get(flight.what);
                let unheard = if flight.tag == 0 {
                    " (nobody waits)"
                } else {
                    ""
                };
                format!("{device} → server {request:?}{unheard}")
            }
            Kind::Answer => {
                let answer = match &self.answers.get(flight.what).result {
                    Ok(reply) => {
                        let text = format!("{reply:?}");
                        text.split(['(', ' ']).next().unwrap_or_default().to_owned()
                    }
                    Err(Failure::Status { status, body, .. }) => {
                        format!("{status} {:?}", body.as_ref().and_then(|body| body.code))
                    }
                    Err(failure) => format!("{failure:?}"),
                };
                format!("server → {device} #{} {answer}", flight.tag)
            }
            Kind::Message => {
                let message = self.messages.get(flight.what);
                let what = match update(message) {
                    Some(snapshot) => format!("rev {} {:?}", snapshot.rev.0, snapshot.status),
                    None => format!("{:?}", message.envelope.signal)
                        .chars()
                        .take(20)
                        .collect(),
                };
                format!("{} → {device}: {what}", message.envelope.call_id)
            }
            Kind::Enter => format!("{device} enters its room, session {}", flight.tag),
            Kind::RoomEvent => {
                let event = self.events.get(flight.what);
                format!("room → {device} session {} {event:?}", flight.tag)
            }
        }
    }

    /// A state, in a line a device.
    pub(crate) fn tell_state(&self, state: &State) -> String {
        let mut lines = Vec::new();
        for slot in 0..state.calls.len() {
            if let Some(call) = self.call(state, slot) {
                let parties = call.invitees().iter().map(|invitee| {
                    let party = &invitee.party;
                    let joined = party.joined_at_ms.is_some();
                    (
                        party.member_id().as_str(),
                        invitee.state,
                        joined,
                        &party.presence.room,
                    )
                });
                let caller = call.caller();
                lines.push(format!(
                    "  {}: rev {} {:?}, caller joined {} left {} {:?}, invitees {:?}, room {} {:?}",
                    call.call_id(),
                    call.rev().0,
                    call.phase(),
                    caller.joined_at_ms.is_some(),
                    caller.left_at_ms.is_some(),
                    caller.presence.room,
                    parties.collect::<Vec<_>>(),
                    state.rooms[slot],
                    state
                        .seats_in(slot)
                        .map(|seat| (self.identities.get(seat.identity), seat.session, seat.hears))
                        .collect::<Vec<_>>()
                ));
            }
        }
        for (device, phone) in state.phones.iter().enumerate() {
            let shown = match phone {
                phone if *phone == Id::NONE => "dead".to_owned(),
                phone => format!("{:?}", self.phones.get(*phone).facts),
            };
            lines.push(format!("  {}: {shown}", self.device(device)));
        }
        for flight in &state.flights {
            lines.push(format!("  under way: {}", self.tell_flight(flight)));
        }
        lines.join("\n")
    }
}
