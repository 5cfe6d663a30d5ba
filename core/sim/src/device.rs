//! One device: a process with a machine in it, its connections, and what its user was shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use faithcall_protocol::id::{CallId, ChurchId, DeviceId, MemberId, Rev};
use faithcall_protocol::machine::{
    CallState, CallView, Command, CommandError, Ended, Event, Machine, MachineConfig, MediaProblem,
    MediaSource, Request, RoomEffect, SessionId,
};
use faithcall_protocol::push::Push;
use faithcall_protocol::signal::Envelope;

use crate::chance::Chance;
use crate::link::Link;
use crate::world::HadOff;

/// A device of the world.
#[derive(Debug)]
pub(crate) struct Device {
    /// `ann/phone`.
    pub(crate) name: String,
    pub(crate) member: MemberId,
    pub(crate) id: DeviceId,
    pub(crate) machine: Machine,
    /// Its monotonic clock begins somewhere else than anybody else's.
    pub(crate) clock_ahead_ms: u64,
    pub(crate) link: Link,
    pub(crate) doomed: Doomed,
    pub(crate) picked: Picked,
    /// The process lives.
    pub(crate) alive: bool,
    /// Which process of the device this is: what was meant for an earlier one reaches nobody.
    pub(crate) life: u32,
    pub(crate) signed_out: bool,
    /// The MQTT connection as the broker has it: its number while it stands.
    pub(crate) connection: Option<u64>,
    pub(crate) connections: u64,
    /// The newest signal that came on this connection, counted as they were published.
    pub(crate) last_signal: u64,
    /// A push starts the process.
    pub(crate) wakes: bool,
    /// Its app registers a push token whenever it starts.
    pub(crate) has_push_token: bool,
    /// Why its engine cannot open a microphone or camera.
    pub(crate) media_problems: BTreeMap<MediaSource, MediaProblem>,
    /// Everything reaches it, on this connection, and nothing ended at it, since then.
    pub(crate) reached_since: Option<(u64, u64)>,
    /// What the machine was told last.
    pub(crate) knows_link_up: bool,
    pub(crate) cut: Cut,
    /// The server refuses its token until then.
    pub(crate) token_bad_until_ms: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) refused: Vec<(Command, CommandError)>,
    pub(crate) stays: BTreeMap<SessionId, Stay>,
    pub(crate) had_off: HadOff,
    pub(crate) shown: BTreeMap<CallId, Shown>,
    /// The call that it shows as going on.
    pub(crate) current: Option<CallId>,
}

/// Which of a device's ways are cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) signals: bool,
    pub(crate) requests: bool,
    pub(crate) room: bool,
}

/// How many of a device's next messages get lost, whatever its link is like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Doomed {
    pub(crate) requests: u32,
    pub(crate) answers: u32,
    pub(crate) signals: u32,
    pub(crate) pushes: u32,
}

impl Doomed {
    /// True if this one is among them.
    pub(crate) fn take(left: &mut u32) -> bool {
        let doomed = *left > 0;
        *left = left.saturating_sub(1);
        doomed
    }
}

/// Which of a device's coming messages get lost: of each of these, the first for which it is true.
#[derive(Default)]
pub(crate) struct Picked {
    pub(crate) requests: Vec<Which<Request>>,
    pub(crate) answers: Vec<Which<Request>>,
    pub(crate) signals: Vec<Which<Envelope>>,
    pub(crate) pushes: Vec<Which<Push>>,
}

pub(crate) type Which<T> = Box<dyn Fn(&T) -> bool>;

impl Picked {
    /// True if this one is meant.
    pub(crate) fn take<T>(all: &mut Vec<Which<T>>, what: &T) -> bool {
        let at = all.iter().position(|is_meant| is_meant(what));
        at.map(|at| drop(all.remove(at))).is_some()
    }
}

impl fmt::Debug for Picked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signals = self.signals.len() + self.pushes.len();
        let requests = self.requests.len() + self.answers.len();
        write!(f, "{} messages", signals + requests)
    }
}

/// What a session in a room is told to do, and how it stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stay {
    pub(crate) call: Option<CallId>,
    pub(crate) microphone: bool,
    pub(crate) camera: bool,
    pub(crate) publishes: bool,
    /// Until when (virtual ms) its engine has a microphone or camera open.
    pub(crate) open_until_ms: BTreeMap<MediaSource, u64>,
    pub(crate) playable: Vec<String>,
    /// The others' tracks, as the client was told: muted or not.
    pub(crate) tracks: BTreeMap<(String, MediaSource), bool>,
    /// Who was heard and seen.
    pub(crate) played: BTreeSet<(String, MediaSource)>,
    /// Who is there, as the client was told.
    pub(crate) present: BTreeSet<String>,
    /// It has come into the room.
    pub(crate) entered: bool,
    /// The machine left it.
    pub(crate) left: bool,
    /// It is over, and not because the machine left it.
    pub(crate) lost: bool,
}

impl Stay {
    pub(crate) fn is_open(&self) -> bool {
        !self.left && !self.lost
    }
}

/// What the app was shown of one call by this process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) rang: usize,
    /// When it last began to ring (virtual ms).
    pub(crate) rang_at_ms: Option<u64>,
    /// It rings, at the latest until then (virtual ms).
    pub(crate) rings_until_ms: Option<u64>,
    pub(crate) ended: Option<Ended>,
    pub(crate) ends: usize,
    /// The highest revision that it was told, and when.
    pub(crate) told: Option<(Rev, u64)>,
    /// The highest revision that a signal brought.
    pub(crate) rev: u64,
    pub(crate) invited_by_push: bool,
    pub(crate) invited_by_signal: bool,
}

impl Device {
    pub(crate) fn new(
        member: MemberId,
        id: DeviceId,
        church: &ChurchId,
        call_waiting: bool,
        chance: &mut Chance,
    ) -> Self {
        let machine = machine(&member, &id, church, call_waiting, chance);
        Self {
            name: format!("{member}/{id}"),
            member,
            id,
            machine,
            clock_ahead_ms: 0,
            link: Link::default(),
            doomed: Doomed::default(),
            picked: Picked::default(),
            alive: true,
            life: 0,
            signed_out: false,
            connection: None,
            connections: 0,
            last_signal: 0,
            wakes: true,
            has_push_token: false,
            media_problems: BTreeMap::new(),
            reached_since: None,
            knows_link_up: false,
            cut: Cut::default(),
            token_bad_until_ms: 0,
            events: Vec::new(),
            refused: Vec::new(),
            stays: BTreeMap::new(),
            had_off: HadOff::default(),
            shown: BTreeMap::new(),
            current: None,
        }
    }

    /// The process begins again, and knows nothing of what was.
    pub(crate) fn start(&mut self, church: &ChurchId, chance: &mut Chance) {
        let waiting = self.machine.config().call_waiting;
        self.machine = machine(&self.member, &self.id, church, waiting, chance);
        self.alive = true;
        self.signed_out = false;
        self.knows_link_up = false;
        self.stays.clear();
        self.shown.clear();
        self.current = None;
    }

    pub(crate) fn die(&mut self) {
        self.alive = false;
        self.life += 1;
        self.connection = None;
    }

    /// What is shown of a call, if it goes on or was the last one.
    pub(crate) fn view_of(&self, call: &CallId) -> Option<CallView> {
        let view = self.machine.state();
        let mut shown = view.call.into_iter().chain(view.others);
        shown.find(|view| view.call_id == *call)
    }

    /// It shows this call as active, or as held.
    pub(crate) fn is_active_in(&self, call: &CallId) -> bool {
        self.view_of(call)
            .is_some_and(|view| matches!(view.state, CallState::Active | CallState::Held))
    }

    pub(crate) fn steer(&mut self, session: SessionId, effect: &RoomEffect) {
        let stay = self.stays.entry(session).or_default();
        match effect {
            RoomEffect::SetMicrophone(on) => {
                let works = !self.media_problems.contains_key(&MediaSource::Microphone);
                stay.microphone = *on && works;
                stay.publishes = true;
            }
            RoomEffect::PrepareMicrophone => stay.publishes = true,
            RoomEffect::SetCamera(on) => {
                stay.camera = *on && !self.media_problems.contains_key(&MediaSource::Camera);
            }
            RoomEffect::SetPlayable(identities) => stay.playable.clone_from(identities),
            RoomEffect::Leave => stay.left = true,
            RoomEffect::Connect { .. }
            | RoomEffect::SetPicture(_)
            | RoomEffect::WatchStatistics(_)
            | RoomEffect::NetworkChanged => {}
        }
    }

    /// Whose tracks come and are played, by identity, and in which call.
    pub(crate) fn plays(&self, source: MediaSource) -> Vec<(&CallId, &str)> {
        let stays = self.stays.values().filter(|stay| stay.is_open());
        let tracks = stays.flat_map(|stay| {
            let live = stay.tracks.iter().filter(|(_, muted)| !**muted);
            let played = live.filter(|((who, _), _)| stay.playable.contains(who));
            played.filter_map(|(track, _)| Some((stay.call.as_ref()?, track)))
        });
        tracks
            .filter(|(_, (_, kind))| *kind == source)
            .map(|(call, (who, _))| (call, who.as_str()))
            .collect()
    }

    /// The sessions that it is in, or is joining: one, and another of a call that is held.
    pub(crate) fn sessions(&self) -> Vec<SessionId> {
        let stays = self.stays.iter().filter(|(_, stay)| stay.is_open());
        stays.map(|(session, _)| *session).collect()
    }

    /// That of the call which its user is in.
    pub(crate) fn session(&self) -> Option<SessionId> {
        let call = self.machine.state().call.map(|call| call.call_id);
        let mut stays = self.stays.iter().rev().filter(|(_, stay)| stay.is_open());
        let (session, _) = stays.find(|(_, stay)| stay.call == call)?;
        Some(*session)
    }

    /// Everything works: what it shows can be compared with what the server has.
    pub(crate) fn hears_all(&self, now: u64) -> bool {
        self.alive
            && !self.signed_out
            && self.knows_link_up
            && self.connection.is_some()
            && self.cut == Cut::default()
            && self.token_bad_until_ms <= now
    }
}

fn machine(
    member: &MemberId,
    id: &DeviceId,
    church: &ChurchId,
    call_waiting: bool,
    chance: &mut Chance,
) -> Machine {
    let seed = chance.number();
    let config = MachineConfig::new(member.clone(), church.clone(), id.clone(), seed);
    Machine::new(MachineConfig {
        call_waiting,
        ..config
    })
}
