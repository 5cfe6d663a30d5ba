//! Who comes into a room, leaves it, and hears whom.

use faithcall_protocol::ledger::{Command as LedgerCommand, RoomHint, RoomTask};
use faithcall_protocol::machine::{DisconnectReason, Input, RoomEvent, SessionId};
use faithcall_protocol::redact::Secret;

use super::{Coming, World};

impl World {
    pub(super) fn work_on_rooms(&mut self) {
        for (call, task) in std::mem::take(&mut self.server.room_work) {
            let (out, reason) = match task {
                RoomTask::Reconcile => {
                    let entitled = faithcall_protocol::ledger::entitled(&self.server.calls[&call]);
                    let out = self.rooms.reconcile(&call, &entitled);
                    (out, DisconnectReason::Removed)
                }
                RoomTask::Delete => (self.rooms.delete(&call), DisconnectReason::RoomDeleted),
            };
            for seat in out {
                let event = RoomEvent::Disconnected { reason };
                self.room_event(seat.device, seat.session, event);
            }
        }
    }

    pub(super) fn enter(&mut self, device: usize, session: SessionId, token: &Secret) {
        if !self.devices[device].alive || self.devices[device].stays[&session].left {
            return;
        }
        let Some((call, seat, others)) = self.rooms.enter(token, device, session) else {
            self.room_event(device, session, RoomEvent::ConnectFailed);
            return;
        };
        self.room_event(device, session, RoomEvent::Connected);
        for other in others {
            let identity = other.access.identity.clone();
            self.room_event(
                device,
                session,
                RoomEvent::ParticipantJoined {
                    identity,
                    sid: None,
                },
            );
            let identity = seat.access.identity.clone();
            let joined = RoomEvent::ParticipantJoined {
                identity,
                sid: None,
            };
            self.room_event(other.device, other.session, joined);
        }
        let hint = LedgerCommand::RoomHint {
            identity: seat.access.identity,
            hint: RoomHint::Joined,
        };
        let _ = self.server.apply(&call, &hint, self.epoch());
        self.server.room_work.push((call, RoomTask::Reconcile));
    }

    pub(super) fn exit(&mut self, device: usize, session: SessionId, client_initiated: bool) {
        let Some((call, seat, others)) = self.rooms.exit(device, session) else {
            return;
        };
        let identity = seat.access.identity;
        for other in others {
            let left = RoomEvent::ParticipantLeft {
                identity: identity.clone(),
                sid: None,
                deliberate: client_initiated,
            };
            self.room_event(other.device, other.session, left);
        }
        let hint = LedgerCommand::RoomHint {
            identity,
            hint: RoomHint::Left { client_initiated },
        };
        let _ = self.server.apply(&call, &hint, self.epoch());
    }

    pub(super) fn room_event(&mut self, device: usize, session: SessionId, event: RoomEvent) {
        let input = Input::Room { session, event };
        self.post(10, Coming::Input(device, Box::new(input)));
    }

    /// Who hears whom now, at the media server. Before an accept nobody hears anybody.
    pub(super) fn listen(&mut self) {
        let mut heard = Vec::new();
        for (call, seats) in self.rooms.seats() {
            for listener in seats.iter().filter(|s| s.access.grants.can_subscribe) {
                for speaker in seats.iter().filter(|s| s.device != listener.device) {
                    let stay = &self.devices[speaker.device].stays[&speaker.session];
                    if stay.microphone && self.devices[speaker.device].alive {
                        let ids = (&listener.access.identity, &speaker.access.identity);
                        heard.push((call.clone(), ids.0.clone(), ids.1.clone()));
                        let accepted = self.server.calls[call].clone();
                        assert!(
                            accepted.status() != faithcall_protocol::end::CallStatus::Ringing,
                            "I1: sound before the accept"
                        );
                    }
                }
            }
        }
        self.rooms.forwarded.extend(heard);
    }
}
