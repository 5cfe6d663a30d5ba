//! Every time-out of a device, each with the one constant that it takes.

use std::collections::BTreeMap;

use crate::bounds;
pub(super) use crate::bounds::{ACCEPT_GRACE_MS, CONNECT_MS, RING_MS};

/// The driver answers a request at most this long after it was asked for, if only with
/// [`super::Failure::NoAnswer`].
pub const REQUEST_TIMEOUT_MS: u64 = 8_000;
/// After so long [`super::Event::SignedOut`] comes, whatever is unanswered: of the 3 s that signing
/// out takes at most, the rest is for leaving rooms and broker.
pub const SIGN_OUT_MS: u64 = 2_200;

pub(super) const CREATE_MS: u64 = 15_000;
pub(super) const HELD_CREATE_MS: u64 = 2_000;
pub(super) const RING_OVERRUN_MS: u64 = 6_000;
pub(super) const ACCEPT_MS: u64 = 10_000;
pub(super) const ROOM_LOST_MS: u64 = 30_000;
pub(super) const PEER_GONE_PART_A_MS: u64 = 30_000;
/// The server's bound, from the participant list, taken every 5 s, that first lacks it.
pub(super) const PEER_GONE_PART_B_MS: u64 = bounds::GONE_MS + 5_000 + PATIENCE_MS;
pub(super) const LONGEST_CALL_MS: u64 = bounds::LONGEST_CALL_MS + PATIENCE_MS;
/// How long a device waits for word beyond a bound that is the server's.
pub(super) const PATIENCE_MS: u64 = 15_000;
pub(super) const LAST_WORD_MS: u64 = 2_000;
pub(super) const POLL_RINGING_MS: u64 = 5_000;
pub(super) const POLL_ACTIVE_MS: u64 = 15_000;
pub(super) const POLL_OUTSIDE_ROOM_MS: u64 = 10_000;
pub(super) const PATCH_GAP_MS: u64 = 250;
pub(super) const HOLD_SIGNALS_MS: u64 = 2_000;
pub(super) const DOUBT_MS: u64 = 2_000;
pub(super) const FAREWELL_MS: u64 = 60_000;
pub(super) const CONFIRM_AFTER_MS: u64 = 3_000;
/// Shorter than the server keeps a device in a call that is silent.
pub(super) const REJOIN_OFFER_MS: u64 = bounds::HEARD_MS - 5_000;

/// What a machine waits for. One of each at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    /// The create is answered by then ([`CREATE_MS`]), or the attempt has failed.
    Create,
    /// The create is sent by then ([`HELD_CREATE_MS`]), even if the last call's end or hold is not
    /// answered yet.
    HeldCreate,
    /// The create, or the look for it on a part-A server, is tried again.
    CreateRetry,
    /// A ring here stops: what the server left of [`RING_MS`].
    Ring,
    /// A ring over there is over: what the server says is left, [`RING_MS`] where somebody more was
    /// called, and [`RING_OVERRUN_MS`]; on a part-A server the configured ring time.
    RingOver,
    /// `POST /ringing` is tried again.
    RingingRetry,
    /// The accept is answered by then: [`ACCEPT_MS`] after the tap, and [`ACCEPT_GRACE_MS`]
    /// after the ring.
    Accept,
    /// The accept is tried again.
    AcceptRetry,
    /// It is active by then: [`CONNECT_MS`], on a part-B server [`PATIENCE_MS`] more. In a group
    /// others may come later: then the server is asked, and it runs again.
    Connect,
    /// `POST /connected` is tried again.
    ConnectedRetry,
    /// This device is back in the room by then ([`ROOM_LOST_MS`]).
    RoomLost,
    /// The room is tried again.
    Rejoin,
    /// The other is back by then ([`PEER_GONE_PART_A_MS`], [`PEER_GONE_PART_B_MS`]).
    PeerGone,
    /// No call is longer ([`LONGEST_CALL_MS`]).
    LongestCall,
    /// The server's word on a call that seems to be over comes by then ([`LAST_WORD_MS`]).
    LastWord,
    /// The server is asked about the call, because signals or presence may be missing
    /// ([`POLL_RINGING_MS`], [`POLL_ACTIVE_MS`], [`POLL_OUTSIDE_ROOM_MS`]); again soon where it did
    /// not answer.
    Poll,
    /// Changed mute or camera is told ([`PATCH_GAP_MS`]), or told again.
    Patch,
    /// A hold, or its end, is told again.
    HoldRetry,
    /// Live messages are handled even though the resync is not answered ([`HOLD_SIGNALS_MS`]).
    HeldSignals,
    /// The resync is tried again.
    Resync,
    /// An old invite of a part-A server is believed even though nobody confirmed it
    /// ([`DOUBT_MS`]).
    Doubt,
    /// This device is made known to the server again.
    RegisterRetry,
    /// A call of an earlier process is no longer offered ([`REJOIN_OFFER_MS`]).
    RejoinOffer,
    /// The call on offer is asked for again.
    LeftoverRetry,
    /// Signing out is done, whatever is unanswered ([`SIGN_OUT_MS`]).
    SignOut,
}

impl Timer {
    /// When it is due, something that has failed is tried again.
    fn is_retry(self) -> bool {
        match self {
            Self::CreateRetry
            | Self::RingingRetry
            | Self::AcceptRetry
            | Self::ConnectedRetry
            | Self::Rejoin
            | Self::Patch
            | Self::HoldRetry
            | Self::Resync
            | Self::RegisterRetry
            | Self::LeftoverRetry => true,
            Self::Create
            | Self::HeldCreate
            | Self::Ring
            | Self::RingOver
            | Self::Accept
            | Self::Connect
            | Self::RoomLost
            | Self::PeerGone
            | Self::LongestCall
            | Self::LastWord
            | Self::Poll
            | Self::HeldSignals
            | Self::Doubt
            | Self::RejoinOffer
            | Self::SignOut => false,
        }
    }

    /// It goes with the call; the others are the device's.
    fn is_of_call(self) -> bool {
        match self {
            Self::Create
            | Self::HeldCreate
            | Self::CreateRetry
            | Self::Ring
            | Self::RingOver
            | Self::RingingRetry
            | Self::Accept
            | Self::AcceptRetry
            | Self::Connect
            | Self::ConnectedRetry
            | Self::RoomLost
            | Self::Rejoin
            | Self::PeerGone
            | Self::LongestCall
            | Self::LastWord
            | Self::Poll
            | Self::Patch
            | Self::HoldRetry => true,
            Self::HeldSignals
            | Self::Resync
            | Self::Doubt
            | Self::RegisterRetry
            | Self::RejoinOffer
            | Self::LeftoverRetry
            | Self::SignOut => false,
        }
    }
}

/// The timers of one line, with the time at which each is due.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct LineTimers(pub(super) BTreeMap<Timer, u64>);

impl LineTimers {
    pub(super) fn next(&self) -> Option<u64> {
        self.0.values().min().copied()
    }
}

/// The timers that run: those of the line in focus, and the device's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Timers {
    line: LineTimers,
    pub(super) device: BTreeMap<Timer, u64>,
}

impl Timers {
    pub(super) fn take_line(&mut self) -> LineTimers {
        std::mem::take(&mut self.line)
    }

    pub(super) fn put_line(&mut self, timers: LineTimers) {
        self.line = timers;
    }

    fn table(&mut self, timer: Timer) -> &mut BTreeMap<Timer, u64> {
        if timer.is_of_call() {
            &mut self.line.0
        } else {
            &mut self.device
        }
    }

    pub(super) fn set(&mut self, timer: Timer, at_ms: u64) {
        self.table(timer).insert(timer, at_ms);
    }

    /// Starts it, or moves it to an earlier time, never to a later one.
    pub(super) fn set_no_later(&mut self, timer: Timer, at_ms: u64) {
        let at = self.table(timer).entry(timer).or_insert(at_ms);
        *at = at_ms.min(*at);
    }

    /// What waits to be tried again is due.
    pub(super) fn hurry_retries(&mut self, now_ms: u64) {
        let device = self.device.iter_mut();
        for (_, at) in device
            .chain(&mut self.line.0)
            .filter(|(timer, _)| timer.is_retry())
        {
            *at = now_ms.min(*at);
        }
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.table(timer).remove(&timer);
    }

    pub(super) fn runs(&self, timer: Timer) -> bool {
        self.line.0.contains_key(&timer) || self.device.contains_key(&timer)
    }

    pub(super) fn next(&self) -> Option<u64> {
        let device = self.device.values().copied();
        device.chain(self.line.next()).min()
    }

    /// Takes out the timer that has been due longest.
    pub(super) fn take_due(&mut self, now_ms: u64) -> Option<Timer> {
        let (timer, _) = self
            .line
            .0
            .iter()
            .chain(&self.device)
            .map(|(timer, at)| (*timer, *at))
            .filter(|(_, at)| *at <= now_ms)
            .min_by_key(|(_, at)| *at)?;
        self.table(timer).remove(&timer);
        Some(timer)
    }
}
