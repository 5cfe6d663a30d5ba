//! One participant's stay in one room.

use super::FakeGrants;
use crate::room::{
    Camera, Devices, Microphone, ReceivedStats, RoomEvent, RoomEvents, RoomStats, SessionId,
    TrackSource, VideoQuality,
};
use std::collections::{BTreeMap, HashSet};

/// Names a stay, also when somebody comes back under the same identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) room: String,
    pub(super) identity: String,
    pub(super) number: u64,
}

/// What a microphone's track carries.
pub(super) enum Feed {
    /// Zeros, and no device is open.
    Silence,
    /// An open device.
    Device(Box<dyn Microphone>),
    /// Nothing: muted.
    Nothing,
}

/// A participant in a room.
pub(super) struct Stay {
    pub(super) number: u64,
    pub(super) grants: FakeGrants,
    pub(super) devices: Devices,
    pub(super) playable: HashSet<String>,
    /// Whether media is kept back: it was said that nobody is playable.
    pub(super) held: bool,
    /// The published tracks, and whether they are muted.
    pub(super) tracks: BTreeMap<Track, bool>,
    pub(super) microphone: Feed,
    pub(super) camera: Option<Box<dyn Camera>>,
    pub(super) video_quality: VideoQuality,
    pub(super) stats: RoomStats,
    /// Of whose track the first sound or picture was told.
    told_first: HashSet<(String, Track)>,
    session: SessionId,
    events: RoomEvents,
}

/// The tracks that a session can publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Track {
    Microphone,
    Camera,
}

impl Track {
    pub(super) fn source(self) -> TrackSource {
        match self {
            Self::Microphone => TrackSource::Microphone,
            Self::Camera => TrackSource::Camera,
        }
    }
}

impl Stay {
    pub(super) fn new(
        number: u64,
        grants: FakeGrants,
        devices: Devices,
        session: SessionId,
        events: RoomEvents,
    ) -> Self {
        Self {
            number,
            grants,
            devices,
            playable: HashSet::new(),
            held: false,
            tracks: BTreeMap::new(),
            microphone: Feed::Nothing,
            camera: None,
            video_quality: VideoQuality::Full,
            stats: RoomStats::default(),
            told_first: HashSet::new(),
            session,
            events,
        }
    }

    pub(super) fn tell(&self, event: RoomEvent) {
        self.events.send(self.session, event);
    }

    /// Whether this is the first sound or picture of that track; it is not a second time.
    pub(super) fn is_first(&mut self, identity: &str, track: Track) -> bool {
        self.told_first.insert((identity.to_owned(), track))
    }

    /// Its name at the server.
    pub(super) fn sid(&self) -> String {
        format!("PA_{}", self.number)
    }

    /// Whether the others' media comes to this one.
    pub(super) fn receives(&self) -> bool {
        self.grants.can_subscribe && !self.held
    }

    /// A track of `identity` comes to this one, where it may receive.
    pub(super) fn subscribe(&self, identity: &str, track: Track, muted: bool) {
        if self.grants.can_subscribe {
            let (identity, source) = (identity.to_owned(), track.source());
            self.tell(RoomEvent::TrackSubscribed {
                identity: identity.clone(),
                source,
            });
            if muted {
                self.tell(RoomEvent::TrackMuted {
                    identity,
                    source,
                    muted,
                });
            }
        }
    }

    /// Counts a packet that came.
    pub(super) fn count(&mut self, identity: &str) {
        let received = &mut self.stats.received;
        match received.iter_mut().find(|one| one.identity == identity) {
            Some(one) => one.packets_received += 1,
            None => received.push(ReceivedStats {
                identity: identity.to_owned(),
                packets_received: 1,
                ..ReceivedStats::default()
            }),
        }
    }

    /// A track of `identity` comes to this one no more.
    pub(super) fn unsubscribe(&mut self, identity: &str, track: Track) {
        self.told_first.remove(&(identity.to_owned(), track));
        if self.grants.can_subscribe {
            let source = track.source();
            self.tell(RoomEvent::TrackUnsubscribed {
                identity: identity.to_owned(),
                source,
            });
        }
    }
}
