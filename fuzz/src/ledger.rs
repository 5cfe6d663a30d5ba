//! A server's calls under any sequence of what it does with the ledger: creates, requests, accepts
//! and holds that change two calls, invites, webhooks and participant lists, deadlines that come in
//! time or late, revocations.

mod operation;

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Result, Unstructured};
use faithcall_protocol::id::{CallId, MemberId};
use faithcall_protocol::ledger::{
    Call, Claim, Command, Effect, Found, NewCall, Refusal, Step, Timeouts, accept_call, access,
    active_info, apply, claims, create_call, entitled, history_item, hold_call, invite_members,
    ring_expires_in_ms, snapshot, sync_response,
};
use faithcall_protocol::push::Push;
use faithcall_protocol::rest::Actor;
use faithcall_protocol::signal::topic::Topic;
use faithcall_protocol::signal::{Person, decode, encode};
use faithcall_protocol::snapshot::InviteeState;

use crate::bench::URL;
use crate::invariants;
use operation::{DEVICES, MEMBERS, Operation, Options, id, person};

const START: u64 = 1_795_361_091_000;

/// Plays what the bytes say, and holds every step against the ledger's invariants.
///
/// # Panics
/// One is broken.
pub fn play(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let Ok(options) = Options::read(&mut bytes) else {
        return;
    };
    let mut server = Server::new(options);
    while !bytes.is_empty() && server.step(&mut bytes).is_ok() {
        server.claims_fit_together();
    }
    server.is_left_alone();
}

struct Server {
    options: Options,
    calls: BTreeMap<CallId, Call>,
    cancels: BTreeSet<(MemberId, CallId)>,
    now: u64,
    /// The clock has never run backwards.
    steady: bool,
}

impl Server {
    fn new(options: Options) -> Self {
        Self {
            options,
            calls: BTreeMap::new(),
            cancels: BTreeSet::new(),
            now: START,
            steady: true,
        }
    }

    fn step(&mut self, bytes: &mut Unstructured) -> Result<()> {
        let ms = operation::pause(bytes)?;
        self.steady &= ms >= 0;
        self.now = self.now.saturating_add_signed(ms);
        // Now and then the deadlines are carried out late, by whoever comes first.
        if !bytes.ratio(1, 8)? {
            let ids: Vec<_> = self.calls.keys().cloned().collect();
            ids.iter().for_each(|id| self.carry_out(id));
        }
        let call_id = operation::call_id(bytes)?;
        // In place of a further id: a server forgets a call some time after its end.
        if self.calls.get(&call_id).is_some_and(Call::is_over) && bytes.ratio(3, 4)? {
            self.calls.remove(&call_id);
        }
        let operation = Operation::read(bytes, self.now, self.calls.get(&call_id))?;
        match operation {
            Operation::Create {
                actor,
                callees,
                video,
            } => {
                self.create(&call_id, &actor, &callees, video);
            }
            Operation::Accept { actor, make_way } => {
                self.decide(&call_id, |call, claiming, now| {
                    accept_call(call, &actor, make_way.as_ref(), claiming, now)
                });
            }
            Operation::Hold { actor, patch } => {
                self.decide(&call_id, |call, claiming, now| {
                    hold_call(call, &actor, &patch, claiming, now)
                });
            }
            Operation::Invite { actor, callees } => {
                let waiting = self.options.call_waiting.clone();
                self.decide(&call_id, |call, claiming, now| {
                    invite_members(call, &actor, &callees, claiming, &waiting, now)
                        .map(|step| vec![step])
                });
            }
            Operation::Revoke(member) => {
                let ids: Vec<_> = self.calls.keys().cloned().collect();
                for id in ids {
                    let member = member.clone();
                    self.command(&id, &Command::Revoke { member });
                }
            }
            Operation::Command(command) => self.command(&call_id, &command),
        }
        Ok(())
    }

    /// What is due of a call is done.
    fn carry_out(&mut self, id: &CallId) {
        let mut steps = 0;
        while let Some(call) = self.calls.get(id).filter(|call| call.is_overdue(self.now)) {
            let step = apply(call, &Command::Tick, self.now).expect("a tick is never refused");
            assert_eq!(
                step.effect,
                Effect::Committed,
                "a deadline changes something"
            );
            self.take(vec![step]);
            steps += 1;
            assert!(steps < 100, "a deadline that is never met");
        }
    }

    fn command(&mut self, id: &CallId, command: &Command) {
        if let (Command::Cancel { actor }, None) = (command, self.calls.get(id)) {
            self.cancels.insert((actor.member_id.clone(), id.clone()));
        }
        self.decide(id, |call, _, now| {
            let step = apply(call, command, now)?;
            let again = apply(&step.call, command, now);
            if let Ok(again) = again {
                assert_eq!(again.effect, Effect::Unchanged, "asked twice: {command:?}");
            }
            Ok(vec![step])
        });
    }

    /// As a server does: what is overdue is carried out first, and all steps are written.
    fn decide(
        &mut self,
        id: &CallId,
        rule: impl Fn(&Call, &[Call], u64) -> std::result::Result<Vec<Step>, Refusal>,
    ) {
        for _ in 0..3 {
            let Some(call) = self.calls.get(id) else {
                return;
            };
            let claiming: Vec<Call> = self.calls.values().cloned().collect();
            match rule(call, &claiming, self.now) {
                Ok(steps) => {
                    assert_eq!(
                        steps[0].call.call_id(),
                        id,
                        "the call's own step is the first"
                    );
                    return self.take(steps);
                }
                Err(Refusal::Overdue) => {
                    let ids: Vec<_> = self.calls.keys().cloned().collect();
                    ids.iter().for_each(|id| self.carry_out(id));
                }
                Err(refusal) => {
                    assert!((400..500).contains(&refusal.status()));
                    assert!(!refusal.detail().is_empty());
                    return;
                }
            }
        }
        panic!("overdue after all deadlines were carried out");
    }

    fn create(&mut self, call_id: &CallId, caller: &Actor, callees: &[Person], video: bool) {
        let claiming: Vec<Call> = self.calls.values().cloned().collect();
        let found = Found {
            same_id: self.calls.get(call_id),
            same_key: false,
            cancel_remembered: self
                .cancels
                .contains(&(caller.member_id.clone(), call_id.clone())),
            claiming: &claiming,
            call_waiting: &self.options.call_waiting,
        };
        let new = self.new_call(call_id, caller, callees, video);
        let step = match create_call(new, &found, self.now) {
            Ok(step) => step,
            Err(Refusal::Glare { other }) => {
                assert!(
                    !self.calls[&other].is_over(),
                    "glare with a call that lives"
                );
                return;
            }
            Err(_) => return,
        };
        if step.effect == Effect::Unchanged {
            let own = &self.calls[call_id];
            assert!(!own.is_over() && own.caller().member_id() == &caller.member_id);
            assert_eq!(step.call, *own, "a repeat changes nothing");
            return;
        }
        let mut rung = step.call.invitees().iter();
        assert!(
            rung.any(|invitee| invitee.state != InviteeState::Busy),
            "somebody is rung"
        );
        invariants::hold_at_create(&step);
        self.is_told(None, &step);
        self.calls.insert(call_id.clone(), step.call);
    }

    fn new_call(
        &self,
        call_id: &CallId,
        caller: &Actor,
        callees: &[Person],
        video: bool,
    ) -> NewCall {
        use faithcall_protocol::media::CallType;
        NewCall {
            call_id: call_id.clone(),
            church_id: id("church-1"),
            call_type: if video {
                CallType::Video
            } else {
                CallType::Voice
            },
            caller: person(caller.member_id.as_str()),
            caller_device: caller.device_id.clone(),
            callees: callees.to_vec(),
            community_id: None,
            allow_join_ahead: self.options.join_ahead,
            timeouts: Timeouts::default(),
        }
    }

    /// One commit, of all steps.
    fn take(&mut self, steps: Vec<Step>) {
        for step in steps {
            let id = step.call.call_id().clone();
            let before = &self.calls[&id];
            invariants::hold(before, &step);
            self.is_told(Some(before), &step);
            self.calls.insert(id, step.call);
        }
    }

    /// What leaves the server can be read by whom it is for, and every way to look at the call works.
    fn is_told(&self, before: Option<&Call>, step: &Step) {
        let call = &step.call;
        for message in step.messages(URL) {
            let topic = message.topic.to_string();
            assert_eq!(topic.parse::<Topic>().as_ref(), Ok(&message.topic));
            let written = encode(&message.envelope).expect("every signal is written");
            let read = decode(&written).expect("every signal is read");
            assert_eq!(read, message.envelope);
            if let Some(message) = message.at(self.now) {
                assert!(message.ring_until_ms.is_none_or(|until| until > self.now));
            }
        }
        for order in step.pushes(before) {
            assert_eq!(Push::parse(&order.push.fields()).as_ref(), Ok(&order.push));
            assert!(
                call.role_of(&order.member_id).is_some(),
                "pushes go to members"
            );
            assert!(
                order.at(order.expires_at_ms).is_none(),
                "no push after its time"
            );
        }
        let shown = snapshot(call, self.now);
        for person in call.members() {
            assert_eq!(history_item(call, &person.id).is_some(), call.is_over());
            let is_claimed = claims(call).iter().any(|(who, _)| *who == person.id);
            let active = active_info(&person.id, [call], self.now);
            assert_eq!(active.is_some(), is_claimed);
            let known = [(call.call_id().clone(), call.rev())];
            let told = sync_response(&person.id, &known, [call], self.now);
            assert_eq!(told.over.len(), usize::from(call.is_over()));
            assert_eq!(told.calls.len(), usize::from(!call.is_over()));
            let left = ring_expires_in_ms(call, &person.id, self.now);
            assert!(left == 0 || !call.is_over(), "nothing rings after the end");
        }
        let seats: BTreeSet<_> = entitled(call).into_iter().map(|(name, _)| name).collect();
        let of_devices = MEMBERS.iter().flat_map(|member| {
            let devices = DEVICES.iter().map(|device| Some(id(device))).chain([None]);
            devices.filter_map(|device_id| {
                let member_id = id(member);
                let actor = Actor {
                    member_id,
                    device_id,
                };
                access(call, &actor).ok()
            })
        });
        let tokens: BTreeSet<_> = of_devices.map(|access| access.identity).collect();
        assert_eq!(tokens, seats, "a token for each seat, and for nobody else");
        assert_eq!(shown.rev, call.rev());
    }

    /// What calls claim of each member, once all that is due is done.
    fn claims_fit_together(&self) {
        if !self.steady {
            return;
        }
        let mut of_member: BTreeMap<MemberId, Vec<Claim>> = BTreeMap::new();
        for call in self.calls.values() {
            let done = match call.is_overdue(self.now) {
                true => apply(call, &Command::Tick, self.now).expect("a tick").call,
                false => call.clone(),
            };
            for (member, claim) in claims(&done) {
                of_member.entry(member).or_default().push(claim);
            }
        }
        for (member, claims) in of_member {
            let count = |wanted| claims.iter().filter(|claim| **claim == wanted).count();
            assert!(count(Claim::Engaged) <= 1, "{member} is in two calls");
            assert!(count(Claim::Held) <= 1, "{member} holds two calls");
            let most = match self.options.call_waiting.contains(&member) {
                true => 2,
                false => 1,
            };
            assert!(count(Claim::Ringing) <= most, "{member} rings too often");
        }
    }

    /// Left alone, every call is over within its longest lease.
    fn is_left_alone(&mut self) {
        let times = Timeouts::default();
        let longest = times.ring_ms + times.accept_grace_ms + times.connect_ms;
        let longest = self.now + longest + 2 * times.longest_ms;
        let ids: Vec<_> = self.calls.keys().cloned().collect();
        for id in ids {
            while let Some(deadline) = self.calls[&id].next_deadline() {
                self.now = self.now.max(deadline);
                self.carry_out(&id);
            }
            let ended = self.calls[&id].ended_at_ms();
            assert!(ended.is_some_and(|at| at <= longest), "over, and in time");
        }
    }
}
