//! Two devices of one member that differ by nothing but their name.
//!
//! A state of the world and the same state with the two exchanged lead to the same: only one of
//! them is looked at. Every value's number knows the number of the value that it is with the two
//! exchanged; which that is, is found by hashing it with the names exchanged wherever they stand.

use std::hash::{BuildHasher, Hash, Hasher};

use ahash::RandomState;

/// The number of a value in its table.
///
/// The lowest two bits say whether it has a twin, and which of the two it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(u32);

impl Id {
    /// No value.
    pub(crate) const NONE: Self = Self(0);

    /// The number of a value that is the same with the twins exchanged.
    pub(crate) fn own_twin(index: u32) -> Self {
        Self(index << 2)
    }

    /// The number of a value that is another with the twins exchanged.
    pub(crate) fn with_twin(index: u32) -> Self {
        Self(index << 2 | 1)
    }

    /// The number of the value with the twins exchanged.
    pub(crate) fn twin(self) -> Self {
        match self.0 & 3 {
            0 => self,
            _ => Self(self.0 ^ 3),
        }
    }

    pub(crate) fn index(self) -> u32 {
        self.0 >> 2
    }

    /// Its place beside its twin: 0 or 1.
    pub(crate) fn which(self) -> usize {
        (self.0 as usize & 3) >> 1
    }
}

/// The names of two devices that are alike.
#[derive(Debug, Clone)]
pub(crate) struct Twins {
    names: [String; 2],
    hashes: RandomState,
}

impl Twins {
    pub(crate) fn new(one: &str, other: &str) -> Self {
        Self {
            names: [one.to_owned(), other.to_owned()],
            hashes: RandomState::with_seeds(1, 2, 3, 4),
        }
    }

    /// What a value is hashed to, as it is or with the names exchanged.
    pub(crate) fn hash(&self, value: &impl Hash, exchanged: bool) -> u64 {
        let mut hasher = Exchanging {
            names: exchanged.then_some(&self.names),
            inner: self.hashes.build_hasher(),
        };
        value.hash(&mut hasher);
        hasher.finish()
    }
}

/// A hasher that reads one name for the other.
struct Exchanging<'a, H> {
    names: Option<&'a [String; 2]>,
    inner: H,
}

impl<H: Hasher> Hasher for Exchanging<'_, H> {
    fn write(&mut self, bytes: &[u8]) {
        let Some([one, other]) = self.names else {
            return self.inner.write(bytes);
        };
        let mut text = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            let (read, written) = if rest.starts_with(one.as_bytes()) {
                (one.len(), other.as_bytes())
            } else if rest.starts_with(other.as_bytes()) {
                (other.len(), one.as_bytes())
            } else {
                (1, std::slice::from_ref(first))
            };
            text.extend_from_slice(written);
            rest = rest.get(read..).unwrap_or_default();
        }
        self.inner.write(&text);
    }

    fn finish(&self) -> u64 {
        self.inner.finish()
    }
}
