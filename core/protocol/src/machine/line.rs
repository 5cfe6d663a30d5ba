//! Several calls at once, each on a line of its own.
//!
//! The rules are written for one call: the one in focus. An input brings its line into focus, the
//! rules run, and the line is put away again; between inputs none is in focus. What belongs to a
//! call (its timers, the requests about it) belongs to its line.

use crate::id::CallId;

use super::Machine;
use super::interface::output::SessionId;
use super::state::{Call, Phase};
use super::timer::{LineTimers, Timer};

/// One line. Numbered upwards and never used again, so that an answer finds the line that asked,
/// whatever the call's id is by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LineId(pub(super) u64);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Line {
    pub(super) id: LineId,
    pub(super) call: Box<Call>,
    pub(super) timers: LineTimers,
}

/// The lines that are not in focus, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Lines {
    pub(super) parked: Vec<Line>,
    pub(super) newest: u64,
    focus: Option<LineId>,
}

impl Lines {
    /// The line in focus. Still named once its call is over, until it is put away.
    pub(super) fn focus(&self) -> Option<LineId> {
        self.focus
    }

    fn find(&self, of: impl Fn(&Call) -> bool) -> Option<LineId> {
        let line = self.parked.iter().find(|line| of(&line.call))?;
        Some(line.id)
    }

    fn after(&self, last: Option<LineId>) -> Option<LineId> {
        let mut ids = self.parked.iter().map(|line| line.id);
        ids.find(|id| Some(*id) > last)
    }
}

impl Machine {
    /// All calls, the one in focus first.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        let parked = self.lines.parked.iter().map(|line| &*line.call);
        self.call.as_deref().into_iter().chain(parked)
    }

    /// The id is that of a call going on here.
    pub(super) fn is_current(&self, id: &CallId) -> bool {
        self.calls().any(|call| call.id == *id)
    }

    /// The call that the app means where it names none: the one that the user is in, else one that
    /// rings, else the one that is held.
    pub(super) fn foremost(&self) -> Option<&Call> {
        self.calls()
            .find(|call| call.is_engaged())
            .or_else(|| self.calls().find(|call| !call.hold.wanted))
            .or_else(|| self.calls().next())
    }

    /// The call that the user is in.
    pub(super) fn engaged(&self) -> Option<&Call> {
        self.calls().find(|call| call.is_engaged())
    }

    /// Puts a new call on a line, in focus.
    pub(super) fn open_line(&mut self, call: Call) {
        self.park();
        self.lines.newest += 1;
        self.lines.focus = Some(LineId(self.lines.newest));
        self.call = Some(Box::new(call));
    }

    /// Puts the line in focus away; a line whose call is over is gone with it.
    pub(super) fn park(&mut self) {
        let timers = self.timers.take_line();
        if let Some(id) = self.lines.focus.take()
            && let Some(call) = self.call.take()
        {
            let at = self.lines.parked.partition_point(|line| line.id < id);
            self.lines.parked.insert(at, Line { id, call, timers });
        }
    }

    /// Brings a line into focus; `false`, and none is, if its call is over.
    pub(super) fn focus(&mut self, id: LineId) -> bool {
        if self.lines.focus == Some(id) {
            return self.call.is_some();
        }
        self.park();
        let Some(at) = self.lines.parked.iter().position(|line| line.id == id) else {
            return false;
        };
        let line = self.lines.parked.remove(at);
        self.lines.focus = Some(id);
        self.call = Some(line.call);
        self.timers.put_line(line.timers);
        true
    }

    /// Runs rules with this line in focus, or none; then what was in focus is again.
    pub(super) fn on_line<T>(
        &mut self,
        id: Option<LineId>,
        rules: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.lines.focus;
        if before == id && id.is_some() {
            return rules(self);
        }
        self.park();
        if let Some(id) = id {
            self.focus(id);
        }
        let result = rules(self);
        self.park();
        if let Some(before) = before {
            self.focus(before);
        }
        result
    }

    /// Runs rules with the call of this id in focus, or none.
    pub(super) fn on_call<T>(&mut self, id: &CallId, rules: impl FnOnce(&mut Self) -> T) -> T {
        let line = self.line_where(|call| call.id == *id);
        self.on_line(line, rules)
    }

    /// The same for the call of this room session.
    pub(super) fn on_session<T>(
        &mut self,
        session: SessionId,
        rules: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let line = self.line_where(|call| {
            let leg = call.room.leg.as_ref();
            leg.is_some_and(|leg| leg.session == session)
        });
        self.on_line(line, rules)
    }

    /// The same for the call that the app means by this id.
    pub(super) fn on_meant<T>(&mut self, id: &CallId, rules: impl FnOnce(&mut Self) -> T) -> T {
        let line = self.line_where(|call| call.is(id));
        self.on_line(line, rules)
    }

    /// The same for the call that the app means where it names none.
    pub(super) fn on_foremost<T>(&mut self, rules: impl FnOnce(&mut Self) -> T) -> T {
        let id = self.foremost().map(|call| call.id.clone());
        let line = id.and_then(|id| self.line_where(|call| call.id == id));
        self.on_line(line, rules)
    }

    /// Runs rules on every line, oldest first.
    pub(super) fn on_each(&mut self, mut rules: impl FnMut(&mut Self)) {
        let before = self.lines.focus;
        self.park();
        let mut last = None;
        while let Some(id) = self.lines.after(last) {
            last = Some(id);
            self.focus(id);
            rules(self);
            self.park();
        }
        if let Some(before) = before {
            self.focus(before);
        }
    }

    pub(super) fn line_where(&self, of: impl Fn(&Call) -> bool) -> Option<LineId> {
        match &self.call {
            Some(call) if of(call) => self.lines.focus,
            Some(_) | None => self.lines.find(of),
        }
    }

    /// The earliest deadline of all lines and of the device.
    pub(super) fn next_timer(&self) -> Option<u64> {
        let lines = self.lines.parked.iter();
        let lines = lines.filter_map(|line| line.timers.next());
        lines.chain(self.timers.next()).min()
    }

    /// Takes out the timer that has been due longest, and brings its line into focus.
    pub(super) fn take_due(&mut self) -> Option<Timer> {
        self.park();
        let due = self.next_timer().filter(|at| *at <= self.now)?;
        let mut lines = self.lines.parked.iter();
        let line = lines.find(|line| line.timers.next() == Some(due));
        if let Some(line) = line.map(|line| line.id) {
            self.focus(line);
        }
        self.timers.take_due(self.now)
    }
}

impl Call {
    /// The user is in it, and does not hold it: there is one such call at most.
    pub(super) fn is_engaged(&self) -> bool {
        match self.phase {
            _ if self.hold.wanted => false,
            Phase::Creating { .. }
            | Phase::Dialing { .. }
            | Phase::Accepting
            | Phase::Connecting
            | Phase::Active { .. } => true,
            Phase::Ringing { .. } => false,
        }
    }
}
