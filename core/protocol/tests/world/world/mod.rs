//! Everything together, in one virtual time.

mod deeds;
mod delivery;
mod seats;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use faithcall_protocol::machine::{Command, Input, Request, RequestId, SessionId};
use faithcall_protocol::redact::Secret;

use crate::device::{Device, Link};
use crate::room::Rooms;
use crate::server::Server;

pub(crate) use deeds::*;

/// The server's clock when the world begins.
const EPOCH_MS: u64 = 1_795_000_000_000;
const ROOM_LIST_MS: u64 = 5_000;

pub(crate) const ALICE: usize = 0;
pub(crate) const ALICE_TABLET: usize = 1;
pub(crate) const BOB: usize = 2;
pub(crate) const BOB_TABLET: usize = 3;

/// Something on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Coming {
    Request(usize, RequestId, Request),
    Input(usize, Box<Input>),
    Enter(usize, SessionId, Secret),
    Exit(usize, SessionId, bool),
    RoomLists,
    Act(usize, Box<Command>),
}

/// When, and which of those that come at the same time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct At(u64, u64);

pub(crate) struct World {
    pub(crate) now: u64,
    sent: u64,
    coming: BinaryHeap<(Reverse<At>, usize)>,
    what: Vec<Option<Coming>>,
    pub(crate) devices: Vec<Device>,
    pub(crate) server: Server,
    pub(crate) rooms: Rooms,
    /// The server publishes what it has committed.
    pub(crate) publishing: bool,
    /// Invites come by push as well, to every device of the callee.
    pub(crate) pushes: bool,
    random: u64,
}

impl World {
    /// Four devices, signed in and connected.
    pub(crate) fn new() -> Self {
        Self::with_links(1, |_| {})
    }

    pub(crate) fn with_links(seed: u64, change: impl Fn(&mut Link)) -> Self {
        let mut devices = vec![
            Device::new("alice", "phone", 0),
            Device::new("alice", "tablet", 5 * 3_600_000),
            Device::new("bob", "phone", 17),
            Device::new("bob", "tablet", 86_400_000),
        ];
        for device in &mut devices {
            change(&mut device.link);
        }
        let mut world = Self {
            now: 0,
            sent: 0,
            coming: BinaryHeap::new(),
            what: Vec::new(),
            devices,
            server: Server::default(),
            rooms: Rooms::default(),
            publishing: true,
            pushes: false,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        };
        for device in 0..world.devices.len() {
            world.give(device, Input::SignedIn);
            world.connect(device);
        }
        world.post(ROOM_LIST_MS, Coming::RoomLists);
        world.run(1_000);
        world
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, ms: u64) {
        self.publish();
        let until = self.now + ms;
        while let Some(at) = self.next_at().filter(|at| *at <= until) {
            self.now = at.max(self.now);
            self.step();
            self.publish();
            self.work_on_rooms();
            self.listen();
        }
        self.now = until;
    }

    fn epoch(&self) -> u64 {
        EPOCH_MS + self.now
    }

    fn next_at(&self) -> Option<u64> {
        let coming = self.coming.peek().map(|(Reverse(At(at, _)), _)| *at);
        let devices = self
            .devices
            .iter()
            .filter(|device| device.alive)
            .filter_map(|d| Some(d.machine.next_deadline()?.saturating_sub(d.clock_ahead_ms)));
        let server = self
            .server
            .calls
            .values()
            .filter_map(|call| Some(call.next_deadline()?.saturating_sub(EPOCH_MS)));
        coming.into_iter().chain(devices).chain(server).min()
    }

    /// One thing that is due: the server's deadlines, the devices', then what comes.
    fn step(&mut self) {
        let now = self.epoch();
        let overdue = self.server.calls.values().find(|call| call.is_overdue(now));
        if let Some(id) = overdue.map(|call| call.call_id().clone()) {
            self.server.tick(&id, now);
            return;
        }
        let due = self.devices.iter().position(|device| {
            device.alive
                && device
                    .machine
                    .next_deadline()
                    .is_some_and(|at| at <= self.now + device.clock_ahead_ms)
        });
        if let Some(device) = due {
            self.give(device, Input::Tick);
            return;
        }
        if let Some((_, slot)) = self.coming.pop()
            && let Some(coming) = self.what[slot].take()
        {
            self.arrive(coming);
        }
    }

    fn post(&mut self, ms: u64, coming: Coming) {
        self.sent += 1;
        let slot = self.what.len();
        self.what.push(Some(coming));
        self.coming
            .push((Reverse(At(self.now + ms, self.sent)), slot));
    }

    fn jitter(&mut self, device: usize) -> u64 {
        let most = self.devices[device].link.jitter_ms;
        self.chance(most + 1)
    }

    fn is_lost(&mut self, device: usize) -> bool {
        let one_in = self.devices[device].link.loses_one_in;
        one_in > 0 && self.chance(one_in) == 0
    }

    pub(crate) fn chance(&mut self, of: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 16) % of
    }
}
