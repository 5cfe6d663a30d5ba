//! The server in memory: its rooms, what a backend does to them, and what sessions do in them.

use super::{
    media::{self, Delivery},
    stay::{Feed, Key, Stay, Track},
};
use crate::room::{
    Camera, ConnectOptions, Devices, DisconnectReason, Participant, RoomError, RoomEvent,
    RoomEvents, RoomStats, Secret, ServerWord, VideoQuality,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What a participant may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FakeGrants {
    /// May send tracks.
    pub can_publish: bool,
    /// May receive the others' tracks.
    pub can_subscribe: bool,
}

/// A LiveKit server in memory; its clones are the same server.
#[derive(Clone, Default)]
pub struct FakeLiveKit(Arc<Mutex<State>>);

/// Who is in a room, by identity.
pub(super) type Room = BTreeMap<String, Stay>;

#[derive(Default)]
struct State {
    rooms: BTreeMap<String, Room>,
    tokens: HashMap<String, Token>,
    stays: u64,
    unreachable: bool,
}

#[derive(Clone)]
struct Token {
    room: String,
    identity: String,
    grants: FakeGrants,
}

/// What a backend and a test can do.
impl FakeLiveKit {
    /// Where its engines connect; any URL will do.
    pub const URL: &'static str = "ws://fake.invalid";

    /// Makes a server without rooms.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a room, or does nothing where it exists.
    pub fn create_room(&self, room: &str) {
        self.state().rooms.entry(room.to_owned()).or_default();
    }

    /// Deletes a room; everybody in it is told.
    pub fn delete_room(&self, room: &str) {
        let stays = self.state().rooms.remove(room).unwrap_or_default();
        for stay in stays.into_values() {
            stay.tell(RoomEvent::Disconnected {
                reason: DisconnectReason::RoomDeleted,
            });
        }
    }

    /// Makes a token that is good as long as the server lives.
    pub fn token(&self, room: &str, identity: &str, grants: FakeGrants) -> Secret {
        let mut state = self.state();
        let text = format!("fake-token-{}", state.tokens.len());
        let token = Token {
            room: room.to_owned(),
            identity: identity.to_owned(),
            grants,
        };
        state.tokens.insert(text.clone(), token);
        Secret::new(text)
    }

    /// Replaces what somebody may do. Returns whether it is there.
    pub fn set_permission(&self, room: &str, identity: &str, grants: FakeGrants) -> bool {
        let mut state = self.state();
        let Some(room) = state.rooms.get_mut(room) else {
            return false;
        };
        let Some(mut stay) = room.remove(identity) else {
            return false;
        };
        let before = stay.grants;
        let tracks = tracks_of(room);
        if before.can_subscribe && !grants.can_subscribe {
            for (other, track, _) in &tracks {
                stay.unsubscribe(other, *track);
            }
        }
        stay.grants = grants;
        if before != grants {
            let FakeGrants {
                can_subscribe,
                can_publish,
            } = grants;
            stay.tell(RoomEvent::PermissionsChanged {
                can_subscribe,
                can_publish,
            });
        }
        if !before.can_subscribe && grants.can_subscribe {
            for (other, track, muted) in &tracks {
                stay.subscribe(other, *track, *muted);
            }
        }
        room.insert(identity.to_owned(), stay);
        true
    }

    /// Removes somebody. Returns whether it was there.
    pub fn remove_participant(&self, room: &str, identity: &str) -> bool {
        self.disconnect(room, identity, DisconnectReason::Removed)
    }

    /// Ends somebody's connection for a reason of the test's choice. Returns whether it was there.
    pub fn disconnect(&self, room: &str, identity: &str, reason: DisconnectReason) -> bool {
        let mut state = self.state();
        let Some(room) = state.rooms.get_mut(room) else {
            return false;
        };
        let Some(stay) = take(room, identity, false) else {
            return false;
        };
        stay.tell(RoomEvent::Disconnected { reason });
        true
    }

    /// Lets somebody's connection break or be whole again; its media goes on all the same.
    pub fn set_reconnecting(&self, room: &str, identity: &str, reconnecting: bool) {
        let state = self.state();
        if let Some(stay) = state.rooms.get(room).and_then(|room| room.get(identity)) {
            let event = if reconnecting {
                RoomEvent::Reconnecting
            } else {
                RoomEvent::Reconnected
            };
            stay.tell(event);
        }
    }

    /// Lets the server answer nobody who is not connected yet, or everybody again.
    pub fn set_unreachable(&self, unreachable: bool) {
        self.state().unreachable = unreachable;
    }

    /// Lets the server judge somebody's connection; everybody in the room is told.
    pub fn judge(&self, room: &str, identity: &str, quality: ServerWord) {
        let state = self.state();
        for (who, stay) in state.rooms.get(room).into_iter().flatten() {
            let identity = (who != identity).then(|| identity.to_owned());
            stay.tell(RoomEvent::ConnectionQuality { identity, quality });
        }
    }

    /// Returns the names of all rooms, in order.
    pub fn rooms(&self) -> Vec<String> {
        self.state().rooms.keys().cloned().collect()
    }

    /// Returns who is in a room and what it may do, in order.
    pub fn participants(&self, room: &str) -> Vec<(String, FakeGrants)> {
        let state = self.state();
        let room = state.rooms.get(room).into_iter().flatten();
        room.map(|(identity, stay)| (identity.clone(), stay.grants))
            .collect()
    }

    /// Moves 10 ms of sound, and one picture of each camera that has one.
    pub fn pump(&self) {
        let mut deliveries = Vec::new();
        for room in self.state().rooms.values_mut() {
            media::forward(room, &mut deliveries);
        }
        // The state is not locked any more: a sink may ask the server something.
        deliveries.into_iter().for_each(Delivery::hand_over);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What sessions do.
impl FakeLiveKit {
    pub(super) fn enter(
        &self,
        options: &ConnectOptions,
        events: RoomEvents,
        devices: Devices,
    ) -> Result<Key, RoomError> {
        let mut state = self.state();
        if state.unreachable {
            return Err(RoomError::Unreachable);
        }
        let token = state.tokens.get(options.token.expose()).cloned();
        let Token {
            room: name,
            identity,
            grants,
        } = token.ok_or(RoomError::TokenRefused)?;
        state.stays += 1;
        let number = state.stays;
        let room = state.rooms.get_mut(&name).ok_or(RoomError::RoomNotFound)?;
        if let Some(before) = take(room, &identity, false) {
            let reason = DisconnectReason::DuplicateIdentity;
            before.tell(RoomEvent::Disconnected { reason });
        }
        let stay = Stay::new(number, grants, devices, options.session, events);
        stay.tell(RoomEvent::Connected {
            others: room.iter().map(present).collect(),
        });
        for other in room.values() {
            other.tell(RoomEvent::ParticipantJoined {
                identity: identity.clone(),
                sid: stay.sid(),
            });
        }
        for (other, track, muted) in tracks_of(room) {
            stay.subscribe(&other, track, muted);
        }
        room.insert(identity.clone(), stay);
        Ok(Key {
            room: name,
            identity,
            number,
        })
    }

    pub(super) fn leave(&self, key: &Key) {
        let mut state = self.state();
        if let Ok(room) = state.room_of(key) {
            drop(take(room, &key.identity, true));
        }
    }

    pub(super) fn check_publish(
        &self,
        key: &Key,
        track: &'static str,
        on: bool,
    ) -> Result<(), RoomError> {
        let mut state = self.state();
        let may = state.stay(key)?.grants.can_publish;
        if may || !on {
            Ok(())
        } else {
            Err(RoomError::PublishRefused { track })
        }
    }

    pub(super) fn prepare_microphone(&self, key: &Key) -> Result<(), RoomError> {
        self.check_publish(key, "microphone", true)?;
        let mut state = self.state();
        if state.publish(key, Track::Microphone)? {
            state.stay(key)?.microphone = Feed::Silence;
        }
        Ok(())
    }

    pub(super) fn feed_microphone(&self, key: &Key, feed: Feed) -> Result<(), RoomError> {
        let mut state = self.state();
        let muted = matches!(feed, Feed::Nothing);
        if !muted {
            state.publish(key, Track::Microphone)?;
        }
        state.stay(key)?.microphone = feed;
        state.set_muted(key, Track::Microphone, muted)
    }

    pub(super) fn feed_camera(
        &self,
        key: &Key,
        camera: Option<Box<dyn Camera>>,
    ) -> Result<(), RoomError> {
        let mut state = self.state();
        let muted = camera.is_none();
        if !muted {
            state.publish(key, Track::Camera)?;
        }
        state.stay(key)?.camera = camera;
        state.set_muted(key, Track::Camera, muted)
    }

    pub(super) fn set_video_quality(&self, key: &Key, quality: VideoQuality) {
        if let Ok(stay) = self.state().stay(key) {
            stay.video_quality = quality;
        }
    }

    /// Its connection breaks and is whole again.
    pub(super) fn find_new_way(&self, key: &Key) -> Result<(), RoomError> {
        let mut state = self.state();
        let stay = state.stay(key)?;
        stay.tell(RoomEvent::Reconnecting);
        stay.tell(RoomEvent::Reconnected);
        Ok(())
    }

    pub(super) fn set_playable(&self, key: &Key, identities: &[String]) {
        if let Ok(stay) = self.state().stay(key) {
            stay.playable = identities.iter().cloned().collect();
            stay.held = identities.is_empty();
        }
    }

    pub(super) fn stats(&self, key: &Key) -> Result<RoomStats, RoomError> {
        Ok(self.state().stay(key)?.stats.clone())
    }
}

impl State {
    /// The room of a stay that is not over.
    fn room_of(&mut self, key: &Key) -> Result<&mut Room, RoomError> {
        let room = self.rooms.get_mut(&key.room).ok_or(RoomError::Over)?;
        let is_there = room
            .get(&key.identity)
            .is_some_and(|stay| stay.number == key.number);
        if is_there {
            Ok(room)
        } else {
            Err(RoomError::Over)
        }
    }

    fn stay(&mut self, key: &Key) -> Result<&mut Stay, RoomError> {
        self.room_of(key)?
            .get_mut(&key.identity)
            .ok_or(RoomError::Over)
    }

    /// Publishes a track that is not muted. Returns whether it is new.
    fn publish(&mut self, key: &Key, track: Track) -> Result<bool, RoomError> {
        let room = self.room_of(key)?;
        let stay = room.get_mut(&key.identity).ok_or(RoomError::Over)?;
        if stay.tracks.contains_key(&track) {
            return Ok(false);
        }
        stay.tracks.insert(track, false);
        for (_, other) in room.iter().filter(|(other, _)| **other != key.identity) {
            other.subscribe(&key.identity, track, false);
        }
        Ok(true)
    }

    /// Mutes or unmutes a track that was published.
    fn set_muted(&mut self, key: &Key, track: Track, muted: bool) -> Result<(), RoomError> {
        let room = self.room_of(key)?;
        let published = room
            .get_mut(&key.identity)
            .and_then(|stay| stay.tracks.get_mut(&track));
        let Some(before) = published else {
            return Ok(());
        };
        if std::mem::replace(before, muted) != muted {
            for (_, other) in room.iter().filter(|(other, _)| **other != key.identity) {
                let (identity, source) = (key.identity.clone(), track.source());
                other.tell(RoomEvent::TrackMuted {
                    identity,
                    source,
                    muted,
                });
            }
        }
        Ok(())
    }
}

/// Takes somebody out of a room and tells the others, and whether it went by itself.
fn take(room: &mut Room, identity: &str, deliberate: bool) -> Option<Stay> {
    let stay = room.remove(identity)?;
    for other in room.values_mut() {
        for track in stay.tracks.keys() {
            other.unsubscribe(identity, *track);
        }
        other.tell(RoomEvent::ParticipantLeft {
            identity: identity.to_owned(),
            sid: stay.sid(),
            deliberate,
        });
    }
    Some(stay)
}

/// Somebody in a room, as it is told.
fn present((identity, stay): (&String, &Stay)) -> Participant {
    Participant {
        identity: identity.clone(),
        sid: stay.sid(),
    }
}

/// Everybody's tracks, and whether they are muted.
fn tracks_of(room: &Room) -> Vec<(String, Track, bool)> {
    let of = |(identity, stay): (&String, &Stay)| {
        let tracks = stay.tracks.iter();
        tracks
            .map(|(track, muted)| (identity.clone(), *track, *muted))
            .collect::<Vec<_>>()
    };
    room.iter().flat_map(of).collect()
}
