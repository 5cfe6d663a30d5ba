//! The search itself, by stateright, and what comes of it.

use std::time::{Duration, Instant};

use smallvec::SmallVec;
use stateright::{Checker, Model, Property};

use crate::action::Action;
use crate::bounds::Bounds;
use crate::broken::Broken;
use crate::invariant;
use crate::names::MOST_CALLS;
use crate::race;
use crate::state::{Spent, State};
use crate::twins::Id;
use crate::world::{Told, World};

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let twins = self.bounds.twins;
        let mut state = State {
            twins: twins.map(|pair| pair.map(|at| u8::try_from(at).unwrap_or_default())),
            phones: self.devices.iter().map(|device| device.fresh).collect(),
            calls: [Id::NONE; MOST_CALLS],
            cancels: Id::NONE,
            rooms: [false; MOST_CALLS],
            tasks: [false; MOST_CALLS],
            seats: SmallVec::new(),
            flights: SmallVec::new(),
            alone: None,
            outbox: Vec::new(),
            server_up: true,
            linked: 0,
            cut: 0,
            spent: Spent {
                device_crashes: self.devices.iter().map(|_| 0).collect(),
                ..Spent::default()
            },
            broken: Broken::NONE,
        };
        for device in 0..self.devices.len() {
            self.tell(&mut state, device, Told::SignedIn);
            state.linked |= 1 << device;
            self.tell(&mut state, device, Told::LinkUp);
        }
        while !state.flights.is_empty() {
            if let Some(next) = self.happens(&state, Action::Arrives(0)) {
                state = next;
            }
        }
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.broken == Broken::NONE {
            self.possible(state, actions);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.happens(state, action).filter(|next| next != state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(
            "what must hold",
            |world: &World, state: &State| ALWAYS.iter().all(|(_, holds)| holds(world, state)),
        )]
    }
}

/// Something that must hold in every state, and its name.
type Rule = (&'static str, fn(&World, &State) -> bool);

/// What must hold in every state.
const ALWAYS: [Rule; 16] = [
    ("I1 nothing leaks before the accept", |world, state| {
        !state.broken.has(Broken::I1) && invariant::nothing_leaks(world, state)
    }),
    ("I2 one accept wins", |world, state| {
        !state.broken.has(Broken::I2) && invariant::one_accept_wins(world, state)
    }),
    (
        "I3 I9 all agree in the end",
        invariant::all_agree_in_the_end,
    ),
    ("I4 one ring a call", |_, state| {
        !state.broken.has(Broken::I4)
    }),
    ("I5 over is over", |_, state| !state.broken.has(Broken::I5)),
    ("I6 every deadline does something", |_, state| {
        !state.broken.has(Broken::I6)
    }),
    (
        "I6 a call has a deadline in the store",
        invariant::every_call_has_a_deadline,
    ),
    ("I7 one call that is not held", invariant::one_engaged_call),
    ("I8 no room outlives its call", invariant::no_room_outlives),
    (
        "I9 views agree when nothing is under way",
        invariant::views_agree,
    ),
    (
        "a device has a deadline of its own",
        invariant::every_device_has_a_deadline,
    ),
    ("a device does not ask without end", |_, state| {
        !state.broken.has(Broken::BUSY)
    }),
    ("C1 no cancel takes an accept back", |_, state| {
        !state.broken.has(Broken::C1)
    }),
    (
        "A2 nobody rings whose devices have declined",
        invariant::who_declined_rings_no_more,
    ),
    ("D1 a repeat is answered alike", |_, state| {
        !state.broken.has(Broken::TWICE)
    }),
    ("D1 what is known changes nothing", |_, state| {
        !state.broken.has(Broken::D1)
    }),
];

/// What a search found.
pub struct Found {
    /// States met, each once.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// The longest shortest way to a state.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// What did not hold, and the way there; without it, the search has closed: there is no state
    /// that it did not look at.
    pub broken: Option<String>,
    /// Rows of the catalogue that were met.
    pub met: Vec<&'static str>,
    /// Different states of one device; twins are one.
    pub of_a_device: u32,
    /// Different states of one call.
    pub of_a_call: u32,
}

/// How often [`search`] says how far it is.
const SAYS_EVERY: Duration = Duration::from_secs(10);

/// Searches every state within the bounds; with `progress`, says meanwhile how far it is.
pub fn search(bounds: Bounds, threads: usize, progress: bool) -> Found {
    let began = Instant::now();
    let checker = World::new(bounds).checker().threads(threads).spawn_bfs();
    let mut said = began;
    while progress && !checker.is_done() {
        std::thread::sleep(Duration::from_millis(200));
        if said.elapsed() >= SAYS_EVERY {
            said = Instant::now();
            eprintln!(
                "{:>6} s {:>12} states {:>12} steps, depth {}",
                began.elapsed().as_secs(),
                checker.unique_state_count(),
                checker.state_count(),
                checker.max_depth(),
            );
        }
    }
    let checker = checker.join();
    let took = began.elapsed();
    let world = checker.model();
    let broken = checker.discoveries().into_values().next().map(|path| {
        let last = path.last_state().clone();
        let broken = ALWAYS.iter().filter(|(_, holds)| !holds(world, &last));
        let mut lines: Vec<String> = broken.map(|(name, _)| format!("broken: {name}")).collect();
        for (state, action) in path.into_vec() {
            lines.push(match action {
                Some(action) => world.tell_action(&state, action),
                None => world.tell_state(&state),
            });
        }
        lines.join("\n")
    });
    let met = race::ALL.iter().filter(|(race, _)| world.has_met(*race));
    Found {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        took,
        met: met.map(|(_, name)| *name).collect(),
        of_a_device: world.phones.len(),
        of_a_call: world.calls.len(),
        broken,
    }
}
