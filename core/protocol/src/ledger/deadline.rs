//! When a call has to be looked at again, and what is due then.

use super::call::{Call, Phase};
use super::party::Party;
use super::presence::RoomSight;
use crate::id::MemberId;

/// What a deadline is about. In this version each of them ends the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Deadline<'a> {
    /// The last invitee's ring time and the grace after it are over.
    Ring,
    /// The caller has been gone too long while it rang.
    CallerGone,
    /// Accepted, and not active in time.
    Connect,
    /// A participant left the room on purpose and did not come back.
    LeftOnPurpose(&'a MemberId),
    /// A participant has been gone too long.
    ParticipantGone(&'a MemberId),
    /// The longest call.
    Longest,
}

impl Call {
    /// When `Tick` is due (ms since 1970). Every call that is not over has a deadline.
    pub fn next_deadline(&self) -> Option<u64> {
        self.deadlines().map(|(at_ms, _)| at_ms).min()
    }

    /// A deadline has passed. Until it is carried out nothing else is accepted.
    pub fn is_overdue(&self, now_ms: u64) -> bool {
        self.next_deadline().is_some_and(|at_ms| at_ms <= now_ms)
    }

    /// The earliest deadline that has passed.
    pub(super) fn due(&self, now_ms: u64) -> Option<Deadline<'_>> {
        self.deadlines()
            .filter(|(at_ms, _)| *at_ms <= now_ms)
            .min_by_key(|(at_ms, _)| *at_ms)
            .map(|(_, deadline)| deadline)
    }

    /// When a pending invitee stops ringing; the accept's grace comes after it.
    pub(super) fn ring_until_ms(&self) -> Option<u64> {
        match self.phase {
            Phase::Ringing => self
                .invitees
                .iter()
                .filter(|invitee| invitee.is_pending())
                .map(|invitee| invitee.invited_at_ms.saturating_add(self.timeouts.ring_ms))
                .max(),
            Phase::Connecting | Phase::Active | Phase::Over(_) => None,
        }
    }

    fn deadlines(&self) -> impl Iterator<Item = (u64, Deadline<'_>)> {
        let times = &self.timeouts;
        let after_accept = |ms| self.accepted_at_ms.unwrap_or_default().saturating_add(ms);
        let (bound, caller_gone, accepted) = match self.phase {
            Phase::Ringing => {
                let ring_until = self.ring_until_ms().unwrap_or_default();
                let at_ms = ring_until.saturating_add(times.accept_grace_ms);
                (Some((at_ms, Deadline::Ring)), self.caller_gone(), false)
            }
            Phase::Connecting => {
                let at_ms = after_accept(times.connect_ms);
                (Some((at_ms, Deadline::Connect)), None, true)
            }
            Phase::Active => {
                let at_ms = after_accept(times.longest_ms);
                (Some((at_ms, Deadline::Longest)), None, true)
            }
            Phase::Over(_) => (None, None, false),
        };
        let participants = self
            .participants()
            .filter(move |_| accepted)
            .flat_map(|party| [self.gone(party), self.left(party)]);
        [bound, caller_gone]
            .into_iter()
            .chain(participants)
            .flatten()
    }

    /// A nameless caller is never gone while it rings: it is not heard between its requests.
    fn caller_gone(&self) -> Option<(u64, Deadline<'_>)> {
        self.caller.device_id.as_ref()?;
        let at_ms = self.absent_for(&self.caller, self.timeouts.caller_gone_ms)?;
        Some((at_ms, Deadline::CallerGone))
    }

    fn gone<'a>(&self, party: &'a Party) -> Option<(u64, Deadline<'a>)> {
        let at_ms = self.absent_for(party, self.timeouts.gone_ms)?;
        Some((at_ms, Deadline::ParticipantGone(party.member_id())))
    }

    fn left<'a>(&self, party: &'a Party) -> Option<(u64, Deadline<'a>)> {
        match party.presence.room {
            RoomSight::Gone {
                left_at_ms: Some(left_at_ms),
                ..
            } => Some((
                left_at_ms.saturating_add(self.timeouts.leave_ms),
                Deadline::LeftOnPurpose(party.member_id()),
            )),
            RoomSight::Gone {
                left_at_ms: None, ..
            }
            | RoomSight::Unseen
            | RoomSight::Missing { .. }
            | RoomSight::In { .. } => None,
        }
    }

    /// When a party will have been out of the room for `ms`, and not been heard for as long as a
    /// request counts.
    fn absent_for(&self, party: &Party, ms: u64) -> Option<u64> {
        let lacking = party.presence.room.lacking_since_ms()?;
        let heard = party.presence.heard_at_ms;
        Some(
            lacking
                .saturating_add(ms)
                .max(heard.saturating_add(self.timeouts.heard_ms)),
        )
    }
}
