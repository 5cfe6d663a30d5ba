//! One call on a bench: commands in, time by hand, and the invariants looked at after each step.

use faithcall_protocol::end::{CallStatus, EndReason, ReasonDetail};
use faithcall_protocol::ledger::*;
use faithcall_protocol::media::CallType;
use faithcall_protocol::redact::Personal;
use faithcall_protocol::rest::{Actor, PatchParticipant, RejectReason, RejectScope};
use faithcall_protocol::signal::{Cause, Change, Person, Signal};
use faithcall_protocol::snapshot::{CallSnapshot, InviteeState};

use crate::invariants;

/// When calls are made, in ms since 1970.
pub(crate) const START: u64 = 1_795_361_091_000;
pub(crate) const URL: &str = "wss://livekit.example";

pub(crate) fn actor(member: &str, device: &str) -> Actor {
    Actor {
        member_id: member.parse().unwrap(),
        device_id: (!device.is_empty()).then(|| device.parse().unwrap()),
    }
}

pub(crate) fn person(id: &str, name: &str) -> Person {
    Person {
        id: id.parse().unwrap(),
        name: Personal::new(name),
        avatar: None,
    }
}

/// Alice on the phone that calls.
pub(crate) fn alice() -> Actor {
    actor("alice", "a1")
}

/// Bob on his first device.
pub(crate) fn bob() -> Actor {
    actor("bob", "b1")
}

/// Carol on her device.
pub(crate) fn carol() -> Actor {
    actor("carol", "c1")
}

/// Dave on his device.
pub(crate) fn dave() -> Actor {
    actor("dave", "d1")
}

/// Bob on his second device.
pub(crate) fn bob2() -> Actor {
    actor("bob", "b2")
}

/// What a create that nobody has heard of yet finds: these calls.
pub(crate) fn finding(claiming: &[Call]) -> Found<'_> {
    Found {
        same_id: None,
        same_key: false,
        cancel_remembered: false,
        claiming,
        call_waiting: &[],
    }
}

pub(crate) fn new_call() -> NewCall {
    NewCall {
        call_id: "c1".parse().unwrap(),
        church_id: "church-1".parse().unwrap(),
        call_type: CallType::Voice,
        caller: person("alice", "Alice"),
        caller_device: Some("a1".parse().unwrap()),
        callees: vec![person("bob", "Bob")],
        community_id: None,
        allow_join_ahead: true,
        timeouts: Timeouts::default(),
    }
}

/// Makes a call of members who have no other one.
pub(crate) fn made(new: NewCall) -> Step {
    create_call(new, &finding(&[]), START).unwrap()
}

/// A call that rings Zoe, of a member who is in it.
pub(crate) fn elsewhere(member: &str) -> Bench {
    Bench::of(NewCall {
        call_id: "elsewhere".parse().unwrap(),
        caller: person(member, member),
        callees: vec![person("zoe", "Zoe")],
        ..new_call()
    })
}

/// Who is not rung by it.
pub(crate) fn busy_in(step: &Step) -> Vec<String> {
    let invitees = step.call.invitees().iter();
    let busy = invitees.filter(|invitee| invitee.state == InviteeState::Busy);
    busy.map(|invitee| invitee.party.member_id().to_string())
        .collect()
}

/// Somebody creates a call.
pub(crate) fn create(
    caller: &Actor,
    callees: &[Person],
    found: &Found<'_>,
    now_ms: u64,
) -> Result<Step, Refusal> {
    let new = NewCall {
        call_id: "new".parse().unwrap(),
        caller: person(caller.member_id.as_str(), ""),
        caller_device: caller.device_id.clone(),
        callees: callees.to_vec(),
        ..new_call()
    };
    create_call(new, found, now_ms)
}

pub(crate) fn ringing(actor: Actor) -> Command {
    Command::Ringing { actor }
}

pub(crate) fn accept(actor: Actor) -> Command {
    Command::Accept { actor }
}

pub(crate) fn reject(actor: Actor) -> Command {
    Command::Reject {
        actor,
        reason: RejectReason::Rejected,
        scope: RejectScope::Member,
        reachable: Vec::new(),
    }
}

pub(crate) fn reject_device(actor: Actor) -> Command {
    Command::Reject {
        actor,
        reason: RejectReason::Rejected,
        scope: RejectScope::Device,
        reachable: Vec::new(),
    }
}

pub(crate) fn busy(actor: Actor) -> Command {
    Command::Reject {
        actor,
        reason: RejectReason::Busy,
        scope: RejectScope::Member,
        reachable: Vec::new(),
    }
}

pub(crate) fn cancel(actor: Actor) -> Command {
    Command::Cancel { actor }
}

pub(crate) fn connected(actor: Actor) -> Command {
    Command::Connected { actor }
}

pub(crate) fn end(actor: Actor) -> Command {
    Command::End {
        actor,
        reason: None,
    }
}

pub(crate) fn leave(actor: Actor) -> Command {
    Command::Leave { actor }
}

pub(crate) fn invite_all(actor: Actor, callees: &[&str]) -> Command {
    Command::Invite {
        actor,
        callees: callees.iter().map(|id| person(id, id)).collect(),
        busy: Vec::new(),
    }
}

pub(crate) fn heard(actor: Actor) -> Command {
    Command::Heard { actor }
}

pub(crate) fn mute(actor: Actor, is_muted: bool) -> Command {
    Command::Patch {
        actor,
        flags: PatchParticipant {
            is_muted: Some(is_muted),
            ..PatchParticipant::default()
        },
    }
}

pub(crate) fn joined(identity: &str) -> Command {
    Command::RoomHint {
        identity: identity.into(),
        session: None,
        hint: RoomHint::Joined,
    }
}

pub(crate) fn dropped(identity: &str) -> Command {
    Command::RoomHint {
        identity: identity.into(),
        session: None,
        hint: RoomHint::Left {
            client_initiated: false,
        },
    }
}

pub(crate) fn left(identity: &str) -> Command {
    Command::RoomHint {
        identity: identity.into(),
        session: None,
        hint: RoomHint::Left {
            client_initiated: true,
        },
    }
}

/// The same, of a stay that the media server names.
pub(crate) fn in_stay(sid: &str, hint: Command) -> Command {
    match hint {
        Command::RoomHint { identity, hint, .. } => Command::RoomHint {
            identity,
            session: Some(sid.into()),
            hint,
        },
        other => panic!("{other:?} is no hint"),
    }
}

/// A call and its clock.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    pub(crate) call: Call,
    pub(crate) now: u64,
}

impl Bench {
    /// Alice has called Bob; every device is named, and joining while it rings is on.
    pub(crate) fn ringing() -> Self {
        Self::of(new_call())
    }

    /// The same with apps of part A on both sides.
    pub(crate) fn nameless() -> Self {
        Self::of(NewCall {
            caller_device: None,
            ..new_call()
        })
    }

    pub(crate) fn of(new: NewCall) -> Self {
        let step = made(new);
        invariants::hold_at_create(&step);
        Self {
            call: step.call,
            now: START,
        }
    }

    /// Alice has called Bob, Carol and Dave.
    pub(crate) fn group() -> Self {
        Self::of(NewCall {
            callees: ["bob", "carol", "dave"].map(|id| person(id, id)).into(),
            ..new_call()
        })
    }

    /// Alice, Bob and Carol are in the room, and Dave is not in the call any more.
    pub(crate) fn three() -> Self {
        let mut bench = Self::group();
        bench.commits(accept(bob()));
        bench.commits(accept(carol()));
        bench.commits(reject(dave()));
        bench.lists(&["alice", "bob", "carol"]);
        assert_eq!(bench.call.status(), CallStatus::Active);
        bench
    }

    /// Bob's first device has confirmed ringing and accepted.
    pub(crate) fn connecting() -> Self {
        let mut bench = Self::ringing();
        bench.does(ringing(bob()));
        bench.does(accept(bob()));
        bench
    }

    /// Both have been seen in the room.
    pub(crate) fn active() -> Self {
        let mut bench = Self::connecting();
        bench.lists(&["alice", "bob#b1"]);
        assert_eq!(bench.call.status(), CallStatus::Active);
        bench
    }

    /// Time goes on.
    pub(crate) fn after(&mut self, ms: u64) -> &mut Self {
        self.now += ms;
        self
    }

    fn try_apply(&mut self, command: &Command) -> Result<Step, Refusal> {
        let answer = apply(&self.call, command, self.now);
        if let Ok(step) = &answer {
            invariants::hold(&self.call, step);
            self.call = step.call.clone();
        }
        answer
    }

    /// The command is taken.
    pub(crate) fn does(&mut self, command: Command) -> Step {
        self.try_apply(&command)
            .unwrap_or_else(|refusal| panic!("{command:?} is refused: {refusal}"))
    }

    /// The command is taken, and is a change.
    pub(crate) fn commits(&mut self, command: Command) -> Step {
        let step = self.does(command);
        assert_eq!(step.effect, Effect::Committed);
        step
    }

    /// The command is taken, and nobody is told anything.
    pub(crate) fn is_silent(&mut self, command: Command) -> Step {
        let step = self.does(command);
        assert_ne!(step.effect, Effect::Committed);
        step
    }

    /// The command is refused.
    pub(crate) fn refuses(&mut self, command: Command) -> Refusal {
        match self.try_apply(&command) {
            Ok(step) => panic!("{command:?} is taken: {:?}", step.effect),
            Err(refusal) => refusal,
        }
    }

    /// A participant list asked for and answered now; all in it are active.
    pub(crate) fn lists(&mut self, identities: &[&str]) -> Step {
        self.lists_as(identities, true)
    }

    pub(crate) fn lists_as(&mut self, identities: &[&str], is_active: bool) -> Step {
        let seen = |identity: &&str| InRoom {
            identity: (*identity).to_owned(),
            session: None,
            is_active,
        };
        self.does(Command::RoomList {
            present: identities.iter().map(seen).collect(),
            asked_at_ms: self.now,
        })
    }

    /// A list of which the stays are known.
    pub(crate) fn lists_stays(&mut self, stays: &[(&str, &str)]) -> Step {
        self.lists_stays_at(self.now, stays)
    }

    /// The same, asked for at `asked_at_ms`.
    pub(crate) fn lists_stays_at(&mut self, asked_at_ms: u64, stays: &[(&str, &str)]) -> Step {
        let seen = |(identity, sid): &(&str, &str)| InRoom {
            identity: (*identity).to_owned(),
            session: Some((*sid).to_owned()),
            is_active: true,
        };
        self.does(Command::RoomList {
            present: stays.iter().map(seen).collect(),
            asked_at_ms,
        })
    }

    /// Sleeps until the next deadline and carries it out. Gives back how long it slept.
    pub(crate) fn sleeps(&mut self) -> u64 {
        let deadline = self.call.next_deadline().unwrap();
        let slept = deadline - self.now;
        self.now = deadline - 1;
        self.is_silent(Command::Tick);
        self.now = deadline;
        self.commits(Command::Tick);
        slept
    }

    /// Where an invitee stands.
    pub(crate) fn invitee(&self, member: &str) -> InviteeState {
        let member = member.parse().unwrap();
        self.snapshot().invitee(&member).unwrap().state
    }

    pub(crate) fn status(&self) -> CallStatus {
        self.call.status()
    }

    pub(crate) fn snapshot(&self) -> CallSnapshot {
        snapshot(&self.call, self.now)
    }

    /// How it is over: status, reason, detail, by whom.
    pub(crate) fn over(&self) -> (CallStatus, EndReason, Option<ReasonDetail>, Option<String>) {
        let ending = self.call.ending().expect("over");
        let by = ending.by.as_ref().map(ToString::to_string);
        (
            ending.outcome.status,
            ending.outcome.reason,
            ending.outcome.detail,
            by,
        )
    }

    /// Who may be in the room, and may hear.
    pub(crate) fn entitled(&self) -> Vec<(String, bool)> {
        entitled(&self.call)
            .into_iter()
            .map(|(identity, grants)| (identity, grants.can_subscribe))
            .collect()
    }
}

/// The `cause` of a change, as every member is told it.
pub(crate) fn cause(step: &Step) -> Cause {
    change(step).cause
}

fn change(step: &Step) -> Change {
    let update = step
        .messages(URL)
        .into_iter()
        .find_map(|message| match message.envelope.signal {
            Signal::CallUpdate(update) => Some(update.change),
            _ => None,
        });
    update.expect("a change is told")
}

/// Whose device made a change, as every member is told it; none where no member did.
pub(crate) fn by(step: &Step) -> Option<Actor> {
    let change = change(step);
    change.by.map(|member_id| Actor {
        member_id,
        device_id: change.device_id,
    })
}

/// What was published: topic below the church, and type.
pub(crate) fn published(step: &Step) -> Vec<(String, String)> {
    step.messages(URL)
        .iter()
        .map(|message| {
            let topic = message.topic.to_string();
            let payload = serde_json::to_value(&message.envelope).unwrap();
            (
                topic.trim_start_matches("faithflow/church-1/").to_owned(),
                payload["type"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}
