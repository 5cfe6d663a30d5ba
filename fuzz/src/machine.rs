//! A device under any sequence of the inputs that the shared vectors know.
//!
//! The inputs of all scenes are one pool: calls and members have few names there, so that inputs
//! of one scene meet those of others. A new kind of input is fuzzed as soon as a scene has it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use faithcall_protocol::id::CallId;
use faithcall_protocol::machine::{
    CallState, Command, Effect, Event, Input, Machine, MachineConfig, Output, RequestId,
    RoomEffect, SessionId,
};
use faithcall_protocol::trace::{Recorder, Replay};
use serde_json::Value;

static POOL: LazyLock<Vec<Input>> = LazyLock::new(pool);

/// Longer than any lease of a call.
const LEFT_ALONE_MS: u64 = 5 * 3_600_000;

fn pool() -> Vec<Input> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/vectors/device");
    let files = fs::read_dir(&folder).expect("the shared vectors are there");
    let mut pool: Vec<Input> = Vec::new();
    for file in files.map(|file| file.expect("a file").path()) {
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a scene");
        let scene: Value = serde_json::from_str(&text).expect("JSON");
        for step in scene["steps"].as_array().expect("steps") {
            let input = match step.get("command") {
                Some(command) => Input::Command(
                    serde_json::from_value::<Command>(command.clone()).expect("a command"),
                ),
                None => serde_json::from_value(step["input"].clone()).expect("an input"),
            };
            if !pool.contains(&input) {
                pool.push(input);
            }
        }
    }
    pool
}

/// Plays what the bytes say, and holds every answer against the rules.
///
/// # Panics
/// A rule is broken.
pub fn play(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let mut device = Device::new(bytes.arbitrary().unwrap_or_default());
    device.give(Input::SignedIn);
    while !bytes.is_empty() && device.step(&mut bytes).is_ok() {}
    device.pass(LEFT_ALONE_MS);
    let view = device.machine.state();
    for call in view.call.iter().chain(&view.others) {
        assert!(
            matches!(call.state, CallState::Ended(_)),
            "left alone, every call comes to its end: {call:?}"
        );
    }
}

struct Device {
    machine: Machine,
    recorder: Recorder,
    replay: Replay,
    now: u64,
    requests: u64,
    sessions: u64,
    over: BTreeSet<CallId>,
    groups: BTreeSet<CallId>,
    signed_out: bool,
}

impl Device {
    fn new(options: u8) -> Self {
        let id = |text: &str| text.to_owned();
        let mut config = MachineConfig::new(
            id("bob").try_into().expect("an id"),
            id("church").try_into().expect("an id"),
            id("phone").try_into().expect("an id"),
            u64::from(options),
        );
        config.call_waiting = options & 1 != 0;
        config.join_ahead = options & 2 != 0;
        let (recorder, header) = Recorder::new(&config).expect("a header");
        Self {
            machine: Machine::new(config),
            recorder,
            replay: Replay::new(&header).expect("a trace"),
            now: 1_000,
            requests: 0,
            sessions: 0,
            over: BTreeSet::new(),
            groups: BTreeSet::new(),
            signed_out: false,
        }
    }

    fn step(&mut self, bytes: &mut Unstructured) -> Result<()> {
        let ms = match bytes.int_in_range(0..=7)? {
            0..=3 => 0,
            4 | 5 => bytes.int_in_range(0..=500)?,
            6 => bytes.int_in_range(0..=10_000)?,
            _ => bytes.int_in_range(0..=120_000)?,
        };
        self.pass(ms);
        let mut input = bytes.choose(&POOL)?.clone();
        match &mut input {
            // Of a request that was made, more often than of any other.
            Input::Answer { id, .. } => {
                let back = bytes.int_in_range(0..=3)?;
                *id = RequestId(self.requests.saturating_sub(back));
            }
            Input::Room { session, .. } => {
                let back = bytes.int_in_range(0..=1)?;
                *session = SessionId(self.sessions.saturating_sub(back));
            }
            _ => {}
        }
        self.give(input);
        Ok(())
    }

    fn give(&mut self, input: Input) {
        let outputs = self.machine.handle(self.now, input.clone());
        let line = self.recorder.step(self.now, &input, &outputs);
        let line = line.expect("every input and output has its JSON");
        let replayed = self.replay.step(&line).expect("a step").expect("not cut");
        assert_eq!(
            replayed.difference, None,
            "a replay answers the same: {line}"
        );
        for output in outputs {
            match output {
                Output::Event(event) => self.event(event),
                Output::Effect(effect) => self.effect(effect),
                Output::Refused(_) => {}
            }
        }
        let deadline = self.machine.next_deadline();
        assert!(
            deadline.is_none_or(|at| at > self.now),
            "a deadline in the past"
        );
        let view = self.machine.state();
        for call in view.call.iter().chain(&view.others) {
            let over = matches!(call.state, CallState::Ended(_));
            assert!(over || deadline.is_some(), "a call without a deadline");
            if call.is_group {
                self.groups.insert(call.call_id.clone());
            }
        }
    }

    fn event(&mut self, event: Event) {
        assert!(!self.signed_out, "an event after signing out");
        match event {
            Event::Incoming {
                call_id,
                ring_expires_in_ms,
                ..
            } => {
                assert!(
                    (1..=45_000).contains(&ring_expires_in_ms),
                    "a ring has its bound"
                );
                // Only a group can ring anew, for who left or missed it.
                assert!(
                    !self.over.remove(&call_id) || self.is_group(&call_id),
                    "over is over"
                );
            }
            Event::Placed { call_id }
            | Event::RemoteRinging { call_id }
            | Event::Connecting { call_id }
            | Event::Active { call_id } => {
                assert!(!self.over.contains(&call_id), "over is over");
            }
            Event::Ended { call_id, .. } => {
                assert!(self.over.insert(call_id), "a second end");
            }
            // What rang, and was shown as over, is a call that this device is in.
            Event::Rejoinable(offer) => {
                self.over.remove(&offer.call_id);
            }
            Event::SignedOut => self.signed_out = true,
            _ => {}
        }
    }

    fn is_group(&self, call: &CallId) -> bool {
        let view = self.machine.state();
        let mut calls = view.call.iter().chain(&view.others);
        self.groups.contains(call) || calls.any(|c| c.call_id == *call && c.is_group)
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Request { id, .. } => {
                assert!(id.0 > self.requests, "requests are numbered upwards");
                self.requests = id.0;
            }
            Effect::Room {
                session,
                effect: RoomEffect::Connect { .. },
            } => {
                assert!(session.0 > self.sessions, "sessions are numbered upwards");
                self.sessions = session.0;
            }
            _ => {}
        }
    }

    fn pass(&mut self, ms: u64) {
        let until = self.now + ms;
        let mut ticks = 0;
        while let Some(at) = self.machine.next_deadline().filter(|at| *at <= until) {
            ticks += 1;
            assert!(ticks < 20_000, "busy waiting");
            self.now = at;
            self.give(Input::Tick);
        }
        self.now = until;
    }
}
