//! Who of the others is in the room, who is shown as gone from it, and what follows.

use crate::end::{EndCause, EndReason};

use crate::machine::Machine;
use crate::machine::ending::over::{by_myself, outcome_of};
use crate::machine::interface::event::{Event, Side};
use crate::machine::interface::output::Output;
use crate::machine::state::{IfAlive, Phase};
use crate::machine::timer::{PEER_GONE_PART_A_MS, PEER_GONE_PART_B_MS, Timer};

impl Machine {
    /// The others' presence in the room. On a part-A server it makes the call active; that nobody
    /// is there any more is looked into after a while.
    pub(in crate::machine) fn watch_others(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if !call.is_accepted() {
            return;
        }
        let Some(leg) = call.leg_up() else {
            self.timers.clear(Timer::PeerGone);
            return;
        };
        let mut playable = call.room.playable.iter();
        let somebody = playable.any(|(identity, _)| leg.present.contains_key(identity));
        let part_b = self.speaks_part_b();
        if somebody && !part_b {
            self.become_active();
        }
        let Some(Phase::Active { .. }) = self.call.as_ref().map(|call| &call.phase) else {
            return;
        };
        if somebody {
            self.timers.clear(Timer::PeerGone);
        } else {
            let bound = if part_b {
                PEER_GONE_PART_B_MS
            } else {
                PEER_GONE_PART_A_MS
            };
            self.timers.set_no_later(Timer::PeerGone, self.now + bound);
        }
        self.show_others_lost();
    }

    /// Whose connection is gone: the server says so, or this device saw it go. It is back when it
    /// is in the room again.
    fn show_others_lost(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let Some(leg) = call.leg_up() else { return };
        let mut changed = Vec::new();
        for other in &call.others {
            let member = &other.who.member_id;
            let mut present = false;
            let mut left = false;
            for (identity, _) in call.room.playable.iter().filter(|(_, m)| m == member) {
                let here = leg.present.contains_key(identity);
                present |= here;
                left |= !here && leg.left.contains(identity);
            }
            let lost = other.told_lost || left || (other.lost && !present);
            if lost != other.lost {
                changed.push((member.clone(), lost));
            }
        }
        for (member, lost) in changed {
            self.show_reconnecting(Side::Peer(member), lost);
        }
    }

    /// Who is shown as reconnecting, and who is back.
    pub(in crate::machine) fn show_reconnecting(&mut self, who: Side, lost: bool) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let shown = match &who {
            Side::Me => Some(&mut call.room.lost),
            Side::Peer(member) => call.other_mut(member).map(|other| &mut other.lost),
        };
        let Some(shown) = shown else { return };
        if *shown == lost {
            return;
        }
        *shown = lost;
        let call_id = call.id.clone();
        self.out.push(Output::Event(if lost {
            Event::Reconnecting { call_id, who }
        } else {
            Event::Reconnected { call_id, who }
        }));
    }

    /// Nobody came back.
    pub(in crate::machine) fn peer_stays_gone(&mut self) {
        let parting = self.away(EndReason::NetworkError);
        if self.speaks_part_b() {
            self.await_last_word(
                EndCause::Gone.outcome(),
                Some(parting),
                // Then the server sees somebody where this device does not.
                IfAlive::GoOn,
            );
        } else {
            self.end_call(
                by_myself(outcome_of(EndReason::NetworkError), None),
                Some(parting),
            );
        }
    }
}
