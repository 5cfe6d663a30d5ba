//! The one loop: what is due next happens, and every invariant is looked at.

use faithcall_protocol::machine::{Effect, Input, Output};

use super::cut_short::is_of_itself;
use super::ring::note_told;
use super::{EPOCH_MS, World};
use crate::queue::Coming;

/// Nothing has changed for so long: longer than anything that is waited for, a ring, an accept
/// and a farewell.
const QUIET_MS: u64 = 65_000;
/// A world that is not quiet after so long never will be.
const RESTLESS_MS: u64 = 20 * 60_000;

impl World {
    /// Lets so much time pass.
    pub fn run_ms(&mut self, ms: u64) {
        self.run_to(self.now + ms);
    }

    /// Lets time pass until something is so, `within_ms` at most. False: it was not so in time.
    ///
    /// ```
    /// # let mut world = faithcall_sim::World::builder(1)
    /// #     .device("ann", "phone").device("bob", "phone").build();
    /// let call = world.call("ann", &["bob"]);
    /// assert!(world.run_until(5_000, |world| world.rings("bob", &call)));
    /// world.kill("bob");
    /// ```
    pub fn run_until(&mut self, within_ms: u64, mut is_so: impl FnMut(&Self) -> bool) -> bool {
        let latest = self.now + within_ms;
        self.after_step();
        while !is_so(self) {
            if self.next_at().is_none_or(|at| at > latest) {
                self.run_to(latest);
                return is_so(self);
            }
            self.step();
        }
        true
    }

    /// Lets the next thing happen, whenever that is: one input of a device, one request at the
    /// server, one deadline. Between two steps anybody may die.
    ///
    /// ```
    /// # use faithcall_sim::World;
    /// // Whatever the last thing was that the server did, the call comes to its end.
    /// for step in 0..60 {
    ///     let mut world = World::builder(1).device("ann", "phone").device("bob", "phone").build();
    ///     world.call("ann", &["bob"]);
    ///     for _ in 0..step {
    ///         world.step();
    ///     }
    ///     world.kill_server();
    ///     world.run_ms(3_000);
    ///     world.start_server();
    ///     world.settle();
    ///     world.check().unwrap();
    /// }
    /// ```
    pub fn step(&mut self) {
        self.after_step();
        if let Some(at) = self.next_at() {
            self.now = at.max(self.now);
            self.happen();
            self.after_step();
        }
    }

    /// How many steps there were.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Lets time pass until nothing has changed for 65 s, for no person and in no store: then
    /// every call is over, or active with everybody in it. What is cut or down stays so.
    ///
    /// Gives up after 20 minutes; [`World::check`] then says what is still going on.
    pub fn settle(&mut self) {
        self.stir();
        let latest = self.now + RESTLESS_MS;
        while self.now < latest && self.now < self.stirred_at + QUIET_MS {
            self.run_to((self.stirred_at + QUIET_MS).min(latest));
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        self.now >= self.stirred_at + QUIET_MS
    }

    fn run_to(&mut self, until: u64) {
        self.after_step();
        while let Some(at) = self.next_at().filter(|at| *at <= until) {
            self.now = at.max(self.now);
            self.happen();
            self.after_step();
        }
        self.now = until;
    }

    fn next_at(&self) -> Option<u64> {
        let devices = self.devices.iter().filter(|device| device.alive);
        let devices = devices
            .filter_map(|d| Some(d.machine.next_deadline()?.saturating_sub(d.clock_ahead_ms)));
        let server = self.server.open_calls().filter(|_| self.server.up);
        let server = server.filter_map(|call| Some(call.next_deadline()?.saturating_sub(EPOCH_MS)));
        self.queue
            .next_at()
            .into_iter()
            .chain(devices)
            .chain(server)
            .min()
    }

    /// One thing that is due: the server's deadlines, the devices', then what comes.
    fn happen(&mut self) {
        self.steps += 1;
        let epoch = self.epoch();
        let overdue = self.server.open_calls().find(|call| call.is_overdue(epoch));
        if self.server.up
            && let Some(id) = overdue.map(|call| call.call_id().clone())
        {
            self.tell("server", || format!("a deadline of {id} has come"));
            let before = self.server.calls.get(&id).cloned();
            self.server.tick(&id, epoch);
            if let Some(before) = before {
                self.recognise_end(&before);
            }
            return;
        }
        let due = self.devices.iter().position(|device| {
            let deadline = device.machine.next_deadline().filter(|_| device.alive);
            deadline.is_some_and(|at| at <= self.now + device.clock_ahead_ms)
        });
        if let Some(device) = due {
            self.give(device, Input::Tick);
        } else if self.queue.next_at().is_some_and(|at| at <= self.now)
            && let Some(coming) = self.queue.pop()
        {
            self.arrive(coming);
        }
    }

    fn after_step(&mut self) {
        self.watch_commits();
        self.start_room_work();
        self.start_publishing();
    }

    fn arrive(&mut self, coming: Coming) {
        match coming {
            Coming::Request {
                device,
                life,
                id,
                unanswered,
                sent_ms,
                request,
            } => self.request_arrives(device, life, (id, unanswered), sent_ms, &request),
            Coming::Input {
                device,
                life,
                input,
            } => {
                if self.devices.get(device).is_some_and(|d| d.life == life) {
                    self.recognise_input(device, &input);
                    self.give(device, *input);
                }
            }
            Coming::Signal {
                device,
                connection,
                number,
                topic,
                envelope,
            } => self.signal_arrives(device, connection, number, topic, envelope),
            Coming::Push { device, push } => self.push_arrives(device, push),
            Coming::Connect { device, life } => self.connected(device, life),
            Coming::NoticeCut {
                device,
                life,
                connections,
            } => self.cut_noticed(device, life, connections),
            Coming::Enter { who, token } => self.enter(who, &token),
            Coming::GiveUp { who } => self.exit(who, false),
            Coming::Webhook {
                call,
                identity,
                session,
                hint,
            } => self.webhook_arrives(&call, identity, session, hint),
            Coming::RoomWork {
                call,
                task,
                attempt,
            } => self.work_on_room(call, task, attempt),
            Coming::RoomLists => self.ask_for_lists(),
            Coming::RoomListed {
                call,
                present,
                asked_at_ms,
            } => self.list_arrives(&call, present, asked_at_ms),
            Coming::Publish => self.publish(),
            Coming::Do(script) => script(self),
        }
    }

    /// Gives a device's machine an input, and carries out what it wants.
    pub(super) fn give(&mut self, at: usize, input: Input) {
        let now = self.now;
        let Some(device) = self.devices.get_mut(at).filter(|device| device.alive) else {
            return;
        };
        note_told(device, &input, now);
        let of_itself = is_of_itself(&input);
        let outputs = device.machine.handle(now + device.clock_ahead_ms, input);
        if of_itself {
            self.watch_cut_short(at, &outputs);
        }
        for output in outputs {
            match output {
                Output::Event(event) => self.shown(at, event),
                Output::Refused(_) => {}
                Output::Effect(effect) => self.carry_out(at, effect),
            }
        }
        self.watch_device(at);
    }

    pub(super) fn carry_out(&mut self, device: usize, effect: Effect) {
        match effect {
            Effect::Request { id, request } => self.send_request(device, id, request),
            Effect::Room { session, effect } => self.steer(device, session, effect),
            // A part-A topic: never needed, and refused by this broker.
            Effect::Subscribe { call_id } => {
                let input = Input::CallTopics {
                    call_id,
                    subscribed: false,
                };
                self.post_input(device, 10, input);
            }
            Effect::ReconnectLink => self.reconnect(device, 0),
            Effect::Unsubscribe { .. } | Effect::Publish { .. } => {}
        }
    }

    /// Something for the present process of a device.
    pub(super) fn post_input(&mut self, device: usize, in_ms: u64, input: Input) {
        let Some(life) = self.devices.get(device).map(|device| device.life) else {
            return;
        };
        let input = Box::new(input);
        self.post(
            in_ms,
            Coming::Input {
                device,
                life,
                input,
            },
        );
    }
}
