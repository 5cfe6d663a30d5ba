//! The media server: rooms, who is in them, what each may do there, and who hears whom.

use std::collections::{BTreeMap, BTreeSet};

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{Access, InRoom};
use faithcall_protocol::machine::SessionId;
use faithcall_protocol::redact::Secret;

/// All rooms.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    rooms: BTreeMap<CallId, Vec<Seat>>,
    tokens: BTreeMap<String, (CallId, Access)>,
    pub(crate) refusing: bool,
    /// (call, listener, speaker): sound was forwarded.
    pub(crate) forwarded: BTreeSet<(CallId, String, String)>,
}

/// One participant.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) access: Access,
    pub(crate) device: usize,
    pub(crate) session: SessionId,
}

impl Rooms {
    pub(crate) fn make(&mut self, call: &CallId) {
        self.rooms.entry(call.clone()).or_default();
    }

    pub(crate) fn token(&mut self, call: &CallId, access: Access) -> Secret {
        let token = format!("token-{}", self.tokens.len());
        self.tokens.insert(token.clone(), (call.clone(), access));
        Secret::new(token)
    }

    /// Lets somebody in; `None`: there is no such room. Who is there already comes back.
    pub(crate) fn enter(
        &mut self,
        token: &Secret,
        device: usize,
        session: SessionId,
    ) -> Option<(CallId, Seat, Vec<Seat>)> {
        if self.refusing {
            return None;
        }
        let (call, access) = self.tokens.get(token.expose())?.clone();
        let room = self.rooms.get_mut(&call)?;
        room.retain(|seat| seat.access.identity != access.identity);
        let others = room.clone();
        let seat = Seat {
            access,
            device,
            session,
        };
        room.push(seat.clone());
        Some((call, seat, others))
    }

    /// Takes somebody out; the others of the room come back.
    pub(crate) fn exit(
        &mut self,
        device: usize,
        session: SessionId,
    ) -> Option<(CallId, Seat, Vec<Seat>)> {
        for (call, room) in &mut self.rooms {
            let at = room
                .iter()
                .position(|seat| seat.device == device && seat.session == session);
            if let Some(at) = at {
                let seat = room.remove(at);
                return Some((call.clone(), seat, room.clone()));
            }
        }
        None
    }

    /// Brings a room to what the ledger entitles to; who was put out comes back.
    pub(crate) fn reconcile(
        &mut self,
        call: &CallId,
        entitled: &[(String, faithcall_protocol::ledger::Grants)],
    ) -> Vec<Seat> {
        let Some(room) = self.rooms.get_mut(call) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        room.retain_mut(|seat| {
            let grants = entitled
                .iter()
                .find(|(identity, _)| *identity == seat.access.identity);
            match grants {
                Some((_, grants)) => {
                    seat.access.grants = *grants;
                    true
                }
                None => {
                    out.push(seat.clone());
                    false
                }
            }
        });
        out
    }

    pub(crate) fn delete(&mut self, call: &CallId) -> Vec<Seat> {
        self.rooms.remove(call).unwrap_or_default()
    }

    pub(crate) fn list(&self, call: &CallId) -> Vec<InRoom> {
        self.rooms
            .get(call)
            .into_iter()
            .flatten()
            .map(|seat| InRoom {
                identity: seat.access.identity.clone(),
                is_active: true,
            })
            .collect()
    }

    pub(crate) fn seats(&self) -> impl Iterator<Item = (&CallId, &Vec<Seat>)> {
        self.rooms.iter()
    }
}
