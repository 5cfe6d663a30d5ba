//! The media server, its webhooks and lists, and what clients notice of it.

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{self, Command, InRoom, RoomHint, RoomTask};
use faithcall_protocol::machine::{
    DisconnectReason, Input, MediaSource, RoomEffect, RoomEvent, SessionId,
};
use faithcall_protocol::redact::Secret;

use super::World;
use crate::device::Stay;
use crate::fault::Fault;
use crate::invariant::Invariant;
use crate::media::{Seat, Who};
use crate::queue::Coming;

/// How often the server asks for every participant list.
pub(super) const LISTS_MS: u64 = 5_000;
/// The media server needs so long to give a participant up that it does not hear of.
pub(super) const GIVES_UP_MS: u64 = 20_000;
/// A device comes into a room after so long, and six times its way to the media server.
const JOIN_MS: u64 = 60;
/// An engine has carried out a wish about its microphone or camera.
const ENGINE_MS: u64 = 5;
/// When room work that failed is tried again, counted from the first attempt's failure.
const RETRIES_MS: [u64; 5] = [200, 300, 500, 1_000, 3_000];

impl World {
    /// A device does something in its room.
    pub(super) fn steer(&mut self, at: usize, session: SessionId, effect: RoomEffect) {
        self.watch_had_off(at, session, &effect);
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        device.steer(session, &effect);
        let who = Who {
            device: at,
            life: device.life,
            session,
        };
        let (ms, most) = (device.link.room_ms, device.link.jitter_ms);
        match effect {
            RoomEffect::Connect { token, .. } => {
                let call = self.media.call_of(&token).cloned();
                if let Some(stay) = device.stays.get_mut(&session) {
                    stay.call = call;
                }
                self.tell_of(at, || format!("joins its room, session {}", session.0));
                let in_ms = JOIN_MS + 6 * ms + self.chance.below(most + 1);
                self.post(in_ms, Coming::Enter { who, token });
            }
            RoomEffect::Leave => {
                self.tell_of(at, || format!("leaves its room, session {}", session.0));
                if device_is_cut(self, at) {
                    self.post(GIVES_UP_MS, Coming::GiveUp { who });
                } else {
                    self.exit(who, true);
                }
            }
            RoomEffect::SetMicrophone(on) => self.engine(who, MediaSource::Microphone, on),
            RoomEffect::SetCamera(on) => self.engine(who, MediaSource::Camera, on),
            RoomEffect::SetPlayable(_) => {
                self.watch_playing(at, session);
                self.tell_tracks_of(who);
            }
            RoomEffect::PrepareMicrophone => self.tell_tracks_of(who),
            RoomEffect::SetPicture(_)
            | RoomEffect::WatchStatistics(_)
            | RoomEffect::NetworkChanged => {}
        }
    }

    fn engine(&mut self, who: Who, source: MediaSource, on: bool) {
        let device = self.devices.get(who.device);
        let problem = device.and_then(|device| device.media_problems.get(&source).copied());
        let event = match problem.filter(|_| on) {
            Some(problem) => RoomEvent::MediaFailed { source, problem },
            None => RoomEvent::MediaSet { source, on },
        };
        self.watch_open(who, source, on && problem.is_none());
        let session = who.session;
        self.post_input(who.device, ENGINE_MS, Input::Room { session, event });
        self.tell_tracks_of(who);
        self.watch_rooms();
    }

    /// One session of a device at a time has its microphone, and its camera: I7.
    fn watch_open(&mut self, who: Who, source: MediaSource, on: bool) {
        let now = self.now;
        let Some(device) = self.devices.get_mut(who.device) else {
            return;
        };
        let until_ms = if on { u64::MAX } else { now + ENGINE_MS };
        if let Some(stay) = device.stays.get_mut(&who.session) {
            stay.open_until_ms.insert(source, until_ms);
        }
        let others = device.stays.iter().filter(|(id, _)| **id != who.session);
        let mut others = others.filter(|(_, stay)| stay.is_open());
        let has = |stay: &Stay| stay.open_until_ms.get(&source).is_some_and(|at| *at > now);
        if on && others.any(|(_, stay)| has(stay)) {
            let what = format!("{}: two sessions have its {source:?}", device.name);
            self.broken(Invariant::I7, what);
        }
    }

    /// What a client sends or plays has changed.
    fn tell_tracks_of(&mut self, who: Who) {
        let call = self.stay(who).and_then(|stay| stay.call.clone());
        if let Some(call) = call {
            self.tell_tracks(&call);
        }
    }

    pub(super) fn enter(&mut self, who: Who, token: &Secret) {
        let Some(device) = self.devices.get(who.device) else {
            return;
        };
        let gone = !device.alive || device.life != who.life;
        if gone
            || device
                .stays
                .get(&who.session)
                .is_none_or(|stay| stay.left || stay.lost)
        {
            return;
        }
        let now = self.now;
        let entered = if device.cut.room {
            None
        } else {
            self.media.enter(token, who, now)
        };
        let Some(entered) = entered else {
            if let Some(stay) = self.stay(who) {
                stay.lost = true;
            }
            let (session, event) = (who.session, RoomEvent::ConnectFailed);
            self.post_input(who.device, 10, Input::Room { session, event });
            return;
        };
        if let Some(stay) = self.stay(who) {
            stay.entered = true;
        }
        let identity = entered.seat.identity.clone();
        self.tell_of(who.device, || format!("is in the room as {identity}"));
        self.recognise_entry(who, &entered);
        if let Some(old) = entered.replaced {
            self.put_out(&old, DisconnectReason::Removed);
            let on_purpose = false;
            self.tell_others(&entered.others, &old, on_purpose);
            self.webhook(&entered.call, &old, left(on_purpose));
        }
        self.room_event(who, RoomEvent::Connected);
        for other in &entered.others {
            let theirs = other.identity.clone();
            self.room_event(
                who,
                RoomEvent::ParticipantJoined {
                    identity: theirs,
                    sid: None,
                },
            );
            let mine = identity.clone();
            self.room_event(
                other.who,
                RoomEvent::ParticipantJoined {
                    identity: mine,
                    sid: None,
                },
            );
        }
        self.webhook(&entered.call, &entered.seat, RoomHint::Joined);
        self.tell_tracks(&entered.call);
        self.watch_rooms();
    }

    /// Somebody is no longer in a room: it left, or was given up.
    pub(super) fn exit(&mut self, who: Who, on_purpose: bool) {
        let Some((call, seat, others)) = self.media.exit(who) else {
            return;
        };
        self.recognise_exit(&call, &seat, &others);
        self.tell_others(&others, &seat, on_purpose);
        self.tell_tracks(&call);
        self.webhook(&call, &seat, left(on_purpose));
    }

    fn tell_others(&mut self, others: &[Seat], gone: &Seat, deliberate: bool) {
        for other in others {
            let identity = gone.identity.clone();
            let event = RoomEvent::ParticipantLeft {
                identity,
                sid: None,
                deliberate,
            };
            self.room_event(other.who, event);
        }
    }

    /// A client is put out of its room.
    fn put_out(&mut self, seat: &Seat, reason: DisconnectReason) {
        self.room_event(seat.who, RoomEvent::Disconnected { reason });
    }

    /// What the media server says to a client. One that it cannot reach learns it when it is
    /// back, or never.
    pub(super) fn room_event(&mut self, who: Who, event: RoomEvent) {
        let Some(device) = self.devices.get_mut(who.device) else {
            return;
        };
        if !device.alive || device.life != who.life || device.cut.room {
            return;
        }
        let in_ms = device.link.room_ms;
        if let Some(stay) = device.stays.get_mut(&who.session) {
            match &event {
                RoomEvent::ParticipantJoined { identity, .. } => {
                    stay.present.insert(identity.clone());
                }
                RoomEvent::ParticipantLeft { identity, .. } => {
                    stay.present.remove(identity);
                }
                RoomEvent::Disconnected { .. } => stay.lost = true,
                _ => {}
            }
        }
        let session = who.session;
        self.post_input(who.device, in_ms, Input::Room { session, event });
    }

    fn stay(&mut self, who: Who) -> Option<&mut Stay> {
        self.devices
            .get_mut(who.device)?
            .stays
            .get_mut(&who.session)
    }

    fn webhook(&mut self, call: &CallId, seat: &Seat, hint: RoomHint) {
        let backstage = self.backstage.clone();
        if self.chance.one_in(backstage.loses_webhook_one_in) {
            self.count(Fault::WebhookLost);
            self.recognise_bad_webhook(call);
            return;
        }
        let copies = if self.chance.one_in(backstage.repeats_webhook_one_in) {
            self.count(Fault::WebhookRepeated);
            self.recognise_bad_webhook(call);
            2
        } else {
            1
        };
        for _ in 0..copies {
            let late = self.chance.below(backstage.webhook_jitter_ms + 1);
            if late > 1_000 {
                self.count(Fault::WebhookLate);
                self.recognise_bad_webhook(call);
            }
            let webhook = Coming::Webhook {
                call: call.clone(),
                identity: seat.identity.clone(),
                session: seat.who.sid(),
                hint,
            };
            self.post(backstage.webhook_ms + late, webhook);
        }
    }

    pub(super) fn webhook_arrives(
        &mut self,
        call: &CallId,
        identity: String,
        session: String,
        hint: RoomHint,
    ) {
        if !self.server.up {
            return;
        }
        self.recognise_webhook(call, &identity, hint);
        let command = Command::RoomHint {
            identity,
            session: Some(session),
            hint,
        };
        let epoch = self.epoch();
        let _ = self.server.apply(call, &command, epoch);
        if hint == RoomHint::Joined {
            self.look_after_room(call);
        }
    }

    pub(super) fn start_room_work(&mut self) {
        if !self.server.up {
            return;
        }
        let in_ms = self.backstage.room_work_ms;
        for (call, task) in std::mem::take(&mut self.server.room_work) {
            let work = Coming::RoomWork {
                call,
                task,
                attempt: 0,
            };
            self.post(in_ms, work);
        }
    }

    /// What follows from a commit; tried again a few times.
    pub(super) fn work_on_room(&mut self, id: CallId, task: RoomTask, attempt: usize) {
        if !self.server.up {
            // Stored, for the next process.
            self.server.room_work.push((id, task));
            return;
        }
        if !self.media_obeys() {
            let Some(in_ms) = RETRIES_MS.get(attempt) else {
                self.room_task_given_up(&id);
                return;
            };
            let again = Coming::RoomWork {
                call: id,
                task,
                attempt: attempt + 1,
            };
            self.post(*in_ms, again);
            return;
        }
        self.room_task_done(&id, task);
        self.carry_out_in_room(&id, task);
    }

    /// What the server does by itself, without a commit: the reaper, and the eye on every room.
    fn look_after_room(&mut self, id: &CallId) {
        let task = match self.server.calls.get(id) {
            Some(call) if !call.is_over() => RoomTask::Reconcile,
            Some(_) | None => RoomTask::Delete,
        };
        if self.media_obeys() {
            self.carry_out_in_room(id, task);
        }
    }

    fn media_obeys(&mut self) -> bool {
        let fails = self.media.down || self.chance.one_in(self.backstage.fails_room_work_one_in);
        if fails {
            self.count(Fault::RoomWorkFailed);
            self.troubled_at = self.now;
        }
        !fails
    }

    fn carry_out_in_room(&mut self, id: &CallId, task: RoomTask) {
        let Some(call) = self.server.calls.get(id).cloned() else {
            return;
        };
        let (out, reason) = match task {
            RoomTask::Delete => (self.media.delete(id), DisconnectReason::RoomDeleted),
            RoomTask::Reconcile => {
                let entitled = ledger::entitled(&call);
                let out = self.media.reconcile(id, &entitled);
                (out, DisconnectReason::Removed)
            }
        };
        for seat in &out {
            self.tell("media", || format!("{} is put out of {id}", seat.identity));
            self.put_out(seat, reason);
            if task == RoomTask::Reconcile {
                let others = self.media.seats(id).to_vec();
                self.tell_others(&others, seat, false);
            }
            self.webhook(id, seat, left(false));
        }
        self.tell_tracks(id);
        self.watch_rooms();
    }

    pub(super) fn ask_for_lists(&mut self) {
        self.post(LISTS_MS, Coming::RoomLists);
        self.watch_ages();
        self.watch_rings();
        self.watch_room_tasks();
        if !self.server.up || self.media.down {
            return;
        }
        for call in self.server.open.clone() {
            let listed = Coming::RoomListed {
                present: self.media.list(&call),
                call,
                asked_at_ms: self.epoch(),
            };
            self.post(self.backstage.list_ms, listed);
        }
        let over = self.media.rooms().map(|(call, _)| call);
        let over: Vec<CallId> = over
            .filter(|call| !self.server.open.contains(call))
            .cloned()
            .collect();
        for call in over {
            self.look_after_room(&call);
        }
    }

    pub(super) fn list_arrives(&mut self, call: &CallId, present: Vec<InRoom>, asked_at_ms: u64) {
        if !self.server.up {
            return;
        }
        let command = Command::RoomList {
            present,
            asked_at_ms,
        };
        let epoch = self.epoch();
        if let Ok(call) = self.server.apply(call, &command, epoch) {
            self.look_after_room(call.call_id());
        }
    }
}

fn device_is_cut(world: &World, at: usize) -> bool {
    world.devices.get(at).is_some_and(|device| device.cut.room)
}

fn left(client_initiated: bool) -> RoomHint {
    RoomHint::Left { client_initiated }
}
