//! What a device's app is told: what is kept of it, and the invariants that it may break.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{Call, Invitee, Party};
use faithcall_protocol::machine::{Ended, Event};

use super::World;
use super::watch::{RING_MS, participants};
use crate::device::{Device, Shown};
use crate::invariant::Invariant;
use crate::race::Race;
use crate::timeline::plain;

/// An invariant that was broken, and how.
type Wrong = (Invariant, String);

impl World {
    /// The app of a device is told something: I4, I5 and I9 on a device.
    pub(super) fn shown(&mut self, at: usize, event: Event) {
        self.stir();
        self.tell_of(at, || format!("shows {}", plain(&event)));
        let now = self.now;
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        let mut wrong = Vec::new();
        if let Event::Incoming { call_id, .. } = &event {
            // A group that the member left or missed may call it in anew.
            let call = self.server.calls.get(call_id);
            if call.is_some_and(|call| call.is_group()) {
                device.may_ring_anew(call_id);
            }
        }
        wrong.extend(device.after_its_end(&event));
        if let Event::Ended { call_id, ended, .. } = &event {
            let call = self.server.calls.get(call_id);
            wrong.extend(call.and_then(|call| device.would_not_wait(call, ended)));
        }
        if let Event::Incoming {
            call_id,
            ring_expires_in_ms,
            ..
        } = &event
        {
            wrong.extend(device.rings(call_id, *ring_expires_in_ms, now));
        }
        let rang_in_vain = device.keep(&event);
        device.events.push(event);
        if rang_in_vain {
            self.saw(Race::P4);
        }
        for (invariant, what) in wrong {
            self.broken(invariant, what);
        }
    }
}

impl Device {
    fn told_of(&mut self, id: &CallId) -> &mut Shown {
        self.shown.entry(id.clone()).or_default()
    }

    fn may_ring_anew(&mut self, id: &CallId) {
        let shown = self.told_of(id);
        if shown.ends > 0 {
            *shown = Shown::default();
        }
    }

    /// Something is told of a call that was shown as over.
    fn after_its_end(&mut self, event: &Event) -> Option<Wrong> {
        if self.told_of(event.call_id()?).ends == 0 {
            return None;
        }
        let broken = match event {
            Event::EndConfirmed { .. }
            | Event::PushWithoutRing { .. }
            | Event::Missed { .. }
            | Event::InCallElsewhere { .. }
            | Event::Rejoinable(_) => return None,
            Event::Incoming { .. } => Invariant::I4,
            _ => Invariant::I5,
        };
        Some((broken, format!("{}: after its end: {event:?}", self.name)))
    }

    /// It gave up waiting for others in a group to which, as it knew, somebody may yet come.
    fn would_not_wait(&self, call: &Call, ended: &Ended) -> Option<Wrong> {
        let gave_up = !ended.confirmed && ended.reason == EndReason::Timeout;
        let knew = self.shown.get(call.call_id())?.told?.0 >= call.rev();
        if !gave_up || !knew || !call.is_group() || call.is_over() {
            return None;
        }
        let in_it = participants(call);
        let came = |party: &Party| {
            let here = party.member_id() == &self.member && party.joined_at_ms.is_some();
            here && party.device_id.as_ref() == Some(&self.id)
        };
        let mut parties =
            std::iter::once(call.caller()).chain(call.invitees().iter().map(|i| &i.party));
        let others = in_it.iter().any(|(member, _)| *member != self.member);
        let may_come = others || call.invitees().iter().any(Invitee::is_pending);
        (parties.any(came) && may_come).then(|| {
            let what = format!(
                "{}: gave up {}, to which others come",
                self.name,
                call.call_id()
            );
            (Invariant::I9, what)
        })
    }

    /// It rings: once a call, and not too long.
    fn rings(&mut self, id: &CallId, ring_ms: u64, now: u64) -> Vec<Wrong> {
        let shown = self.told_of(id);
        shown.rang += 1;
        shown.rang_at_ms = Some(now);
        shown.rings_until_ms = Some(now + ring_ms);
        let again = shown.rang > 1;
        self.current = Some(id.clone());
        let name = &self.name;
        let mut wrong = Vec::new();
        if again {
            wrong.push((Invariant::I4, format!("{name}: a second ring of {id}")));
        }
        if ring_ms > RING_MS {
            let word = format!("{name}: {id} rings for {ring_ms} ms");
            wrong.push((Invariant::I4, word));
        }
        wrong
    }

    /// Keeps what is shown from now on. True: what rang is a call that the device is in, from before
    /// its process began.
    fn keep(&mut self, event: &Event) -> bool {
        let mut rang_in_vain = false;
        match event {
            Event::Outgoing { call_id, .. } => self.current = Some(call_id.clone()),
            Event::CallIdChanged { from, to } if self.current.as_ref() == Some(from) => {
                self.current = Some(to.clone());
            }
            Event::Connecting { call_id } | Event::Active { call_id } => {
                self.told_of(call_id).rings_until_ms = None;
                self.current = Some(call_id.clone());
            }
            Event::Ended { call_id, ended, .. } => {
                let shown = self.told_of(call_id);
                shown.rings_until_ms = None;
                shown.ended = Some(ended.clone());
                shown.ends += 1;
                self.no_longer_current(call_id);
            }
            Event::EndConfirmed { call_id, ended } => {
                self.told_of(call_id).ended = Some(ended.clone());
            }
            // That was neither a ring nor its end.
            Event::Rejoinable(offer) => {
                rang_in_vain = std::mem::take(self.told_of(&offer.call_id)).rang > 0;
                self.no_longer_current(&offer.call_id);
            }
            Event::SignedOut => {
                self.signed_out = true;
                self.current = None;
                self.connection = None;
                self.knows_link_up = false;
            }
            _ => {}
        }
        if let Event::Ended { .. } | Event::NotRejoinable { .. } | Event::InCallElsewhere { .. } =
            event
        {
            self.reached_since = None;
        }
        rang_in_vain
    }

    fn no_longer_current(&mut self, id: &CallId) {
        if self.current.as_ref() == Some(id) {
            self.current = None;
        }
    }
}
