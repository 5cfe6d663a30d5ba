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
        let shown = self.device(device).shown.get(call);
        shown.is_some_and(|shown| shown.rings_until_ms.is_some())
    }

    /// When a call stops ringing on a device at the latest, if it rings there now.
    #[track_caller]
    pub fn rings_until_ms(&self, device: &str, call: &CallId) -> Option<u64> {
        self.device(device).shown.get(call)?.rings_until_ms
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

    /// Every call that the server ever made.
    pub fn server_calls(&self) -> Vec<CallSnapshot> {
        let calls = self.server.calls.values();
        calls
            .map(|call| ledger::snapshot(call, self.epoch()))
            .collect()
    }

    /// Who is in a call's room, by identity.
    pub fn in_room(&self, call: &CallId) -> Vec<&str> {
        let seats = self.media.seats(call).iter();
        seats.map(|seat| seat.identity.as_str()).collect()
    }

    /// Whom a device hears now, by identity: their microphones are on, the media server forwards
    /// them, and the device plays them.
    #[track_caller]
    pub fn hears(&self, device: &str) -> Vec<&str> {
        self.device(device).plays(MediaSource::Microphone)
    }

    /// Whom a device sees now, by identity.
    #[track_caller]
    pub fn sees(&self, device: &str) -> Vec<&str> {
        self.device(device).plays(MediaSource::Camera)
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
