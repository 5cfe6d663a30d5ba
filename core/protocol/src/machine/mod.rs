//! A device's side of calling, as a pure machine.
//!
//! [`Machine::handle`] takes one [`Input`] and returns [`Output`]s: effects to be carried out,
//! and events for the app. Time is an argument, in milliseconds of any clock that only goes
//! forward; [`Machine::next_deadline`] says when the machine wants a [`Input::Tick`].
//!
//! Each call is on a `line` of its own; the rules are written for one call. What follows from the
//! state and not from an input (who is in the room, what it plays, what the server is told) is
//! worked out after each input, in `settle`.
//!
//! | what | where |
//! |---|---|
//! | a call and its phases, with their drawing | `state` |
//! | its ways in: a command, a signal, a push, what the server is asked, the system; and this installation, as the server knows it | `entry`: `command`, `signal`, `push`, `resync`, `system`, `device` |
//! | a call that is made here, to its accept | `setup`: `outgoing`, `not_created` |
//! | a call that comes, to its answer | `setup`: `incoming`, `answering` |
//! | a call of an earlier process of the app | `setup`: `rejoin` |
//! | from the accept on | `engaged`, with `hold`, `group` |
//! | its end: how it is found out, shown, remembered, told to the server | `ending`: `last_word`, `finish`, `over`, `farewell` |
//! | what a part-B server says | `server`: `learn`, `others` |
//! | what a part-A server says: its signals, its `GET /active`; who accepted | `server::part_a`, with `get_active`, `first_accept` |
//! | the room, who is in it, how good it is | `room`, with `presence`, `connection` |
//! | microphone, camera and picture: this device's, the others' | `media`, with `own`, `others` |
//! | what it takes and gives, in values and in JSON; what is shown, told and sounded | `interface`: `input`, `output`, `form`; `view`, `event`, `alerting`, `routing` |
//! | several calls; requests and how they are tried again; time-outs | `line`, `request`, `timer` |

mod ending;
mod engaged;
mod entry;
mod interface;
mod line;
mod media;
mod request;
mod room;
mod server;
mod setup;
mod state;
#[cfg(feature = "timeless")]
pub mod timeless;
pub mod timer;

pub use interface::alerting::{Alerting, Tone, alerting};
pub use interface::event::{Attempt, CommandFailure, Elsewhere, Ended, Event, Peer, Side};
pub use interface::input::{
    Answer, Command, DisconnectReason, Failure, Input, MediaProblem, MediaSource, OtherCall, Reply,
    RoomEvent, SystemChange,
};
pub use interface::output::{
    CommandError, Effect, Output, Request, RequestId, RoomEffect, SessionId,
};
pub use interface::routing::{AudioOutput, AudioRoute, audio_route};
pub use interface::view::{
    CallDuration, CallState, CallView, ParticipantView, Rejoinable, ServerKind, Timings, View,
};
pub use media::own::{NotLive, OwnMedia};

use serde::{Deserialize, Serialize};

use crate::bounds::RING_MS;
use crate::id::{CallId, ChurchId, DeviceId, MemberId};
use ending::farewell::Farewell;
use ending::over::OverCalls;
use entry::device::Registration;
use entry::resync::Link;
use entry::system::SystemState;
use line::Lines;
use request::{Pending, Purpose, Requests};
use setup::incoming::Invitation;
use setup::rejoin::Leftover;
use state::Call;
use timer::{Timer, Timers};

/// Who a machine acts for, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MachineConfig {
    /// The member.
    pub me: MemberId,
    /// Its church.
    pub church: ChurchId,
    /// This device.
    pub device: DeviceId,
    /// Join the room while it rings, where the server allows it. Turned off on a metered
    /// network, or to save a battery.
    pub join_ahead: bool,
    /// How long a call rings on a part-A server, which has no bound of its own.
    pub part_a_ring_ms: u64,
    /// A call that comes while another goes on rings as a second one. Off: it does not ring here,
    /// and its caller is told busy. Only with a part-B server, which must know of it too
    /// (`PUT /api/devices`).
    pub call_waiting: bool,
    /// A random number, to keep devices from trying again in step.
    pub seed: u64,
}

impl MachineConfig {
    /// The usual settings.
    pub fn new(me: MemberId, church: ChurchId, device: DeviceId, seed: u64) -> Self {
        Self {
            me,
            church,
            device,
            join_ahead: true,
            part_a_ring_ms: RING_MS,
            call_waiting: false,
            seed,
        }
    }
}

/// One device of one member. A plain value: it does nothing by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Machine {
    config: MachineConfig,
    now: u64,
    out: Vec<Output>,
    stage: Stage,
    server: Option<ServerKind>,
    link: Link,
    /// The call in focus: that of the line whose input is worked on.
    call: Option<Box<Call>>,
    lines: Lines,
    /// The last call that was shown, as it ended.
    last: Option<CallView>,
    over: OverCalls,
    farewells: Vec<Farewell>,
    /// A farewell was given up, and the server has not been heard of since.
    unheard: bool,
    elsewhere: Option<CallId>,
    system: SystemState,
    /// A call of an earlier process of this app.
    leftover: Option<Box<Leftover>>,
    /// The newest request when that changed.
    elsewhere_after: RequestId,
    /// An old invite of a part-A server that nobody has confirmed yet.
    doubtful: Option<Box<Invitation>>,
    requests: Requests,
    registration: Registration,
    timers: Timers,
    sessions: u64,
    auth_needed: bool,
    refused_signals: u64,
    random: u64,
}

/// Whether the app is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    In,
    /// Saying goodbye.
    Leaving,
    Out,
}

impl Machine {
    /// A machine that is told [`Input::SignedIn`] first.
    pub fn new(config: MachineConfig) -> Self {
        Self {
            random: config.seed,
            config,
            now: 0,
            out: Vec::new(),
            stage: Stage::In,
            server: None,
            link: Link::default(),
            call: None,
            lines: Lines::default(),
            last: None,
            over: OverCalls::default(),
            farewells: Vec::new(),
            unheard: false,
            elsewhere: None,
            system: SystemState::default(),
            leftover: None,
            elsewhere_after: RequestId(0),
            doubtful: None,
            requests: Requests::default(),
            registration: Registration::default(),
            timers: Timers::default(),
            sessions: 0,
            auth_needed: false,
            refused_signals: 0,
        }
    }

    /// Takes one input at `now_ms`. A time earlier than the last one counts as the last one.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Output> {
        self.now = self.now.max(now_ms);
        self.run_timers();
        match self.stage {
            Stage::In => self.take(input),
            Stage::Leaving => self.take_while_leaving(input),
            Stage::Out => self.take_signed_out(&input),
        }
        self.park();
        self.settle();
        std::mem::take(&mut self.out)
    }

    /// When the machine wants an [`Input::Tick`] at the latest; the answer changes with every
    /// input. Always `Some` while a call is going on.
    pub fn next_deadline(&self) -> Option<u64> {
        let farewells = self.farewells.iter().filter_map(Farewell::next_ms).min();
        match (self.next_timer(), farewells) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Who it acts for.
    pub fn config(&self) -> &MachineConfig {
        &self.config
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::SignedIn => self.sync(),
            Input::Command(command) => {
                if let Err(refused) = self.command(command) {
                    self.out.push(Output::Refused(refused));
                }
            }
            Input::Signal { topic, envelope } => self.signalled(topic, *envelope),
            Input::Push(push) => self.pushed(push),
            Input::LinkUp => self.link_up(),
            Input::LinkDown => self.link_down(),
            Input::CallTopics {
                call_id,
                subscribed,
            } => self.on_call(&call_id, |m| m.topics_answered(&call_id, subscribed)),
            Input::Answer { id, answer } => self.answered(id, answer),
            Input::Room { session, event } => {
                self.on_session(session, |m| m.room_event(session, event));
            }
            Input::System(change) => self.system_changed(change),
            Input::Tick => {}
        }
    }

    /// Signing out: only what the farewells wait for counts.
    fn take_while_leaving(&mut self, input: Input) {
        match input {
            Input::Answer { id, answer } => self.answered(id, answer),
            Input::Command(_) => self.out.push(Output::Refused(CommandError::SignedOut)),
            Input::SignedIn
            | Input::Signal { .. }
            | Input::Push(_)
            | Input::LinkUp
            | Input::LinkDown
            | Input::CallTopics { .. }
            | Input::Room { .. }
            | Input::System(_)
            | Input::Tick => {}
        }
    }

    fn take_signed_out(&mut self, input: &Input) {
        match input {
            Input::Command(_) => self.out.push(Output::Refused(CommandError::SignedOut)),
            Input::SignedIn
            | Input::Signal { .. }
            | Input::Push(_)
            | Input::LinkUp
            | Input::LinkDown
            | Input::CallTopics { .. }
            | Input::Answer { .. }
            | Input::Room { .. }
            | Input::System(_)
            | Input::Tick => {}
        }
    }

    fn answered(&mut self, id: RequestId, answer: Answer) {
        let Some(pending) = self.requests.take(id) else {
            return;
        };
        self.note_server(&answer);
        if self.stage != Stage::In && !pending.purpose.is_awaited_when_leaving() {
            return;
        }
        if self.unheard && answer.result != Err(Failure::NoAnswer) && self.stage == Stage::In {
            // It can say now how those calls ended.
            self.unheard = false;
            self.sync();
        }
        if answer.result.as_ref().is_err_and(Failure::is_revoked) {
            self.on_each(Self::end_revoked);
        }
        self.on_line(pending.line, |m| m.answered_on_line(id, &pending, answer));
    }

    fn answered_on_line(&mut self, id: RequestId, pending: &Pending, answer: Answer) {
        match pending.purpose {
            Purpose::Sync => self.synced(id, answer),
            Purpose::Create => self.created(id, answer),
            Purpose::FindCreated => self.created_found(id, answer),
            Purpose::Ringing => self.ringing_told(answer),
            Purpose::Accept => self.accept_answered(id, answer),
            Purpose::Invite => self.invite_answered(answer),
            Purpose::Hold => self.hold_answered(answer),
            Purpose::Connected => self.connected_told(answer),
            Purpose::Token => self.token_brought(answer),
            Purpose::Patch => self.patch_answered(answer),
            Purpose::Look => self.looked(id, answer),
            Purpose::History => self.history_brought(answer),
            Purpose::Doubt => self.doubt_answered(id, answer),
            Purpose::Leftover => self.leftover_answered(answer),
            Purpose::Register => self.device_told(&answer),
            Purpose::Forget => self.device_forgotten(),
            Purpose::Farewell => self.farewell_answered(id, answer),
        }
    }

    fn run_timers(&mut self) {
        while let Some(timer) = self.take_due() {
            match timer {
                Timer::Create => self.create_timed_out(),
                Timer::HeldCreate => self.send_create(),
                Timer::CreateRetry => self.retry_create(),
                Timer::Ring => self.ring_expired(),
                Timer::RingOver => self.ring_over(),
                Timer::RingingRetry => self.tell_ringing(),
                Timer::Accept => self.accept_timed_out(),
                Timer::AcceptRetry => self.send_accept(),
                Timer::Connect => self.connect_timed_out(),
                Timer::ConnectedRetry
                | Timer::Rejoin
                | Timer::Patch
                | Timer::HoldRetry
                | Timer::RegisterRetry => {
                    // Over with the wait: `settle` asks again.
                }
                Timer::RoomLost => self.room_stays_lost(),
                Timer::PeerGone => self.peer_stays_gone(),
                Timer::LongestCall => self.longest_call_reached(),
                Timer::LastWord => self.no_last_word(),
                Timer::Poll => self.look(),
                Timer::HeldSignals => self.release_signals(),
                Timer::Resync => self.sync(),
                Timer::Doubt => self.believe(),
                Timer::RejoinOffer => self.give_up_leftover(),
                Timer::LeftoverRetry => self.ask_for_leftover(),
                Timer::SignOut => self.signed_out(),
            }
        }
        self.park();
        self.run_farewells();
    }

    /// Brings about what the state asks for, whatever led to it.
    fn settle(&mut self) {
        // Who holds lets go of the microphone before another takes it.
        self.on_each(Self::release_media);
        self.on_each(|m| {
            m.send_held_create();
            m.subscribe_topics();
            m.join_room();
            m.see_who_accepted();
            m.steer_media();
            m.tell_connected();
            m.watch_others();
            m.tell_hold();
            m.tell_media();
            m.arm_poll();
        });
        if self.stage == Stage::In {
            self.tell_device();
        }
        self.finish_leaving();
    }
}
