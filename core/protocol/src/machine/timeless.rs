//! A machine as a value without a clock, for a check of all its states.
//!
//! Time stands still at [`NOW`], and everything that a machine waits for may come due in any
//! order ([`Machine::alarms`], [`Machine::expire`]): more orders than a clock allows, so what
//! holds for all of them holds for those. Two machines that differ only in how long they have
//! run, and in how they count, are made the same value ([`Machine::canonical`]).

use std::collections::BTreeMap;

use super::Machine;
use super::ending::farewell::Step;
use super::interface::event::Ended;
use super::interface::output::{RequestId, SessionId};
use super::interface::view::{ServerKind, Timings};
use super::line::LineId;
use super::room::connection::Connection;
use super::state::Phase;
use super::timer::{RING_MS, Timer};
use crate::id::{CallId, Rev};

/// The only moment there is (ms since 1970, and of the machine's clock).
pub const NOW: u64 = 1_700_000_000_000;
/// Everything that is waited for is due then, until it is made due.
const SOON: u64 = NOW + 1;

/// Something that a machine waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alarm(Of);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Of {
    /// A timer of the line at this place.
    Line(usize, Timer),
    Device(Timer),
    /// The next step of the farewell at this place.
    Farewell(usize),
}

/// What is left of the numbers of requests and sessions, by their old ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Renumbered {
    /// Requests that are still waited for.
    pub requests: BTreeMap<RequestId, RequestId>,
    /// Sessions whose events still count.
    pub sessions: BTreeMap<SessionId, SessionId>,
}

impl Alarm {
    /// It comes only where nothing has happened for long: a look now and then, or a last bound.
    pub fn is_patient(self) -> bool {
        match self.0 {
            Of::Line(_, Timer::Poll | Timer::RoomLost | Timer::PeerGone) | Of::Farewell(_) => true,
            Of::Line(..) => self.outlasts_the_server(),
            Of::Device(_) => false,
        }
    }

    /// It is a bound of the server's and some patience more: where clocks run equally fast, the
    /// server's own has passed before.
    pub fn outlasts_the_server(self) -> bool {
        matches!(
            self.0,
            Of::Line(_, Timer::RingOver | Timer::Connect | Timer::LongestCall)
        )
    }
}

impl Machine {
    /// What it waits for that may come due next. A farewell is not given up here: that takes a
    /// minute of failures, each of which is a fault of the world's.
    pub fn alarms(&self) -> Vec<Alarm> {
        let lines = self.lines.parked.iter().enumerate();
        let lines =
            lines.flat_map(|(at, line)| line.timers.0.keys().map(move |t| Of::Line(at, *t)));
        let device = self.timers.device.keys().map(|timer| Of::Device(*timer));
        let farewells = self.farewells.iter().enumerate();
        let farewells = farewells.filter_map(|(at, farewell)| {
            let awaits = matches!(
                farewell.step,
                Step::AwaitCreated { .. } | Step::AwaitAccepted(_)
            );
            (!awaits && farewell.request.is_none()).then_some(Of::Farewell(at))
        });
        lines.chain(device).chain(farewells).map(Alarm).collect()
    }

    /// Makes one thing due: the next [`super::Input::Tick`] at [`NOW`] carries it out.
    pub fn expire(&mut self, alarm: Alarm) {
        match alarm.0 {
            Of::Line(at, timer) => {
                if let Some(line) = self.lines.parked.get_mut(at) {
                    line.timers.0.insert(timer, NOW);
                }
            }
            Of::Device(timer) => {
                self.timers.device.insert(timer, NOW);
            }
            Of::Farewell(at) => {
                if let Some(farewell) = self.farewells.get_mut(at) {
                    farewell.next_ms = NOW;
                }
            }
        }
    }

    /// Makes equal what will never make a difference: how long something has been waited for, the
    /// length of waits between attempts, numbers that only tell one thing from another, what is
    /// only shown of a call that is over, and when something was shown.
    pub fn canonical(&mut self) -> Renumbered {
        self.forget_times();
        self.random = 0;
        self.refused_signals = 0;
        self.last = None;
        let sessions = self.renumber_sessions();
        self.renumber_lines();
        let requests = self.renumber_requests();
        Renumbered { requests, sessions }
    }

    fn forget_times(&mut self) {
        self.link.failures = self.link.failures.min(1);
        self.timers.device.values_mut().for_each(|at| *at = SOON);
        for line in &mut self.lines.parked {
            line.timers.0.values_mut().for_each(|at| *at = SOON);
            line.call.failures = line.call.failures.min(1);
            line.call.lost_looks = 0;
            line.call.room.failures = line.call.room.failures.min(1);
            // So the wait between two PATCHes is over at once.
            line.call.media.patched_at_ms = None;
            // Nothing is counted where time stands still.
            line.call.connection = Connection::default();
            if let Some(leg) = line.call.room.leg.as_mut() {
                leg.open_microphone = leg.open_microphone.min(1);
                leg.open_camera = leg.open_camera.min(1);
            }
            line.call.timings = Timings::default();
            if let Some(leg) = &mut line.call.room.leg {
                leg.left.sort();
            }
            match &mut line.call.phase {
                Phase::Ringing { until_ms } => *until_ms = NOW + RING_MS,
                Phase::Active { before_ms, .. } => *before_ms = 0,
                Phase::Creating { .. }
                | Phase::Dialing { .. }
                | Phase::Accepting
                | Phase::Connecting => {}
            }
        }
        if let Some(leftover) = &mut self.leftover {
            leftover.failures = 0;
        }
        self.over.forget_revs();
        for farewell in &mut self.farewells {
            farewell.failures = farewell.failures.min(1);
            farewell.next_ms = SOON;
        }
    }

    fn renumber_sessions(&mut self) -> BTreeMap<SessionId, SessionId> {
        let mut map = BTreeMap::new();
        let calls = self.lines.parked.iter_mut().map(|line| &mut line.call);
        let mut legs: Vec<_> = calls.filter_map(|call| call.room.leg.as_mut()).collect();
        legs.sort_by_key(|leg| leg.session);
        self.sessions = 0;
        for leg in legs {
            self.sessions += 1;
            map.insert(leg.session, SessionId(self.sessions));
            leg.session = SessionId(self.sessions);
        }
        map
    }

    /// A line that is gone keeps a number that no line has.
    fn renumber_lines(&mut self) {
        let mut map = BTreeMap::new();
        self.lines.newest = 0;
        for line in &mut self.lines.parked {
            self.lines.newest += 1;
            map.insert(line.id, LineId(self.lines.newest));
            line.id = LineId(self.lines.newest);
        }
        for pending in self.requests.pending.values_mut() {
            pending.line = pending
                .line
                .map(|id| map.get(&id).copied().unwrap_or(LineId(0)));
        }
    }

    fn renumber_requests(&mut self) -> BTreeMap<RequestId, RequestId> {
        let pending = std::mem::take(&mut self.requests.pending);
        let mut map = BTreeMap::new();
        self.requests.last = 0;
        for (id, request) in pending {
            self.requests.last += 1;
            let to = RequestId(self.requests.last);
            map.insert(id, to);
            self.requests.pending.insert(to, request);
        }
        let of = |id: RequestId| map.get(&id).copied();
        self.link.request = self.link.request.and_then(of);
        for farewell in &mut self.farewells {
            farewell.request = farewell.request.and_then(of);
            match &mut farewell.step {
                Step::AwaitCreated { request, .. } | Step::AwaitAccepted(request) => {
                    *request = of(*request).unwrap_or(RequestId(0));
                }
                Step::Say | Step::FindCreated { .. } | Step::FindAccepted => {}
            }
        }
        // What is only ever compared with requests that are still to be answered.
        let older = |than: RequestId| {
            let older = map.range(..=than).next_back();
            older.map_or(RequestId(0), |(_, to)| *to)
        };
        self.elsewhere_after = older(self.elsewhere_after);
        let part_b = self.server == Some(ServerKind::PartB);
        for line in &mut self.lines.parked {
            // Both are for a part-A server; what has once spoken part B is none.
            if part_b {
                line.call.known_after = RequestId(0);
                line.call.accept_in_doubt = false;
                continue;
            }
            line.call.known_after = older(line.call.known_after);
        }
        map
    }

    /// The newest revision that it knows of a call that goes on here.
    pub fn known_rev(&self, id: &CallId) -> Option<Rev> {
        let call = self.calls().find(|call| call.id == *id)?;
        Some(call.rev())
    }

    /// It takes part in the call: it accepted, or its own call was accepted.
    pub fn takes_part(&self, id: &CallId) -> bool {
        self.calls()
            .any(|call| call.id == *id && call.is_accepted())
    }

    /// Nothing that goes on here goes on without a bound.
    pub fn is_bounded(&self) -> bool {
        let mut lines = self.lines.parked.iter();
        lines.all(|line| !line.timers.0.is_empty())
    }

    /// Messages wait for the answer to a resync.
    pub fn holds_messages(&self) -> bool {
        self.timers.device.contains_key(&Timer::HeldSignals)
    }

    /// News that the call lives would be old.
    pub fn knows_as_over(&self, id: &CallId) -> bool {
        self.over.is_everywhere(id)
    }

    /// How it showed the end of a call; none where it did not.
    pub fn shown_end(&self, id: &CallId) -> Option<&Ended> {
        self.over.shown(id)
    }
}
