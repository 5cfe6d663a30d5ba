//! How much of the world a search covers: every bound by name.

use crate::state::Spent;

/// One search.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// What it is called on the command line and in the table.
    pub name: &'static str,
    /// What it is there for.
    pub about: &'static str,
    /// The devices, each with its member.
    pub devices: &'static [(&'static str, &'static str)],
    /// Two devices of one member that nothing else tells apart, by place in `devices`: of two
    /// states that differ by which of them is which, one is looked at.
    pub twins: Option<[usize; 2]>,
    /// Who may call whom, by place in `devices` and by member; each begins as often as `calls`
    /// allows.
    pub dials: &'static [(usize, &'static [&'static str])],
    /// Calls that users begin, in all.
    pub calls: usize,
    /// Who may be called into a call that goes on, once.
    pub late_invite: Option<&'static str>,
    /// Only the first device does so; otherwise any.
    pub invited_by_first: bool,
    /// Users, deadlines and faults act only as long as no more than so many messages are under
    /// way after it: MQTT messages, requests, answers, room joins and room events. And the server
    /// takes a request up that would put more than that under way only once all that it has sent
    /// before has arrived: one change is told to every device at once, however many they are.
    pub in_flight: usize,
    /// Requests and answers that are lost; connections to the broker that break, with all that is
    /// under way and is published until the device notices; connections to the room that break.
    pub losses: u8,
    /// Requests and invites that come twice.
    pub repeats: u8,
    /// How often each device's process dies.
    pub device_crashes: u8,
    /// How often the server's process dies, between a commit and its publishing.
    pub server_crashes: u8,
    /// A server that died is back before anything else happens; otherwise what it had not published
    /// comes any time later, but before anything newer. (Left out then: what happens meanwhile.)
    pub server_back_at_once: bool,
    /// Crashes of all processes together.
    pub crashes: u8,
    /// Losses, repeats and crashes in all.
    pub faults: u8,
    /// Callees' devices, and callers', join the room while it rings.
    pub join_ahead: bool,
    /// Room events are messages under way; otherwise they come at once. (Left out then: that one
    /// is overtaken by a message or an answer.)
    pub late_room_events: bool,
    /// Devices are in the room as soon as they want to be, and the server has brought it up to date
    /// as soon as it wants to; otherwise both take their time. (Left out then: what falls between.)
    pub rooms_at_once: bool,
    /// The broker's messages to one device come in the order in which they were published, as MQTT
    /// has it; otherwise in any order. A newer update of a call takes the place of an older one
    /// that is still under way: that the older one comes first is the same as if it had come
    /// before the newer change was made. And the first of them comes at once if nothing would
    /// come of it. (Left out then: that an update comes after an answer that was given later and
    /// says nothing of the call; and that nothing comes of a message now, but something later.)
    pub in_order: bool,
    /// Questions that change nothing are answered at once; otherwise they are messages under way
    /// like any other. (Left out then: that such an answer is old when it comes. Snapshots are
    /// told apart by their revision, so an old one is like none.)
    pub questions_at_once: bool,
    /// An answer that only confirms, or refuses, comes at once, or is lost at once: any but those to
    /// who calls and who accepts, which let into the room. (Left out then: that such an answer is
    /// overtaken by a message, or by what the user or a deadline does.)
    pub confirmed_at_once: bool,
    /// A connection to the broker breaks only where something under way to the device is lost, and is
    /// there again at once: the device asks the server. Otherwise all takes its time: that the device notices, and
    /// that it is connected again. (Left out then: what a device does meanwhile.)
    pub breaks_at_once: bool,
    /// What is done again and again while nothing happens waits until nothing is under way to or
    /// from the device: polls, and the bounds that outlast the server's own. (Left out then: that
    /// such a moment falls together with something else under way.) The server reads a
    /// participant list, a process of a device is started again, and a user calls somebody in late,
    /// while nothing at all is under way. A server that dies is back at once, and publishes late what it had not (left out then:
    /// that requests fail meanwhile, which is what a loss is). And a bound that is the
    /// server's and some patience more is reached only once the server's own was, or it is dead.
    pub patient: bool,
}

/// What the largest search would reach; [`Bounds::short_of`] says what one does not.
pub const SOUGHT: Sought = Sought {
    devices: 4,
    calls: 2,
    in_flight: 4,
    losses: 2,
    repeats: 2,
    crashes_a_process: 1,
};

/// Bounds that a search is measured by.
#[derive(Debug, Clone, Copy)]
pub struct Sought {
    /// Two of each of two members.
    pub devices: usize,
    /// See [`Bounds::calls`].
    pub calls: usize,
    /// See [`Bounds::in_flight`].
    pub in_flight: usize,
    /// See [`Bounds::losses`].
    pub losses: u8,
    /// See [`Bounds::repeats`].
    pub repeats: u8,
    /// Of every device, and of the server.
    pub crashes_a_process: u8,
}

impl Bounds {
    pub(crate) fn allows_loss(&self, spent: &Spent) -> bool {
        spent.losses < self.losses && spent.faults() < self.faults
    }

    pub(crate) fn allows_repeat(&self, spent: &Spent) -> bool {
        spent.repeats < self.repeats && spent.faults() < self.faults
    }

    pub(crate) fn allows_crash(&self, spent: &Spent) -> bool {
        spent.crashes < self.crashes && spent.faults() < self.faults
    }

    /// Every bound of `sought` that this search does not reach, and what it leaves out of the
    /// order of things.
    pub fn short_of(&self, sought: &Sought) -> Vec<String> {
        let mut short = Vec::new();
        let mut below = |what: &str, is: usize, of: usize| {
            if is < of {
                short.push(format!("{what} {is} of {of}"));
            }
        };
        below("devices", self.devices.len(), sought.devices);
        below("calls", self.calls, sought.calls);
        below("in flight", self.in_flight, sought.in_flight);
        below("losses", self.losses.into(), sought.losses.into());
        below("repeats", self.repeats.into(), sought.repeats.into());
        let a_process = usize::from(sought.crashes_a_process);
        below("crashes a device", self.device_crashes.into(), a_process);
        below(
            "crashes of the server",
            self.server_crashes.into(),
            a_process,
        );
        let all = (self.devices.len() + 1) * a_process;
        below("crashes in all", self.crashes.into(), all);
        let faults = usize::from(sought.losses + sought.repeats) + all;
        below("faults in all", self.faults.into(), faults);
        let left_out = [
            (!self.join_ahead, "joining ahead"),
            (!self.late_room_events, "late room events"),
            (self.rooms_at_once, "slow rooms"),
            (self.in_order, "messages out of order"),
            (self.questions_at_once, "old answers to questions"),
            (self.confirmed_at_once, "late confirmations"),
            (
                self.breaks_at_once,
                "what a device does while it is cut off",
            ),
            (
                self.server_back_at_once,
                "what happens while the server is away",
            ),
            (
                self.invited_by_first,
                "an invite by another than the caller",
            ),
            (self.patient, "polls while something is under way"),
        ];
        let left_out = left_out.iter().filter(|(is, _)| *is);
        short.extend(left_out.map(|(_, what)| format!("without {what}")));
        short
    }
}

const ANN_BOB: &[(&str, &str)] = &[("ann", "phone"), ("bob", "phone")];
const ANN_BOB_TWICE: &[(&str, &str)] = &[("ann", "phone"), ("bob", "phone"), ("bob", "tablet")];
const TWICE_EACH: &[(&str, &str)] = &[
    ("ann", "phone"),
    ("bob", "phone"),
    ("bob", "tablet"),
    ("ann", "tablet"),
];
const ANN_BOB_EVE: &[(&str, &str)] = &[("ann", "phone"), ("bob", "phone"), ("eve", "phone")];

/// Nothing is done at once, and nothing goes wrong.
const PAIR: Bounds = Bounds {
    name: "pair",
    about: "two members, a device each; everything takes its time, nothing goes wrong",
    devices: ANN_BOB,
    twins: None,
    dials: &[(0, &["bob"])],
    calls: 1,
    late_invite: None,
    invited_by_first: false,
    in_flight: 3,
    losses: 0,
    repeats: 0,
    device_crashes: 0,
    server_crashes: 0,
    server_back_at_once: false,
    crashes: 0,
    faults: u8::MAX,
    join_ahead: true,
    late_room_events: true,
    rooms_at_once: false,
    in_order: false,
    questions_at_once: false,
    confirmed_at_once: false,
    breaks_at_once: false,
    patient: false,
};

/// What makes larger searches possible.
const AT_ONCE: Bounds = Bounds {
    join_ahead: false,
    late_room_events: false,
    rooms_at_once: true,
    in_order: true,
    questions_at_once: true,
    breaks_at_once: true,
    server_back_at_once: true,
    patient: true,
    ..PAIR
};

const EACH_FAULT: Bounds = Bounds {
    name: "each-fault",
    about: "two members, three devices; a loss, a repeat and a crash",
    devices: ANN_BOB_TWICE,
    twins: Some([1, 2]),
    losses: 1,
    repeats: 1,
    device_crashes: 1,
    server_crashes: 1,
    crashes: 1,
    ..AT_ONCE
};

const LATE_INVITE: Bounds = Bounds {
    name: "late-invite",
    about: "two members, three devices, a third called in late; a loss, a repeat and a crash",
    late_invite: Some("eve"),
    invited_by_first: true,
    confirmed_at_once: true,
    ..EACH_FAULT
};

const LATE_NEWS: Bounds = Bounds {
    name: "late-news",
    about: "two members, three devices; the server dies, and publishes any time later",
    losses: 0,
    repeats: 0,
    device_crashes: 0,
    server_back_at_once: false,
    ..EACH_FAULT
};

const CUT_OFF: Bounds = Bounds {
    name: "cut-off",
    about: "two members, three devices; one is cut off, notices late, and comes back later",
    repeats: 0,
    crashes: 0,
    breaks_at_once: false,
    ..EACH_FAULT
};

const GLARE: Bounds = Bounds {
    name: "glare",
    about: "two members, a device each, who may call each other, twice in all",
    dials: &[(0, &["bob"]), (1, &["ann"])],
    calls: 2,
    ..AT_ONCE
};

const TWO_CALLS: Bounds = Bounds {
    name: "two-calls",
    about: "ann calls bob, whose tablet calls eve",
    devices: ANN_BOB_TWICE,
    dials: &[(0, &["bob"]), (2, &["eve"])],
    calls: 2,
    in_flight: 1,
    ..AT_ONCE
};

const GROUP: Bounds = Bounds {
    name: "group",
    about: "three members, a device each; one of them is called in late",
    devices: ANN_BOB_EVE,
    late_invite: Some("eve"),
    in_flight: 2,
    ..AT_ONCE
};

/// The searches of `cargo xtask test`.
pub const TEST: &[Bounds] = &[
    PAIR,
    TWO_CALLS,
    GLARE,
    GROUP,
    LATE_NEWS,
    CUT_OFF,
    EACH_FAULT,
    LATE_INVITE,
];

const PAIR_FAULTS: Bounds = Bounds {
    name: "pair-faults",
    about: "two members, a device each, in flight 4; two losses, two repeats, a crash a process",
    in_flight: 4,
    losses: 2,
    repeats: 2,
    device_crashes: 1,
    server_crashes: 1,
    crashes: 3,
    ..AT_ONCE
};

const TWO_CALLS_CROSSING: Bounds = Bounds {
    name: "two-calls-crossing",
    about: "the same, with two messages under way",
    in_flight: 2,
    ..TWO_CALLS
};

const GROUP_FAULTS: Bounds = Bounds {
    name: "group-faults",
    about: "three members, a device each, one of them called in late; a loss, repeat and crash",
    confirmed_at_once: true,
    losses: 1,
    repeats: 1,
    device_crashes: 1,
    server_crashes: 1,
    crashes: 1,
    ..GROUP
};

const GLARE_FAULTS: Bounds = Bounds {
    name: "glare-faults",
    about: "two members who may call each other, twice in all; a loss, a repeat and a crash",
    confirmed_at_once: true,
    in_flight: 2,
    losses: 1,
    repeats: 1,
    device_crashes: 1,
    server_crashes: 1,
    crashes: 1,
    ..GLARE
};

const LATE_INVITE_CROWDED: Bounds = Bounds {
    name: "late-invite-crowded",
    about: "late-invite, with four messages under way",
    in_flight: 4,
    ..LATE_INVITE
};

const TWO_BY_TWO: Bounds = Bounds {
    name: "two-by-two",
    about: "two members, two devices each; a loss, a repeat and a crash",
    devices: TWICE_EACH,
    confirmed_at_once: true,
    ..EACH_FAULT
};

/// The further ones of `--full`.
pub const FULL: &[Bounds] = &[
    TWO_CALLS_CROSSING,
    PAIR_FAULTS,
    GROUP_FAULTS,
    GLARE_FAULTS,
    TWO_BY_TWO,
    LATE_INVITE_CROWDED,
];
