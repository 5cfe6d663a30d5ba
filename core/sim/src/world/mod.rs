//! Everything together, in one virtual time.

mod audit;
mod build;
mod check;
mod cut_short;
mod had_off;
mod http;
mod look;
mod losses;
mod nature;
mod recognise;
mod ring;
mod room;
mod run;
mod script;
mod shown;
mod signals;
mod tracks;
mod watch;

pub use build::Builder;
pub(crate) use had_off::HadOff;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use faithcall_protocol::id::{CallId, ChurchId, DeviceId, MemberId};

use crate::chance::Chance;
use crate::device::Device;
use crate::fault::Fault;
use crate::invariant::{Broken, Invariant, Violation};
use crate::link::Backstage;
use crate::media::Media;
use crate::queue::{Coming, Queue};
use crate::race::Race;
use crate::server::Server;
use crate::timeline::{BROKEN, Entry};
use audit::RoomTasks;

/// The server's clock when a world begins.
const EPOCH_MS: u64 = 1_795_000_000_000;

/// Members with their devices, a server, a broker, a media server, a push service, and the links
/// between them: all of it in one thread and in virtual time, and the same again for the same
/// seed and script.
///
/// A test that panics while it has a world shows the end of its [`World::timeline`].
///
/// Devices are named `member/device`, or by their member alone, which means its first device. A
/// name that the world does not have is a mistake in the script, and panics.
///
/// ```
/// use faithcall_sim::World;
///
/// let mut world = World::builder(7)
///     .device("ann", "phone")
///     .device("bob", "phone")
///     .device("bob", "tablet")
///     .build();
/// let call = world.call("ann", &["bob"]);
/// world.run_ms(2_000);
/// assert!(world.rings("bob/phone", &call) && world.rings("bob/tablet", &call));
///
/// // Both devices of Bob are tapped within a moment: one of them wins.
/// world.accept("bob/phone", &call);
/// world.after(15, { let call = call.clone(); move |world| world.accept("bob/tablet", &call) });
/// world.settle();
/// assert!(world.is_active("ann", &call));
/// assert_ne!(world.is_active("bob/phone", &call), world.is_active("bob/tablet", &call));
/// world.check().unwrap();
/// ```
#[derive(Debug)]
pub struct World {
    seed: u64,
    now: u64,
    chance: Chance,
    church: ChurchId,
    queue: Queue,
    devices: Vec<Device>,
    server: Server,
    media: Media,
    broker_up: bool,
    backstage: Backstage,
    publishing: bool,
    publish_posted: bool,
    calls_made: u64,
    signals: u64,
    steps: u64,
    /// When something last changed that a person or a store would notice.
    stirred_at: u64,
    /// When the server, its broker or its media server last was in trouble.
    troubled_at: u64,
    faults: BTreeMap<Fault, u64>,
    races: BTreeSet<Race>,
    stories: BTreeMap<CallId, Story>,
    violations: Vec<Violation>,
    /// Its seed alone brings all of it about again.
    by_chance: bool,
    /// What happened in it was told already.
    is_told: Cell<bool>,
    timeline: Option<Vec<Entry>>,
}

/// A test that fails while it has a world tells what happened in it, on the standard error.
impl Drop for World {
    fn drop(&mut self) {
        if thread::panicking() && !self.is_told.get() {
            eprintln!("{}", Broken::in_a_panic(self));
        }
    }
}

/// What a world remembers of a call beside its record.
#[derive(Debug, Clone, Default)]
struct Story {
    /// Who turned its camera on last, and when.
    camera_on: Option<(usize, u64)>,
    /// Who is entitled to be in the room no more, and since when.
    unentitled: BTreeMap<String, u64>,
    /// When somebody first accepted.
    accepted_at: Option<u64>,
    /// When somebody in it was last called, or answered.
    answered_at: u64,
    /// When it was over.
    over_at: Option<u64>,
    /// What the ledger asked of the media server.
    tasks: RoomTasks,
    /// Who was in it until then.
    at_end: Vec<(MemberId, Option<DeviceId>)>,
    /// Devices whose accept was answered with 200.
    accepted: BTreeSet<usize>,
    /// Devices that dialled under its id. To one that is not the caller, the id means another
    /// call, which never was.
    dialled: BTreeSet<usize>,
    /// Devices that declined for themselves alone: their end need not be the call's.
    apart: BTreeSet<usize>,
    /// Somebody lost its room, and has not come back.
    lost_by: BTreeSet<usize>,
    /// Identities whose newer session took the place of an older one.
    replaced: BTreeSet<String>,
}

impl World {
    /// A world to be peopled. The same seed, builder and script give the same world.
    pub fn builder(seed: u64) -> Builder {
        Builder::new(seed)
    }

    /// Nobody wrote a script for it.
    pub(crate) fn mark_by_chance(&mut self) {
        self.by_chance = true;
    }

    fn epoch(&self) -> u64 {
        EPOCH_MS + self.now
    }

    fn post(&mut self, in_ms: u64, what: Coming) {
        self.queue.post(self.now + in_ms, what);
    }

    fn stir(&mut self) {
        self.stirred_at = self.now;
    }

    fn count(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    fn saw(&mut self, race: Race) {
        if self.races.insert(race) {
            self.tell("world", || format!("race {race:?}"));
        }
    }

    fn broken(&mut self, invariant: Invariant, what: String) {
        let same = |known: &Violation| known.invariant == invariant && known.what == what;
        if self.violations.iter().any(same) {
            return;
        }
        self.tell("world", || format!("{invariant:?}{BROKEN}{what}"));
        let at_ms = self.now;
        self.violations.push(Violation {
            invariant,
            at_ms,
            what,
        });
    }

    fn tell(&mut self, who: &str, what: impl FnOnce() -> String) {
        let at_ms = self.now;
        if let Some(timeline) = &mut self.timeline {
            timeline.push(Entry {
                at_ms,
                who: who.to_owned(),
                what: what(),
            });
        }
    }

    fn tell_of(&mut self, device: usize, what: impl FnOnce() -> String) {
        if self.timeline.is_some() {
            let who = self.devices.get(device).map(|device| device.name.clone());
            self.tell(&who.unwrap_or_default(), what);
        }
    }
}
