//! When a call has to be looked at again, and what is due then.

use super::call::{Call, Phase};
use super::party::{Invitee, Party};
use super::presence::RoomSight;
use crate::id::MemberId;

/// What a deadline is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Deadline<'a> {
    /// The ring time of invitees and the grace after it are over.
    Ring,
    /// The caller has been gone too long while it rang.
    CallerGone,
    /// The media of participants did not come up in time after their accept.
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

    /// Every deadline that has passed, the earliest first.
    pub(super) fn due(&self, now_ms: u64) -> Vec<Deadline<'_>> {
        let passed = |(at_ms, _): &(u64, Deadline<'_>)| *at_ms <= now_ms;
        let mut due: Vec<_> = self.deadlines().filter(passed).collect();
        due.sort_by_key(|(at_ms, _)| *at_ms);
        due.into_iter().map(|(_, deadline)| deadline).collect()
    }

    /// When an invitee stops ringing, if it rings; the accept's grace comes after it.
    pub(super) fn ring_until_ms(&self, invitee: &Invitee) -> Option<u64> {
        let until_ms = invitee.invited_at_ms.saturating_add(self.timeouts.ring_ms);
        invitee.is_pending().then_some(until_ms)
    }

    /// When an invitee that rings has missed the call.
    pub(super) fn missed_at_ms(&self, invitee: &Invitee) -> Option<u64> {
        let until_ms = self.ring_until_ms(invitee)?;
        Some(until_ms.saturating_add(self.timeouts.accept_grace_ms))
    }

    /// When a participant whose media has not come up has failed.
    pub(super) fn failed_at_ms(&self, party: &Party) -> Option<u64> {
        let since_ms = party
            .accepted_at_ms
            .filter(|_| party.joined_at_ms.is_none())?;
        Some(since_ms.saturating_add(self.timeouts.connect_ms))
    }

    fn deadlines(&self) -> impl Iterator<Item = (u64, Deadline<'_>)> {
        let (caller_gone, accepted, is_over) = match self.phase {
            Phase::Ringing => (self.caller_gone(), false, false),
            Phase::Connecting | Phase::Active => (None, true, false),
            Phase::Over(_) => (None, false, true),
        };
        let rings = self.invitees.iter().filter(move |_| !is_over);
        let rings = rings.filter_map(|invitee| Some((self.missed_at_ms(invitee)?, Deadline::Ring)));
        let participants = self
            .participants()
            .filter(move |_| accepted)
            .flat_map(|party| [self.failed(party), self.gone(party), self.left(party)]);
        rings
            .chain(
                [caller_gone, (!is_over).then(|| self.longest())]
                    .into_iter()
                    .flatten(),
            )
            .chain(participants.flatten())
    }

    /// Before an accept it bounds a group to which more are invited again and again.
    fn longest(&self) -> (u64, Deadline<'_>) {
        let since_ms = self.accepted_at_ms.unwrap_or(self.initiated_at_ms);
        let at_ms = since_ms.saturating_add(self.timeouts.longest_ms);
        (at_ms, Deadline::Longest)
    }

    /// A nameless caller is never gone while it rings: it is not heard between its requests.
    fn caller_gone(&self) -> Option<(u64, Deadline<'_>)> {
        self.caller.device_id.as_ref()?;
        let at_ms = self.absent_for(&self.caller, self.timeouts.caller_gone_ms)?;
        Some((at_ms, Deadline::CallerGone))
    }

    fn failed(&self, party: &Party) -> Option<(u64, Deadline<'_>)> {
        Some((self.failed_at_ms(party)?, Deadline::Connect))
    }

    fn gone<'a>(&self, party: &'a Party) -> Option<(u64, Deadline<'a>)> {
        let at_ms = self.absent_for(party, self.timeouts.gone_ms)?;
        Some((at_ms, Deadline::ParticipantGone(party.member_id())))
    }

    fn left<'a>(&self, party: &'a Party) -> Option<(u64, Deadline<'a>)> {
        match &party.presence.room {
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
