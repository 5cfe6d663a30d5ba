//! Catching up: what the server is asked at sign-in and whenever the MQTT connection comes up.

use crate::id::CallId;
use crate::rest::{SyncCall, SyncResponse};
use crate::signal::topic::{Channel, Topic};
use crate::signal::{Envelope, Signal};
use crate::snapshot::InviteeState;

use crate::machine::Machine;
use crate::machine::ending::over::outcome_from;
use crate::machine::interface::event::Event;
use crate::machine::interface::input::{Answer, Failure, Reply};
use crate::machine::interface::output::{Effect, Output, Request, RequestId};
use crate::machine::interface::view::ServerKind;
use crate::machine::request::Purpose;
use crate::machine::server::learn::Part;
use crate::machine::state::{IfAlive, Phase, Topics};
use crate::machine::timer::{HOLD_SIGNALS_MS, Timer};

/// Live messages that are kept while the server is asked; more would be a flood.
const HELD_SIGNALS: usize = 256;

/// The MQTT connection and how far this device has caught up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::machine) struct Link {
    up: bool,
    /// Messages wait for the answer.
    holds_signals: bool,
    held_signals: Vec<(Topic, Envelope)>,
    /// The request whose answer counts.
    pub(in crate::machine) request: Option<RequestId>,
    pub(in crate::machine) failures: u32,
}

impl Link {
    pub(in crate::machine) fn is_up(&self) -> bool {
        self.up
    }
}

impl Machine {
    pub(in crate::machine) fn link_up(&mut self) {
        self.link.up = true;
        self.link.holds_signals = true;
        self.link.failures = 0;
        self.forget_topics();
        self.timers
            .set(Timer::HeldSignals, self.now + HOLD_SIGNALS_MS);
        // Topics first, so that nothing falls between them and the answer.
        self.on_each(Self::subscribe_topics);
        self.sync();
    }

    pub(in crate::machine) fn link_down(&mut self) {
        self.link.up = false;
        self.forget_topics();
        self.release_signals();
    }

    /// The broker has forgotten them with the connection.
    fn forget_topics(&mut self) {
        self.on_each(|m| {
            if let Some(call) = m.call.as_mut() {
                call.topics = Topics::None;
            }
        });
    }

    /// Asks for everything: `GET /sync`, on a server that is not known to have it `GET /active`.
    pub(in crate::machine) fn sync(&mut self) {
        let request = if self.speaks_part_b() {
            // A server reads so many and no more: what is going on comes first.
            let current = self.calls().map(|call| (call.id.clone(), call.rev()));
            Request::Sync {
                known: current.chain(self.over.open_questions()).collect(),
            }
        } else {
            Request::Active
        };
        self.timers.clear(Timer::Resync);
        self.link.request = Some(self.request(Purpose::Sync, request));
    }

    pub(in crate::machine) fn synced(&mut self, id: RequestId, answer: Answer) {
        if self.link.request != Some(id) {
            return;
        }
        self.link.request = None;
        let date = answer.date;
        match answer.result {
            Ok(Reply::Sync(response)) => {
                self.link.failures = 0;
                self.heard_all(id, &response);
                self.release_signals_since(&response);
            }
            // Now that the server is known to speak part B, it can tell more.
            Ok(_) if self.speaks_part_b() => self.sync(),
            Ok(Reply::Active(info)) => {
                self.link.failures = 0;
                self.heard_active(id, info.as_deref(), date);
                self.release_signals_in_doubt();
            }
            Ok(_) => self.sync_later(&Failure::NoAnswer),
            Err(failure) => self.sync_later(&failure),
        }
    }

    fn sync_later(&mut self, failure: &Failure) {
        self.link.failures += 1;
        let at = self.retry_at(self.link.failures, failure);
        self.timers.set(Timer::Resync, at);
    }

    /// Everything there is about this member, from a part-B server.
    fn heard_all(&mut self, id: RequestId, response: &SyncResponse) {
        for over in &response.over {
            let outcome = outcome_from(over.status, over.reason, over.reason_detail);
            // Who ended it, and where it was answered, is not said here.
            self.on_call(&over.call_id, |m| {
                if let Some(call) = m.call.as_mut() {
                    call.over_at = Some(over.rev);
                }
                m.await_last_word(outcome, None, IfAlive::EndAnyway);
            });
            self.confirm(&over.call_id, outcome, None);
            if self.over.holds(&over.call_id) {
                self.over.note_everywhere(over.call_id.clone());
            }
        }
        self.miss_leftover_in(response);
        for call in &response.calls {
            self.learn(call.snapshot.clone());
        }
        let elsewhere = response
            .calls
            .iter()
            .filter(|call| {
                !self.is_current(&call.snapshot.call_id)
                    && !self.over.outdates(&call.snapshot)
                    && self.my_part(&call.snapshot) == Part::Elsewhere
            })
            // Of a call and one on hold, it is in the first.
            .min_by_key(|call| self.i_hold(&call.snapshot))
            .map(|call| call.snapshot.call_id.clone());
        if elsewhere.is_none() && self.elsewhere.is_some() && id <= self.elsewhere_after {
            // The answer may be older than what is known: one to a newer request is not.
            self.sync();
        } else {
            self.set_elsewhere(elsewhere);
        }
        // One is offered: of a call and one on hold, the first.
        let mut left: Vec<_> = response.calls.iter().collect();
        left.sort_by_key(|call| self.i_hold(&call.snapshot));
        for call in left {
            if self.my_part(&call.snapshot) == Part::Here {
                self.offer_rejoin(call.clone());
            }
        }
        self.on_each(|m| m.miss_call_in(response));
        for call in &response.calls {
            self.rings_at_server(call.snapshot.clone(), call.ring_expires_in_ms);
        }
    }

    /// The call going on here is not among those that the server has.
    fn miss_call_in(&mut self, response: &SyncResponse) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let told = response
            .calls
            .iter()
            .map(|call| &call.snapshot.call_id)
            .chain(response.over.iter().map(|over| &over.call_id))
            .any(|id| *id == call.id);
        if !told && !matches!(call.phase, Phase::Creating { .. }) {
            self.look();
        }
    }

    /// Handles what came meanwhile; an invite that is older than the answer and not in it is too
    /// late, and is nothing to be told where another device of this member has answered it.
    fn release_signals_since(&mut self, response: &SyncResponse) {
        self.stop_holding();
        let held = std::mem::take(&mut self.link.held_signals);
        let answered = held.iter().filter(|(_, told)| self.tells_my_answer(told));
        let answered: Vec<CallId> = answered.map(|(_, told)| told.call_id.clone()).collect();
        for (topic, mut envelope) in held {
            if let Signal::CallInvite(invite) = &mut envelope.signal
                && let Some(change) = &invite.change
                && change.server_time < response.server_time
                && !has(&response.calls, &envelope.call_id)
            {
                if answered.contains(&envelope.call_id) {
                    continue;
                }
                invite.ring_expires_in_ms = Some(0);
            }
            self.handle_signal(&topic, envelope);
        }
    }

    /// A device of this member has accepted or declined the call.
    fn tells_my_answer(&self, told: &Envelope) -> bool {
        let Signal::CallUpdate(update) = &told.signal else {
            return false;
        };
        match update.change.snapshot.standing(&self.config.me) {
            Some(
                InviteeState::Accepted
                | InviteeState::Rejected
                | InviteeState::Left
                | InviteeState::Failed,
            ) => true,
            Some(
                InviteeState::Invited
                | InviteeState::Ringing
                | InviteeState::Busy
                | InviteeState::Missed,
            )
            | None => false,
        }
    }

    /// Part A: an invite that came before the answer may be old; the server is asked once more
    /// before it rings.
    fn release_signals_in_doubt(&mut self) {
        self.stop_holding();
        for (topic, envelope) in std::mem::take(&mut self.link.held_signals) {
            let invitation = match &envelope.signal {
                Signal::CallInvite(invite) => {
                    self.invitation_in(&envelope.call_id, (**invite).clone())
                }
                _ => None,
            };
            match invitation {
                Some(invitation)
                    if invitation.snapshot.is_none()
                        && self.calls().next().is_none()
                        && self.is_my_invite_topic(&topic)
                        && !self.over.holds(&invitation.call_id) =>
                {
                    self.doubt(invitation);
                }
                Some(_) | None => self.handle_signal(&topic, envelope),
            }
        }
    }

    fn is_my_invite_topic(&self, topic: &Topic) -> bool {
        topic.channel == Channel::IncomingCall(self.config.me.clone())
    }

    pub(in crate::machine) fn release_signals(&mut self) {
        self.stop_holding();
        for (topic, envelope) in std::mem::take(&mut self.link.held_signals) {
            self.handle_signal(&topic, envelope);
        }
    }

    fn stop_holding(&mut self) {
        self.link.holds_signals = false;
        self.timers.clear(Timer::HeldSignals);
    }

    /// Keeps a message for when the server has answered; gives it back if nothing is awaited.
    pub(in crate::machine) fn hold_back(
        &mut self,
        topic: Topic,
        envelope: Envelope,
    ) -> Option<(Topic, Envelope)> {
        if !self.link.holds_signals {
            return Some((topic, envelope));
        }
        if self.link.held_signals.len() < HELD_SIGNALS {
            self.link.held_signals.push((topic, envelope));
        }
        None
    }

    /// Part A's topics of the call, where the server is not known to do without.
    pub(in crate::machine) fn subscribe_topics(&mut self) {
        if !self.link.up || self.speaks_part_b() {
            return;
        }
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if call.topics == Topics::None && !matches!(call.phase, Phase::Creating { .. }) {
            call.topics = Topics::Asked;
            self.out.push(Output::Effect(Effect::Subscribe {
                call_id: call.id.clone(),
            }));
        }
    }

    pub(in crate::machine) fn topics_answered(&mut self, id: &CallId, subscribed: bool) {
        let Some(call) = self.call.as_mut().filter(|call| call.id == *id) else {
            return;
        };
        if call.topics != Topics::Asked {
            return;
        }
        if subscribed {
            call.topics = Topics::Subscribed;
            self.publish_ringing();
            // An answer may have come before anybody listened.
            self.look_again();
        } else {
            call.topics = Topics::Refused;
        }
    }

    /// What every answer tells, whatever it is for: what the server speaks, and whether the
    /// token counts.
    pub(in crate::machine) fn note_server(&mut self, answer: &Answer) {
        let refused = match &answer.result {
            Err(Failure::Unauthenticated) => true,
            Err(failure) => failure.is_revoked(),
            Ok(_) => false,
        };
        if refused && !self.auth_needed {
            self.out.push(Output::Event(Event::AuthNeeded));
        }
        self.auth_needed = refused || self.auth_needed && answer.result.is_err();
        match &answer.result {
            _ if answer.faithcall_header => self.server = Some(ServerKind::PartB),
            Ok(_) | Err(Failure::Status { body: Some(_), .. }) => {
                self.server = Some(ServerKind::PartA);
            }
            // Something on the way answered, or nobody.
            Err(
                Failure::Status { body: None, .. } | Failure::NoAnswer | Failure::Unauthenticated,
            ) => {}
        }
    }

    /// While it is not known what the server speaks, part A's rules hold.
    pub(in crate::machine) fn speaks_part_b(&self) -> bool {
        match self.server {
            Some(ServerKind::PartB) => true,
            Some(ServerKind::PartA) | None => false,
        }
    }

    /// Something came that only a part-B server sends.
    pub(in crate::machine) fn part_b_is_proved(&mut self) {
        self.server = Some(ServerKind::PartB);
    }
}

fn has(calls: &[SyncCall], id: &CallId) -> bool {
    calls.iter().any(|call| call.snapshot.call_id == *id)
}
