//! What must be true when messages stop.

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{Call, Phase};
use faithcall_protocol::machine::{CallState, Event};

use crate::world::World;

impl World {
    /// I3, I5 and I9: each device's view is the server's, and all devices that were shown a call
    /// tell the same end.
    pub(crate) fn check_agreement(&self) {
        for call in self.server.calls.values() {
            match call.ending() {
                Some(_) => self.check_over(call),
                None => self.check_alive(call),
            }
        }
        for device in self.devices.iter().filter(|device| device.alive) {
            let Some(view) = device.view() else { continue };
            let known = self.server.calls.contains_key(&view.call_id);
            assert!(
                known || device.is_idle(),
                "a call that the server does not have: {view:?}"
            );
        }
    }

    fn check_over(&self, call: &Call) {
        let id = call.call_id();
        let outcome = call.ending().unwrap().outcome;
        for device in self.devices.iter().filter(|device| device.alive) {
            let who = format!("{}/{} in {id}", device.member, device.id);
            let current = device.view().filter(|view| view.call_id == *id);
            assert!(
                current.is_none_or(|view| matches!(view.state, CallState::Ended(_))),
                "{who}: the server has it as {outcome:?}"
            );
            assert_ne!(
                device.machine.snapshot().in_call_elsewhere.as_ref(),
                Some(id),
                "{who}: elsewhere"
            );
            let Some(ended) = device.end_of(id) else {
                assert_eq!(device.rang(id), 0, "{who}: rang and never ended");
                continue;
            };
            assert!(ended.confirmed, "{who}: not confirmed: {ended:?}");
            if ended.elsewhere.is_none() {
                assert_eq!(
                    (ended.status, ended.reason, ended.detail),
                    (outcome.status, outcome.reason, outcome.detail),
                    "I3, {who}"
                );
            }
        }
    }

    fn check_alive(&self, call: &Call) {
        let id = call.call_id();
        assert!(matches!(call.phase(), Phase::Active), "stuck: {call:?}");
        let mut parties = vec![call.caller()];
        parties.extend(
            call.invitees()
                .iter()
                .filter(|invitee| invitee.is_accepted())
                .map(|invitee| &invitee.party),
        );
        for device in self.devices.iter().filter(|device| device.alive) {
            let takes_part = parties.iter().any(|party| {
                *party.member_id() == device.member && party.device_id.as_ref() == Some(&device.id)
            });
            let who = format!("{}/{} in {id}", device.member, device.id);
            assert_eq!(device.is_active(id), takes_part, "I9, {who}");
            if takes_part {
                let stay = device.stays.values().last().unwrap();
                assert!(!stay.left, "{who}: out of the room");
                assert_eq!(stay.playable.len(), 1, "{who}: plays the other");
                let wanted = device.view().unwrap().microphone.wanted;
                assert_eq!(stay.microphone, wanted, "{who}: its microphone");
            }
        }
        let seats = self.rooms.seats().find(|(room, _)| *room == id).unwrap().1;
        let heard = seats.iter().filter(|s| s.access.grants.can_subscribe);
        assert_eq!(heard.count(), 2, "both hear in {id}");
    }

    /// In how many directions sound was forwarded in a call.
    pub(crate) fn hearings(&self, call: &CallId) -> usize {
        self.rooms
            .forwarded
            .iter()
            .filter(|(id, _, _)| id == call)
            .count()
    }

    /// How often a device told of an end that it then had to correct.
    pub(crate) fn rings(&self, call: &str) -> usize {
        let call = crate::world::id(call);
        self.devices.iter().map(|device| device.rang(&call)).sum()
    }

    /// Each device rang at most once a call, and was told of its end at most once.
    pub(crate) fn check_once(&self) {
        for device in &self.devices {
            for call in self.server.calls.keys() {
                assert!(device.rang(call) <= 1, "I4: a second ring of {call}");
                let ends = device
                    .events
                    .iter()
                    .filter(|e| matches!(e, Event::Ended { call_id, .. } if call_id == call))
                    .count();
                assert!(ends <= 1, "I5: {call} ended {ends} times");
            }
        }
    }
}
