//! Everything together, in one virtual time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{Command as LedgerCommand, RoomHint, RoomTask};
use faithcall_protocol::machine::{
    Answer, Command, DisconnectReason, Effect, Failure, Input, Output, Request, RequestId,
    RoomEffect, RoomEvent, SessionId,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::push::{Push, PushKind};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::{RejectReason, RejectScope};
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;
use faithcall_protocol::timestamp::Timestamp;

use crate::device::{Device, Link};
use crate::room::Rooms;
use crate::server::Server;

/// The server's clock when the world begins.
const EPOCH_MS: u64 = 1_795_000_000_000;
const ROOM_CONNECT_MS: u64 = 100;
const ROOM_LIST_MS: u64 = 5_000;
/// What the media server needs to notice a participant that died.
const ROOM_NOTICES_MS: u64 = 20_000;
const ANSWER_LOST_MS: u64 = 8_000;

pub(crate) const ALICE: usize = 0;
pub(crate) const ALICE_TABLET: usize = 1;
pub(crate) const BOB: usize = 2;
pub(crate) const BOB_TABLET: usize = 3;

/// Something on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Coming {
    Request(usize, RequestId, Request),
    Input(usize, Box<Input>),
    Enter(usize, SessionId, Secret),
    Exit(usize, SessionId, bool),
    RoomLists,
    Act(usize, Box<Command>),
}

/// When, and which of those that come at the same time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct At(u64, u64);

pub(crate) struct World {
    pub(crate) now: u64,
    sent: u64,
    coming: BinaryHeap<(Reverse<At>, usize)>,
    what: Vec<Option<Coming>>,
    pub(crate) devices: Vec<Device>,
    pub(crate) server: Server,
    pub(crate) rooms: Rooms,
    /// The server publishes what it has committed.
    pub(crate) publishing: bool,
    /// Invites come by push as well, to every device of the callee.
    pub(crate) pushes: bool,
    random: u64,
}

impl World {
    /// Four devices, signed in and connected.
    pub(crate) fn new() -> Self {
        Self::with_links(1, |_| {})
    }

    pub(crate) fn with_links(seed: u64, change: impl Fn(&mut Link)) -> Self {
        let mut devices = vec![
            Device::new("alice", "phone", 0),
            Device::new("alice", "tablet", 5 * 3_600_000),
            Device::new("bob", "phone", 17),
            Device::new("bob", "tablet", 86_400_000),
        ];
        for device in &mut devices {
            change(&mut device.link);
        }
        let mut world = Self {
            now: 0,
            sent: 0,
            coming: BinaryHeap::new(),
            what: Vec::new(),
            devices,
            server: Server::default(),
            rooms: Rooms::default(),
            publishing: true,
            pushes: false,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        };
        for device in 0..world.devices.len() {
            world.give(device, Input::SignedIn);
            world.connect(device);
        }
        world.post(ROOM_LIST_MS, Coming::RoomLists);
        world.run(1_000);
        world
    }

    // --- what people and nature do ----------------------------------------------------------

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

    /// Lets time pass.
    pub(crate) fn run(&mut self, ms: u64) {
        self.publish();
        let until = self.now + ms;
        while let Some(at) = self.next_at().filter(|at| *at <= until) {
            self.now = at.max(self.now);
            self.step();
            self.publish();
            self.work_on_rooms();
            self.listen();
        }
        self.now = until;
    }

    // --- how it goes on ---------------------------------------------------------------------

    fn epoch(&self) -> u64 {
        EPOCH_MS + self.now
    }

    fn next_at(&self) -> Option<u64> {
        let coming = self.coming.peek().map(|(Reverse(At(at, _)), _)| *at);
        let devices = self
            .devices
            .iter()
            .filter(|device| device.alive)
            .filter_map(|d| Some(d.machine.next_deadline()?.saturating_sub(d.clock_ahead_ms)));
        let server = self
            .server
            .calls
            .values()
            .filter_map(|call| Some(call.next_deadline()?.saturating_sub(EPOCH_MS)));
        coming.into_iter().chain(devices).chain(server).min()
    }

    /// One thing that is due: the server's deadlines, the devices', then what comes.
    fn step(&mut self) {
        let now = self.epoch();
        let overdue = self.server.calls.values().find(|call| call.is_overdue(now));
        if let Some(id) = overdue.map(|call| call.call_id().clone()) {
            self.server.tick(&id, now);
            return;
        }
        let due = self.devices.iter().position(|device| {
            device.alive
                && device
                    .machine
                    .next_deadline()
                    .is_some_and(|at| at <= self.now + device.clock_ahead_ms)
        });
        if let Some(device) = due {
            self.give(device, Input::Tick);
            return;
        }
        if let Some((_, slot)) = self.coming.pop()
            && let Some(coming) = self.what[slot].take()
        {
            self.arrive(coming);
        }
    }

    fn arrive(&mut self, coming: Coming) {
        match coming {
            Coming::Request(device, id, request) => {
                let now = self.epoch();
                let (member, own) = {
                    let device = &self.devices[device];
                    (device.member.clone(), device.id.clone())
                };
                let result = self
                    .server
                    .answer(&member, &own, &request, &mut self.rooms, now);
                let answer = Answer {
                    result,
                    faithcall_header: true,
                    date: Some(Timestamp::from_unix_ms(now / 1_000 * 1_000)),
                };
                let (ms, lost) = (self.devices[device].link.answer_ms, self.is_lost(device));
                let ms = ms + self.jitter(device);
                if lost {
                    self.no_answer(device, id);
                } else {
                    let input = Input::Answer { id, answer };
                    self.post(ms, Coming::Input(device, Box::new(input)));
                }
            }
            Coming::Input(device, input) => self.give(device, *input),
            Coming::Enter(device, session, token) => self.enter(device, session, &token),
            Coming::Exit(device, session, on_purpose) => self.exit(device, session, on_purpose),
            Coming::RoomLists => {
                let ids: Vec<CallId> = self.server.calls.keys().cloned().collect();
                for id in ids {
                    let command = LedgerCommand::RoomList {
                        present: self.rooms.list(&id),
                        asked_at_ms: self.epoch(),
                    };
                    let _ = self.server.apply(&id, &command, self.epoch());
                }
                self.post(ROOM_LIST_MS, Coming::RoomLists);
            }
            Coming::Act(device, command) => self.give(device, Input::Command(*command)),
        }
    }

    fn give(&mut self, at: usize, input: Input) {
        let device = &mut self.devices[at];
        if !device.alive {
            return;
        }
        let outputs = device
            .machine
            .handle(self.now + device.clock_ahead_ms, input);
        for output in outputs {
            match output {
                Output::Event(event) => self.devices[at].events.push(event),
                Output::Refused(error) => self.devices[at].refused.push(error.to_string()),
                Output::Effect(effect) => self.carry_out(at, effect),
            }
        }
    }

    fn carry_out(&mut self, device: usize, effect: Effect) {
        match effect {
            Effect::Request { id, request } => {
                if self.is_lost(device) {
                    self.no_answer(device, id);
                } else {
                    let ms = self.devices[device].link.request_ms + self.jitter(device);
                    self.post(ms, Coming::Request(device, id, request));
                }
            }
            Effect::Room { session, effect } => {
                self.devices[device].steer(session, &effect);
                match effect {
                    RoomEffect::Connect { token, .. } => {
                        self.post(ROOM_CONNECT_MS, Coming::Enter(device, session, token));
                    }
                    RoomEffect::Leave => self.exit(device, session, true),
                    RoomEffect::SetMicrophone(_)
                    | RoomEffect::SetCamera(_)
                    | RoomEffect::SetPlayable(_)
                    | RoomEffect::PrepareMicrophone => {}
                }
            }
            // Never needed, and refused by this broker.
            Effect::Subscribe { call_id } => {
                let input = Input::CallTopics {
                    call_id,
                    subscribed: false,
                };
                self.post(10, Coming::Input(device, Box::new(input)));
            }
            Effect::Unsubscribe { .. } | Effect::Publish { .. } => {}
        }
    }

    fn publish(&mut self) {
        if !self.publishing {
            return;
        }
        for message in std::mem::take(&mut self.server.outbox) {
            let Some(message) = message.at(self.epoch()) else {
                continue;
            };
            for device in 0..self.devices.len() {
                let member = &self.devices[device].member;
                let own = match &message.topic.channel {
                    Channel::IncomingCall(m) | Channel::CallStatus(m) | Channel::CallUpdate(m) => {
                        m == member
                    }
                    Channel::Signal(_) | Channel::Participants(_) => false,
                };
                if !own {
                    continue;
                }
                if self.pushes {
                    self.push(device, &message.envelope.call_id, &message.envelope.signal);
                }
                if !self.devices[device].connected {
                    continue;
                }
                let copies = if self.devices[device].link.twice {
                    2
                } else {
                    1
                };
                for _ in 0..copies {
                    let ms = self.devices[device].link.mqtt_ms + self.jitter(device);
                    let input = Input::Signal {
                        topic: message.topic.clone(),
                        envelope: Box::new(message.envelope.clone()),
                    };
                    self.post(ms, Coming::Input(device, Box::new(input)));
                }
            }
        }
    }

    fn push(&mut self, device: usize, call_id: &CallId, signal: &Signal) {
        let Signal::CallInvite(invite) = signal else {
            return;
        };
        let push = Push {
            call_id: call_id.clone(),
            rev: faithcall_protocol::id::Rev(1),
            kind: PushKind::Invite {
                call_type: invite.call_type,
                caller_id: invite.caller.id.clone(),
                caller_name: invite.caller.name.clone(),
                caller_avatar: None,
                callee_id: self.devices[device].member.clone(),
                ring_expires_in_ms: invite.ring_expires_in_ms.unwrap_or_default(),
            },
        };
        let ms = 30 + self.jitter(device);
        self.post(ms, Coming::Input(device, Box::new(Input::Push(push))));
    }

    fn work_on_rooms(&mut self) {
        for (call, task) in std::mem::take(&mut self.server.room_work) {
            let (out, reason) = match task {
                RoomTask::Reconcile => {
                    let entitled = faithcall_protocol::ledger::entitled(&self.server.calls[&call]);
                    let out = self.rooms.reconcile(&call, &entitled);
                    (out, DisconnectReason::Removed)
                }
                RoomTask::Delete => (self.rooms.delete(&call), DisconnectReason::RoomDeleted),
            };
            for seat in out {
                let event = RoomEvent::Disconnected { reason };
                self.room_event(seat.device, seat.session, event);
            }
        }
    }

    fn enter(&mut self, device: usize, session: SessionId, token: &Secret) {
        if !self.devices[device].alive || self.devices[device].stays[&session].left {
            return;
        }
        let Some((call, seat, others)) = self.rooms.enter(token, device, session) else {
            self.room_event(device, session, RoomEvent::ConnectFailed);
            return;
        };
        self.room_event(device, session, RoomEvent::Connected);
        for other in others {
            let identity = other.access.identity.clone();
            self.room_event(device, session, RoomEvent::ParticipantJoined { identity });
            let identity = seat.access.identity.clone();
            let joined = RoomEvent::ParticipantJoined { identity };
            self.room_event(other.device, other.session, joined);
        }
        let hint = LedgerCommand::RoomHint {
            identity: seat.access.identity,
            hint: RoomHint::Joined,
        };
        let _ = self.server.apply(&call, &hint, self.epoch());
        self.server.room_work.push((call, RoomTask::Reconcile));
    }

    fn exit(&mut self, device: usize, session: SessionId, client_initiated: bool) {
        let Some((call, seat, others)) = self.rooms.exit(device, session) else {
            return;
        };
        let identity = seat.access.identity;
        for other in others {
            let left = RoomEvent::ParticipantLeft {
                identity: identity.clone(),
                deliberate: client_initiated,
            };
            self.room_event(other.device, other.session, left);
        }
        let hint = LedgerCommand::RoomHint {
            identity,
            hint: RoomHint::Left { client_initiated },
        };
        let _ = self.server.apply(&call, &hint, self.epoch());
    }

    fn room_event(&mut self, device: usize, session: SessionId, event: RoomEvent) {
        let input = Input::Room { session, event };
        self.post(10, Coming::Input(device, Box::new(input)));
    }

    /// Who hears whom now, at the media server. Before an accept nobody hears anybody.
    fn listen(&mut self) {
        let mut heard = Vec::new();
        for (call, seats) in self.rooms.seats() {
            for listener in seats.iter().filter(|s| s.access.grants.can_subscribe) {
                for speaker in seats.iter().filter(|s| s.device != listener.device) {
                    let stay = &self.devices[speaker.device].stays[&speaker.session];
                    if stay.microphone && self.devices[speaker.device].alive {
                        let ids = (&listener.access.identity, &speaker.access.identity);
                        heard.push((call.clone(), ids.0.clone(), ids.1.clone()));
                        let accepted = self.server.calls[call].clone();
                        assert!(
                            accepted.status() != faithcall_protocol::end::CallStatus::Ringing,
                            "I1: sound before the accept"
                        );
                    }
                }
            }
        }
        self.rooms.forwarded.extend(heard);
    }

    // --- chance -----------------------------------------------------------------------------

    fn no_answer(&mut self, device: usize, id: RequestId) {
        let answer = Answer {
            result: Err(Failure::NoAnswer),
            faithcall_header: false,
            date: None,
        };
        let input = Input::Answer { id, answer };
        self.post(ANSWER_LOST_MS, Coming::Input(device, Box::new(input)));
    }

    fn post(&mut self, ms: u64, coming: Coming) {
        self.sent += 1;
        let slot = self.what.len();
        self.what.push(Some(coming));
        self.coming
            .push((Reverse(At(self.now + ms, self.sent)), slot));
    }

    fn jitter(&mut self, device: usize) -> u64 {
        let most = self.devices[device].link.jitter_ms;
        self.chance(most + 1)
    }

    fn is_lost(&mut self, device: usize) -> bool {
        let one_in = self.devices[device].link.loses_one_in;
        one_in > 0 && self.chance(one_in) == 0
    }

    pub(crate) fn chance(&mut self, of: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 16) % of
    }
}

pub(crate) fn id(call: &str) -> CallId {
    call.parse().unwrap()
}

pub(crate) fn call_command(call: &str, callee: &str) -> Command {
    Command::StartCall {
        call_id: id(call),
        callee: callee.parse().unwrap(),
        call_type: CallType::Voice,
    }
}

pub(crate) fn accept(call: &str) -> Command {
    Command::Accept { call_id: id(call) }
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
