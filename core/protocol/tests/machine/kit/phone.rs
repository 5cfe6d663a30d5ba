//! Bob's phone: what it is given, what it says, and what it asks.

use faithcall_protocol::machine::{
    Answer, CallState, Effect, Ended, Event, Failure, Input, Machine, MachineConfig, Output, Reply,
    Request, RequestId, RoomEffect, SessionId,
};

use super::{server_time, sync};

/// Bob's phone.
pub(crate) struct Phone {
    pub(crate) machine: Machine,
    pub(crate) now: u64,
    part_b: bool,
    given: Vec<(u64, Input)>,
    open: Vec<(RequestId, Request)>,
    events: Vec<Event>,
    effects: Vec<Effect>,
    refused: Vec<String>,
}

pub(crate) fn name_of(request: &Request) -> &'static str {
    match request {
        Request::Create(_) => "create",
        Request::Accept { .. } => "accept",
        Request::Reject { .. } => "reject",
        Request::Cancel { .. } => "cancel",
        Request::Connected { .. } => "connected",
        Request::End { .. } => "end",
        Request::Leave { .. } => "leave",
        Request::Invite { .. } => "invite",
        Request::Hold { .. } => "hold",
        Request::Patch { .. } => "patch",
        Request::Active => "active",
        Request::Get { .. } => "get",
        Request::Sync { .. } => "sync",
        Request::Ringing { .. } => "ringing",
        Request::Token { .. } => "token",
        Request::History => "history",
        Request::Register { .. } => "register",
        Request::Forget { .. } => "forget",
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
            given: Vec::new(),
            open: Vec::new(),
            events: Vec::new(),
            effects: Vec::new(),
            refused: Vec::new(),
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
        self.given.push((self.now, input.clone()));
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

    /// Answers the oldest open request of this name.
    pub(crate) fn answer(&mut self, name: &str, reply: Reply) -> &mut Self {
        self.answer_with(name, Ok(reply))
    }

    /// Answers the newest open request of this name: another one's answer is late.
    pub(crate) fn answer_newest(&mut self, name: &str, reply: Reply) -> &mut Self {
        self.open.reverse();
        self.answer(name, reply);
        self.open.reverse();
        self
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
        self.give(Input::Answer {
            id,
            answer: Answer {
                faithcall_header: self.part_b && !silent,
                date: (!silent).then(|| server_time(self.now)),
                result,
            },
        })
    }

    /// Gives the last input once more.
    pub(crate) fn again(&mut self) -> &mut Self {
        let (_, input) = self.given.last().expect("an input");
        self.give(input.clone())
    }

    /// Every input so far, with its time.
    pub(crate) fn given(&self) -> &[(u64, Input)] {
        &self.given
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

    /// Lets a minute pass in which no request of this name is answered.
    pub(crate) fn in_vain_for_a_minute(&mut self, name: &str) -> &mut Self {
        let until = self.now + 60_000;
        while self.now < until {
            if self.asked().contains(&name) {
                self.fail(name, Failure::NoAnswer);
            }
            self.pass(100);
        }
        self
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

    /// Everything asked of rooms since the last look, with the session.
    pub(crate) fn take_room_effects(&mut self) -> Vec<(u64, RoomEffect)> {
        let effects = std::mem::take(&mut self.effects);
        let room = |effect| match effect {
            Effect::Room { session, effect } => Some((session.0, effect)),
            _ => None,
        };
        effects.into_iter().filter_map(room).collect()
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
        self.machine
            .state()
            .call
            .is_some_and(|call| matches!(call.state, CallState::Incoming { .. }))
    }
}
