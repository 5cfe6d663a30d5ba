//! What nature does: cuts, deaths, restarts.

use faithcall_protocol::machine::{DisconnectReason, Input, RoomEvent, SessionId};

use super::World;
use super::room::GIVES_UP_MS;
use crate::device::{Doomed, Picked};
use crate::fault::Fault;
use crate::link::Link;
use crate::media::Who;
use crate::queue::Coming;

/// An engine says that it is reconnecting after so long without a network.
const HICCUP_MS: u64 = 700;
/// It gives up after so long.
const ENGINE_GIVES_UP_MS: u64 = 10_000;

impl World {
    /// From now on a device's messages travel like this.
    #[track_caller]
    pub fn set_link(&mut self, device: &str, link: Link) {
        self.device_mut(device).link = link;
    }

    /// Cuts a device off: from the broker, the server and the media server.
    #[track_caller]
    pub fn cut(&mut self, device: &str) {
        self.cut_signals(device);
        self.cut_requests(device);
        self.cut_room(device);
    }

    /// Cuts a device's MQTT connection. It notices after its link's `notice_ms`.
    #[track_caller]
    pub fn cut_signals(&mut self, device: &str) {
        let at = self.find(device);
        self.tell_of(at, || "is cut off from the broker".to_owned());
        self.count(Fault::SignalsCut);
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        device.cut.signals = true;
        let noticed = Coming::NoticeCut {
            device: at,
            life: device.life,
            connections: device.connections,
        };
        let in_ms = device.link.notice_ms;
        self.post(in_ms, noticed);
    }

    /// From now on every request of a device is lost.
    #[track_caller]
    pub fn cut_requests(&mut self, device: &str) {
        let at = self.find(device);
        self.tell_of(at, || "is cut off from the server".to_owned());
        self.count(Fault::RequestsCut);
        if let Some(device) = self.devices.get_mut(at) {
            device.cut.requests = true;
        }
    }

    /// Cuts a device off from the media server. Its engine tries to resume for 10 s; the media
    /// server gives it up after 20 s.
    #[track_caller]
    pub fn cut_room(&mut self, device: &str) {
        let at = self.find(device);
        self.tell_of(at, || "is cut off from the media server".to_owned());
        self.count(Fault::RoomCut);
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        device.cut.room = true;
        let (life, sessions) = (device.life, device.sessions());
        for session in sessions {
            let device = at;
            self.cut_session(Who {
                device,
                life,
                session,
            });
        }
    }

    fn cut_session(&mut self, who: Who) {
        self.recognise_room_lost(who);
        let event = RoomEvent::Reconnecting;
        self.after(HICCUP_MS, move |world| {
            world.engine_says(who, event);
        });
        let reason = DisconnectReason::Lost;
        let event = RoomEvent::Disconnected { reason };
        self.after(ENGINE_GIVES_UP_MS, move |world| {
            if world.engine_says(who, event) {
                world.count(Fault::RoomLost);
            }
        });
        self.after(GIVES_UP_MS, move |world| {
            if world.is_cut_off(who) {
                world.exit(who, false);
            }
        });
    }

    /// A client that is cut off tells its device so. True if it still is.
    fn engine_says(&mut self, who: Who, event: RoomEvent) -> bool {
        let cut = self.is_cut_off(who);
        let device = self.devices.get_mut(who.device);
        let stay = device.and_then(|device| device.stays.get_mut(&who.session));
        let Some(stay) = stay.filter(|stay| cut && stay.entered && !stay.left && !stay.lost) else {
            return false;
        };
        stay.lost = matches!(event, RoomEvent::Disconnected { .. });
        let session = who.session;
        self.post_input(who.device, 0, Input::Room { session, event });
        true
    }

    fn is_cut_off(&self, who: Who) -> bool {
        self.devices
            .get(who.device)
            .is_some_and(|device| device.life == who.life && device.cut.room)
    }

    /// Everything of a device that was cut works again.
    #[track_caller]
    pub fn restore(&mut self, device: &str) {
        let at = self.find(device);
        self.tell_of(at, || "has a network again".to_owned());
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        let was_out = device.cut.room;
        // What a dead connection has lost stays lost: it is not used again.
        let noticed = Coming::NoticeCut {
            device: at,
            life: device.life,
            connections: device.connections,
        };
        let dead = std::mem::take(&mut device.cut).signals;
        let back = was_out && device.alive;
        let (life, sessions) = (device.life, device.sessions());
        if dead {
            self.post(0, noticed);
        }
        for session in sessions.into_iter().filter(|_| back) {
            self.resume_room(Who {
                device: at,
                life,
                session,
            });
        }
    }

    /// A client is back in time, and hears what it missed.
    fn resume_room(&mut self, who: Who) {
        let Some(stay) = self
            .devices
            .get(who.device)
            .and_then(|d| d.stays.get(&who.session))
        else {
            return;
        };
        let known = stay.present.clone();
        let Some(call) = stay.call.clone() else {
            return;
        };
        let seats = self.media.seats(&call).to_vec();
        if !seats.iter().any(|seat| seat.who == who) {
            let reason = DisconnectReason::Removed;
            self.room_event(who, RoomEvent::Disconnected { reason });
            return;
        }
        self.count(Fault::RoomHiccup);
        self.recognise_room_back(who);
        self.room_event(who, RoomEvent::Reconnected);
        let there = |identity: &String| seats.iter().any(|seat| seat.identity == *identity);
        for identity in known.iter().filter(|identity| !there(identity)) {
            let event = RoomEvent::ParticipantLeft {
                identity: identity.clone(),
                sid: None,
                deliberate: false,
            };
            self.room_event(who, event);
        }
        for seat in seats.iter().filter(|seat| seat.who != who) {
            if !known.contains(&seat.identity) {
                let identity = seat.identity.clone();
                self.room_event(
                    who,
                    RoomEvent::ParticipantJoined {
                        identity,
                        sid: None,
                    },
                );
            }
        }
        self.tell_tracks(&call);
    }

    /// A device's session in the room of the call that its user is in breaks at once, and has to be
    /// made again.
    #[track_caller]
    pub fn lose_room(&mut self, device: &str) {
        let at = self.find(device);
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        let Some(session) = device.session() else {
            return;
        };
        let who = Who {
            device: at,
            life: device.life,
            session,
        };
        self.count(Fault::RoomLost);
        self.tell_of(at, || "loses its room".to_owned());
        self.recognise_room_lost(who);
        let reason = DisconnectReason::Lost;
        self.room_event(who, RoomEvent::Disconnected { reason });
        self.post(GIVES_UP_MS, Coming::GiveUp { who });
    }

    /// Kills a device's process. A push starts it again, unless it was `stopped` by its user.
    #[track_caller]
    pub fn kill(&mut self, device: &str) {
        self.end_process(device, true);
    }

    /// Kills a device's process as a user does who stops an app: no push starts it again.
    #[track_caller]
    pub fn stop(&mut self, device: &str) {
        self.end_process(device, false);
    }

    #[track_caller]
    fn end_process(&mut self, device: &str, wakes: bool) {
        let at = self.find(device);
        self.recognise_kill(at);
        let Some(device) = self.devices.get_mut(at).filter(|device| device.alive) else {
            return;
        };
        let life = device.life;
        let sessions: Vec<SessionId> = device.stays.keys().copied().collect();
        device.die();
        device.wakes = wakes;
        self.count(Fault::DeviceKilled);
        self.tell_of(at, || "is killed".to_owned());
        for session in sessions {
            let who = Who {
                device: at,
                life,
                session,
            };
            self.post(GIVES_UP_MS, Coming::GiveUp { who });
        }
    }

    /// Starts a device's process again: it signs in and connects, and knows nothing of what was.
    #[track_caller]
    pub fn start(&mut self, device: &str) {
        let at = self.find(device);
        if self
            .devices
            .get(at)
            .is_some_and(|device| !device.alive || device.signed_out)
        {
            self.start_device(at);
        }
    }

    pub(super) fn start_device(&mut self, at: usize) {
        self.count(Fault::DeviceStarted);
        self.tell_of(at, || "starts".to_owned());
        self.recognise_start(at);
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        device.life += 1;
        device.start(&self.church, &mut self.chance);
        if device.has_push_token {
            let (member, id) = (device.member.clone(), device.id.clone());
            self.server.set_push_token(&member, &id, true);
        }
        self.note_had_off(at);
        self.give(at, Input::SignedIn);
        self.connect(at);
    }

    /// For so long the server refuses a device's token, and its app has no better one.
    #[track_caller]
    pub fn expire_token(&mut self, device: &str, for_ms: u64) {
        let at = self.find(device);
        self.count(Fault::TokenExpired);
        self.tell_of(at, || "has a token that has expired".to_owned());
        self.recognise_expiry(at);
        let until = self.now + for_ms;
        if let Some(device) = self.devices.get_mut(at) {
            device.token_bad_until_ms = until;
        }
    }

    /// Kills the server's process. What it committed is in its store; what it was asked in this
    /// moment is lost.
    pub fn kill_server(&mut self) {
        if !self.server.up {
            return;
        }
        self.count(Fault::ServerKilled);
        self.recognise_server_death();
        self.tell("server", || "is killed".to_owned());
        self.server.up = false;
        self.server.dies_at_commit = false;
        self.troubled_at = self.now;
    }

    /// The server dies at the next change that it commits: nobody is answered, nothing is
    /// published.
    pub fn kill_server_at_commit(&mut self) {
        self.server.dies_at_commit = self.server.up;
    }

    /// Carries out a death that waited for a commit. True if it came.
    pub(super) fn dies_after_commit(&mut self) -> bool {
        let dies = self.server.dies_at_commit && !self.server.commits.is_empty();
        if dies {
            self.watch_commits();
            self.kill_server();
        }
        dies
    }

    /// Starts the server's process again: it publishes what was not published, and carries out the
    /// deadlines that have passed and the room work that was left.
    pub fn start_server(&mut self) {
        if self.server.up {
            return;
        }
        self.tell("server", || "starts".to_owned());
        self.server.up = true;
        self.troubled_at = self.now;
        // A process that dies right after it published could not note that.
        if self.chance.one_in(2) && !self.server.published.is_empty() {
            self.count(Fault::Republished);
            for outgoing in std::mem::take(&mut self.server.published).into_iter().rev() {
                self.server.outbox.push_front(outgoing);
            }
        }
    }

    /// Restarts the broker: every connection breaks, every session is forgotten, and for so long
    /// nobody can connect.
    pub fn restart_broker(&mut self, down_ms: u64) {
        if !self.broker_up {
            return;
        }
        self.count(Fault::BrokerRestarted);
        self.recognise_broker_restart();
        self.tell("broker", || "is gone".to_owned());
        self.broker_up = false;
        for at in 0..self.devices.len() {
            let Some(device) = self.devices.get_mut(at) else {
                continue;
            };
            device.connection = None;
            let (life, connections) = (device.life, device.connections);
            self.post(
                10,
                Coming::NoticeCut {
                    device: at,
                    life,
                    connections,
                },
            );
        }
        self.after(down_ms, |world| {
            world.tell("broker", || "is back".to_owned());
            world.broker_up = true;
        });
    }

    /// The media server refuses everybody, and does nothing that it is told. Who is in a room
    /// stays there.
    pub fn refuse_rooms(&mut self, refuse: bool) {
        if refuse && !self.media.down {
            self.count(Fault::MediaRefused);
        }
        self.tell("media", || format!("refuses everybody: {refuse}"));
        self.media.down = refuse;
        self.troubled_at = self.now;
    }

    /// Restarts the media server: every room is forgotten, and every session breaks.
    pub fn restart_media(&mut self) {
        self.count(Fault::MediaRestarted);
        self.tell("media", || "is restarted".to_owned());
        self.troubled_at = self.now;
        for seat in self.media.forget() {
            self.recognise_room_lost(seat.who);
            let reason = DisconnectReason::Lost;
            self.room_event(seat.who, RoomEvent::Disconnected { reason });
        }
    }

    /// Whether the server publishes what it has committed: signals and pushes. On at first; what waits
    /// is published when it is on again.
    pub fn publish_commits(&mut self, on: bool) {
        self.publishing = on;
    }

    /// Nothing goes wrong any more: everything runs, every link works, every process has been
    /// started.
    pub fn heal(&mut self) {
        self.tell("world", || "heals".to_owned());
        self.publishing = true;
        self.server.dies_at_commit = false;
        self.start_server();
        self.server.revoked.clear();
        self.refuse_rooms(false);
        self.backstage = crate::link::Backstage::default();
        for at in 0..self.devices.len() {
            let Some(device) = self.devices.get_mut(at) else {
                continue;
            };
            device.link = device.link.healed();
            device.doomed = Doomed::default();
            device.picked = Picked::default();
            device.media_problems.clear();
            device.token_bad_until_ms = 0;
            let (name, dead) = (device.name.clone(), !device.alive);
            self.restore(&name);
            if dead {
                self.start_device(at);
            }
        }
    }
}
