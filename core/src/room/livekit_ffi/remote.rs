//! The others' tracks, and which of them are played.

use super::{
    dispatch::Ffi,
    handle::Handle,
    proto::{self, OwnedTrack, TrackKind, TrackPublicationInfo},
    stream::Stream,
};
use crate::room::{Devices, RoomError, RoomEvent, TrackSource, VideoFrame};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Tells an event of the session.
pub(super) type Tell = Arc<dyn Fn(RoomEvent) + Send + Sync>;

/// All tracks of the others that the session knows, by their sid.
pub(super) struct RemoteTracks {
    ffi: &'static Ffi,
    devices: Devices,
    tell: Tell,
    playable: HashSet<String>,
    publications: HashMap<String, Publication>,
    subscribed: HashMap<String, Subscribed>,
}

/// A track that somebody publishes, whether it comes to us or not.
#[derive(Debug)]
struct Publication {
    identity: String,
    source: TrackSource,
    muted: bool,
}

/// A track that comes to us.
#[derive(Debug)]
struct Subscribed {
    identity: String,
    kind: TrackKind,
    /// There while its owner is playable. It comes first so that it goes before the track.
    stream: Option<Stream>,
    track: Handle,
}

impl RemoteTracks {
    pub(super) fn new(ffi: &'static Ffi, devices: Devices, tell: Tell) -> Self {
        Self {
            ffi,
            devices,
            tell,
            playable: HashSet::new(),
            publications: HashMap::new(),
            subscribed: HashMap::new(),
        }
    }

    /// Somebody publishes a track.
    pub(super) fn publish(&mut self, identity: &str, info: TrackPublicationInfo) {
        let publication = Publication {
            identity: identity.to_owned(),
            source: source(info.source),
            muted: info.muted,
        };
        self.publications.insert(info.sid, publication);
    }

    /// Somebody publishes a track no more.
    pub(super) fn unpublish(&mut self, sid: &str) {
        self.publications.remove(sid);
        self.subscribed.remove(sid);
    }

    /// A track comes to us.
    pub(super) fn subscribe(&mut self, identity: String, track: &OwnedTrack, handle: Handle) {
        let sid = track.info.sid.clone();
        let kind = TrackKind::try_from(track.info.kind).unwrap_or(TrackKind::Unknown);
        let published = self.publications.get(&sid);
        let source = published.map_or(TrackSource::Unknown, |publication| publication.source);
        let muted = published.is_some_and(|publication| publication.muted);
        let subscribed = Subscribed {
            identity: identity.clone(),
            kind,
            stream: None,
            track: handle,
        };
        self.subscribed.insert(sid, subscribed);
        (self.tell)(RoomEvent::TrackSubscribed {
            identity: identity.clone(),
            source,
        });
        if muted {
            (self.tell)(RoomEvent::TrackMuted {
                identity,
                source,
                muted,
            });
        }
        self.play();
    }

    /// A track comes to us no more.
    pub(super) fn unsubscribe(&mut self, identity: String, sid: &str) {
        self.subscribed.remove(sid);
        let published = self.publications.get(sid);
        let source = published.map_or(TrackSource::Unknown, |publication| publication.source);
        (self.tell)(RoomEvent::TrackUnsubscribed { identity, source });
    }

    /// A track was muted or unmuted; our own ones are not known here.
    pub(super) fn set_muted(&mut self, sid: &str, muted: bool) {
        if let Some(publication) = self.publications.get_mut(sid) {
            publication.muted = muted;
            let (identity, source) = (publication.identity.clone(), publication.source);
            (self.tell)(RoomEvent::TrackMuted {
                identity,
                source,
                muted,
            });
        }
    }

    /// Somebody went.
    pub(super) fn forget(&mut self, identity: &str) {
        self.publications
            .retain(|_, publication| publication.identity != identity);
        self.subscribed
            .retain(|_, subscribed| subscribed.identity != identity);
    }

    /// Everything ends.
    pub(super) fn clear(&mut self) {
        self.publications.clear();
        self.subscribed.clear();
    }

    /// Says who is played from now on.
    pub(super) fn set_playable(&mut self, identities: &[String]) {
        self.playable = identities.iter().cloned().collect();
        self.play();
    }

    /// Starts the streams that should run and stops the others.
    fn play(&mut self) {
        for subscribed in self.subscribed.values_mut() {
            if !self.playable.contains(&subscribed.identity) {
                subscribed.stream = None;
            } else if subscribed.stream.is_none() {
                match start(self.ffi, &self.devices, &self.tell, subscribed) {
                    Ok(stream) => subscribed.stream = stream,
                    Err(error) => tracing::warn!(%error, "a track cannot be played"),
                }
            }
        }
    }
}

fn start(
    ffi: &'static Ffi,
    devices: &Devices,
    tell: &Tell,
    subscribed: &Subscribed,
) -> Result<Option<Stream>, RoomError> {
    let identity = subscribed.identity.clone();
    let tell = Arc::clone(tell);
    let mut silent_so_far = true;
    match subscribed.kind {
        TrackKind::Audio => {
            let speaker = Arc::clone(&devices.speaker);
            let sink = move |samples: &[i16]| {
                speaker.write(&identity, samples);
                if silent_so_far && samples.iter().any(|sample| *sample != 0) {
                    silent_so_far = false;
                    tell(RoomEvent::FirstAudio {
                        identity: identity.clone(),
                    });
                }
            };
            Stream::audio(ffi, &subscribed.track, sink).map(Some)
        }
        TrackKind::Video => {
            let screen = Arc::clone(&devices.screen);
            let sink = move |frame: VideoFrame| {
                screen.frame(&identity, frame);
                if silent_so_far {
                    silent_so_far = false;
                    tell(RoomEvent::FirstVideo {
                        identity: identity.clone(),
                    });
                }
            };
            Stream::video(ffi, &subscribed.track, sink).map(Some)
        }
        TrackKind::Unknown => Ok(None),
    }
}

fn source(number: i32) -> TrackSource {
    match proto::TrackSource::try_from(number) {
        Ok(proto::TrackSource::Camera) => TrackSource::Camera,
        Ok(proto::TrackSource::Microphone) => TrackSource::Microphone,
        Ok(proto::TrackSource::ScreenShare) => TrackSource::ScreenShare,
        Ok(proto::TrackSource::ScreenShareAudio) => TrackSource::ScreenShareAudio,
        Ok(proto::TrackSource::Unknown) | Err(_) => TrackSource::Unknown,
    }
}
