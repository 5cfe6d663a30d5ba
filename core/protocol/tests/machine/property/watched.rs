//! A machine whose every output is held against the rules.

use std::collections::BTreeSet;

use faithcall_protocol::id::CallId;
use faithcall_protocol::machine::{
    Answer, CallState, Effect, Event, Input, Machine, MachineConfig, Output, RequestId, RoomEffect,
    SessionId,
};

use super::strategies::Step;
use crate::kit;

/// A machine under watch.
pub(super) struct Watched {
    pub(super) machine: Machine,
    now: u64,
    requests: u64,
    sessions: u64,
    shown: BTreeSet<CallId>,
    accepted: BTreeSet<CallId>,
    over: BTreeSet<CallId>,
}

impl Watched {
    /// Bob's phone, which knows nothing yet.
    pub(super) fn new() -> Self {
        let config = MachineConfig::new(
            "bob".parse().unwrap(),
            "church".parse().unwrap(),
            "phone".parse().unwrap(),
            1,
        );
        Self {
            machine: Machine::new(config),
            now: 1_000,
            requests: 0,
            sessions: 0,
            shown: BTreeSet::new(),
            accepted: BTreeSet::new(),
            over: BTreeSet::new(),
        }
    }

    pub(super) fn give(&mut self, input: Input) {
        let outputs = self.machine.handle(self.now, input);
        for output in outputs {
            match output {
                Output::Event(event) => self.check_event(event),
                Output::Effect(effect) => self.check_effect(effect),
                Output::Refused(_) => {}
            }
        }
        self.check_state();
    }

    fn check_event(&mut self, event: Event) {
        match event {
            Event::Incoming {
                call_id,
                ring_expires_in_ms,
                ..
            } => {
                assert!((1..=45_000).contains(&ring_expires_in_ms));
                assert!(self.shown.insert(call_id), "a second ring");
            }
            Event::Outgoing { call_id, .. } => {
                assert!(!self.over.contains(&call_id), "over is over");
                self.shown.insert(call_id);
            }
            Event::CallIdChanged { from, to } => {
                assert!(!self.over.contains(&to), "over is over");
                self.over.insert(from);
                self.shown.insert(to);
            }
            Event::Connecting { call_id } => {
                assert!(!self.over.contains(&call_id), "over is over");
                assert!(self.accepted.insert(call_id), "connecting twice");
            }
            Event::Placed { call_id }
            | Event::RemoteRinging { call_id }
            | Event::Active { call_id }
            | Event::Reconnecting { call_id, .. }
            | Event::Reconnected { call_id, .. }
            | Event::CommandFailed { call_id, .. } => {
                assert!(!self.over.contains(&call_id), "over is over");
            }
            Event::Ended { call_id, .. } => {
                assert!(self.shown.contains(&call_id), "the end of nothing");
                assert!(self.over.insert(call_id), "a second end");
            }
            Event::EndConfirmed { call_id, ended } => {
                assert!(self.over.contains(&call_id) && ended.confirmed);
            }
            Event::Missed { .. }
            | Event::PushWithoutRing { .. }
            | Event::InviteeChanged { .. }
            | Event::HoldChanged { .. }
            | Event::Rejoinable(_)
            | Event::NotRejoinable { .. }
            | Event::InCallElsewhere { .. }
            | Event::MediaChanged { .. }
            | Event::MediaFailed { .. }
            | Event::PeerMediaChanged { .. }
            | Event::FirstMedia { .. }
            | Event::AuthNeeded
            | Event::SignedOut => {}
        }
    }

    fn check_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Request { id, .. } => {
                assert!(id.0 > self.requests, "request ids grow");
                self.requests = id.0;
            }
            Effect::Room { session, effect } => {
                match effect {
                    RoomEffect::Connect { .. } => {
                        assert!(session.0 > self.sessions, "a session of its own");
                        self.sessions = session.0;
                    }
                    RoomEffect::SetMicrophone(true)
                    | RoomEffect::SetCamera(true)
                    | RoomEffect::SetPlayable(_) => {
                        let call = self.machine.snapshot().call.expect("a call");
                        assert!(
                            self.accepted.contains(&call.call_id),
                            "sound before the accept"
                        );
                    }
                    RoomEffect::SetMicrophone(false)
                    | RoomEffect::SetCamera(false)
                    | RoomEffect::PrepareMicrophone
                    | RoomEffect::Leave => {}
                }
                assert_eq!(
                    session.0, self.sessions,
                    "only the newest session is steered"
                );
            }
            Effect::Subscribe { .. } | Effect::Unsubscribe { .. } | Effect::Publish { .. } => {}
        }
    }

    fn check_state(&self) {
        let deadline = self.machine.next_deadline();
        assert!(
            deadline.is_none_or(|at| at > self.now),
            "a deadline in the past"
        );
        let Some(call) = self.machine.snapshot().call else {
            return;
        };
        match call.state {
            CallState::Ended(_) => return,
            CallState::Incoming { ring_until_ms } => {
                assert!(
                    deadline.unwrap() <= ring_until_ms,
                    "a ring without a deadline"
                );
                assert!(ring_until_ms <= self.now + 45_000);
            }
            CallState::Outgoing { .. }
            | CallState::Connecting
            | CallState::Active
            | CallState::Reconnecting
            | CallState::Held => assert!(deadline.is_some(), "no deadline"),
        }
        assert!(!self.over.contains(&call.call_id), "over is over");
        assert!(call.playable.is_empty() || self.accepted.contains(&call.call_id));
    }

    pub(super) fn pass(&mut self, ms: u64) {
        let until = self.now + ms;
        let mut ticks = 0;
        while let Some(at) = self.machine.next_deadline().filter(|at| *at <= until) {
            ticks += 1;
            assert!(ticks < 2_000, "busy waiting");
            self.now = at;
            self.give(Input::Tick);
        }
        self.now = until;
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Pass(ms) => self.pass(ms),
            Step::Give(input) => self.give(*input),
            Step::Answer(back, result, header) => {
                let Some(id) = self.requests.checked_sub(back as u64) else {
                    return;
                };
                self.give(Input::Answer {
                    id: RequestId(id),
                    answer: Answer {
                        faithcall_header: header,
                        date: Some(kit::server_time(self.now)),
                        result: *result,
                    },
                });
            }
            Step::Room(back, event) => {
                let Some(session) = self.sessions.checked_sub(back as u64) else {
                    return;
                };
                self.give(Input::Room {
                    session: SessionId(session),
                    event,
                });
            }
        }
    }
}
