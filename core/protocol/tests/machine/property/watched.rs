//! A machine whose every output is held against the rules.

use std::collections::BTreeSet;

use faithcall_protocol::id::CallId;
use faithcall_protocol::machine::{
    Answer, CallState, CallView, Effect, Event, Input, Machine, MachineConfig, Output, RequestId,
    RoomEffect, SessionId,
};

use super::strategies::Step;
use crate::kit;

fn turn(on: &mut BTreeSet<u64>, session: u64, is_on: bool) {
    if is_on {
        on.insert(session);
    } else {
        on.remove(&session);
    }
}

/// A machine under watch.
pub(super) struct Watched {
    pub(super) machine: Machine,
    /// Every input so far, with its time.
    pub(super) given: Vec<(u64, Input)>,
    now: u64,
    requests: u64,
    sessions: u64,
    left: BTreeSet<u64>,
    /// Sessions whose microphone or camera is on.
    sounding: BTreeSet<u64>,
    filming: BTreeSet<u64>,
    shown: BTreeSet<CallId>,
    accepted: BTreeSet<CallId>,
    over: BTreeSet<CallId>,
}

impl Watched {
    /// Bob's phone, which knows nothing yet.
    pub(super) fn new(call_waiting: bool) -> Self {
        let mut config = MachineConfig::new(
            "bob".parse().unwrap(),
            "church".parse().unwrap(),
            "phone".parse().unwrap(),
            1,
        );
        config.call_waiting = call_waiting;
        Self {
            machine: Machine::new(config),
            given: Vec::new(),
            now: 1_000,
            requests: 0,
            sessions: 0,
            left: BTreeSet::new(),
            sounding: BTreeSet::new(),
            filming: BTreeSet::new(),
            shown: BTreeSet::new(),
            accepted: BTreeSet::new(),
            over: BTreeSet::new(),
        }
    }

    /// The same after these steps.
    pub(super) fn after(call_waiting: bool, steps: Vec<Step>) -> Self {
        let mut watched = Self::new(call_waiting);
        watched.give(Input::SignedIn);
        for step in steps {
            watched.step(step);
        }
        watched
    }

    pub(super) fn give(&mut self, input: Input) {
        self.given.push((self.now, input.clone()));
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
                if !self.shown.insert(call_id.clone()) {
                    // Only a group calls somebody in again, who was out of it.
                    assert!(self.over.remove(&call_id), "a second ring");
                    assert!(self.shown_call(&call_id).is_group, "a second ring");
                    self.accepted.remove(&call_id);
                }
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
                // Without an invite or a create: a rejoin.
                self.shown.insert(call_id.clone());
                assert!(self.accepted.insert(call_id), "connecting twice");
            }
            Event::Placed { call_id } => {
                assert!(!self.over.contains(&call_id), "over is over");
                self.shown.insert(call_id);
            }
            Event::RemoteRinging { call_id }
            | Event::InviteeChanged { call_id, .. }
            | Event::HoldChanged { call_id, .. }
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
            // What rang is a call that this device is in: neither a ring nor an end.
            Event::Rejoinable(offer) => {
                let state = self.machine.state();
                let mut calls = state.call.iter().chain(&state.others);
                assert!(calls.all(|call| call.call_id != offer.call_id), "shown too");
                if self.shown.remove(&offer.call_id) {
                    assert!(!self.accepted.contains(&offer.call_id), "it was in it");
                }
                self.over.remove(&offer.call_id);
            }
            Event::EndConfirmed { call_id, ended } => {
                assert!(self.over.contains(&call_id) && ended.confirmed);
            }
            Event::Missed { .. }
            | Event::PushWithoutRing { .. }
            | Event::NotRejoinable { .. }
            | Event::InCallElsewhere { .. }
            | Event::MediaChanged { .. }
            | Event::MediaFailed { .. }
            | Event::PeerMediaChanged { .. }
            | Event::QualityChanged { .. }
            | Event::PictureChanged { .. }
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
                let session = session.0;
                assert!(!self.left.contains(&session), "left is left");
                match effect {
                    RoomEffect::Connect { .. } => {
                        assert!(session > self.sessions, "a session of its own");
                        self.sessions = session;
                    }
                    RoomEffect::SetMicrophone(on) => {
                        turn(&mut self.sounding, session, on);
                        assert!(!on || self.talks(), "sound before the accept");
                    }
                    RoomEffect::SetCamera(on) => {
                        turn(&mut self.filming, session, on);
                        assert!(!on || self.talks(), "a picture before the accept");
                    }
                    RoomEffect::SetPlayable(_) => assert!(!self.accepted.is_empty()),
                    RoomEffect::PrepareMicrophone => {}
                    RoomEffect::Leave => {
                        self.left.insert(session);
                        turn(&mut self.sounding, session, false);
                        turn(&mut self.filming, session, false);
                    }
                    RoomEffect::SetPicture(_)
                    | RoomEffect::WatchStatistics(_)
                    | RoomEffect::NetworkChanged => {}
                }
                assert!(session <= self.sessions);
                assert!(self.sounding.len() <= 1, "one owner of the microphone");
                assert!(self.filming.len() <= 1, "one owner of the camera");
            }
            Effect::Subscribe { .. }
            | Effect::Unsubscribe { .. }
            | Effect::Publish { .. }
            | Effect::ReconnectLink => {}
        }
    }

    /// Every call that is shown.
    pub(super) fn calls(&self) -> Vec<CallView> {
        let view = self.machine.state();
        view.call.into_iter().chain(view.others).collect()
    }

    fn shown_call(&self, id: &CallId) -> CallView {
        let call = self.calls().into_iter().find(|call| call.call_id == *id);
        call.expect("it is shown")
    }

    /// In a call that was accepted and is not held.
    fn talks(&self) -> bool {
        self.calls()
            .iter()
            .any(|call| self.accepted.contains(&call.call_id) && call.state != CallState::Held)
    }

    fn check_state(&self) {
        let deadline = self.machine.next_deadline();
        assert!(
            deadline.is_none_or(|at| at > self.now),
            "a deadline in the past"
        );
        let calls = self.calls();
        let count = |of: fn(&CallState) -> bool| calls.iter().filter(|c| of(&c.state)).count();
        assert!(count(|state| matches!(state, CallState::Incoming { .. })) <= 2);
        assert!(count(|state| *state == CallState::Held) <= 1);
        let engaged = count(|state| match state {
            CallState::Outgoing { .. }
            | CallState::Connecting
            | CallState::Active
            | CallState::Reconnecting => true,
            CallState::Incoming { .. } | CallState::Held | CallState::Ended(_) => false,
        });
        assert!(engaged <= 1, "one engaged call");
        for call in calls {
            self.check_call(&call, deadline);
        }
    }

    fn check_call(&self, call: &CallView, deadline: Option<u64>) {
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
