//! One device of Bob, its server's answers and its room, all by hand and in virtual time.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::id::{CallId, Rev};
use faithcall_protocol::machine::{
    Answer, Command, Effect, Ended, Event, Failure, Input, Machine, MachineConfig, Output, Reply,
    Request, RequestId, RoomEffect, RoomEvent, SessionId,
};
use faithcall_protocol::media::{CallType, MediaFlags};
use faithcall_protocol::push::{Push, PushKind};
use faithcall_protocol::redact::{Personal, Secret};
use faithcall_protocol::rest::*;
use faithcall_protocol::signal::topic::{Channel, Topic};
use faithcall_protocol::signal::{
    CallInvite, CallUpdate, Callee, Cause, Change, Envelope, Person, Signal,
};
use faithcall_protocol::snapshot::*;
use faithcall_protocol::timestamp::Timestamp;

/// The server's clock at the device's zero.
const EPOCH_MS: u64 = 1_795_000_000_000;

pub(crate) fn id(text: &str) -> CallId {
    text.parse().unwrap()
}

/// The server's clock when the device's shows `now`.
pub(crate) fn server_time(now: u64) -> Timestamp {
    Timestamp::from_unix_ms(EPOCH_MS + now)
}

/// Bob's phone.
pub(crate) struct Phone {
    pub(crate) machine: Machine,
    pub(crate) now: u64,
    part_b: bool,
    open: Vec<(RequestId, Request)>,
    events: Vec<Event>,
    effects: Vec<Effect>,
    refused: Vec<String>,
    last_answer: Option<Input>,
}

pub(crate) fn name_of(request: &Request) -> &'static str {
    match request {
        Request::Create(_) => "create",
        Request::Accept { .. } => "accept",
        Request::Reject { .. } => "reject",
        Request::Cancel { .. } => "cancel",
        Request::Connected { .. } => "connected",
        Request::End { .. } => "end",
        Request::Patch { .. } => "patch",
        Request::Active => "active",
        Request::Get { .. } => "get",
        Request::Sync { .. } => "sync",
        Request::Ringing { .. } => "ringing",
        Request::Token { .. } => "token",
        Request::History => "history",
    }
}

impl Phone {
    fn new(part_b: bool, configure: impl FnOnce(&mut MachineConfig)) -> Self {
        let mut config = MachineConfig::new(
            "bob".parse().unwrap(),
            "church".parse().unwrap(),
            "phone".parse().unwrap(),
            7,
        );
        configure(&mut config);
        Self {
            machine: Machine::new(config),
            now: 1_000,
            part_b,
            open: Vec::new(),
            events: Vec::new(),
            effects: Vec::new(),
            refused: Vec::new(),
            last_answer: None,
        }
    }

    /// Signed in to a part-B server, connected and in step.
    pub(crate) fn part_b() -> Self {
        Self::part_b_with(|_| {})
    }

    pub(crate) fn part_b_with(configure: impl FnOnce(&mut MachineConfig)) -> Self {
        let mut phone = Self::new(true, configure);
        phone.give(Input::SignedIn);
        phone.answer("active", Reply::Active(None));
        phone.answer("sync", sync(phone.now, vec![], vec![]));
        phone.give(Input::LinkUp);
        phone.answer("sync", sync(phone.now, vec![], vec![]));
        phone.quiet();
        phone
    }

    /// Signed in to a part-A server, connected and in step.
    pub(crate) fn part_a() -> Self {
        Self::part_a_with(|_| {})
    }

    pub(crate) fn part_a_with(configure: impl FnOnce(&mut MachineConfig)) -> Self {
        let mut phone = Self::new(false, configure);
        phone.give(Input::SignedIn);
        phone.answer("active", Reply::Active(None));
        phone.give(Input::LinkUp);
        phone.answer("active", Reply::Active(None));
        phone.quiet();
        phone
    }

    /// Signed in, nothing known yet.
    pub(crate) fn unknown(part_b: bool) -> Self {
        let mut phone = Self::new(part_b, |_| {});
        phone.give(Input::SignedIn);
        phone
    }

    pub(crate) fn give(&mut self, input: Input) -> &mut Self {
        for output in self.machine.handle(self.now, input) {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Effect(Effect::Request { id, request }) => self.open.push((id, request)),
                Output::Effect(effect) => self.effects.push(effect),
                Output::Refused(error) => self.refused.push(error.to_string()),
            }
        }
        self
    }

    pub(crate) fn command(&mut self, command: Command) -> &mut Self {
        self.give(Input::Command(command))
    }

    pub(crate) fn call(&mut self, call_id: &str, callee: &str) -> &mut Self {
        self.call_as(call_id, callee, CallType::Voice)
    }

    pub(crate) fn call_as(&mut self, call: &str, callee: &str, call_type: CallType) -> &mut Self {
        self.command(Command::StartCall {
            call_id: id(call),
            callee: callee.parse().unwrap(),
            call_type,
        })
    }

    pub(crate) fn accept(&mut self, call: &str) -> &mut Self {
        self.command(Command::Accept { call_id: id(call) })
    }

    pub(crate) fn reject(&mut self, call: &str) -> &mut Self {
        self.command(Command::Reject {
            call_id: id(call),
            reason: RejectReason::Rejected,
            scope: RejectScope::Member,
        })
    }

    pub(crate) fn cancel(&mut self, call: &str) -> &mut Self {
        self.command(Command::Cancel { call_id: id(call) })
    }

    pub(crate) fn end(&mut self, call: &str) -> &mut Self {
        self.command(Command::End { call_id: id(call) })
    }

    pub(crate) fn signal_on(&mut self, channel: Channel, call: &str, signal: Signal) -> &mut Self {
        let topic = Topic::new(&"church".parse().unwrap(), channel);
        let rev = match &signal {
            Signal::CallUpdate(update) => Some(update.change.snapshot.rev),
            _ => None,
        };
        self.give(Input::Signal {
            topic,
            envelope: Box::new(Envelope {
                call_id: id(call),
                timestamp: server_time(self.now),
                rev,
                signal,
            }),
        })
    }

    /// A live `call_update` with this snapshot.
    pub(crate) fn update(&mut self, snapshot: CallSnapshot) -> &mut Self {
        let call = snapshot.call_id.to_string();
        let change = change(self.now, snapshot);
        self.signal_on(
            Channel::CallUpdate("bob".parse().unwrap()),
            &call,
            Signal::CallUpdate(Box::new(CallUpdate { change })),
        )
    }

    /// Alice's invite on MQTT, from a part-B server.
    pub(crate) fn invite(&mut self, call: &str, ring_ms: u64) -> &mut Self {
        let snapshot = incoming(call).made();
        let mut invite = plain_invite("alice");
        invite.change = Some(change(self.now, snapshot));
        invite.ring_expires_in_ms = Some(ring_ms);
        self.signal_on(
            Channel::IncomingCall("bob".parse().unwrap()),
            call,
            Signal::CallInvite(Box::new(invite)),
        )
    }

    /// Somebody's invite on MQTT, from a part-A server.
    pub(crate) fn invite_a(&mut self, call: &str, caller: &str) -> &mut Self {
        self.signal_on(
            Channel::IncomingCall("bob".parse().unwrap()),
            call,
            Signal::CallInvite(Box::new(plain_invite(caller))),
        )
    }

    pub(crate) fn push(&mut self, call: &str, ring_ms: u64) -> &mut Self {
        self.give(Input::Push(Push {
            call_id: id(call),
            rev: Rev(1),
            kind: PushKind::Invite {
                call_type: CallType::Voice,
                caller_id: "alice".parse().unwrap(),
                caller_name: Personal::new("Alice"),
                caller_avatar: None,
                callee_id: "bob".parse().unwrap(),
                ring_expires_in_ms: ring_ms,
            },
        }))
    }

    /// Answers the oldest open request of this name.
    pub(crate) fn answer(&mut self, name: &str, reply: Reply) -> &mut Self {
        self.answer_with(name, Ok(reply))
    }

    pub(crate) fn fail(&mut self, name: &str, failure: Failure) -> &mut Self {
        self.answer_with(name, Err(failure))
    }

    fn answer_with(&mut self, name: &str, result: Result<Reply, Failure>) -> &mut Self {
        let at = self
            .open
            .iter()
            .position(|(_, request)| name_of(request) == name)
            .unwrap_or_else(|| panic!("no open request '{name}', only {:?}", self.asked()));
        let (id, _) = self.open.remove(at);
        let silent = result == Err(Failure::NoAnswer);
        self.last_answer = Some(Input::Answer {
            id,
            answer: Answer {
                faithcall_header: self.part_b && !silent,
                date: (!silent).then(|| server_time(self.now)),
                result,
            },
        });
        self.answer_again()
    }

    /// Gives the last answer, once more if it was given before.
    pub(crate) fn answer_again(&mut self) -> &mut Self {
        let answer = self.last_answer.clone().expect("an answer");
        self.give(answer)
    }

    /// The names of the open requests.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        self.open.iter().map(|(_, r)| name_of(r)).collect()
    }

    pub(crate) fn open_request(&self, name: &str) -> &Request {
        &self
            .open
            .iter()
            .find(|(_, r)| name_of(r) == name)
            .unwrap_or_else(|| panic!("no open request '{name}', only {:?}", self.asked()))
            .1
    }

    /// Lets time pass, with every deadline in between.
    pub(crate) fn pass(&mut self, ms: u64) -> &mut Self {
        let until = self.now + ms;
        while let Some(at) = self.machine.next_deadline().filter(|at| *at <= until) {
            assert!(at >= self.now, "a deadline in the past");
            let before = self.now;
            self.now = at.max(self.now);
            self.give(Input::Tick);
            assert!(
                self.machine.next_deadline() != Some(before),
                "a deadline that is never met"
            );
        }
        self.now = until;
        self
    }

    pub(crate) fn room(&mut self, event: RoomEvent) -> &mut Self {
        let session = self.session();
        self.give(Input::Room { session, event })
    }

    pub(crate) fn joined(&mut self, identity: &str) -> &mut Self {
        self.room(RoomEvent::ParticipantJoined {
            identity: identity.into(),
        })
    }

    /// The newest session.
    pub(crate) fn session(&self) -> SessionId {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Room { session, .. } => Some(*session),
                _ => None,
            })
            .max()
            .expect("a room")
    }

    /// Everything asked of rooms so far.
    pub(crate) fn room_effects(&self) -> Vec<RoomEffect> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Room { effect, .. } => Some(effect.clone()),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn effects(&self) -> &[Effect] {
        &self.effects
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub(crate) fn refused(&mut self) -> Vec<String> {
        std::mem::take(&mut self.refused)
    }

    /// Nothing has been told to the app since the last look.
    pub(crate) fn quiet(&mut self) -> &mut Self {
        assert_eq!(self.events(), vec![]);
        self
    }

    /// The end that was told since the last look.
    pub(crate) fn ended(&mut self) -> Ended {
        self.events()
            .into_iter()
            .find_map(|event| match event {
                Event::Ended { ended, .. } => Some(ended),
                _ => None,
            })
            .expect("an end")
    }

    pub(crate) fn confirmed(&mut self) -> Ended {
        self.events()
            .into_iter()
            .find_map(|event| match event {
                Event::EndConfirmed { ended, .. } => Some(ended),
                _ => None,
            })
            .expect("a confirmed end")
    }

    pub(crate) fn rings(&self) -> bool {
        use faithcall_protocol::machine::CallState;
        self.machine
            .snapshot()
            .call
            .is_some_and(|call| matches!(call.state, CallState::Incoming { .. }))
    }

    // --- whole stretches -------------------------------------------------------------------

    /// Rings, with Alice's call from a part-B server, the server told.
    pub(crate) fn ringing(call: &str) -> Self {
        let mut phone = Self::part_b();
        phone.invite(call, 45_000);
        phone.answer("ringing", ringing(45_000, false));
        phone.events();
        phone
    }

    /// Bob called Alice, and it rings there.
    pub(crate) fn dialing(call: &str) -> Self {
        let mut phone = Self::part_b();
        phone.call(call, "alice");
        phone.answer("create", created(outgoing(call).made(), false));
        phone.events();
        phone
    }

    /// In an active call that Alice made.
    pub(crate) fn active(call: &str) -> Self {
        let mut phone = Self::ringing(call);
        phone.accept(call);
        let accepted = incoming(call).rev(2).accepted("phone");
        phone.answer("accept", created(accepted, false));
        phone.room(RoomEvent::Connected);
        phone.joined("alice");
        phone.answer("connected", done());
        phone.update(incoming(call).rev(3).active("phone"));
        phone.events();
        phone
    }
}

pub(crate) fn plain_invite(caller: &str) -> CallInvite {
    CallInvite {
        room_name: "room".into(),
        call_type: CallType::Voice,
        caller: Person {
            id: caller.parse().unwrap(),
            name: Personal::new("Somebody"),
            avatar: None,
        },
        callee_ids: vec!["bob".parse().unwrap()],
        community_id: None,
        community_name: None,
        livekit_url: "wss://room".into(),
        change: None,
        ring_expires_in_ms: None,
    }
}

fn change(now: u64, snapshot: CallSnapshot) -> Change {
    Change {
        cause: Cause::Other,
        by: None,
        device_id: None,
        server_time: server_time(now),
        snapshot,
    }
}

pub(crate) fn callee(member: &str) -> Callee {
    Callee {
        callee_id: member.parse().unwrap(),
        callee_name: Personal::default(),
        reason: None,
    }
}

fn participant(member: &str, role: Role) -> SnapshotParticipant {
    SnapshotParticipant {
        participant: part_a_participant(member, role),
        identity: (role == Role::Caller).then(|| member.to_owned()),
        device_id: None,
        is_reconnecting: false,
        is_on_hold: false,
    }
}

pub(crate) fn part_a_participant(member: &str, role: Role) -> CallParticipant {
    CallParticipant {
        member_id: member.parse().unwrap(),
        member_name: Personal::new("Somebody"),
        member_avatar: None,
        role,
        joined_at: None,
        left_at: None,
        flags: MediaFlags::default(),
    }
}

/// A snapshot under construction.
#[derive(Clone)]
pub(crate) struct Snap(CallSnapshot);

/// Alice calls Bob.
pub(crate) fn incoming(call: &str) -> Snap {
    snap(call, "alice", "bob", "tablet")
}

/// Bob calls Alice from this phone.
pub(crate) fn outgoing(call: &str) -> Snap {
    snap(call, "bob", "alice", "phone")
}

pub(crate) fn snap(call: &str, caller: &str, callee: &str, caller_device: &str) -> Snap {
    let mut participants = vec![
        participant(caller, Role::Caller),
        participant(callee, Role::Callee),
    ];
    participants[0].device_id = Some(caller_device.parse().unwrap());
    Snap(CallSnapshot {
        call_id: id(call),
        rev: Rev(1),
        status: CallStatus::Ringing,
        call_type: CallType::Voice,
        room_name: "room".into(),
        is_group: false,
        caller_id: caller.parse().unwrap(),
        invitees: vec![InviteeSnapshot {
            member_id: callee.parse().unwrap(),
            state: InviteeState::Invited,
            device_id: None,
        }],
        participants,
        reason: None,
        reason_detail: None,
        ended_by: None,
        initiated_at: server_time(1_000),
        accepted_at: None,
        active_at: None,
        ended_at: None,
        duration_seconds: 0,
    })
}

impl Snap {
    pub(crate) fn rev(mut self, rev: u64) -> Self {
        self.0.rev = Rev(rev);
        self
    }

    pub(crate) fn video(mut self) -> Self {
        self.0.call_type = CallType::Video;
        self
    }

    pub(crate) fn initiated(mut self, now: u64) -> Self {
        self.0.initiated_at = server_time(now);
        self
    }

    pub(crate) fn made(self) -> CallSnapshot {
        self.0
    }

    pub(crate) fn rung(mut self) -> CallSnapshot {
        self.0.invitees[0].state = InviteeState::Ringing;
        self.0
    }

    /// The callee accepted on this device; empty: a nameless one.
    pub(crate) fn accepted(mut self, device: &str) -> CallSnapshot {
        self.0.status = CallStatus::Connecting;
        let device = (!device.is_empty()).then(|| device.parse().unwrap());
        self.0.invitees[0].state = InviteeState::Accepted;
        self.0.invitees[0].device_id.clone_from(&device);
        let callee = self.0.invitees[0].member_id.to_string();
        self.0.participants[1].identity = Some(callee);
        self.0.participants[1].device_id = device;
        self.0.accepted_at = Some(server_time(2_000));
        self.0
    }

    pub(crate) fn active(self, device: &str) -> CallSnapshot {
        let mut snapshot = self.accepted(device);
        snapshot.status = CallStatus::Active;
        snapshot
    }

    pub(crate) fn over(mut self, status: CallStatus, reason: EndReason) -> CallSnapshot {
        self.0.status = status;
        self.0.reason = Some(reason);
        self.0
    }

    /// The callee declined on this device.
    pub(crate) fn rejected(mut self, device: &str) -> CallSnapshot {
        self.0.invitees[0].state = InviteeState::Rejected;
        self.0.invitees[0].device_id = Some(device.parse().unwrap());
        self.0.ended_by = Some(self.0.invitees[0].member_id.clone());
        self.over(CallStatus::Rejected, EndReason::Rejected)
    }
}

// --- replies -------------------------------------------------------------------------------

/// To a create or accept, from a part-B server.
pub(crate) fn created(snapshot: CallSnapshot, join_ahead: bool) -> Reply {
    let Reply::Call(mut response) = created_a(snapshot.call_id.as_str()) else {
        panic!()
    };
    response.part_b = Some(CallResponseB {
        rev: snapshot.rev,
        server_time: server_time(0),
        ring_expires_in_ms: 45_000,
        snapshot,
        join_ahead,
    });
    Reply::Call(response)
}

/// To a create or accept, from a part-A server.
pub(crate) fn created_a(call: &str) -> Reply {
    Reply::Call(Box::new(CallResponse {
        call_id: id(call),
        room_name: "room".into(),
        livekit_token: Secret::new("token"),
        livekit_url: "wss://room".into(),
        call_type: CallType::Voice,
        participants: vec![],
        part_b: None,
    }))
}

pub(crate) fn ringing(ring_ms: u64, join_ahead: bool) -> Reply {
    Reply::Ringing(Box::new(RingingResponse {
        rev: Rev(2),
        ring_expires_in_ms: ring_ms,
        join_ahead: join_ahead.then(access),
    }))
}

fn access() -> RoomAccess {
    RoomAccess {
        livekit_token: Secret::new("waiting"),
        livekit_url: "wss://room".into(),
    }
}

pub(crate) fn token() -> Reply {
    Reply::Token(Box::new(TokenResponse {
        access: RoomAccess {
            livekit_token: Secret::new("fresh"),
            livekit_url: "wss://room".into(),
        },
        rev: Rev(2),
    }))
}

pub(crate) fn done() -> Reply {
    Reply::Message(Box::new(Message {
        message: "ok".into(),
        call: None,
    }))
}

pub(crate) fn done_with(call: CallSnapshot) -> Reply {
    Reply::Message(Box::new(Message {
        message: "ok".into(),
        call: Some(call),
    }))
}

pub(crate) fn snapshot(call: CallSnapshot) -> Reply {
    Reply::Snapshot(Box::new(call))
}

pub(crate) fn sync(now: u64, calls: Vec<(CallSnapshot, u64)>, over: Vec<OverCall>) -> Reply {
    Reply::Sync(Box::new(SyncResponse {
        server_time: server_time(now),
        calls: calls
            .into_iter()
            .map(|(snapshot, ring_expires_in_ms)| SyncCall {
                snapshot,
                ring_expires_in_ms,
            })
            .collect(),
        over,
    }))
}

pub(crate) fn active_call(
    call: &str,
    caller: &str,
    callee: &str,
    status: CallStatus,
    started: u64,
) -> Reply {
    Reply::Active(Some(Box::new(ActiveCallInfo {
        call_id: id(call),
        room_name: "room".into(),
        call_type: CallType::Voice,
        status,
        participants: vec![
            part_a_participant(caller, Role::Caller),
            part_a_participant(callee, Role::Callee),
        ],
        started_at: server_time(started),
        duration_seconds: 0,
    })))
}

pub(crate) fn history(call: &str, status: CallStatus, reason: EndReason) -> Reply {
    Reply::History(Box::new(HistoryPage {
        calls: vec![CallHistoryItem {
            call_id: id(call),
            call_type: CallType::Voice,
            status,
            caller_id: "alice".parse().unwrap(),
            caller_name: Personal::default(),
            caller_avatar: None,
            callee_ids: vec![],
            callee_names: vec![],
            initiated_at: server_time(0),
            duration_seconds: 0,
            end_reason: Some(reason),
            is_incoming: false,
        }],
        total: 1,
        page: 1,
        page_size: 20,
        has_more: false,
    }))
}

/// A refusal in part B's words.
pub(crate) fn refusal(status: u16, code: ErrorCode, call: Option<CallSnapshot>) -> Failure {
    Failure::Status {
        status,
        body: Some(Box::new(ErrorBody {
            detail: "refused".into(),
            code: Some(code),
            call,
        })),
        retry_after_ms: None,
    }
}

/// A refusal in part A's words.
pub(crate) fn refusal_a(status: u16, detail: &str) -> Failure {
    Failure::Status {
        status,
        body: Some(Box::new(ErrorBody {
            detail: detail.into(),
            code: None,
            call: None,
        })),
        retry_after_ms: None,
    }
}
