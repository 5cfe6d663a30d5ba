//! One device: a machine, and what a shell would do for it.

use std::collections::BTreeMap;

use faithcall_protocol::id::{CallId, DeviceId, MemberId};
use faithcall_protocol::machine::{
    CallState, CallView, Ended, Event, Machine, MachineConfig, RoomEffect, SessionId,
};

/// A device and what it has shown.
pub(crate) struct Device {
    pub(crate) member: MemberId,
    pub(crate) id: DeviceId,
    pub(crate) machine: Machine,
    /// Its monotonic clock begins somewhere else than anybody else's.
    pub(crate) clock_ahead_ms: u64,
    pub(crate) link: Link,
    /// The process lives.
    pub(crate) alive: bool,
    pub(crate) connected: bool,
    pub(crate) events: Vec<Event>,
    pub(crate) refused: Vec<String>,
    /// Effects that wait for the session to be connected never do: the machine waits itself.
    pub(crate) stays: BTreeMap<SessionId, Stay>,
}

/// What a session in a room is told to do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stay {
    pub(crate) microphone: bool,
    pub(crate) playable: Vec<String>,
    pub(crate) left: bool,
}

/// How a device's messages travel, in milliseconds each way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Link {
    pub(crate) request_ms: u64,
    pub(crate) answer_ms: u64,
    pub(crate) mqtt_ms: u64,
    /// Up to so much more, by chance: what is sent later may come earlier.
    pub(crate) jitter_ms: u64,
    /// Every message comes twice.
    pub(crate) twice: bool,
    /// One in so many requests or answers is lost; 0: none.
    pub(crate) loses_one_in: u64,
}

impl Device {
    pub(crate) fn new(member: &str, id: &str, clock_ahead_ms: u64) -> Self {
        let (member, id): (MemberId, DeviceId) = (member.parse().unwrap(), id.parse().unwrap());
        let seed = clock_ahead_ms + 1;
        let config =
            MachineConfig::new(member.clone(), "church".parse().unwrap(), id.clone(), seed);
        Self {
            member,
            id,
            machine: Machine::new(config),
            clock_ahead_ms,
            link: Link {
                request_ms: 20,
                answer_ms: 20,
                mqtt_ms: 20,
                ..Link::default()
            },
            alive: true,
            connected: false,
            events: Vec::new(),
            refused: Vec::new(),
            stays: BTreeMap::new(),
        }
    }

    pub(crate) fn steer(&mut self, session: SessionId, effect: &RoomEffect) {
        let stay = self.stays.entry(session).or_default();
        match effect {
            RoomEffect::SetMicrophone(on) => stay.microphone = *on,
            RoomEffect::SetPlayable(identities) => stay.playable.clone_from(identities),
            RoomEffect::Leave => stay.left = true,
            RoomEffect::Connect { .. }
            | RoomEffect::PrepareMicrophone
            | RoomEffect::SetCamera(_)
            | RoomEffect::SetPicture(_)
            | RoomEffect::WatchStatistics(_)
            | RoomEffect::NetworkChanged => {}
        }
    }

    pub(crate) fn view(&self) -> Option<CallView> {
        self.machine.snapshot().call
    }

    pub(crate) fn is_active(&self, call: &CallId) -> bool {
        self.view()
            .is_some_and(|view| view.call_id == *call && view.state == CallState::Active)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.view()
            .is_none_or(|view| matches!(view.state, CallState::Ended(_)))
    }

    /// How this device says that the call ended, by its latest word.
    pub(crate) fn end_of(&self, call: &CallId) -> Option<Ended> {
        self.events.iter().rev().find_map(|event| match event {
            Event::Ended { call_id, ended } | Event::EndConfirmed { call_id, ended }
                if call_id == call =>
            {
                Some(ended.clone())
            }
            _ => None,
        })
    }

    pub(crate) fn rang(&self, call: &CallId) -> usize {
        self.events
            .iter()
            .filter(|event| matches!(event, Event::Incoming { call_id, .. } if call_id == call))
            .count()
    }
}
