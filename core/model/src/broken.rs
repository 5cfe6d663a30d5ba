//! Invariants that a step may break.

use std::ops::BitOrAssign;

/// Invariants that a step broke; a state remembers them, and nothing follows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Broken(u16);

impl Broken {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const I1: Self = Self(1);
    pub(crate) const I2: Self = Self(1 << 1);
    pub(crate) const I4: Self = Self(1 << 2);
    pub(crate) const I5: Self = Self(1 << 3);
    pub(crate) const I6: Self = Self(1 << 4);
    pub(crate) const D1: Self = Self(1 << 5);
    pub(crate) const BUSY: Self = Self(1 << 6);
    pub(crate) const C1: Self = Self(1 << 7);
    pub(crate) const TWICE: Self = Self(1 << 8);

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOrAssign for Broken {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
