//! What the user, the other and the network do.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::id::Rev;
use faithcall_protocol::machine::{Command, Input, RoomEvent};
use faithcall_protocol::media::CallType;
use faithcall_protocol::push::{Push, PushKind};
use faithcall_protocol::redact::Personal;
use faithcall_protocol::rest::{RejectReason, RejectScope};
use faithcall_protocol::signal::topic::{Channel, Topic};
use faithcall_protocol::signal::{
    CallInvite, CallUpdate, Callee, Cause, Change, Envelope, Person, Signal,
};
use faithcall_protocol::snapshot::CallSnapshot;

use super::{Phone, id, incoming, server_time};

impl Phone {
    pub(crate) fn command(&mut self, command: Command) -> &mut Self {
        self.give(Input::Command(command))
    }

    pub(crate) fn call(&mut self, call_id: &str, callee: &str) -> &mut Self {
        self.call_as(call_id, callee, CallType::Voice)
    }

    pub(crate) fn call_as(&mut self, call: &str, callee: &str, call_type: CallType) -> &mut Self {
        self.command(Command::StartCall {
            call_id: id(call),
            callees: vec![callee.parse().unwrap()],
            call_type,
        })
    }

    pub(crate) fn accept(&mut self, call: &str) -> &mut Self {
        self.command(Command::Accept {
            call_id: id(call),
            other: None,
        })
    }

    pub(crate) fn reject(&mut self, call: &str) -> &mut Self {
        self.command(Command::Reject {
            call_id: id(call),
            reason: RejectReason::Rejected,
            scope: RejectScope::Member,
        })
    }

    pub(crate) fn cancel(&mut self, call: &str) -> &mut Self {
        self.command(Command::Cancel { call_id: id(call) })
    }

    pub(crate) fn end(&mut self, call: &str) -> &mut Self {
        self.command(Command::End { call_id: id(call) })
    }

    pub(crate) fn signal_on(&mut self, channel: Channel, call: &str, signal: Signal) -> &mut Self {
        let topic = Topic::new(&"church".parse().unwrap(), channel);
        let rev = match &signal {
            Signal::CallUpdate(update) => Some(update.change.snapshot.rev),
            _ => None,
        };
        self.give(Input::Signal {
            topic,
            envelope: Box::new(Envelope {
                call_id: id(call),
                timestamp: server_time(self.now),
                rev,
                signal,
            }),
        })
    }

    /// A live `call_update` with this snapshot.
    pub(crate) fn update(&mut self, snapshot: CallSnapshot) -> &mut Self {
        let call = snapshot.call_id.to_string();
        let change = change(self.now, snapshot);
        self.signal_on(
            Channel::CallUpdate("bob".parse().unwrap()),
            &call,
            Signal::CallUpdate(Box::new(CallUpdate { change })),
        )
    }

    /// Alice's invite on MQTT, from a part-B server.
    pub(crate) fn invite(&mut self, call: &str, ring_ms: u64) -> &mut Self {
        let snapshot = incoming(call).made();
        let mut invite = plain_invite("alice");
        invite.change = Some(change(self.now, snapshot));
        invite.ring_expires_in_ms = Some(ring_ms);
        self.signal_on(
            Channel::IncomingCall("bob".parse().unwrap()),
            call,
            Signal::CallInvite(Box::new(invite)),
        )
    }

    /// An invite on MQTT with this snapshot, by its caller.
    pub(crate) fn invite_with(&mut self, snapshot: CallSnapshot, ring_ms: u64) -> &mut Self {
        let call = snapshot.call_id.to_string();
        let mut invite = plain_invite(snapshot.caller_id.as_str());
        invite.call_type = snapshot.call_type;
        invite.change = Some(change(self.now, snapshot));
        invite.ring_expires_in_ms = Some(ring_ms);
        self.signal_on(
            Channel::IncomingCall("bob".parse().unwrap()),
            &call,
            Signal::CallInvite(Box::new(invite)),
        )
    }

    /// Somebody's invite on MQTT, from a part-A server.
    pub(crate) fn invite_a(&mut self, call: &str, caller: &str) -> &mut Self {
        self.signal_on(
            Channel::IncomingCall("bob".parse().unwrap()),
            call,
            Signal::CallInvite(Box::new(plain_invite(caller))),
        )
    }

    pub(crate) fn push(&mut self, call: &str, ring_ms: u64) -> &mut Self {
        self.push_at(call, 1, ring_ms)
    }

    /// Alice's invite by push, written at this revision of the call.
    pub(crate) fn push_at(&mut self, call: &str, rev: u64, ring_ms: u64) -> &mut Self {
        self.give(Input::Push(Push {
            call_id: id(call),
            rev: Rev(rev),
            kind: PushKind::Invite {
                call_type: CallType::Voice,
                caller_id: "alice".parse().unwrap(),
                caller_name: Personal::new("Alice"),
                caller_avatar: None,
                callee_id: "bob".parse().unwrap(),
                ring_expires_in_ms: ring_ms,
            },
        }))
    }

    /// A push that the ringing has stopped, and not why: another device has taken the call.
    pub(crate) fn push_over(&mut self, call: &str) -> &mut Self {
        self.push_over_at(call, 1, None)
    }

    /// A push that the ringing has stopped, at this revision of the call.
    pub(crate) fn push_over_at(
        &mut self,
        call: &str,
        rev: u64,
        reason: Option<EndReason>,
    ) -> &mut Self {
        self.give(Input::Push(Push {
            call_id: id(call),
            rev: Rev(rev),
            kind: PushKind::Over { reason },
        }))
    }

    /// The MQTT connection breaks and comes back.
    pub(crate) fn reconnects(&mut self) -> &mut Self {
        self.give(Input::LinkDown).give(Input::LinkUp)
    }

    /// The broker lets this device listen to the call's own topics, or refuses.
    pub(crate) fn topics(&mut self, call: &str, subscribed: bool) -> &mut Self {
        self.give(Input::CallTopics {
            call_id: id(call),
            subscribed,
        })
    }

    /// Part A's signal on the call's own topic.
    pub(crate) fn call_signal(&mut self, call: &str, signal: Signal) -> &mut Self {
        self.signal_on(signal_topic(call), call, signal)
    }

    /// Part A's signal on Bob's own topic.
    pub(crate) fn status_signal(&mut self, call: &str, signal: Signal) -> &mut Self {
        self.signal_on(status_topic(), call, signal)
    }

    /// Part A: somebody has told the server that it is connected.
    pub(crate) fn participant_joined(&mut self, call: &str, member: &str) -> &mut Self {
        let participant = Person {
            id: member.parse().unwrap(),
            name: Personal::default(),
            avatar: None,
        };
        let signal = Signal::ParticipantJoined { participant };
        self.signal_on(Channel::Participants(id(call)), call, signal)
    }

    pub(crate) fn room(&mut self, event: RoomEvent) -> &mut Self {
        let session = self.session();
        self.give(Input::Room { session, event })
    }

    pub(crate) fn joined(&mut self, identity: &str) -> &mut Self {
        self.room(RoomEvent::ParticipantJoined {
            identity: identity.into(),
            sid: None,
        })
    }

    /// Somebody has left the room on purpose.
    pub(crate) fn left(&mut self, identity: &str) -> &mut Self {
        self.gone(identity, true)
    }

    /// Somebody is in the room no more, and did not say goodbye.
    pub(crate) fn dropped_out(&mut self, identity: &str) -> &mut Self {
        self.gone(identity, false)
    }

    fn gone(&mut self, identity: &str, deliberate: bool) -> &mut Self {
        self.room(RoomEvent::ParticipantLeft {
            identity: identity.into(),
            sid: None,
            deliberate,
        })
    }
}

/// The call's own topic.
pub(crate) fn signal_topic(call: &str) -> Channel {
    Channel::Signal(id(call))
}

/// Bob's own topic.
pub(crate) fn status_topic() -> Channel {
    Channel::CallStatus("bob".parse().unwrap())
}

pub(crate) fn plain_invite(caller: &str) -> CallInvite {
    CallInvite {
        room_name: "room".into(),
        call_type: CallType::Voice,
        caller: Person {
            id: caller.parse().unwrap(),
            name: Personal::new("Somebody"),
            avatar: None,
        },
        callee_ids: vec!["bob".parse().unwrap()],
        community_id: None,
        community_name: None,
        livekit_url: "wss://room".into(),
        change: None,
        ring_expires_in_ms: None,
    }
}

pub(crate) fn change(now: u64, snapshot: CallSnapshot) -> Change {
    Change {
        cause: Cause::Other,
        by: None,
        device_id: None,
        server_time: server_time(now),
        snapshot,
    }
}

pub(crate) fn callee(member: &str) -> Callee {
    Callee {
        callee_id: member.parse().unwrap(),
        callee_name: Personal::default(),
        reason: None,
    }
}
