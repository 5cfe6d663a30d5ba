//! How a world is peopled.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use faithcall_protocol::id::{ChurchId, DeviceId, MemberId};
use faithcall_protocol::machine::Input;

use super::World;
use crate::chance::Chance;
use crate::device::Device;
use crate::fault::Fault;
use crate::link::{Backstage, Link};
use crate::media::Media;
use crate::queue::{Coming, Queue};
use crate::server::Server;

/// The time in which every device of a new world signs in and connects.
const BEGIN_MS: u64 = 1_000;
/// How far apart the clocks of two devices may begin.
const CLOCKS_MS: u64 = 30 * 3_600_000;

/// Peoples a [`World`].
#[derive(Debug, Clone)]
pub struct Builder {
    seed: u64,
    devices: Vec<(MemberId, DeviceId)>,
    link: Link,
    backstage: Backstage,
    pushes: bool,
    call_waiting: bool,
    call_waiting_of: BTreeMap<String, bool>,
    timeline: bool,
    clocks_agree: bool,
    clocks: BTreeMap<String, u64>,
    join_ahead: bool,
}

impl Builder {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            devices: Vec::new(),
            link: Link::default(),
            backstage: Backstage::default(),
            pushes: false,
            call_waiting: false,
            call_waiting_of: BTreeMap::new(),
            timeline: true,
            clocks_agree: false,
            clocks: BTreeMap::new(),
            join_ahead: true,
        }
    }

    /// One more device of a member. Its clock begins at some time of its own, hours away from
    /// the others'.
    ///
    /// # Panics
    /// If one of them is no id (empty, or with one of `/ # +`): a mistake in the script.
    #[must_use]
    #[track_caller]
    pub fn device(mut self, member: &str, device: &str) -> Self {
        self.devices.push((id(member), id(device)));
        self
    }

    /// How everything travels at first; see [`World::set_link`].
    #[must_use]
    pub fn links(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// How it goes between the servers.
    #[must_use]
    pub fn backstage(mut self, backstage: Backstage) -> Self {
        self.backstage = backstage;
        self
    }

    /// Invites, and their end, come by push as well. Off at first.
    #[must_use]
    pub fn pushes(mut self, on: bool) -> Self {
        self.pushes = on;
        self
    }

    /// Every device can show a second call that rings while the user is in one. Off at first.
    #[must_use]
    pub fn call_waiting(mut self, on: bool) -> Self {
        self.call_waiting = on;
        self
    }

    /// The same for one device, whatever holds for the others.
    ///
    /// ```
    /// # use faithcall_sim::World;
    /// let mut world = World::builder(1)
    ///     .device("ann", "phone")
    ///     .device("bob", "phone")
    ///     .device("bob", "watch")
    ///     .device("cyd", "phone")
    ///     .call_waiting_of("bob/phone", true)
    ///     .build();
    /// # let call = world.call("ann", &["bob"]);
    /// # world.run_ms(1_000);
    /// # let second = world.call("cyd", &["bob"]);
    /// # world.run_ms(1_000);
    /// # assert!(world.rings("bob/phone", &second) && !world.rings("bob/watch", &second));
    /// ```
    #[must_use]
    pub fn call_waiting_of(mut self, device: &str, on: bool) -> Self {
        self.call_waiting_of.insert(device.to_owned(), on);
        self
    }

    /// Whether what happens is kept for [`World::timeline`]. On at first; off is faster.
    #[must_use]
    pub fn timeline(mut self, on: bool) -> Self {
        self.timeline = on;
        self
    }

    /// All clocks begin at the same time.
    #[must_use]
    pub fn clocks_agree(mut self) -> Self {
        self.clocks_agree = true;
        self
    }

    /// A device's clock begins so far ahead of the server's.
    ///
    /// ```
    /// # use faithcall_sim::World;
    /// let mut world = World::builder(1)
    ///     .device("ann", "phone")
    ///     .device("bob", "phone")
    ///     .clocks_agree()
    ///     .clock_ahead("bob/phone", 7 * 3_600_000)
    ///     .build();
    /// let call = world.call("ann", &["bob"]);
    /// world.run_ms(1_000);
    /// assert!(world.rings("bob", &call));
    /// ```
    #[must_use]
    pub fn clock_ahead(mut self, device: &str, ms: u64) -> Self {
        self.clocks.insert(device.to_owned(), ms);
        self
    }

    /// Whether the server lets devices join a room while it rings. On at first.
    #[must_use]
    pub fn join_ahead(mut self, on: bool) -> Self {
        self.join_ahead = on;
        self
    }

    /// The world, one virtual second old: every device is signed in and connected.
    ///
    /// # Panics
    /// If [`Builder::clock_ahead`] or [`Builder::call_waiting_of`] names a device that there is not.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> World {
        let church: ChurchId = id("church");
        let mut chance = Chance::new(self.seed);
        let mut devices = Vec::new();
        for (member, device) in self.devices {
            let ahead = chance.below(CLOCKS_MS);
            let ahead = if self.clocks_agree { 0 } else { ahead };
            let is_first = !devices.iter().any(|other: &Device| other.member == member);
            let of = |name: &str| self.call_waiting_of.get(name).copied();
            let waiting = of(&format!("{member}/{device}"))
                .or_else(|| of(member.as_str()).filter(|_| is_first))
                .unwrap_or(self.call_waiting);
            let mut device = Device::new(member, device, &church, waiting, &mut chance);
            device.clock_ahead_ms = ahead;
            device.has_push_token = self.pushes;
            device.link.clone_from(&self.link);
            devices.push(device);
        }
        let mut world = World {
            seed: self.seed,
            now: 0,
            chance,
            queue: Queue::default(),
            devices,
            server: Server::new(church.clone()),
            church,
            media: Media::default(),
            broker_up: true,
            backstage: self.backstage,
            publishing: true,
            publish_posted: false,
            calls_made: 0,
            signals: 0,
            steps: 0,
            stirred_at: 0,
            troubled_at: 0,
            faults: BTreeMap::new(),
            races: BTreeSet::new(),
            stories: BTreeMap::new(),
            violations: Vec::new(),
            by_chance: false,
            is_told: Cell::new(false),
            timeline: self.timeline.then(Vec::new),
        };
        for device in &world.devices {
            let whose = (device.member.clone(), device.id.clone());
            if device.machine.config().call_waiting {
                world.server.call_waiting.push(whose.clone());
            }
            if self.pushes {
                world.server.push_tokens.push(whose);
            }
        }
        world.server.join_ahead = self.join_ahead;
        for name in self.call_waiting_of.keys() {
            world.find(name);
        }
        for (name, ahead) in self.clocks {
            world.device_mut(&name).clock_ahead_ms = ahead;
        }
        for device in 0..world.devices.len() {
            world.give(device, Input::SignedIn);
            world.connect(device);
            let clock = world
                .devices
                .get(device)
                .map(|device| device.clock_ahead_ms);
            if clock.is_some_and(|ahead| ahead > 0) {
                world.count(Fault::ClockWrong);
            }
        }
        world.post(super::room::LISTS_MS, Coming::RoomLists);
        world.run_ms(BEGIN_MS);
        world
    }
}

/// An id that a script names.
#[track_caller]
#[expect(
    clippy::panic,
    reason = "a mistake in the script, and not in what it tests"
)]
pub(super) fn id<T: std::str::FromStr>(text: &str) -> T {
    match text.parse() {
        Ok(id) => id,
        Err(_) => panic!("'{text}' is no id: it must not be empty, nor hold '/', '#' or '+'"),
    }
}
