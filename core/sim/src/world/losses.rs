//! Exact misfortunes: this message and no other gets lost, this device and no other cannot; and
//! what only a script can say.

use faithcall_protocol::id::MemberId;
use faithcall_protocol::machine::{
    Input, MediaProblem, MediaSource, Request, RoomEvent, SystemChange,
};
use faithcall_protocol::push::Push;
use faithcall_protocol::signal::Envelope;

use super::World;
use super::build::id;

impl World {
    /// A device's next `count` requests never reach the server. What is asked by a command is
    /// asked at once, so this loses the very accept:
    ///
    /// ```
    /// # let mut world = faithcall_sim::World::builder(1)
    /// #     .device("ann", "phone").device("bob", "phone").build();
    /// # let call = world.call("ann", &["bob"]);
    /// # world.run_ms(1_000);
    /// world.lose_requests("bob", 1);
    /// world.accept("bob", &call);
    /// # world.settle();
    /// # assert!(world.is_active("bob", &call), "it was sent again");
    /// ```
    #[track_caller]
    pub fn lose_requests(&mut self, device: &str, count: u32) {
        self.device_mut(device).doomed.requests = count;
    }

    /// The next request of a device of which this is true never reaches the server; what it asks
    /// before that does. For what a device asks by itself:
    ///
    /// ```
    /// # use faithcall_sim::World;
    /// use faithcall_sim::protocol::machine::Request;
    ///
    /// # let mut world = World::builder(1).device("ann", "phone").device("bob", "phone").build();
    /// world.lose_request("bob", |request| matches!(request, Request::Connected { .. }));
    /// let call = world.call("ann", &["bob"]);
    /// # world.run_ms(1_000);
    /// # world.accept("bob", &call);
    /// # world.settle();
    /// # assert!(world.is_active("bob", &call), "it was sent again");
    /// # assert_eq!(world.faults()[&faithcall_sim::Fault::RequestLost], 1);
    /// ```
    #[track_caller]
    pub fn lose_request(&mut self, device: &str, which: impl Fn(&Request) -> bool + 'static) {
        self.device_mut(device)
            .picked
            .requests
            .push(Box::new(which));
    }

    /// The server carries out the next request of a device of which this is true, and its answer
    /// never comes.
    #[track_caller]
    pub fn lose_answer(&mut self, device: &str, which: impl Fn(&Request) -> bool + 'static) {
        self.device_mut(device).picked.answers.push(Box::new(which));
    }

    /// The next signal to a device of which this is true never comes, and its connection with it:
    /// see [`World::lose_signals`]. A change is told by several signals, to part-A apps too; a
    /// device of this world goes by the `call_invite` and the `call_update`s.
    ///
    /// ```
    /// # use faithcall_sim::World;
    /// use faithcall_sim::protocol::signal::Signal;
    ///
    /// # let mut world = World::builder(1).device("ann", "phone").device("bob", "phone").build();
    /// world.lose_signal("bob", |envelope| matches!(envelope.signal, Signal::CallInvite(_)));
    /// let call = world.call("ann", &["bob"]);
    /// # assert!(world.run_until(3_000, |world| world.rings("bob", &call)), "found at the next one");
    /// # assert_eq!(world.faults()[&faithcall_sim::Fault::SignalLost], 1);
    /// # world.kill("bob");
    /// ```
    #[track_caller]
    pub fn lose_signal(&mut self, device: &str, which: impl Fn(&Envelope) -> bool + 'static) {
        self.device_mut(device).picked.signals.push(Box::new(which));
    }

    /// The next push to a device of which this is true never comes: that a call is over, and not
    /// that it began, for one.
    #[track_caller]
    pub fn lose_push(&mut self, device: &str, which: impl Fn(&Push) -> bool + 'static) {
        self.device_mut(device).picked.pushes.push(Box::new(which));
    }

    /// The server carries out a device's next `count` requests, and its answers never come.
    #[track_caller]
    pub fn lose_answers(&mut self, device: &str, count: u32) {
        self.device_mut(device).doomed.answers = count;
    }

    /// The next `count` signals that are published to a device never come. A broker loses none on
    /// a connection that stands: with each of them its connection is dead, which the device notices
    /// after its link's `notice_ms`.
    #[track_caller]
    pub fn lose_signals(&mut self, device: &str, count: u32) {
        self.device_mut(device).doomed.signals = count;
    }

    /// The next `count` pushes to a device never come.
    #[track_caller]
    pub fn lose_pushes(&mut self, device: &str, count: u32) {
        self.device_mut(device).doomed.pushes = count;
    }

    /// Whether the server has a push token of a device. At first as [`crate::Builder::pushes`]
    /// says of all.
    #[track_caller]
    pub fn pushes_reach(&mut self, device: &str, on: bool) {
        let at = self.find(device);
        if let Some(device) = self.devices.get_mut(at) {
            device.has_push_token = on;
            let (member, id) = (device.member.clone(), device.id.clone());
            self.server.set_push_token(&member, &id, on);
        }
    }

    /// From now on a device's engine cannot open its microphone or camera, for this reason; `None`:
    /// it can again.
    #[track_caller]
    pub fn media_fails(
        &mut self,
        device: &str,
        source: MediaSource,
        problem: Option<MediaProblem>,
    ) {
        let at = self.find(device);
        if let Some(device) = self.devices.get_mut(at) {
            match problem {
                Some(problem) => device.media_problems.insert(source, problem),
                None => device.media_problems.remove(&source),
            };
        }
    }

    /// A device's system says something: another network, an interruption, a permission.
    #[track_caller]
    pub fn system(&mut self, device: &str, change: SystemChange) {
        let at = self.find(device);
        self.stir();
        self.tell_of(at, || format!("system: {change:?}"));
        self.give(at, Input::System(change));
    }

    /// A device's engine tells something of the room of the call that its user is in, beside what
    /// it tells by itself: statistics, for one. Nothing happens where there is none.
    #[track_caller]
    pub fn room_says(&mut self, device: &str, event: RoomEvent) {
        let at = self.find(device);
        let session = self.devices.get(at).and_then(|device| device.session());
        if let Some(session) = session {
            self.give(at, Input::Room { session, event });
        }
    }

    /// A push reaches a device, whoever sent it; a process that was killed, and not stopped by its
    /// user, is started by it.
    #[track_caller]
    pub fn push(&mut self, device: &str, push: Push) {
        let at = self.find(device);
        self.stir();
        self.push_arrives(at, push);
    }

    /// Anything at all reaches a device's machine: a forged signal, an answer that nobody asked
    /// for. For what nothing else here brings about.
    #[track_caller]
    pub fn input(&mut self, device: &str, input: Input) {
        let at = self.find(device);
        self.stir();
        self.give(at, input);
    }

    /// Revokes every token of a member: it is out of its calls and cut off from the broker, and
    /// every request of its is refused, until [`World::reinstate`]. The server must be up.
    ///
    /// # Panics
    /// If `member` is no id.
    #[track_caller]
    pub fn revoke(&mut self, member: &str) {
        let member: MemberId = id(member);
        let now = self.epoch();
        self.tell("server", || format!("revokes {member}"));
        self.server.revoke(&member, now);
        for at in 0..self.devices.len() {
            let device = self.devices.get_mut(at).filter(|d| d.member == member);
            if let Some(device) = device {
                device.connection = None;
                self.reconnect(at, 0);
            }
        }
    }

    /// A member's tokens count again.
    ///
    /// # Panics
    /// If `member` is no id.
    #[track_caller]
    pub fn reinstate(&mut self, member: &str) {
        let member: MemberId = id(member);
        self.server.revoked.remove(&member);
    }
}
