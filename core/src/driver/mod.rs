//! The one loop: inputs in, effects out. It knows nothing about calls.
//!
//! Commands of the app, pushes, signals, answers, room events and deadlines reached are all
//! inputs of one machine; what the machine wants done is carried out by tasks, and what comes of
//! it is an input again. Nothing else changes a call's state, and nothing is locked meanwhile.

mod room;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use faithcall_protocol::machine;
use faithcall_protocol::machine::timer::SIGN_OUT_MS;
use faithcall_protocol::machine::{
    Answer, Command, CommandError, Effect, Event, Failure, Input, Machine, Output, Request,
    RequestId, RoomEffect, SessionId, SystemChange, View,
};
use faithcall_protocol::push::Push;
use faithcall_protocol::signal::Envelope;
use faithcall_protocol::timestamp::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::rest::Rest;
use crate::room::{RoomEngine, RoomError, RoomEvent, RoomEvents};
use crate::signaling::{LinkError, LinkEvent, Signaling};
use crate::trace::Trace;
use room::{RoomTask, RoomTold};

/// What the goodbyes of rooms and broker may take, once the member has signed out.
const GOODBYES_MS: u64 = 800;
/// How long leaving may take, from the command to the end of everything.
pub(crate) const LEAVE_TIMEOUT: Duration = Duration::from_millis(SIGN_OUT_MS + GOODBYES_MS);

/// What the loop drives.
pub(crate) struct Ports {
    pub(crate) rest: Arc<dyn Rest>,
    pub(crate) signaling: Arc<dyn Signaling>,
    /// The news of `signaling`.
    pub(crate) link: mpsc::Receiver<LinkEvent>,
    pub(crate) engine: Arc<dyn RoomEngine>,
    /// Instead of the media server that the server names.
    pub(crate) livekit_url: Option<String>,
}

/// What the app asks of the loop.
pub(crate) enum Ask {
    Command(Command, oneshot::Sender<Result<(), CommandError>>),
    Push(Push),
    System(SystemChange),
}

/// What the loop tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    Event(Event),
    LinkUp,
    LinkDown(Option<LinkError>),
    RoomFailed(RoomError),
}

pub(crate) struct Driver<Tell> {
    machine: Machine,
    ports: Ports,
    trace: Option<Trace>,
    asks: mpsc::UnboundedReceiver<Ask>,
    tell: Tell,
    view: watch::Sender<View>,
    began: Instant,
    requests: JoinSet<(RequestId, Answer)>,
    /// Those that were not told to leave.
    rooms: HashMap<SessionId, mpsc::UnboundedSender<RoomEffect>>,
    room_tasks: JoinSet<()>,
    room_events: RoomEvents,
    room_told: mpsc::UnboundedSender<(SessionId, RoomTold)>,
    /// The link's task has ended, which only a fault in it brings about.
    link_is_gone: bool,
    /// Signing out: nothing more is asked of the loop.
    leaving: bool,
}

/// What wakes the loop.
enum Woken {
    Ask(Option<Ask>),
    Link(Option<LinkEvent>),
    Answer(RequestId, Answer),
    RoomEvent(crate::room::SessionId, RoomEvent),
    RoomTold(SessionId, RoomTold),
    RoomOver,
    Deadline,
}

impl<Tell: FnMut(Told) + Send> Driver<Tell> {
    /// Runs until the member has signed out, which takes [`LEAVE_TIMEOUT`] at most.
    ///
    /// `began` is the zero of the machine's clock. `tell` is called between inputs, never while
    /// anything is locked.
    pub(crate) async fn run(
        machine: Machine,
        ports: Ports,
        trace: Option<Trace>,
        asks: mpsc::UnboundedReceiver<Ask>,
        view: watch::Sender<View>,
        began: Instant,
        tell: Tell,
    ) {
        let (room_events, mut engine_events) = RoomEvents::channel();
        let (room_told, mut tasks_told) = mpsc::unbounded_channel();
        let mut driver = Self {
            machine,
            ports,
            trace,
            asks,
            tell,
            view,
            began,
            requests: JoinSet::new(),
            rooms: HashMap::new(),
            room_tasks: JoinSet::new(),
            room_events,
            room_told,
            link_is_gone: false,
            leaving: false,
        };
        let mut over = driver.handle(Input::SignedIn);
        while !over {
            let deadline = driver
                .machine
                .next_deadline()
                .map(|ms| began + Duration::from_millis(ms));
            let woken = tokio::select! {
                ask = driver.asks.recv(), if !driver.leaving => Woken::Ask(ask),
                event = driver.ports.link.recv(), if !driver.link_is_gone => Woken::Link(event),
                Some(Ok((id, answer))) = driver.requests.join_next() => Woken::Answer(id, answer),
                Some((session, event)) = engine_events.recv() => Woken::RoomEvent(session, event),
                Some((session, told)) = tasks_told.recv() => Woken::RoomTold(session, told),
                Some(_) = driver.room_tasks.join_next() => Woken::RoomOver,
                () = until(deadline) => Woken::Deadline,
            };
            over = driver.on(woken);
        }
        driver.goodbye().await;
    }

    /// Takes what has happened; `true` when it is all over.
    fn on(&mut self, woken: Woken) -> bool {
        match woken {
            Woken::Ask(Some(Ask::Push(push))) => self.handle(Input::Push(push)),
            Woken::Ask(Some(Ask::System(change))) => self.handle(Input::System(change)),
            Woken::Ask(Some(Ask::Command(command, answer))) => self.command(command, answer),
            // The client was dropped: the same as signing out, with nobody to tell.
            Woken::Ask(None) => self.command(Command::Disconnect, oneshot::channel().0),
            Woken::Link(Some(event)) => self.link(event),
            Woken::Link(None) => {
                tracing::error!("the link to the broker has failed for good: report this");
                self.link_is_gone = true;
                self.link(LinkEvent::Down(Some(LinkError::Lost)))
            }
            Woken::Answer(id, answer) => self.handle(Input::Answer { id, answer }),
            Woken::RoomEvent(session, event) => {
                let session = SessionId(session.0);
                if matches!(event, RoomEvent::Disconnected { .. }) {
                    self.rooms.remove(&session);
                }
                room::inputs(event)
                    .into_iter()
                    .any(|event| self.handle(Input::Room { session, event }))
            }
            Woken::RoomTold(session, RoomTold::Event(event)) => {
                if matches!(event, machine::RoomEvent::Disconnected { .. }) {
                    self.rooms.remove(&session);
                }
                self.handle(Input::Room { session, event })
            }
            Woken::RoomTold(_, RoomTold::Failed(error)) => {
                (self.tell)(Told::RoomFailed(error));
                false
            }
            Woken::RoomTold(session, RoomTold::NotEntered) => {
                self.rooms.remove(&session);
                let event = machine::RoomEvent::ConnectFailed;
                self.handle(Input::Room { session, event })
            }
            Woken::RoomOver => false,
            Woken::Deadline => self.handle(Input::Tick),
        }
    }

    fn command(
        &mut self,
        command: Command,
        answer: oneshot::Sender<Result<(), CommandError>>,
    ) -> bool {
        self.leaving |= command == Command::Disconnect;
        let outputs = self.step(Input::Command(command));
        let refused = outputs.iter().find_map(|output| match output {
            Output::Refused(error) => Some(error.clone()),
            Output::Effect(_) | Output::Event(_) => None,
        });
        let over = self.carry_out(outputs);
        // Whoever asked may have stopped waiting.
        let _ = answer.send(refused.map_or(Ok(()), Err));
        over
    }

    fn link(&mut self, event: LinkEvent) -> bool {
        match event {
            LinkEvent::Up => {
                (self.tell)(Told::LinkUp);
                self.handle(Input::LinkUp)
            }
            LinkEvent::Down(error) => {
                (self.tell)(Told::LinkDown(error));
                self.handle(Input::LinkDown)
            }
            LinkEvent::CallTopics { call, subscribed } => self.handle(Input::CallTopics {
                call_id: call,
                subscribed,
            }),
            LinkEvent::Signal { topic, envelope } => self.handle(Input::Signal { topic, envelope }),
        }
    }

    /// One input, and everything that follows from it; `true` when the machine has signed out.
    fn handle(&mut self, input: Input) -> bool {
        let outputs = self.step(input);
        self.carry_out(outputs)
    }

    fn step(&mut self, input: Input) -> Vec<Output> {
        let now_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let outputs = match &mut self.trace {
            None => self.machine.handle(now_ms, input),
            Some(trace) => {
                let outputs = self.machine.handle(now_ms, input.clone());
                trace.step(now_ms, &input, &outputs);
                outputs
            }
        };
        self.view.send_replace(self.machine.state());
        outputs
    }

    fn carry_out(&mut self, outputs: Vec<Output>) -> bool {
        let mut signed_out = false;
        for output in outputs {
            match output {
                Output::Effect(effect) => self.effect(effect),
                Output::Event(event) => {
                    signed_out |= event == Event::SignedOut;
                    (self.tell)(Told::Event(event));
                }
                Output::Refused(error) => tracing::debug!(%error, "a command was refused"),
            }
        }
        signed_out
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Request { id, request } => self.request(id, request),
            Effect::Subscribe { call_id } => self.ports.signaling.subscribe_call(call_id),
            Effect::Unsubscribe { call_id } => self.ports.signaling.unsubscribe_call(call_id),
            Effect::Publish {
                topic,
                call_id,
                signal,
            } => self.ports.signaling.publish(
                topic,
                Envelope {
                    call_id,
                    timestamp: now(),
                    rev: None,
                    signal,
                },
            ),
            Effect::ReconnectLink => {
                self.ports.signaling.reconnect();
                self.ports.rest.network_changed();
            }
            Effect::Room { session, effect } => self.room(session, effect),
        }
    }

    fn request(&mut self, id: RequestId, request: Request) {
        let rest = Arc::clone(&self.ports.rest);
        // A task of its own below, so that even a panic in a library is an answer.
        let sent = tokio::spawn(async move { rest.send(request).await });
        self.requests.spawn(async move {
            let answer = sent.await.unwrap_or(Answer {
                result: Err(Failure::NoAnswer),
                faithcall_header: false,
                date: None,
            });
            (id, answer)
        });
    }

    fn room(&mut self, session: SessionId, effect: RoomEffect) {
        if let RoomEffect::Connect { url, token } = effect {
            let (effects, inbox) = mpsc::unbounded_channel();
            self.rooms.insert(session, effects);
            let url = self.ports.livekit_url.clone().unwrap_or(url);
            let task = RoomTask {
                engine: Arc::clone(&self.ports.engine),
                session,
                events: self.room_events.clone(),
                told: self.room_told.clone(),
                inbox,
            };
            self.room_tasks.spawn(task.run(url, token));
            return;
        }
        let last = effect == RoomEffect::Leave;
        if let Some(effects) = self.rooms.get(&session) {
            // A task that has ended told so: its session is over for the machine too.
            let _ = effects.send(effect);
        }
        if last {
            self.rooms.remove(&session);
        }
    }

    /// Leaves rooms and broker, and lets what was asked last arrive, in bounded time: an app may end
    /// its process, or the runtime, right after.
    async fn goodbye(mut self) {
        let by = Instant::now() + Duration::from_millis(GOODBYES_MS);
        for effects in self.rooms.values() {
            let _ = effects.send(RoomEffect::Leave);
        }
        let rooms = async { while self.room_tasks.join_next().await.is_some() {} };
        let asked = async { while self.requests.join_next().await.is_some() {} };
        let all = async { tokio::join!(rooms, asked, self.ports.signaling.disconnect()) };
        if timeout_at(by, all).await.is_err() {
            tracing::info!("left without waiting for every goodbye");
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// For readers of signals; no rule looks at it.
fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix_ms(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
