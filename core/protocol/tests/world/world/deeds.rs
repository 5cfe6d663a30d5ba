//! What people and nature do, and how most tests begin.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::id::CallId;
use faithcall_protocol::machine::{Command, DisconnectReason, Input, RoomEvent, SessionId};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{RejectReason, RejectScope};

use super::{ALICE, BOB, Coming, World};

/// What the media server needs to notice a participant that died.
const ROOM_NOTICES_MS: u64 = 20_000;

/// When one side acts before, while and after the other's message is under way.
pub(crate) const OFFSETS: [i64; 11] = [-120, -60, -41, -40, -20, 0, 20, 40, 41, 60, 120];

impl World {
    /// Alice's phone calls Bob, and both of Bob's devices ring.
    pub(crate) fn ringing() -> Self {
        let mut world = Self::new();
        world.call(ALICE, "c1", "bob");
        world.run(2_000);
        assert_eq!(world.rings("c1"), 2);
        world
    }

    /// Bob's phone has answered that call.
    pub(crate) fn active() -> Self {
        let mut world = Self::ringing();
        world.act(BOB, accept("c1"));
        world.run(2_000);
        assert!(world.devices[ALICE].is_active(&id("c1")));
        assert!(world.devices[BOB].is_active(&id("c1")));
        world
    }

    pub(crate) fn call(&mut self, device: usize, call: &str, callee: &str) {
        self.act(device, call_command(call, callee));
    }

    pub(crate) fn act(&mut self, device: usize, command: Command) {
        self.give(device, Input::Command(command));
    }

    /// In `ms` from now.
    pub(crate) fn act_in(&mut self, ms: u64, device: usize, command: Command) {
        self.post(ms, Coming::Act(device, Box::new(command)));
    }

    /// The device's MQTT connection comes up.
    pub(crate) fn connect(&mut self, device: usize) {
        self.devices[device].connected = true;
        self.give(device, Input::LinkUp);
    }

    /// It goes down; what was on its way is lost.
    pub(crate) fn disconnect(&mut self, device: usize) {
        self.devices[device].connected = false;
        for slot in &mut self.what {
            if matches!(slot, Some(Coming::Input(to, input)) if *to == device && matches!(**input, Input::Signal { .. }))
            {
                *slot = None;
            }
        }
        self.give(device, Input::LinkDown);
    }

    /// The process is killed.
    pub(crate) fn kill(&mut self, device: usize) {
        self.devices[device].alive = false;
        let sessions: Vec<_> = self.devices[device].stays.keys().copied().collect();
        for session in sessions {
            self.post(ROOM_NOTICES_MS, Coming::Exit(device, session, false));
        }
    }

    /// The device's session in its room is cut.
    pub(crate) fn lose_room(&mut self, device: usize, session: SessionId) {
        self.exit(device, session, false);
        let reason = DisconnectReason::Lost;
        self.room_event(device, session, RoomEvent::Disconnected { reason });
    }

    /// Nobody can join a room any more, or everybody again.
    pub(crate) fn rooms_refuse(&mut self, refuse: bool) {
        self.rooms.refusing = refuse;
    }

    /// `first` at 1 s, `second` so much later or earlier; then all comes to rest.
    pub(crate) fn cross(&mut self, first: (usize, Command), offset: i64, second: (usize, Command)) {
        let later = u64::try_from(1_000 + offset).unwrap();
        self.act_in(1_000, first.0, first.1);
        self.act_in(later, second.0, second.1);
        self.run(120_000);
        self.check_agreement();
        self.check_once();
    }

    /// Why the server says that the call `c1` is over.
    pub(crate) fn reason(&self) -> EndReason {
        self.server.call("c1").ending().unwrap().outcome.reason
    }
}

pub(crate) fn id(call: &str) -> CallId {
    call.parse().unwrap()
}

pub(crate) fn call_command(call: &str, callee: &str) -> Command {
    Command::StartCall {
        call_id: id(call),
        callees: vec![callee.parse().unwrap()],
        call_type: CallType::Voice,
    }
}

pub(crate) fn accept(call: &str) -> Command {
    Command::Accept {
        call_id: id(call),
        other: None,
    }
}

pub(crate) fn reject(call: &str) -> Command {
    Command::Reject {
        call_id: id(call),
        reason: RejectReason::Rejected,
        scope: RejectScope::Member,
    }
}

pub(crate) fn cancel(call: &str) -> Command {
    Command::Cancel { call_id: id(call) }
}

pub(crate) fn end(call: &str) -> Command {
    Command::End { call_id: id(call) }
}
