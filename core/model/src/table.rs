//! Values that are kept once and told apart by a number.
//!
//! A state of the world names its parts by such numbers: there are far fewer states of one
//! device than of the world, so a state is small, and what a device does with an input is worked
//! out once, however many states of the world meet it.

use std::hash::Hash;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use ahash::RandomState;
use dashmap::DashMap;

use crate::twins::{Id, Twins};

const FIRST_CHUNK: usize = 1 << 10;
const CHUNKS: usize = 22;

/// A value, and the one that it is with the twins exchanged.
type Pair<T> = [OnceLock<&'static T>; 2];

/// Keeps a value until the program ends, which is when its search does.
pub(crate) fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Values by number, and numbers by value. Nothing is ever removed.
pub(crate) struct Table<T: 'static> {
    twins: Option<Twins>,
    ids: DashMap<&'static T, Id, RandomState>,
    chunks: [OnceLock<Box<[Pair<T>]>>; CHUNKS],
    last: AtomicU32,
    /// Numbers of values that have not come up, by what they would be hashed to: their twins have.
    awaited: Mutex<Awaited>,
}

type Awaited = std::collections::HashMap<u64, Id, RandomState>;

impl<T: Eq + Hash> Table<T> {
    pub(crate) fn new(twins: Option<Twins>) -> Self {
        Self {
            twins,
            ids: DashMap::default(),
            chunks: [const { OnceLock::new() }; CHUNKS],
            last: AtomicU32::new(0),
            awaited: Mutex::default(),
        }
    }

    /// The number of a value, which is a new one if the value is.
    pub(crate) fn number(&self, value: T) -> Id {
        if let Some(id) = self.ids.get(&value) {
            return *id;
        }
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = self.ids.get(&value) {
            return *id;
        }
        let id = self.new_number(&mut awaited, &value);
        let (chunk, at, twin) = place(id);
        let chunk = self.chunks[chunk].get_or_init(|| {
            let size = FIRST_CHUNK << chunk;
            (0..size).map(|_| Pair::default()).collect()
        });
        let value = kept(value);
        let _ = chunk[at][twin].set(value);
        self.ids.insert(value, id);
        id
    }

    fn new_number(&self, awaited: &mut Awaited, value: &T) -> Id {
        let next = || self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let Some(twins) = &self.twins else {
            return Id::own_twin(next());
        };
        let (hash, exchanged) = (twins.hash(value, false), twins.hash(value, true));
        if hash == exchanged {
            return Id::own_twin(next());
        }
        awaited.remove(&hash).unwrap_or_else(|| {
            let id = Id::with_twin(next());
            awaited.insert(exchanged, id.twin());
            id
        })
    }

    /// The value of a number that this table gave.
    pub(crate) fn get(&self, id: Id) -> &'static T {
        let (chunk, at, twin) = place(id);
        let value = self.chunks[chunk]
            .get()
            .and_then(|chunk| chunk[at][twin].get());
        value.expect("a number of another table")
    }

    /// How many values there are; twins are one.
    pub(crate) fn len(&self) -> u32 {
        self.last.load(Ordering::Relaxed)
    }
}

/// The chunk of a number, each twice as long as the one before, the place in it, and which twin.
fn place(id: Id) -> (usize, usize, usize) {
    let index = id.index() as usize - 1 + FIRST_CHUNK;
    let chunk = (index / FIRST_CHUNK).ilog2() as usize;
    (chunk, index - (FIRST_CHUNK << chunk), id.which())
}
