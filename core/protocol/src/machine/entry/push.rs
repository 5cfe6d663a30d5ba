//! Pushes: an equal way in for invites and their ends.

use crate::end::EndReason;
use crate::id::{CallId, Rev};
use crate::push::{Push, PushKind};

use crate::machine::Machine;
use crate::machine::ending::over::{by_another_of, by_myself, outcome_of};
use crate::machine::interface::event::{Elsewhere, Ended, Peer};
use crate::machine::setup::incoming::{Invitation, Way};
use crate::machine::state::{Parting, Phase};

impl Machine {
    pub(in crate::machine) fn pushed(&mut self, push: Push) {
        if !push.is_for(&self.config.me) {
            return;
        }
        match push.kind {
            PushKind::Invite {
                call_type,
                caller_id,
                caller_name,
                caller_avatar,
                ring_expires_in_ms,
                ..
            } => {
                self.part_b_is_proved();
                self.invited(Invitation {
                    call_id: push.call_id,
                    caller: Peer {
                        member_id: caller_id,
                        name: Some(caller_name),
                        avatar: caller_avatar,
                    },
                    call_type,
                    ring_ms: ring_expires_in_ms,
                    way: Way::Push,
                    snapshot: None,
                    rev: Some(push.rev),
                });
            }
            PushKind::Over { reason } => self.over_by_push(&push.call_id, push.rev, reason),
        }
    }

    /// The ringing has stopped without this device; the server is asked how. Where it does not say
    /// why, the call goes on, and another device of this member has it.
    fn over_by_push(&mut self, id: &CallId, at: Rev, reason: Option<EndReason>) {
        self.part_b_is_proved();
        self.on_call(id, |m| match m.call.as_ref().map(|call| &call.phase) {
            None if m.offers(id) => {}
            None => m.over.note_ring_over(id, Some(at)),
            // Of an earlier ring of the same call.
            Some(Phase::Ringing { .. }) if m.rings_since(at) => {}
            Some(Phase::Ringing { .. }) => {
                let ended = match reason {
                    Some(reason) => by_myself(outcome_of(reason), None),
                    None => Ended {
                        confirmed: false,
                        ..by_another_of(&m.config.me, Elsewhere::Answered)
                    },
                };
                m.end_call(ended, Some(Parting::Ask));
            }
            Some(
                Phase::Creating { .. }
                | Phase::Dialing { .. }
                | Phase::Accepting
                | Phase::Connecting
                | Phase::Active { .. },
            ) => m.look(),
        });
    }

    /// The ring here is known to have gone on after this revision.
    fn rings_since(&self, at: Rev) -> bool {
        let mut call = self.call.iter();
        call.any(|call| call.invited_at > Some(at) || call.rev() > at)
    }
}
