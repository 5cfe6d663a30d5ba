//! Which races really happened: each row of the catalogue by what only it brings about.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{Call, Phase, RoomHint};
use faithcall_protocol::machine::{
    CallState, Command, DisconnectReason, Failure, Input, Reply, Request, RoomEvent,
};
use faithcall_protocol::push::{Push, PushKind};
use faithcall_protocol::rest::{ErrorCode, RejectScope};
use faithcall_protocol::signal::{Envelope, Signal};
use faithcall_protocol::snapshot::InviteeState;

use super::World;
use super::watch::RING_MS;
use crate::media::{Entered, Seat, Who};
use crate::race::Race;

/// Two cameras within so long are turned on at once.
const AT_ONCE_MS: u64 = 500;

impl World {
    /// The server has answered; `before` is the call as it was.
    pub(super) fn recognise_answer(
        &mut self,
        at: usize,
        request: &Request,
        before: Option<&Call>,
        result: &Result<Reply, Failure>,
    ) {
        let code = match result {
            Err(Failure::Status { body, .. }) => body.as_ref().and_then(|body| body.code),
            Ok(_) | Err(Failure::NoAnswer | Failure::Unauthenticated) => None,
        };
        if let (Request::Accept { call_id, .. }, Ok(_)) = (request, result) {
            let call_id = call_id.clone();
            self.watch_accepted(at, &call_id);
        }
        let Some(device) = self.devices.get(at) else {
            return;
        };
        let (member, own) = (device.member.clone(), Some(device.id.clone()));
        match (request, code) {
            (Request::Create(_), Some(ErrorCode::Glare)) => self.saw(Race::G1),
            (Request::Create(_), Some(ErrorCode::CallIdTaken)) => self.saw(Race::G2),
            (Request::Create(_), Some(ErrorCode::Cancelled)) => self.saw(Race::C2),
            (Request::Accept { .. }, Some(ErrorCode::AlreadyInCall)) => self.saw(Race::A3),
            _ => {}
        }
        let Some(before) = before else {
            return;
        };
        let ended = before.ending().map(|ending| ending.outcome.reason);
        let by_me = before
            .ending()
            .is_some_and(|e| e.by.as_ref() == Some(&member));
        let invitee = before
            .invitees()
            .iter()
            .find(|i| *i.party.member_id() == member);
        let by_other_device = invitee.is_some_and(|i| i.party.device_id != own);
        let state = invitee.map(|i| i.state);
        match request {
            Request::Create(_) if result.is_ok() => self.saw(Race::D1),
            Request::Accept { .. } => {
                let late = self.epoch() > before.initiated_at_ms() + RING_MS;
                if ended == Some(EndReason::Missed) || (late && ended.is_none()) {
                    self.saw(Race::C3);
                }
                if ended == Some(EndReason::Cancelled) {
                    self.saw(Race::C1);
                }
                match state {
                    Some(InviteeState::Accepted) if by_other_device => self.saw(Race::A1),
                    Some(InviteeState::Accepted) => self.saw(Race::D1),
                    Some(InviteeState::Rejected) if by_other_device => self.saw(Race::A2),
                    _ => {}
                }
            }
            Request::Reject { .. } => {
                if ended == Some(EndReason::Cancelled) {
                    self.saw(Race::C4);
                }
                if state == Some(InviteeState::Accepted) && by_other_device {
                    self.saw(Race::A2);
                }
                let goes_on = matches!(before.phase(), Phase::Connecting | Phase::Active);
                if goes_on && invitee.is_some_and(|i| i.is_pending()) {
                    self.saw(Race::A4);
                }
            }
            Request::Cancel { .. } => {
                if matches!(before.phase(), Phase::Connecting | Phase::Active) {
                    self.saw(Race::C1);
                }
                if matches!(ended, Some(EndReason::Rejected | EndReason::Busy)) {
                    self.saw(Race::C4);
                }
            }
            Request::End { .. } if ended == Some(EndReason::Normal) && !by_me => {
                self.saw(Race::E1);
            }
            Request::Patch { .. } if ended.is_some() => self.saw(Race::E2),
            _ => {}
        }
        self.recognise_end(before);
    }

    /// M6: a call that was accepted is over before two were there.
    pub(super) fn recognise_end(&mut self, before: &Call) {
        let id = before.call_id();
        let after = self.server.calls.get(id);
        if matches!(before.phase(), Phase::Connecting) && after.is_some_and(|c| c.is_over()) {
            self.saw(Race::M6);
        }
    }

    fn goes_apart(&mut self, at: usize, call: &CallId) {
        self.stories
            .entry(call.clone())
            .or_default()
            .apart
            .insert(at);
    }

    pub(super) fn recognise_command(&mut self, at: usize, command: &Command) {
        let now = self.now;
        match command {
            Command::StartCall { call_id, .. } => {
                self.stories
                    .entry(call_id.clone())
                    .or_default()
                    .dialled
                    .insert(at);
            }
            // The tap ends the ringing; whether it wins is shown later.
            Command::Accept { call_id, .. } => {
                if let Some(device) = self.devices.get_mut(at)
                    && let Some(shown) = device.shown.get_mut(call_id)
                {
                    shown.rings_until_ms = None;
                }
            }
            Command::Reject { call_id, scope, .. } if *scope == RejectScope::Device => {
                self.goes_apart(at, call_id);
            }
            _ => {}
        }
        let Some(device) = self.devices.get(at) else {
            return;
        };
        let Some(call) = device.current.clone() else {
            return;
        };
        let active = device.is_active_in(&call);
        if *command == Command::SetCamera(true) && active {
            let story = self.stories.entry(call).or_default();
            let other = story.camera_on.filter(|(other, _)| *other != at);
            story.camera_on = Some((at, now));
            if other.is_some_and(|(_, then)| now <= then + AT_ONCE_MS) {
                self.saw(Race::E3);
            }
        }
    }

    pub(super) fn recognise_signal(&mut self, at: usize, envelope: &Envelope) {
        let (id, epoch) = (&envelope.call_id, self.epoch());
        let server = self.server.calls.get(id).cloned();
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        let other = device.current.as_ref().is_some_and(|current| current != id);
        let shown = device.shown.entry(id.clone()).or_default();
        let mut seen = Vec::new();
        let rev = envelope.rev.map_or(0, |rev| rev.0);
        if matches!(envelope.signal, Signal::CallUpdate(_)) {
            if rev < shown.rev {
                seen.push(Race::D2);
            } else if rev == shown.rev {
                seen.push(Race::D1);
            }
            shown.rev = shown.rev.max(rev);
        }
        if shown.ends > 0 {
            seen.push(Race::E4);
        }
        let over = server.as_ref().is_some_and(|call| call.is_over());
        if over && other {
            seen.push(Race::D4);
        }
        if let Signal::CallInvite(_) = &envelope.signal {
            if shown.invited_by_push {
                seen.push(Race::P2);
            }
            shown.invited_by_signal = true;
            let fresh = shown.rang == 0;
            seen.extend(stale_invite(server.as_deref(), epoch, fresh));
        }
        for race in seen {
            self.saw(race);
        }
    }

    pub(super) fn recognise_push(&mut self, at: usize, push: &Push) {
        let PushKind::Invite { .. } = &push.kind else {
            return;
        };
        let (id, epoch) = (&push.call_id, self.epoch());
        let server = self.server.calls.get(id).cloned();
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        let shown = device.shown.entry(id.clone()).or_default();
        let both = std::mem::replace(&mut shown.invited_by_push, true) || shown.invited_by_signal;
        let fresh = shown.rang == 0;
        if both {
            self.saw(Race::P2);
        }
        let cancelled = server.as_ref().and_then(|call| call.ending());
        if cancelled.is_some_and(|ending| ending.outcome.reason == EndReason::Cancelled) {
            self.saw(Race::P1);
        }
        for race in stale_invite(server.as_deref(), epoch, fresh) {
            self.saw(race);
        }
    }

    /// Something reaches a process of a device; of a room, perhaps of an older session.
    pub(super) fn recognise_input(&mut self, at: usize, input: &Input) {
        let Some(device) = self.devices.get(at) else {
            return;
        };
        if device.signed_out {
            self.saw(Race::F1);
            return;
        }
        let Input::Room { session, event } = input else {
            return;
        };
        let newest = device.stays.last_key_value().map(|(newest, _)| *newest);
        let left = device.stays.get(session).is_some_and(|stay| stay.left);
        let older = newest.is_some_and(|newest| newest > *session);
        if left {
            self.saw(Race::M2);
        }
        let gone = DisconnectReason::Removed;
        if older && matches!(event, RoomEvent::Disconnected { reason } if *reason == gone) {
            self.saw(Race::M1);
        }
    }

    pub(super) fn recognise_entry(&mut self, who: Who, entered: &Entered) {
        if entered.replaced.is_some() {
            self.saw(Race::M3);
            let identity = entered.seat.identity.clone();
            let story = self.stories.entry(entered.call.clone()).or_default();
            story.replaced.insert(identity);
        }
        if let Some(device) = self.devices.get(who.device)
            && device.clock_ahead_ms > 3_600_000
            && self
                .server
                .calls
                .get(&entered.call)
                .is_some_and(|c| !c.is_over())
        {
            self.saw(Race::D5);
        }
        self.recognise_room_back(who);
    }

    /// A webhook tells of the end of a session whose identity has come back since.
    pub(super) fn recognise_webhook(&mut self, call: &CallId, identity: &str, hint: RoomHint) {
        let replaced = self
            .stories
            .get(call)
            .is_some_and(|s| s.replaced.contains(identity));
        let there = self
            .media
            .seats(call)
            .iter()
            .any(|seat| seat.identity == identity);
        if replaced && there && matches!(hint, RoomHint::Left { .. }) {
            self.saw(Race::M1);
        }
    }

    pub(super) fn recognise_bad_webhook(&mut self, call: &CallId) {
        if self.server.open.contains(call) {
            self.saw(Race::M5);
        }
    }

    pub(super) fn recognise_exit(&mut self, call: &CallId, seat: &Seat, _: &[Seat]) {
        let story = self.stories.get(call);
        let lost = story.is_some_and(|story| story.lost_by.iter().any(|at| *at != seat.who.device));
        if lost {
            self.saw(Race::M4);
        }
    }

    pub(super) fn recognise_room_lost(&mut self, who: Who) {
        if let Some(call) = self.call_of_session(who) {
            let story = self.stories.entry(call).or_default();
            story.lost_by.insert(who.device);
        }
    }

    pub(super) fn recognise_room_back(&mut self, who: Who) {
        let call = self.call_of_session(who);
        if let Some(story) = call.and_then(|call| self.stories.get_mut(&call)) {
            story.lost_by.remove(&who.device);
        }
    }

    fn call_of_session(&self, who: Who) -> Option<CallId> {
        let device = self.devices.get(who.device)?;
        device.stays.get(&who.session)?.call.clone()
    }

    pub(super) fn recognise_kill(&mut self, at: usize) {
        if self
            .devices
            .get(at)
            .is_some_and(|d| d.alive && d.current.is_some())
        {
            self.saw(Race::P3);
        }
    }

    pub(super) fn recognise_start(&mut self, at: usize) {
        let Some(member) = self.devices.get(at).map(|device| device.member.clone()) else {
            return;
        };
        let mut others = self.devices.iter().enumerate();
        let engaged = others.any(|(other, device)| {
            let live = other != at && device.alive && device.member == member;
            let current = device.current.as_ref().filter(|_| live);
            let view = current.and_then(|current| device.view_of(current));
            view.is_some_and(|view| matches!(view.state, CallState::Active | CallState::Connecting))
        });
        if engaged {
            self.saw(Race::S4);
        }
    }

    pub(super) fn recognise_expiry(&mut self, at: usize) {
        if self
            .devices
            .get(at)
            .is_some_and(|device| device.current.is_some())
        {
            self.saw(Race::S3);
        }
    }

    pub(super) fn recognise_server_death(&mut self) {
        if !self.server.outbox.is_empty() {
            self.count(crate::fault::Fault::ServerKilledUnpublished);
            self.saw(Race::S1);
        }
    }

    pub(super) fn recognise_broker_restart(&mut self) {
        if !self.server.open.is_empty() {
            self.saw(Race::S2);
        }
    }
}

/// An invite whose call is over or whose ring time has passed, on a device that has not rung.
fn stale_invite(call: Option<&Call>, epoch: u64, fresh: bool) -> Vec<Race> {
    let Some(call) = call.filter(|_| fresh) else {
        return Vec::new();
    };
    let cancelled = call
        .ending()
        .is_some_and(|ending| ending.outcome.reason == EndReason::Cancelled);
    let old = epoch > call.initiated_at_ms() + RING_MS;
    let mut seen = Vec::new();
    if cancelled {
        seen.push(Race::C2);
    }
    if call.is_over() || old {
        seen.push(Race::D3);
    }
    seen
}
