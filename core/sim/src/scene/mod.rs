//! Whole scenes by chance: who is there, what they do, and what goes wrong.

mod deeds;
mod many;
mod moments;
mod trouble;

pub use many::{Failed, Summary, play_many};

use crate::chance::Chance;
use crate::invariant::Broken;
use crate::link::{Backstage, Link};
use crate::world::World;

const MEMBERS: [&str; 4] = ["ann", "bob", "cyd", "dee"];
const DEVICES: [&str; 2] = ["phone", "tablet"];
/// One scene in so many waits for the longest call to be over.
const PATIENT_ONE_IN: u64 = 2_000;
const LONGEST_MS: u64 = 4 * 3_600_000 + 60_000;

/// Plays the scene of a seed to its end: people act at random times, nature strikes, then all is
/// healed and messages stop. [`World::check`] says what came of it.
///
/// A `timeline` takes time and memory: it is for reading a scene again that failed.
pub fn play(seed: u64, timeline: bool) -> World {
    // Apart from the world's own chance: what people do does not hang on what links do.
    let mut chance = Chance::new(seed ^ 0x5ce0_e5ce_0e5c_e0e5);
    let mut builder = World::builder(seed)
        .timeline(timeline)
        .pushes(chance.one_in(2))
        .call_waiting(chance.one_in(3))
        .links(link(&mut chance))
        .backstage(backstage(&mut chance));
    let members = 2 + chance.below(3);
    for member in MEMBERS.iter().take(usize::try_from(members).unwrap_or(2)) {
        let devices = if chance.one_in(3) { 1 } else { 2 };
        for device in DEVICES.iter().take(devices) {
            builder = builder.device(member, device);
        }
    }
    if chance.one_in(8) {
        builder = builder.clocks_agree();
    }
    let mut scene = Scene {
        world: builder.build(),
        chance,
    };
    scene.world.mark_by_chance();
    scene.play();
    scene.world
}

/// Plays the scene of a seed and checks it. One that fails is played again with a timeline, so that
/// the error tells what happened.
///
/// ```
/// for seed in 0..10 {
///     faithcall_sim::scene::prove(seed).unwrap();
/// }
/// ```
///
/// # Errors
/// What [`World::check`] says.
pub fn prove(seed: u64) -> Result<World, Broken> {
    let world = play(seed, false);
    match world.check() {
        Ok(()) => Ok(world),
        Err(broken) => Err(play(seed, true).check().err().unwrap_or(broken)),
    }
}

struct Scene {
    world: World,
    chance: Chance,
}

impl Scene {
    fn play(&mut self) {
        let deeds = 4 + self.chance.below(16);
        let trouble = self.chance.below(4);
        for _ in 0..deeds {
            self.pause();
            match self.chance.below(10) {
                0..3 => self.moment(),
                3..5 if trouble > 0 => self.trouble(),
                _ => self.deed(),
            }
        }
        self.world.run_ms(self.chance.below(3_000));
        if self.chance.one_in(2) {
            self.everybody_hangs_up();
        }
        self.world.heal();
        self.world.settle();
        if self.chance.one_in(PATIENT_ONE_IN) {
            self.world.run_ms(LONGEST_MS);
            self.world.settle();
        }
    }

    /// Most things happen close to each other.
    fn pause(&mut self) {
        let most = match self.chance.below(20) {
            0..8 => 120,
            8..15 => 2_500,
            15..19 => 12_000,
            _ => 60_000,
        };
        let ms = self.chance.below(most);
        self.world.run_ms(ms);
    }

    fn everybody_hangs_up(&mut self) {
        for name in self.world.names() {
            if let Some(call) = self.world.current(&name).cloned() {
                self.world.end(&name, &call);
            }
        }
    }
}

fn link(chance: &mut Chance) -> Link {
    let good = Link::default();
    let jitter = [0, 0, 30, 80, 400, 2_500];
    let mut link = Link {
        jitter_ms: *chance.one_of(&jitter).unwrap_or(&0),
        notice_ms: chance.below(30_000),
        repeats_signal_one_in: often(chance),
        repeats_request_one_in: often(chance),
        loses_push_one_in: often(chance),
        repeats_push_one_in: often(chance),
        delays_push_one_in: often(chance),
        ..good
    };
    if chance.one_in(3) {
        link.loses_request_one_in = often(chance);
        link.loses_answer_one_in = often(chance);
    }
    link
}

/// How often something goes wrong: not at all in every second scene.
fn often(chance: &mut Chance) -> u64 {
    *chance.one_of(&[0, 0, 0, 4, 10, 20]).unwrap_or(&0)
}

fn backstage(chance: &mut Chance) -> Backstage {
    Backstage {
        webhook_jitter_ms: *chance.one_of(&[0, 0, 500, 6_000]).unwrap_or(&0),
        loses_webhook_one_in: often(chance),
        repeats_webhook_one_in: often(chance),
        fails_room_work_one_in: often(chance),
        ..Backstage::default()
    }
}
