//! What is on its way, in the order of its arrival.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fmt;

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{InRoom, RoomHint, RoomTask};
use faithcall_protocol::machine::{Input, Request, RequestId};
use faithcall_protocol::push::Push;
use faithcall_protocol::redact::Secret;
use faithcall_protocol::signal::Envelope;
use faithcall_protocol::signal::topic::Topic;

use crate::media::Who;
use crate::world::World;

/// Something that will happen.
pub(crate) enum Coming {
    /// A request reaches the server.
    Request {
        device: usize,
        life: u32,
        /// Its answer is awaited; else it gets lost, and the request comes again.
        id: Option<RequestId>,
        /// Its answer will get lost on its way back.
        unanswered: bool,
        sent_ms: u64,
        request: Request,
    },
    /// Something reaches a process of a device.
    Input {
        device: usize,
        life: u32,
        input: Box<Input>,
    },
    /// A message comes on an MQTT connection.
    Signal {
        device: usize,
        connection: u64,
        number: u64,
        topic: Topic,
        envelope: Box<Envelope>,
    },
    /// A push reaches a device.
    Push { device: usize, push: Push },
    /// The broker takes a device's new connection, and every subscription.
    Connect { device: usize, life: u32 },
    /// A device notices that a connection is dead.
    NoticeCut {
        device: usize,
        life: u32,
        connections: u64,
    },
    /// A session comes to its room.
    Enter { who: Who, token: Secret },
    /// The media server gives somebody up who has not been heard of.
    GiveUp { who: Who },
    /// A webhook reaches the server.
    Webhook {
        call: CallId,
        identity: String,
        session: String,
        hint: RoomHint,
    },
    /// The media server is told what follows from a commit.
    RoomWork {
        call: CallId,
        task: RoomTask,
        attempt: usize,
    },
    /// The server asks for every participant list, and removes what should not be.
    RoomLists,
    /// A participant list is read.
    RoomListed {
        call: CallId,
        present: Vec<InRoom>,
        asked_at_ms: u64,
    },
    /// The publisher sends what the outbox holds.
    Publish,
    /// Whatever a script wants.
    Do(Box<dyn FnOnce(&mut World)>),
}

/// The events of a world, earliest first; of the same time, in the order in which they were
/// posted.
#[derive(Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Due>,
    posted: u64,
}

struct Due {
    at_ms: u64,
    number: u64,
    what: Coming,
}

impl Queue {
    pub(crate) fn post(&mut self, at_ms: u64, what: Coming) {
        self.posted += 1;
        let number = self.posted;
        self.heap.push(Due {
            at_ms,
            number,
            what,
        });
    }

    pub(crate) fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|due| due.at_ms)
    }

    pub(crate) fn pop(&mut self) -> Option<Coming> {
        self.heap.pop().map(|due| due.what)
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on their way", self.heap.len())
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at_ms, other.number).cmp(&(self.at_ms, self.number))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}
