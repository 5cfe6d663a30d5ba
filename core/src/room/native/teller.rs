//! The events of one session, until it is over.

use super::session::lock;
use crate::room::{RoomEvent, RoomEvents, SessionId};
use std::sync::Mutex;

/// Tells events until the session is over.
pub(super) struct Teller {
    session: SessionId,
    events: RoomEvents,
    over: Mutex<bool>,
}

impl Teller {
    pub(super) fn new(session: SessionId, events: RoomEvents) -> Self {
        Self {
            session,
            events,
            over: Mutex::new(false),
        }
    }

    pub(super) fn tell(&self, event: RoomEvent) {
        let over = lock(&self.over);
        if !*over {
            self.events.send(self.session, event);
        }
    }

    /// Tells the last event, if any. Returns whether the session was not over before.
    pub(super) fn end(&self, last: Option<RoomEvent>) -> bool {
        let mut over = lock(&self.over);
        if *over {
            return false;
        }
        *over = true;
        if let Some(event) = last {
            self.events.send(self.session, event);
        }
        true
    }

    pub(super) fn is_over(&self) -> bool {
        *lock(&self.over)
    }
}
