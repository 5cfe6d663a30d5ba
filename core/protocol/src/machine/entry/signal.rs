//! Messages from MQTT: who may say what, on which topic.

use crate::id::{CallId, Rev};
use crate::signal::topic::{Channel, Topic};
use crate::signal::{CallInvite, CallUpdate, Envelope, Signal};

use crate::machine::Machine;
use crate::machine::interface::event::Peer;
use crate::machine::setup::incoming::{Invitation, Way};
use crate::machine::timer::RING_MS;

impl Machine {
    pub(in crate::machine) fn signalled(&mut self, topic: Topic, envelope: Envelope) {
        if topic.church != self.config.church {
            self.refuse_signal();
            return;
        }
        if let Some((topic, envelope)) = self.hold_back(topic, envelope) {
            self.handle_signal(&topic, envelope);
        }
    }

    pub(in crate::machine) fn handle_signal(&mut self, topic: &Topic, envelope: Envelope) {
        let Envelope {
            call_id: id,
            rev,
            signal,
            ..
        } = envelope;
        match (&topic.channel, signal) {
            (_, Signal::Unknown) => {}
            (Channel::IncomingCall(member), Signal::CallInvite(invite))
                if *member == self.config.me =>
            {
                match self.invitation_in(&id, *invite) {
                    Some(invitation) => {
                        if invitation.snapshot.is_some() {
                            self.part_b_is_proved();
                        }
                        self.invited(invitation);
                    }
                    None => self.refuse_signal(),
                }
            }
            (Channel::CallUpdate(member), Signal::CallUpdate(update))
                if *member == self.config.me =>
            {
                self.update_came(&id, *update);
            }
            (Channel::CallStatus(member), signal) if *member == self.config.me => match signal {
                Signal::CallCancel { .. } | Signal::CallEnd { .. } => {
                    self.part_a_came(&id, signal, rev);
                }
                _ => self.refuse_signal(),
            },
            (Channel::Signal(call) | Channel::Participants(call), signal) if *call == id => {
                self.part_a_came(&id, signal, rev);
            }
            (
                Channel::IncomingCall(_)
                | Channel::CallUpdate(_)
                | Channel::CallStatus(_)
                | Channel::Signal(_)
                | Channel::Participants(_),
                _,
            ) => self.refuse_signal(),
        }
    }

    /// A part-B server says it all in `call_update`; its copies in part A's words are for
    /// part-A apps.
    fn part_a_came(&mut self, id: &CallId, signal: Signal, rev: Option<Rev>) {
        if rev.is_some() {
            self.part_b_is_proved();
        }
        if !self.speaks_part_b() {
            self.on_call(id, |m| m.part_a_signal(id, signal));
        }
    }

    /// A signal by somebody who may not send it.
    pub(in crate::machine) fn refuse_signal(&mut self) {
        self.refused_signals += 1;
    }

    /// What an invite asks of this device; `None` if it is not for this member, or contradicts
    /// itself.
    pub(in crate::machine) fn invitation_in(
        &self,
        id: &CallId,
        invite: CallInvite,
    ) -> Option<Invitation> {
        let snapshot = invite.change.map(|change| change.snapshot);
        if !invite.callee_ids.contains(&self.config.me)
            || snapshot
                .as_ref()
                .is_some_and(|snapshot| snapshot.call_id != *id)
        {
            return None;
        }
        let ring_ms = match snapshot {
            Some(_) => invite.ring_expires_in_ms.unwrap_or(RING_MS),
            None => self.config.part_a_ring_ms,
        };
        Some(Invitation {
            call_id: id.clone(),
            caller: Peer {
                member_id: invite.caller.id,
                name: Some(invite.caller.name),
                avatar: invite.caller.avatar,
            },
            call_type: invite.call_type,
            ring_ms,
            way: Way::Signal,
            rev: snapshot.as_ref().map(|snapshot| snapshot.rev),
            snapshot,
        })
    }

    fn update_came(&mut self, id: &CallId, update: CallUpdate) {
        let snapshot = update.change.snapshot;
        if snapshot.call_id != *id {
            self.refuse_signal();
            return;
        }
        self.part_b_is_proved();
        self.learn(snapshot);
    }
}
