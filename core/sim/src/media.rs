//! The media server: rooms, who is in them, what each may do there.

use std::collections::BTreeMap;

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{Access, Grants, InRoom};
use faithcall_protocol::machine::SessionId;
use faithcall_protocol::redact::Secret;

/// All rooms, and every token that was ever made.
#[derive(Debug, Default)]
pub(crate) struct Media {
    rooms: BTreeMap<CallId, Vec<Seat>>,
    tokens: Vec<(CallId, Access)>,
    /// It answers nobody.
    pub(crate) down: bool,
}

/// Who sits in a seat: a session of one process of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) device: usize,
    pub(crate) life: u32,
    pub(crate) session: SessionId,
}

impl Who {
    /// The media server's name of this stay.
    pub(crate) fn sid(&self) -> String {
        format!("{}.{}.{:?}", self.device, self.life, self.session)
    }
}

/// One participant.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) identity: String,
    pub(crate) grants: Grants,
    pub(crate) who: Who,
    pub(crate) since_ms: u64,
}

/// Somebody came in.
pub(crate) struct Entered {
    pub(crate) call: CallId,
    pub(crate) seat: Seat,
    pub(crate) others: Vec<Seat>,
    /// Had the identity until now, and is out.
    pub(crate) replaced: Option<Seat>,
}

impl Media {
    /// Makes a room where there is none; false: it cannot be reached.
    pub(crate) fn make(&mut self, call: &CallId) -> bool {
        if !self.down && !self.rooms.contains_key(call) {
            self.rooms.insert(call.clone(), Vec::new());
        }
        !self.down
    }

    pub(crate) fn token(&mut self, call: &CallId, access: Access) -> Secret {
        self.tokens.push((call.clone(), access));
        Secret::new((self.tokens.len() - 1).to_string())
    }

    /// The call that a token is for.
    pub(crate) fn call_of(&self, token: &Secret) -> Option<&CallId> {
        let number: usize = token.expose().parse().ok()?;
        self.tokens.get(number).map(|(call, _)| call)
    }

    /// Lets somebody in; `None`: there is no such room, or no answer.
    pub(crate) fn enter(&mut self, token: &Secret, who: Who, now: u64) -> Option<Entered> {
        if self.down {
            return None;
        }
        let number: usize = token.expose().parse().ok()?;
        let (call, access) = self.tokens.get(number)?.clone();
        let room = self.rooms.get_mut(&call)?;
        let same = room.iter().position(|s| s.identity == access.identity);
        let replaced = same.map(|at| room.remove(at));
        let others = room.clone();
        let seat = Seat {
            identity: access.identity,
            grants: access.grants,
            who,
            since_ms: now,
        };
        room.push(seat.clone());
        Some(Entered {
            call,
            seat,
            others,
            replaced,
        })
    }

    /// Takes somebody out; the others of the room come back.
    pub(crate) fn exit(&mut self, who: Who) -> Option<(CallId, Seat, Vec<Seat>)> {
        for (call, room) in &mut self.rooms {
            if let Some(at) = room.iter().position(|seat| seat.who == who) {
                let seat = room.remove(at);
                return Some((call.clone(), seat, room.clone()));
            }
        }
        None
    }

    /// Brings a room to what the ledger entitles to; who was put out comes back.
    pub(crate) fn reconcile(&mut self, call: &CallId, entitled: &[(String, Grants)]) -> Vec<Seat> {
        let Some(room) = self.rooms.get_mut(call) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        room.retain_mut(|seat| {
            let found = entitled.iter().find(|(id, _)| *id == seat.identity);
            if let Some((_, grants)) = found {
                seat.grants = *grants;
            } else {
                out.push(seat.clone());
            }
            found.is_some()
        });
        out
    }

    pub(crate) fn delete(&mut self, call: &CallId) -> Vec<Seat> {
        self.rooms.remove(call).unwrap_or_default()
    }

    /// Forgets every room; who was in one comes back.
    pub(crate) fn forget(&mut self) -> Vec<Seat> {
        std::mem::take(&mut self.rooms)
            .into_values()
            .flatten()
            .collect()
    }

    pub(crate) fn list(&self, call: &CallId) -> Vec<InRoom> {
        let seats = self.seats(call).iter();
        seats
            .map(|seat| InRoom {
                identity: seat.identity.clone(),
                session: Some(seat.who.sid()),
                is_active: true,
            })
            .collect()
    }

    pub(crate) fn seats(&self, call: &CallId) -> &[Seat] {
        self.rooms.get(call).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn rooms(&self) -> impl Iterator<Item = (&CallId, &[Seat])> {
        self.rooms.iter().map(|(id, room)| (id, room.as_slice()))
    }
}
