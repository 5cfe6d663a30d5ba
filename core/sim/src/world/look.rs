//! What can be seen of a world.

use std::collections::{BTreeMap, BTreeSet};

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger;
use faithcall_protocol::machine::{
    CallState, Command, CommandError, Ended, Event, MediaSource, View,
};
use faithcall_protocol::snapshot::CallSnapshot;

use super::World;
use crate::device::Device;
use crate::fault::Fault;
use crate::race::Race;
use crate::timeline::Entry;

impl World {
    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Virtual milliseconds since the world began.
    pub fn now_ms(&self) -> u64 {
        self.now
    }

    /// What a device's own clock shows now: times in its [`View`] are times of that clock.
    ///
    /// ```
    /// # use faithcall_sim::World;
    /// # let mut world = World::builder(1).device("ann", "phone").device("bob", "phone").build();
    /// # let call = world.call("ann", &["bob"]);
    /// # world.run_ms(1_000);
    /// # world.accept("bob", &call);
    /// # world.run_ms(66_000);
    /// let duration = world.view("bob").call.unwrap().duration.unwrap();
    /// assert_eq!(duration.ms_at(world.clock_ms("bob")) / 1_000, 65);
    /// ```
    #[track_caller]
    pub fn clock_ms(&self, device: &str) -> u64 {
        self.now + self.device(device).clock_ahead_ms
    }

    /// The names of all devices, in the order in which they were given.
    pub fn names(&self) -> Vec<String> {
        self.devices
            .iter()
            .map(|device| device.name.clone())
            .collect()
    }

    /// A device's process lives.
    #[track_caller]
    pub fn is_running(&self, device: &str) -> bool {
        self.device(device).alive
    }

    /// What a user interface on a device would be drawn from; of one whose process is dead, what it
    /// showed last.
    #[track_caller]
    pub fn view(&self, device: &str) -> View {
        self.device(device).machine.state()
    }

    /// Every event that a device's app was told since the world began, over all its processes.
    #[track_caller]
    pub fn events(&self, device: &str) -> &[Event] {
        &self.device(device).events
    }

    /// The commands that a device's machine refused.
    #[track_caller]
    pub fn refused(&self, device: &str) -> &[(Command, CommandError)] {
        &self.device(device).refused
    }

    /// A call rings on a device.
    #[track_caller]
    pub fn rings(&self, device: &str, call: &CallId) -> bool {
        self.rings_until_ms(device, call).is_some()
    }

    /// When a call stops ringing on a device at the latest, if it rings there now: it shows it as
    /// incoming, and is not dead.
    #[track_caller]
    pub fn rings_until_ms(&self, device: &str, call: &CallId) -> Option<u64> {
        let device = Some(self.device(device)).filter(|device| device.alive)?;
        match device.view_of(call)?.state {
            CallState::Incoming { ring_until_ms } => Some(ring_until_ms - device.clock_ahead_ms),
            _ => None,
        }
    }

    /// The call that a device shows as going on.
    #[track_caller]
    pub fn current(&self, device: &str) -> Option<&CallId> {
        self.device(device).current.as_ref()
    }

    /// How often a call began to ring on a device, in its present process.
    #[track_caller]
    pub fn rang(&self, device: &str, call: &CallId) -> usize {
        self.device(device).shown.get(call).map_or(0, |s| s.rang)
    }

    /// A device shows a call as active.
    #[track_caller]
    pub fn is_active(&self, device: &str, call: &CallId) -> bool {
        self.device(device).is_active_in(call)
    }

    /// How a device shows a call: as one that goes on, or the last one, as it ended.
    ///
    /// ```
    /// # use faithcall_sim::World;
    /// use faithcall_sim::protocol::machine::CallState;
    ///
    /// # let mut world = World::builder(1).device("ann", "phone").device("bob", "phone").build();
    /// let call = world.call("ann", &["bob"]);
    /// world.run_ms(1_000);
    /// let rings_there = CallState::Outgoing { remote_ringing: true };
    /// assert_eq!(world.state("ann", &call), Some(rings_there));
    /// ```
    #[track_caller]
    pub fn state(&self, device: &str, call: &CallId) -> Option<CallState> {
        Some(self.device(device).view_of(call)?.state)
    }

    /// How a device says that a call ended, by its latest word.
    #[track_caller]
    pub fn ended(&self, device: &str, call: &CallId) -> Option<&Ended> {
        self.device(device).shown.get(call)?.ended.as_ref()
    }

    /// A call as the server has it.
    pub fn server_call(&self, call: &CallId) -> Option<CallSnapshot> {
        let call = self.server.calls.get(call)?;
        Some(ledger::snapshot(call, self.epoch()))
    }

    /// Ring time that the server leaves a device's member.
    #[track_caller]
    pub(crate) fn ring_left_ms(&self, device: &str, call: &CallId) -> u64 {
        let member = &self.device(device).member;
        let call = self.server.calls.get(call);
        call.map_or(0, |call| {
            ledger::ring_expires_in_ms(call, member, self.epoch())
        })
    }

    /// Every call that the server ever made.
    pub fn server_calls(&self) -> Vec<CallSnapshot> {
        let calls = self.server.calls.values();
        calls
            .map(|call| ledger::snapshot(call, self.epoch()))
            .collect()
    }

    /// Who is in a call's room, by the identity that the media server knows: the member, and
    /// `member#device` of a callee that joined while it rang.
    pub fn in_room(&self, call: &CallId) -> Vec<&str> {
        let seats = self.media.seats(call).iter();
        seats.map(|seat| seat.identity.as_str()).collect()
    }

    /// The devices that a device hears now: their microphones are on, the media server forwards
    /// them, and the device plays them.
    ///
    /// ```
    /// # use faithcall_sim::World;
    /// # let mut world = World::builder(1).device("ann", "phone").device("bob", "tablet").build();
    /// # let call = world.call("ann", &["bob"]);
    /// # world.run_ms(1_000);
    /// # world.accept("bob", &call);
    /// # world.run_ms(1_000);
    /// assert_eq!(world.hears("ann"), ["bob/tablet"]);
    /// ```
    #[track_caller]
    pub fn hears(&self, device: &str) -> Vec<&str> {
        self.played(device, MediaSource::Microphone)
    }

    /// The devices that a device sees now.
    #[track_caller]
    pub fn sees(&self, device: &str) -> Vec<&str> {
        self.played(device, MediaSource::Camera)
    }

    #[track_caller]
    fn played(&self, device: &str, source: MediaSource) -> Vec<&str> {
        let played = self.device(device).plays(source).into_iter();
        let senders = played.filter_map(|(call, identity)| {
            let mut seats = self.media.seats(call).iter();
            let seat = seats.find(|seat| seat.identity == identity)?;
            self.devices.get(seat.who.device)
        });
        senders.map(|sender| sender.name.as_str()).collect()
    }

    /// How often each kind of trouble happened.
    pub fn faults(&self) -> &BTreeMap<Fault, u64> {
        &self.faults
    }

    /// The races that happened.
    pub fn races(&self) -> &BTreeSet<Race> {
        &self.races
    }

    /// What happened, if the world keeps it.
    pub fn timeline(&self) -> &[Entry] {
        self.timeline.as_deref().unwrap_or_default()
    }

    #[track_caller]
    fn device(&self, name: &str) -> &Device {
        match self.devices.get(self.find(name)) {
            Some(device) => device,
            None => unknown(name),
        }
    }

    #[track_caller]
    pub(super) fn device_mut(&mut self, name: &str) -> &mut Device {
        let at = self.find(name);
        match self.devices.get_mut(at) {
            Some(device) => device,
            None => unknown(name),
        }
    }

    /// The number of a device by its name, or by its member's.
    #[track_caller]
    pub(super) fn find(&self, name: &str) -> usize {
        let exact = self.devices.iter().position(|d| d.name == name);
        let first = || self.devices.iter().position(|d| d.member.as_str() == name);
        match exact.or_else(first) {
            Some(at) => at,
            None => unknown(name),
        }
    }
}

#[track_caller]
#[expect(
    clippy::panic,
    reason = "a mistake in the script, and not in what it tests"
)]
fn unknown(name: &str) -> ! {
    panic!("this world has no device '{name}': give it one with Builder::device")
}
