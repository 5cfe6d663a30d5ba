//! The rows of the race catalogue, as a simulation can meet them.

/// A row of the race catalogue. A world notes each one that really happened in it; the words say
/// what counts as that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Race {
    /// Two members called each other: a create was refused with `glare`.
    G1,
    /// Two creates with the same id: refused with `call_id_taken`.
    G2,
    /// A cancel met an accepted call, or an accept a cancelled one.
    C1,
    /// A cancel came before its create, or a callee's device heard of the call only after it.
    C2,
    /// An accept came within the grace after the ring time, or after it.
    C3,
    /// A reject met a cancelled call, or a cancel a rejected one.
    C4,
    /// A second device of a member accepted.
    A1,
    /// A reject met a call that another device of the member had accepted, or the other way
    /// round.
    A2,
    /// An accept was refused because its member had begun another call elsewhere.
    A3,
    /// The last open invitee of a group said no after somebody had accepted.
    A4,
    /// A signal, a request or a push was repeated, and seen twice.
    D1,
    /// A device was given an older revision after a newer one.
    D2,
    /// An invite came when its call was over or its ring time had passed.
    D3,
    /// A signal of a call that is over came during another call.
    D4,
    /// A device whose clock is wrong by hours took part in a call.
    D5,
    /// A hang-up met a call that the other had hung up.
    E1,
    /// A change of microphone or camera met a call that was over.
    E2,
    /// Both sides turned their cameras on within half a second.
    E3,
    /// A signal came for a call whose end the device had shown.
    E4,
    /// The end of an older session in a room became known after the same identity had come back.
    M1,
    /// Word came of a session that the device itself had left.
    M2,
    /// A session took the place of another one of the same identity.
    M3,
    /// Somebody left the room while another had lost it.
    M4,
    /// A webhook was late, twice or lost.
    M5,
    /// A call was accepted, and over before both had media.
    M6,
    /// A push brought an invite of a call that had been cancelled.
    P1,
    /// A push and a signal brought the same invite to one device.
    P2,
    /// A device was killed while it rang or was in a call.
    P3,
    /// A device rang for a call that it was in, from before its process began.
    P4,
    /// The server was killed between a commit and its publishing.
    S1,
    /// The broker restarted while a call was going on.
    S2,
    /// A device's token expired while it rang or was in a call.
    S3,
    /// Another device of a member signed in while the member was in a call.
    S4,
    /// Something came back to a device that had signed out.
    F1,
}

impl Race {
    /// Every row.
    pub const ALL: [Self; 34] = [
        Self::G1,
        Self::G2,
        Self::C1,
        Self::C2,
        Self::C3,
        Self::C4,
        Self::A1,
        Self::A2,
        Self::A3,
        Self::A4,
        Self::D1,
        Self::D2,
        Self::D3,
        Self::D4,
        Self::D5,
        Self::E1,
        Self::E2,
        Self::E3,
        Self::E4,
        Self::M1,
        Self::M2,
        Self::M3,
        Self::M4,
        Self::M5,
        Self::M6,
        Self::P1,
        Self::P2,
        Self::P3,
        Self::P4,
        Self::S1,
        Self::S2,
        Self::S3,
        Self::S4,
        Self::F1,
    ];
}
