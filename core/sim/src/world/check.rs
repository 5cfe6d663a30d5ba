//! The invariants that hold when messages have stopped.

use faithcall_protocol::id::{CallId, DeviceId, MemberId};
use faithcall_protocol::ledger::{self, Call, Phase};
use faithcall_protocol::machine::{CallState, NotLive, OwnMedia};
use faithcall_protocol::media::CallType;
use faithcall_protocol::snapshot::CallSnapshot;

use super::watch::participants;
use super::{Story, World};
use crate::device::Device;
use crate::invariant::{Broken, Invariant, Violation};

impl World {
    /// Everything that was wrong until now, and, if nothing has changed for a while
    /// ([`World::settle`]), whether all agree: I3, I6 and I9. Devices that are dead, signed out or
    /// cut off are not asked.
    ///
    /// # Errors
    /// [`Broken`], which shows the seed and what happened.
    pub fn check(&self) -> Result<(), Broken> {
        let mut violations = self.violations.clone();
        if self.is_quiet() {
            violations.extend(self.disagreements());
        }
        if violations.is_empty() {
            return Ok(());
        }
        self.is_told.set(true);
        Err(self.so_far(violations))
    }

    /// What has come of this world until now.
    pub(crate) fn so_far(&self, violations: Vec<Violation>) -> Broken {
        Broken {
            seed: self.seed,
            violations,
            by_chance: self.by_chance,
            timeline: self.timeline().to_vec(),
        }
    }

    fn is_quiet(&self) -> bool {
        self.server.up && self.broker_up && !self.media.down && self.is_settled()
    }

    fn disagreements(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut add = |invariant, what| {
            found.push(Violation {
                invariant,
                at_ms: self.now,
                what,
            });
        };
        let devices = self.devices.iter().enumerate();
        for (at, device) in devices.filter(|(_, d)| d.hears_all(self.now)) {
            for call in self.server.calls.values() {
                let Some(story) = self.stories.get(call.call_id()) else {
                    continue;
                };
                let another = story.dialled.contains(&at) && !is_caller(device, call);
                if another || (call.is_over() && story.apart.contains(&at)) {
                    continue;
                }
                let said = if call.is_over() {
                    over(device, call, story)
                } else {
                    self.alive(device, call)
                };
                if let Err((invariant, what)) = said {
                    add(
                        invariant,
                        format!("{} in {}: {what}", device.name, call.call_id()),
                    );
                }
            }
            let view = device.machine.state();
            for view in view.call.into_iter().chain(view.others) {
                let ended = matches!(view.state, CallState::Ended(_));
                if !ended && !self.server.calls.contains_key(&view.call_id) {
                    let (name, id) = (&device.name, &view.call_id);
                    add(
                        Invariant::I9,
                        format!("{name}: shows {id}, which the server has not"),
                    );
                }
            }
        }
        for call in self.server.open_calls() {
            if !matches!(call.phase(), Phase::Active) {
                let what = format!("{} is stuck: {:?}", call.call_id(), call.status());
                add(Invariant::I6, what);
            }
        }
        found
    }

    /// A device beside a call that goes on.
    fn alive(&self, device: &Device, call: &Call) -> Result<(), (Invariant, String)> {
        let wrong = |what: String| Err((Invariant::I9, what));
        let id = call.call_id();
        let active = device.is_active_in(id);
        if active != is_among(device, &participants(call)) {
            return wrong(format!("active here: {active}"));
        }
        let is_member = call.role_of(&device.member).is_some();
        let elsewhere = device.machine.state().in_call_elsewhere;
        if active {
            let seated = self.media.seats(id).iter().any(|seat| {
                let here = self.devices.get(seat.who.device);
                here.is_some_and(|here| here.name == device.name) && seat.grants.can_subscribe
            });
            let mut stays = device.stays.values().rev();
            let Some(stay) = stays.find(|stay| stay.call.as_ref() == Some(id)) else {
                return wrong("has no room".to_owned());
            };
            if !seated || stay.left || stay.lost {
                return wrong("is not in the room".to_owned());
            }
            let Some(view) = device.view_of(id) else {
                return wrong("is not shown".to_owned());
            };
            let held = view.state == CallState::Held;
            let others = self.media.seats(id).len().saturating_sub(1);
            let plays = if held { 0 } else { others };
            if stay.playable.len() < plays || (held && !stay.playable.is_empty()) {
                return wrong(format!("plays {:?}", stay.playable));
            }
            let in_it = ledger::entitled(call);
            let is_out = |played: &&String| !in_it.iter().any(|(identity, _)| identity == *played);
            if let Some(gone) = stay.playable.iter().find(is_out) {
                let what = format!("would play {gone}, who is not in it");
                return Err((Invariant::I1, what));
            }
            let server = ledger::snapshot(call, self.epoch());
            for other in &view.participants {
                let member = &other.who.member_id;
                let state = server.invitee(member).map(|invitee| invitee.state);
                let on_hold = server.participant(member).map(|p| p.is_on_hold);
                if state.is_some_and(|state| state != other.state)
                    || on_hold.is_some_and(|on_hold| on_hold != other.on_hold)
                {
                    return wrong(format!("shows {other:?}, the server has {state:?}"));
                }
                let shown = (other.microphone, other.camera);
                if let Some(sent) = self.sends(&server, member)
                    && shown != sent
                {
                    return wrong(format!("shows {other:?}, which sends {sent:?}"));
                }
            }
            let own = view.microphone;
            let wanted = own.wanted && matches!(own.why_not, None | Some(NotLive::NotYet));
            if stay.microphone != wanted {
                return wrong(format!("its microphone should be {wanted}"));
            }
            let told = server.participant(&device.member);
            if let Some(told) = told.map(|told| told.participant.flags) {
                // That it is held is told by itself; what else is in the way then, it does not show.
                let held = |own: OwnMedia| own.why_not == Some(NotLive::OnHold);
                let muted = told.is_muted == stay.microphone && !held(view.microphone);
                // A camera counts as enabled in a voice call that never had one.
                let has_picture = call.call_type() == CallType::Video || stay.camera;
                let video = has_picture && told.is_video_enabled != stay.camera;
                if muted || video && !held(view.camera) {
                    return wrong(format!("the server says of it: {told:?}"));
                }
            }
        } else if is_member && self.engaged(device, call) && elsewhere.as_ref() != Some(id) {
            return wrong(format!(
                "its member is in it elsewhere, and it shows {elsewhere:?}"
            ));
        }
        let is_in_it = |(member, _): &(MemberId, _)| *member == device.member;
        if elsewhere.as_ref() == Some(id) && (active || !participants(call).iter().any(is_in_it)) {
            return wrong("its member is not in it elsewhere, as it shows".to_owned());
        }
        Ok(())
    }

    /// Whether a member's microphone and camera are on in a call's room, if it is there.
    fn sends(&self, call: &CallSnapshot, member: &MemberId) -> Option<(bool, bool)> {
        let identity = call.participant(member)?.identity.as_ref()?;
        let mut seats = self.media.seats(&call.call_id).iter();
        let who = seats.find(|seat| seat.identity == *identity)?.who;
        let stay = self.devices.get(who.device)?.stays.get(&who.session)?;
        Some((stay.microphone, stay.camera))
    }

    /// The device's member takes part in the call.
    fn engaged(&self, device: &Device, call: &Call) -> bool {
        ledger::claims(call).contains(&(device.member.clone(), ledger::Claim::Engaged))
    }
}

fn is_caller(device: &Device, call: &Call) -> bool {
    let caller = call.caller();
    *caller.member_id() == device.member && caller.device_id.as_ref() == Some(&device.id)
}

/// The very device is among these.
fn is_among(device: &Device, parts: &[(MemberId, Option<DeviceId>)]) -> bool {
    let mut parts = parts.iter();
    parts.any(|(member, id)| *member == device.member && id.as_ref() == Some(&device.id))
}

/// A device beside a call that is over.
fn over(device: &Device, call: &Call, story: &Story) -> Result<(), (Invariant, String)> {
    let id: &CallId = call.call_id();
    let view = device.view_of(id);
    if let Some(view) = view.filter(|view| !matches!(view.state, CallState::Ended(_))) {
        return Err((Invariant::I9, format!("still {:?}", view.state)));
    }
    if device.machine.state().in_call_elsewhere.as_ref() == Some(id) {
        return Err((Invariant::I9, "still elsewhere".to_owned()));
    }
    let (Some(shown), Some(ending)) = (device.shown.get(id), call.ending()) else {
        return Ok(());
    };
    let Some(ended) = &shown.ended else {
        return if shown.rang > 0 {
            Err((Invariant::I9, "rang and never ended".to_owned()))
        } else {
            Ok(())
        };
    };
    if !ended.confirmed {
        return Err((Invariant::I3, format!("not confirmed: {ended:?}")));
    }
    // Who left a group, or never was in it, has an end of its own.
    if call.is_group() && !is_among(device, &story.at_end) {
        return Ok(());
    }
    let outcome = ending.outcome;
    let told = (ended.status, ended.reason, ended.detail);
    if ended.elsewhere.is_none() && told != (outcome.status, outcome.reason, outcome.detail) {
        return Err((
            Invariant::I3,
            format!("says {told:?}, the server {outcome:?}"),
        ));
    }
    Ok(())
}
