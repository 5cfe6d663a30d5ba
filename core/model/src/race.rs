//! The situations of the catalogue that the model meets.

use std::ops::BitOrAssign;

/// A row of the catalogue of races (`docs/races.tsv`), as far as the model has what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Race {
    /// Both call each other.
    G1,
    /// Cancel crosses accept.
    C1,
    /// Cancel comes before its create.
    C2,
    /// Accept crosses the ring time-out.
    C3,
    /// Reject crosses cancel.
    C4,
    /// Two devices of a member accept at once.
    A1,
    /// One device rejects while another accepts.
    A2,
    /// Accept while another call began elsewhere.
    A3,
    /// A request or an invite comes twice.
    D1,
    /// News come in another order than they were sent.
    D2,
    /// An invite of a call whose time is up.
    D3,
    /// News of an old call during a new one.
    D4,
    /// Hang-up crosses hang-up.
    E1,
    /// News that a call lives come after its end.
    E4,
    /// Somebody comes into the room under an identity that is there.
    M3,
    /// The other left the room while this device was out of it.
    M4,
    /// The room's list says what no webhook said.
    M5,
    /// Accepted, and one side never comes into the room.
    M6,
    /// A process dies in a call, and its lease ends the call.
    P3,
    /// The server dies between commit and publish.
    S1,
    /// The broker forgets a device; it comes back and asks.
    S2,
}

/// Every row, with its name for the table.
pub(crate) const ALL: [(Race, &str); 21] = [
    (Race::G1, "G1 both call each other"),
    (Race::C1, "C1 cancel crosses accept"),
    (Race::C2, "C2 cancel before its create"),
    (Race::C3, "C3 accept crosses the ring time-out"),
    (Race::C4, "C4 reject crosses cancel"),
    (Race::A1, "A1 two devices accept"),
    (Race::A2, "A2 one rejects, another accepts"),
    (Race::A3, "A3 accept while in another call"),
    (Race::D1, "D1 a request comes twice"),
    (Race::D2, "D2 news out of order"),
    (Race::D3, "D3 an invite that is too late"),
    (Race::D4, "D4 news of an old call in a new one"),
    (Race::E1, "E1 hang-up crosses hang-up"),
    (Race::E4, "E4 news after the end"),
    (Race::M3, "M3 rejoin under the same identity"),
    (Race::M4, "M4 the peer left meanwhile"),
    (Race::M5, "M5 the room's list corrects"),
    (Race::M6, "M6 one side never gets media"),
    (Race::P3, "P3 killed in a call"),
    (Race::S1, "S1 dead between commit and publish"),
    (Race::S2, "S2 the broker forgets a session"),
];

/// The names of the rows, each of which some search has to meet.
pub const ROWS: [&str; ALL.len()] = {
    let mut rows = [""; ALL.len()];
    let mut at = 0;
    while at < ALL.len() {
        rows[at] = ALL[at].1;
        at += 1;
    }
    rows
};

/// A set of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Races(pub(crate) u32);

impl Races {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn of(race: Race) -> Self {
        Self(1 << race as u8)
    }

    pub(crate) fn has(self, race: Race) -> bool {
        self.0 & Self::of(race).0 != 0
    }
}

impl BitOrAssign for Races {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
