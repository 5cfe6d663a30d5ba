//! From the dialling of a call to its accept.

use crate::end::EndCause;
use crate::id::{CallId, MemberId};
use crate::media::CallType;
use crate::rest::{CallResponse, CreateCall, RoomAccess};
use crate::snapshot::{CallSnapshot, InviteeSnapshot, Role};

use crate::machine::Machine;
use crate::machine::ending::over::{by_myself, told};
use crate::machine::engaged::group::whom_to_call;
use crate::machine::interface::event::{Attempt, CommandFailure, Event, Peer};
use crate::machine::interface::input::{Answer, Failure, Reply};
use crate::machine::interface::output::{CommandError, Output, Request, RequestId};
use crate::machine::request::Purpose;
use crate::machine::server::others::Other;
use crate::machine::setup::not_created::NOT_MADE;
use crate::machine::state::{Call, CreateAttempt, IfAlive, Parting, Phase};
use crate::machine::timer::{
    CREATE_MS, HELD_CREATE_MS, LAST_WORD_MS, RING_MS, RING_OVERRUN_MS, Timer,
};

impl Machine {
    pub(in crate::machine) fn start_call(
        &mut self,
        call_id: CallId,
        callees: Vec<MemberId>,
        call_type: CallType,
    ) -> Result<(), CommandError> {
        if let Some(call) = self.calls().find(|call| !call.hold.wanted) {
            return Err(CommandError::AlreadyInCall(call.id.clone()));
        }
        let callees = whom_to_call(&self.config.me, callees)?;
        let taken = self.calls().any(|call| call.is(&call_id));
        let peers = callees.iter().map(|callee| Peer {
            member_id: callee.clone(),
            name: None,
            avatar: None,
        });
        let mut others = peers.map(|peer| Other::new(peer, Role::Callee));
        let Some(first) = others.next().filter(|_| !taken) else {
            return Err(CommandError::NoSuchCall);
        };
        if self.over.holds(&call_id) || self.offers(&call_id) {
            return Err(CommandError::NoSuchCall);
        }
        self.give_up_leftover();
        self.out.push(Output::Event(Event::Outgoing {
            call_id: call_id.clone(),
            callees: callees.clone(),
            call_type,
        }));
        let phase = Phase::Creating {
            since_ms: self.now,
            attempt: CreateAttempt::Held,
        };
        let mut call = Call::new(call_id, Role::Caller, first.who, call_type, phase);
        call.others.extend(others);
        call.is_group = call.others.len() > 1;
        call.timings.dialled_ms = Some(self.now);
        self.open_line(call);
        self.timers.set(Timer::Create, self.now + CREATE_MS);
        self.timers
            .set(Timer::HeldCreate, self.now + HELD_CREATE_MS);
        Ok(())
    }

    /// Sends a create that waited until the end of the last call, or its hold, was told: a server
    /// may take requests in another order than they were made.
    pub(in crate::machine) fn send_held_create(&mut self) {
        let held = self.call.as_ref().is_some_and(|call| {
            matches!(
                call.phase,
                Phase::Creating {
                    attempt: CreateAttempt::Held,
                    ..
                }
            )
        });
        let waits = self.farewells.iter().any(|f| f.is_pressing()) || self.has_hold_to_tell();
        if held && !waits {
            self.send_create();
        }
    }

    pub(in crate::machine) fn send_create(&mut self) {
        let now = self.now;
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let Phase::Creating { since_ms, attempt } = &mut call.phase else {
            return;
        };
        if *attempt == CreateAttempt::Held {
            *since_ms = now;
        }
        *attempt = CreateAttempt::Sent;
        let id = call.id.clone();
        let body = CreateCall {
            callee_ids: call.callees(),
            call_type: call.call_type,
            call_id: Some(id.clone()),
            community_id: None,
            subgroup_id: None,
        };
        self.timers.clear(Timer::HeldCreate);
        self.request(Purpose::Create, Request::Create(body));
    }

    pub(in crate::machine) fn created(&mut self, id: RequestId, answer: Answer) {
        let creating = self
            .call
            .as_ref()
            .is_some_and(|call| matches!(call.phase, Phase::Creating { .. }));
        if !creating {
            self.created_after_end(id, &answer);
            return;
        }
        match answer.result {
            Ok(Reply::Call(response)) => self.placed(*response),
            Ok(_) => self.create_failed(Failure::NoAnswer),
            Err(failure) => self.create_failed(failure),
        }
    }

    fn placed(&mut self, response: CallResponse) {
        if self.over.holds(&response.call_id) {
            // A fresh id would be of a fresh call.
            self.fail_command(Attempt::Start, CommandFailure::Report { status: 200 });
            self.end_call(told(NOT_MADE, None), None);
            return;
        }
        let Some(call) = self.call.as_mut() else {
            return;
        };
        call.failures = 0;
        call.timings.acknowledged_ms = Some(self.now);
        call.phase = Phase::Dialing {
            remote_ringing: false,
        };
        self.timers.clear(Timer::Create);
        self.timers.clear(Timer::CreateRetry);
        for told in &response.participants {
            let named = |who: &mut Peer| {
                if who.member_id == told.member_id {
                    who.name = Some(told.member_name.clone());
                    who.avatar.clone_from(&told.member_avatar);
                }
            };
            named(&mut call.peer);
            call.others
                .iter_mut()
                .for_each(|other| named(&mut other.who));
        }
        let access = RoomAccess {
            livekit_token: response.livekit_token,
            livekit_url: response.livekit_url,
        };
        let waiting = match &response.part_b {
            None => {
                call.room.access = Some(access);
                None
            }
            Some(part_b) => part_b.join_ahead.then_some(access),
        };
        self.rename(response.call_id.clone());
        self.out.push(Output::Event(Event::Placed {
            call_id: response.call_id,
        }));
        match response.part_b {
            None => self
                .timers
                .set(Timer::RingOver, self.now + self.config.part_a_ring_ms),
            Some(part_b) => {
                self.bound_ring_over_there(part_b.ring_expires_in_ms);
                if let Some(access) = waiting {
                    self.join_ahead(access);
                }
                self.learn(part_b.snapshot);
                // An update may have been faster than this answer.
                self.apply();
                self.ask_for_held_invite();
            }
        }
    }

    /// Somebody called while the create was on its way, and may ring beside it now.
    fn ask_for_held_invite(&mut self) {
        let waits = self.config.call_waiting;
        if let Some(call) = self.call.as_mut().filter(|call| waits && call.holds_invite) {
            call.holds_invite = false;
            self.sync();
        }
    }

    /// The server has the call that is going on, under this id from now on.
    pub(in crate::machine) fn rename(&mut self, to: CallId) {
        let newest = self.requests.newest();
        let Some(call) = self.call.as_mut() else {
            return;
        };
        call.known_after = newest;
        if call.id == to {
            return;
        }
        let from = std::mem::replace(&mut call.id, to.clone());
        call.aliases.push(from.clone());
        self.out
            .push(Output::Event(Event::CallIdChanged { from, to }));
    }

    /// A create to this member is on its way.
    pub(in crate::machine) fn dials(&self, member: &MemberId) -> bool {
        self.call.as_ref().is_some_and(|call| {
            matches!(call.phase, Phase::Creating { .. })
                && !call.is_group
                && call.peer.member_id == *member
        })
    }

    /// It rings over there for so long, and is waited for a little longer.
    pub(in crate::machine) fn bound_ring_over_there(&mut self, ring_ms: u64) {
        let until = self.now + ring_ms.min(RING_MS) + RING_OVERRUN_MS;
        self.timers.set(Timer::RingOver, until);
    }

    /// The server has been asked, and leaves who is dialled so much ring time: that counts, whatever
    /// bound has passed here. Where it leaves none, it stays at what is waited for.
    pub(in crate::machine) fn ring_over_there(&mut self, ring_ms: u64) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if ring_ms > 0 && matches!(call.phase, Phase::Dialing { .. }) {
            call.last_word = None;
            self.timers.clear(Timer::LastWord);
            self.bound_ring_over_there(ring_ms);
        }
    }

    /// While it dials, somebody more is called, or somebody again: each rings its own time.
    pub(in crate::machine) fn rings_further(&mut self, newer: &CallSnapshot) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let rung_before = |invitee: &InviteeSnapshot| {
            let known = call.snapshot.as_ref()?.invitee(&invitee.member_id)?;
            Some(known.invited_again == invitee.invited_again)
        };
        let further = newer
            .invitees
            .iter()
            .any(|i| i.state.is_pending() && rung_before(i) != Some(true));
        if further {
            self.may_ring_further();
        }
    }

    /// While it dials, somebody more may have been called just now.
    pub(in crate::machine) fn may_ring_further(&mut self) {
        let mut call = self.call.iter();
        if call.any(|call| matches!(call.phase, Phase::Dialing { .. })) {
            self.bound_ring_over_there(RING_MS);
        }
    }

    /// The other did not answer, and the server did not say so.
    pub(in crate::machine) fn ring_over(&mut self) {
        let missed = EndCause::RingDeadline.outcome();
        if self.awaits(Purpose::Invite).is_some() {
            // Its answer comes first: somebody may ring by it.
            self.timers.set(Timer::RingOver, self.now + LAST_WORD_MS);
        } else if self.speaks_part_b() {
            self.await_last_word(missed, Some(Parting::Cancel), IfAlive::EndAnyway);
        } else {
            self.end_call(by_myself(missed, None), Some(Parting::Cancel));
        }
    }

    pub(in crate::machine) fn cancel(&mut self, id: &CallId) -> Result<(), CommandError> {
        let call = self.find(id)?;
        match call.phase {
            Phase::Creating { .. } | Phase::Dialing { .. } => {
                let me = self.config.me.clone();
                let held = matches!(
                    call.phase,
                    Phase::Creating {
                        attempt: CreateAttempt::Held,
                        ..
                    }
                );
                let mut ended = by_myself(EndCause::CallerCancelled.outcome(), Some(me));
                // Nobody but this device knows of it.
                ended.confirmed = held;
                self.end_call(ended, Some(Parting::Cancel));
                Ok(())
            }
            Phase::Connecting | Phase::Active { .. } if call.role == Role::Caller => {
                self.hang_up(id)
            }
            Phase::Ringing { .. } | Phase::Accepting | Phase::Connecting | Phase::Active { .. } => {
                Err(call.wrong_state())
            }
        }
    }
}
