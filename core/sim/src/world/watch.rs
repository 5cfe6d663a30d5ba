//! The invariants that hold after every step.

use faithcall_protocol::id::{CallId, DeviceId, MemberId};
use faithcall_protocol::ledger::{self, Call, Claim, Party, Phase};
use faithcall_protocol::machine::SessionId;

use super::{EPOCH_MS, Story, World};
use crate::invariant::Invariant;
use crate::server::Commit;

/// The contract's ring time, with the grace for an accept.
pub(super) const RING_MS: u64 = 45_000;
const RING_AND_GRACE_MS: u64 = 47_000;
/// The contract's time from an accept until two are there.
const CONNECT_MS: u64 = 30_000;
/// The contract's longest call.
const LONGEST_MS: u64 = 4 * 3_600_000;
/// A room is gone so long after its call is over.
pub(super) const ROOM_OUTLIVES_MS: u64 = 20_000;
/// Who is not entitled any more, or came back with an old token, is out after so long.
const PUT_OUT_MS: u64 = 6_500;
/// What a deadline may be late by: the server looks at it when something else happens.
const SLACK_MS: u64 = 1_500;

impl World {
    /// A device with a call has a deadline, and a ring stops in time: I4, I6.
    pub(super) fn watch_device(&mut self, at: usize) {
        let now = self.now;
        let Some(device) = self.devices.get(at).filter(|device| device.alive) else {
            return;
        };
        let Some(call) = &device.current else {
            return;
        };
        if device.machine.next_deadline().is_none() {
            let what = format!("{}: no deadline in {call}", device.name);
            self.broken(Invariant::I6, what);
            return;
        }
        let until = device
            .shown
            .get(call)
            .and_then(|shown| shown.rings_until_ms);
        if until.is_some_and(|until| now > until + SLACK_MS) {
            let what = format!("{}: {call} still rings", device.name);
            self.broken(Invariant::I4, what);
            if let Some(device) = self.devices.get_mut(at) {
                device.current = None;
            }
        }
    }

    /// Every change that was committed: I2, I5, I6 and I7 at the server.
    pub(super) fn watch_commits(&mut self) {
        if self.server.commits.is_empty() {
            return;
        }
        self.stir();
        for Commit { before, after } in std::mem::take(&mut self.server.commits) {
            let id = after.call_id();
            self.tell("server", || {
                let invitees = after.invitees().iter();
                let states: Vec<_> = invitees
                    .map(|i| format!("{} {:?}", i.party.member_id(), i.state))
                    .collect();
                let (rev, status) = (after.rev(), after.status());
                format!("commits {id} rev {rev}: {status:?}; {}", states.join(", "))
            });
            let story = self.stories.entry(id.clone()).or_default();
            if after.is_over() {
                story.over_at = Some(self.now);
                story.at_end = before.as_deref().map(participants).unwrap_or_default();
            }
            if !matches!(after.phase(), Phase::Ringing) && story.accepted_at.is_none() {
                story.accepted_at = Some(self.now);
            }
            let states = |call: &Call| call.invitees().iter().map(|i| i.state).collect::<Vec<_>>();
            if before
                .as_ref()
                .is_none_or(|before| states(before) != states(&after))
            {
                story.answered_at = self.now;
            }
            self.note_told_on(&after);
            let mut wrong = Vec::new();
            if let Some(before) = &before {
                if before.is_over() {
                    wrong.push((Invariant::I5, format!("{id} changed after its end")));
                }
                if after.rev() != before.rev().next() {
                    let word = format!("{id}: rev {} after {}", after.rev(), before.rev());
                    wrong.push((Invariant::I5, word));
                }
                if !one_accept_wins(before, &after) {
                    wrong.push((Invariant::I2, format!("{id}: a second accept won")));
                }
                self.note_entitled(before, &after);
            }
            if !after.is_over() && after.next_deadline().is_none() {
                wrong.push((Invariant::I6, format!("{id} has no deadline")));
            }
            for (member, claim) in ledger::claims(&after) {
                let calls = self.server.open_calls();
                let engaged = calls.filter(|call| {
                    claim == Claim::Engaged
                        && ledger::claims(call).contains(&(member.clone(), Claim::Engaged))
                });
                if engaged.count() > 1 {
                    wrong.push((
                        Invariant::I7,
                        format!("{member} is engaged twice, with {id}"),
                    ));
                }
            }
            for (invariant, what) in wrong {
                self.broken(invariant, what);
            }
        }
        self.watch_rooms();
    }

    /// Since when an identity has not been entitled to its seat.
    fn note_entitled(&mut self, before: &Call, after: &Call) {
        let now = self.now;
        let (was, is) = (ledger::entitled(before), ledger::entitled(after));
        let story = self.stories.entry(after.call_id().clone()).or_default();
        if was != is {
            story.tasks.rights_changed_at = now;
        }
        for (identity, _) in was {
            if !is.iter().any(|(other, _)| *other == identity) {
                story.unentitled.insert(identity, now);
            }
        }
        for (identity, _) in is {
            story.unentitled.remove(&identity);
        }
    }

    /// Who hears whom at the media server: I1.
    pub(super) fn watch_rooms(&mut self) {
        let mut wrong = Vec::new();
        for (id, seats) in self.media.rooms() {
            let Some(call) = self.server.calls.get(id) else {
                continue;
            };
            let Some(listener) = seats.iter().find(|seat| seat.grants.can_subscribe) else {
                continue;
            };
            if matches!(call.phase(), Phase::Ringing) && seats.len() > 1 {
                let what = format!("{} may listen in {id}, which rings", listener.identity);
                wrong.push(what);
                continue;
            }
            if call.is_over() {
                continue;
            }
            let entitled = ledger::entitled(call);
            let story = self.stories.get(id);
            for seat in seats {
                if entitled
                    .iter()
                    .any(|(identity, _)| *identity == seat.identity)
                {
                    continue;
                }
                let since = story.and_then(|story| story.unentitled.get(&seat.identity));
                let since = since.map_or(seat.since_ms, |since| (*since).max(seat.since_ms));
                // Who waited in the room goes before anybody may listen; who left, or came back
                // with an old token, a little later.
                let waited = seat.identity.contains('#') && accepted_at(story) > seat.since_ms;
                let patience = if waited { 0 } else { PUT_OUT_MS };
                let excused = self.troubled_at + 2 * PUT_OUT_MS > self.now;
                if self.now > since + patience && !excused {
                    wrong.push(format!("{} is still in {id}", seat.identity));
                }
            }
        }
        for what in wrong {
            self.broken(Invariant::I1, what);
        }
    }

    /// No device plays anybody who did not accept: I1.
    pub(super) fn watch_playing(&mut self, at: usize, session: SessionId) {
        let stay = self.devices.get(at).and_then(|d| d.stays.get(&session));
        let Some(stay) = stay.filter(|stay| !stay.playable.is_empty()) else {
            return;
        };
        let Some(id) = &stay.call else {
            return;
        };
        let Some(call) = self.server.calls.get(id) else {
            return;
        };
        let snapshot = ledger::snapshot(call, self.epoch());
        let named = |identity: &String| {
            let mut participants = snapshot.participants.iter();
            participants.any(|p| p.identity.as_ref() == Some(identity))
        };
        let rings = matches!(call.phase(), Phase::Ringing);
        // Who has left a moment ago, and was called in anew, is news that may not have come yet.
        let left = self.stories.get(id).map(|story| &story.unentitled);
        let just_left = |identity: &String| {
            let at = left.and_then(|left| left.get(identity));
            at.is_some_and(|at| self.now < at + PUT_OUT_MS)
        };
        let mut playable = stay.playable.iter();
        let strangers = playable.any(|identity| !named(identity) && !just_left(identity));
        if rings || strangers {
            let what = format!("device {at} plays {:?} in {id}", stay.playable);
            self.broken(Invariant::I1, what);
        }
    }

    /// A device's accept was answered with 200: one a member, and one a 1:1 call. I2.
    pub(super) fn watch_accepted(&mut self, at: usize, id: &CallId) {
        let Some(member) = self.devices.get(at).map(|device| device.member.clone()) else {
            return;
        };
        let group = self
            .server
            .calls
            .get(id)
            .is_some_and(|call| call.is_group());
        if group {
            // A member that left may be called in anew, and answer on another device.
            return;
        }
        let story = self.stories.entry(id.clone()).or_default();
        story.accepted.insert(at);
        let devices = story.accepted.iter().filter_map(|at| self.devices.get(*at));
        if devices.filter(|device| device.member == member).count() > 1 {
            self.broken(Invariant::I2, format!("two devices of {member} took {id}"));
        }
    }

    /// What has lasted too long: I6 and I8. Looked at now and then.
    pub(super) fn watch_ages(&mut self) {
        let now = self.now;
        if !self.server.up || self.media.down || now < self.troubled_at + ROOM_OUTLIVES_MS {
            return;
        }
        let mut wrong = Vec::new();
        for call in self.server.open_calls() {
            // In a group each invitee has its own ring time, and its own time to join.
            let group = call.is_group();
            let story = self.stories.get(call.call_id());
            let answered = story.map_or(0, |story| story.answered_at);
            let since = match call.phase() {
                Phase::Ringing | Phase::Connecting if group => {
                    answered + RING_AND_GRACE_MS + CONNECT_MS
                }
                Phase::Ringing => call.initiated_at_ms() - EPOCH_MS + RING_AND_GRACE_MS,
                Phase::Connecting => accepted_at(story).saturating_add(CONNECT_MS),
                Phase::Active => accepted_at(story).saturating_add(LONGEST_MS),
                Phase::Over(_) => continue,
            };
            if now > since.saturating_add(SLACK_MS) {
                let (id, status) = (call.call_id(), call.status());
                wrong.push((Invariant::I6, format!("{id} is still {status:?}")));
            }
        }
        for (id, seats) in self.media.rooms() {
            let over_at = self.stories.get(id).and_then(|story| story.over_at);
            if over_at.is_some_and(|at| now > at + ROOM_OUTLIVES_MS) {
                let who = seats.len();
                wrong.push((Invariant::I8, format!("the room of {id}, with {who} in it")));
            }
        }
        for (invariant, what) in wrong {
            self.broken(invariant, what);
        }
    }
}

/// No invitee that had accepted has another device now, and in a 1:1 call nobody accepts twice.
fn one_accept_wins(before: &Call, after: &Call) -> bool {
    let pairs = before.invitees().iter().zip(after.invitees());
    let same = pairs.clone().all(|(before, after)| {
        !before.is_accepted() || before.party.device_id == after.party.device_id
    });
    let newly = pairs
        .filter(|(before, after)| !before.is_accepted() && after.is_accepted())
        .count();
    let had = before.invitees().iter().any(|i| i.is_accepted());
    same && newly <= 1 && !(had && newly == 1 && after.invitees().len() == 1)
}

/// Who is in a call, each on which device.
pub(super) fn participants(call: &Call) -> Vec<(MemberId, Option<DeviceId>)> {
    let claims = ledger::claims(call);
    let takes_part = |party: &&Party| {
        let mut claims = claims.iter();
        claims.any(|(member, claim)| member == party.member_id() && *claim != Claim::Ringing)
    };
    let invitees = call.invitees().iter().map(|invitee| &invitee.party);
    std::iter::once(call.caller())
        .chain(invitees)
        .filter(takes_part)
        .map(|party| (party.member_id().clone(), party.device_id.clone()))
        .collect()
}

fn accepted_at(story: Option<&Story>) -> u64 {
    story
        .and_then(|story| story.accepted_at)
        .unwrap_or(u64::MAX)
}
