//! What a part-B server says of calls, by whatever way: the highest revision counts, and events
//! follow from the difference.

use std::sync::Arc;

use crate::end::CallStatus;
use crate::rest::SnapshotResponse;
use crate::snapshot::{CallSnapshot, InviteeState};

use crate::machine::Machine;
use crate::machine::interface::event::Event;
use crate::machine::interface::input::{Answer, Failure, Reply};
use crate::machine::interface::output::{Output, Request, RequestId};
use crate::machine::request::Purpose;
use crate::machine::state::Phase;
use crate::machine::timer::Timer;

impl Machine {
    /// Takes a snapshot, unless it is old.
    pub(in crate::machine) fn learn(&mut self, snapshot: CallSnapshot) {
        let line = self.line_where(|call| call.id == snapshot.call_id);
        self.on_line(line, |m| m.learn_on_line(snapshot));
    }

    fn learn_on_line(&mut self, snapshot: CallSnapshot) {
        let Some(call) = self.call.as_mut() else {
            self.learn_of_another(&snapshot);
            return;
        };
        let is_first = call.snapshot.is_none();
        if (!is_first && snapshot.rev <= call.rev())
            || call.is_before_its_invite(&snapshot)
            || call.is_before_its_end(&snapshot)
        {
            return;
        }
        if let Some(mine) = snapshot.participant(&self.config.me) {
            call.hold.told = mine.is_on_hold;
        }
        if !is_first {
            self.rings_further(&snapshot);
        }
        self.learn_others(&snapshot, is_first);
        let invitation = self.invitation_of(&snapshot);
        if let Some(call) = self.call.as_mut() {
            if is_first {
                call.invitation = invitation;
            }
            call.snapshot = Some(Arc::new(snapshot));
        }
        self.apply();
    }

    /// Brings the phase up to what the newest snapshot says.
    pub(in crate::machine) fn apply(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let Some(snapshot) = call.snapshot.clone() else {
            return;
        };
        if snapshot.status.is_over() {
            self.end_by_snapshot(&snapshot);
            return;
        }
        if let Some(elsewhere) = self.acted_elsewhere(&snapshot) {
            if self.my_part(&snapshot) == Part::Refused {
                // That device is out of it as well.
                self.end_by_another(elsewhere);
                self.over.note_out(&snapshot, &self.config.me);
            } else {
                self.end_elsewhere(elsewhere);
            }
            return;
        }
        if let Some(outcome) = self.put_out(&snapshot) {
            self.end_without_me(outcome, &snapshot);
            return;
        }
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let accepted = matches!(snapshot.status, CallStatus::Connecting | CallStatus::Active);
        match call.phase {
            // The answer to the create or accept brings what is needed to go on.
            Phase::Creating { .. } => self.ask_for_what_was_made(),
            Phase::Ringing { .. } if self.my_part(&snapshot) == Part::Here => {
                self.offer_what_rings(&snapshot);
            }
            // An accept that is on its way is answered like a repeat: it brings this device back.
            Phase::Ringing { .. } | Phase::Accepting => {}
            Phase::Dialing { .. } if accepted => self.connecting(),
            Phase::Dialing { .. } => {
                if snapshot
                    .invitees
                    .iter()
                    .any(|i| i.state == InviteeState::Ringing)
                {
                    self.remote_rings();
                }
            }
            Phase::Connecting | Phase::Active { .. } => self.apply_accepted(&snapshot),
        }
    }

    /// A device of the callee really rings.
    pub(in crate::machine) fn remote_rings(&mut self) {
        if let Some(call) = self.call.as_mut()
            && let Phase::Dialing { remote_ringing } = &mut call.phase
            && !*remote_ringing
        {
            *remote_ringing = true;
            call.timings.ringing_ms = Some(self.now);
            self.out.push(Output::Event(Event::RemoteRinging {
                call_id: call.id.clone(),
            }));
        }
    }

    /// What a snapshot says of a call that is accepted.
    fn apply_accepted(&mut self, snapshot: &CallSnapshot) {
        let me = &self.config.me;
        if let Some(call) = self.call.as_mut() {
            let is_in_it = |member| snapshot.standing(member) == Some(InviteeState::Accepted);
            let others = snapshot.participants.iter();
            let others =
                others.filter_map(|p| Some((p.identity.as_ref()?, &p.participant.member_id)));
            let playable = others.filter(|(_, member)| *member != me && is_in_it(member));
            if !playable
                .clone()
                .eq(call.room.playable.iter().map(|(id, member)| (id, member)))
            {
                call.room.playable = playable
                    .map(|(id, member)| (id.clone(), member.clone()))
                    .collect();
            }
        }
        if snapshot.status == CallStatus::Active {
            self.become_active();
        }
    }

    /// A call that is not the one going on here.
    fn learn_of_another(&mut self, snapshot: &CallSnapshot) {
        let id = &snapshot.call_id;
        if snapshot.status.is_over() {
            self.confirm_by(id, snapshot);
            // Its invite may come later, and must not ring.
            self.over.note_everywhere(id.clone());
            self.withdraw_leftover(id);
            self.no_longer_elsewhere(id);
            return;
        }
        if self.over.outdates(snapshot) {
            return;
        }
        match self.my_part(snapshot) {
            Part::Elsewhere => {
                if snapshot.caller_id != self.config.me {
                    self.over.note_part(snapshot, &self.config.me);
                }
                self.withdraw_leftover(id);
                let another = self.elsewhere.as_ref().is_some_and(|known| known != id);
                if another && self.i_hold(snapshot) {
                    return;
                }
                self.set_elsewhere(Some(id.clone()));
                if another {
                    // One of the two is old news; which one, the server knows.
                    self.sync();
                }
            }
            Part::Refused => {
                self.withdraw_leftover(id);
                self.no_longer_elsewhere(id);
                self.over.note_out(snapshot, &self.config.me);
            }
            // What is left of a dead process is offered when the server is asked for everything.
            Part::Here => self.refresh_leftover(snapshot),
            // Its invite rings, not this.
            Part::Invited | Part::None => {}
        }
    }

    /// This member has the call on hold.
    pub(in crate::machine) fn i_hold(&self, snapshot: &CallSnapshot) -> bool {
        let mine = snapshot.participant(&self.config.me);
        mine.is_some_and(|mine| mine.is_on_hold)
    }

    /// What this member and device are in a call that is not over.
    pub(in crate::machine) fn my_part(&self, snapshot: &CallSnapshot) -> Part {
        let me = &self.config.me;
        let Some(standing) = snapshot.standing(me) else {
            return Part::None;
        };
        let mine = snapshot.participant(me);
        let device = mine.and_then(|mine| mine.device_id.as_ref());
        match standing {
            InviteeState::Invited | InviteeState::Ringing => Part::Invited,
            InviteeState::Accepted if device == Some(&self.config.device) => Part::Here,
            InviteeState::Accepted => Part::Elsewhere,
            InviteeState::Rejected
            | InviteeState::Busy
            | InviteeState::Missed
            | InviteeState::Left
            | InviteeState::Failed => Part::Refused,
        }
    }

    /// Asks about the call that is going on: `GET /{id}`, on a part-A server `GET /active`.
    pub(in crate::machine) fn look(&mut self) {
        if self.awaits(Purpose::Look).is_none() {
            self.look_again();
        }
    }

    /// Asks even if an answer is on its way already, which may be older than what it is asked
    /// for now.
    pub(in crate::machine) fn look_again(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if matches!(call.phase, Phase::Creating { .. }) {
            return;
        }
        let call_id = call.id.clone();
        let request = if self.speaks_part_b() {
            Request::Get { call_id }
        } else {
            Request::Active
        };
        self.request(Purpose::Look, request);
    }

    pub(in crate::machine) fn looked(&mut self, id: RequestId, answer: Answer) {
        let date = answer.date;
        if let Some(call) = self.call.as_mut().filter(|_| answer.result.is_ok()) {
            call.lost_looks = 0;
            call.waits_unheard = false;
        }
        match answer.result {
            Ok(Reply::Snapshot(told)) => {
                let SnapshotResponse {
                    snapshot,
                    ring_expires_in_ms,
                } = *told;
                let Some(call) = self.call.as_ref() else {
                    return;
                };
                if call.id != snapshot.call_id {
                    return;
                }
                if call.is_before_its_end(&snapshot) {
                    self.look_again();
                    return;
                }
                if self.rings_from_before(&snapshot) {
                    self.rings_at_server(snapshot, ring_expires_in_ms.unwrap_or(0));
                    return;
                }
                let old = call.is_before_its_invite(&snapshot);
                self.learn(snapshot);
                if let Some(ring_ms) = ring_expires_in_ms.filter(|_| !old) {
                    self.shorten_ring(ring_ms);
                    self.ring_over_there(ring_ms);
                }
                self.call_is_alive();
            }
            Ok(Reply::Active(info)) => self.heard_active(id, info.as_deref(), date),
            Ok(_) => {}
            Err(failure) if failure.status() == Some(404) => self.call_is_gone(),
            Err(failure) if failure.is_for_now() => self.look_again_soon(&failure),
            Err(_) => {}
        }
    }

    /// A look now and then may be what keeps this device in the call: the server misses it 20 s after
    /// its last request, and the next look would be late. Where none is due, `arm_poll` takes it
    /// back.
    fn look_again_soon(&mut self, failure: &Failure) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        call.lost_looks += 1;
        let lost = call.lost_looks;
        let at = self.retry_at(lost, failure);
        self.timers.set_no_later(Timer::Poll, at);
    }

    /// A confirmation, which from a part-B server carries the call as it is.
    pub(in crate::machine) fn learn_from_reply(&mut self, reply: Reply) {
        if let Reply::Message(message) = reply
            && let Some(snapshot) = message.call
        {
            self.learn(snapshot);
        }
    }

    /// A refusal that may carry the call as it is.
    pub(in crate::machine) fn learn_from_refusal(&mut self, failure: Failure) {
        let gone = failure.status() == Some(404);
        match failure {
            Failure::Status {
                body: Some(body), ..
            } if body.call.is_some() => {
                if let Some(snapshot) = body.call {
                    self.learn(snapshot);
                }
            }
            Failure::Status { .. } if gone => self.call_is_gone(),
            Failure::Status { .. } | Failure::NoAnswer | Failure::Unauthenticated => self.look(),
        }
    }
}

/// What a member and device are in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::machine) enum Part {
    /// In it, on this device.
    Here,
    /// In it, on another device.
    Elsewhere,
    /// Asked, and not answered yet.
    Invited,
    /// Out of it: declined, busy, missed, left, failed.
    Refused,
    /// Nothing.
    None,
}
