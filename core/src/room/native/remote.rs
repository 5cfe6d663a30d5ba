//! The others' tracks, and which of them are played.

use super::{Publication, link::RemoteTrack};
use crate::room::{Devices, RoomEvent, TrackSource, VideoFrame};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Tells an event of the session.
pub(super) type Tell = Arc<dyn Fn(RoomEvent) + Send + Sync>;

/// All tracks of the others that the session knows, by their sid.
pub(super) struct RemoteTracks<R: RemoteTrack> {
    devices: Devices,
    tell: Tell,
    playable: HashSet<String>,
    published: HashMap<String, Published>,
    subscribed: HashMap<String, Subscribed<R>>,
}

/// A track that somebody publishes, whether it comes to us or not.
struct Published {
    identity: String,
    source: TrackSource,
    muted: bool,
}

/// A track that comes to us.
struct Subscribed<R: RemoteTrack> {
    identity: String,
    /// There while its owner is playable. It comes first so that it goes before the track.
    stream: Option<R::Stream>,
    track: R,
}

impl<R: RemoteTrack> RemoteTracks<R> {
    pub(super) fn new(devices: Devices, tell: Tell) -> Self {
        Self {
            devices,
            tell,
            playable: HashSet::new(),
            published: HashMap::new(),
            subscribed: HashMap::new(),
        }
    }

    /// Somebody publishes a track.
    pub(super) fn publish(&mut self, identity: String, publication: Publication) {
        let Publication { sid, source, muted } = publication;
        self.published.insert(
            sid,
            Published {
                identity,
                source,
                muted,
            },
        );
    }

    /// Somebody publishes a track no more.
    pub(super) fn unpublish(&mut self, sid: &str) {
        self.published.remove(sid);
        self.subscribed.remove(sid);
    }

    /// A track comes to us.
    pub(super) fn subscribe(&mut self, identity: String, sid: String, track: R) {
        let source = self.source(&sid);
        let muted = self
            .published
            .get(&sid)
            .is_some_and(|published| published.muted);
        (self.tell)(RoomEvent::TrackSubscribed {
            identity: identity.clone(),
            source,
        });
        if muted {
            (self.tell)(RoomEvent::TrackMuted {
                identity: identity.clone(),
                source,
                muted,
            });
        }
        self.subscribed.insert(
            sid,
            Subscribed {
                identity,
                stream: None,
                track,
            },
        );
        self.play();
    }

    /// A track comes to us no more.
    pub(super) fn unsubscribe(&mut self, identity: String, sid: &str) {
        self.subscribed.remove(sid);
        let source = self.source(sid);
        (self.tell)(RoomEvent::TrackUnsubscribed { identity, source });
    }

    /// A track was muted or unmuted; our own ones are not known here.
    pub(super) fn set_muted(&mut self, sid: &str, muted: bool) {
        if let Some(published) = self.published.get_mut(sid) {
            published.muted = muted;
            let (identity, source) = (published.identity.clone(), published.source);
            (self.tell)(RoomEvent::TrackMuted {
                identity,
                source,
                muted,
            });
        }
    }

    /// Somebody went.
    pub(super) fn forget(&mut self, identity: &str) {
        self.published
            .retain(|_, published| published.identity != identity);
        self.subscribed
            .retain(|_, subscribed| subscribed.identity != identity);
    }

    /// Everything ends; what a client still tells from before that is not played any more.
    pub(super) fn clear(&mut self) {
        self.playable.clear();
        self.published.clear();
        self.subscribed.clear();
    }

    /// Says who is played from now on.
    pub(super) fn set_playable(&mut self, identities: &[String]) {
        self.playable = identities.iter().cloned().collect();
        self.play();
    }

    fn source(&self, sid: &str) -> TrackSource {
        self.published
            .get(sid)
            .map_or(TrackSource::Unknown, |published| published.source)
    }

    /// Starts the streams that should run and stops the others.
    fn play(&mut self) {
        for subscribed in self.subscribed.values_mut() {
            if !self.playable.contains(&subscribed.identity) {
                subscribed.stream = None;
            } else if subscribed.stream.is_none() {
                subscribed.stream = start(&self.devices, &self.tell, subscribed);
            }
        }
    }
}

/// Starts to play a track; nothing where that is not possible.
fn start<R: RemoteTrack>(
    devices: &Devices,
    tell: &Tell,
    subscribed: &Subscribed<R>,
) -> Option<R::Stream> {
    let sound = to_speaker(devices, tell, &subscribed.identity);
    let picture = to_screen(devices, tell, &subscribed.identity);
    let started = subscribed.track.play(sound, picture);
    started.unwrap_or_else(|error| {
        tracing::warn!(%error, "a track cannot be played");
        None
    })
}

/// Takes somebody's sound to the speaker, and tells the first that is not silence.
fn to_speaker(
    devices: &Devices,
    tell: &Tell,
    identity: &str,
) -> impl FnMut(&[i16]) + Send + 'static {
    let (identity, tell) = (identity.to_owned(), Arc::clone(tell));
    let speaker = Arc::clone(&devices.speaker);
    let mut is_silent_so_far = true;
    move |samples| {
        speaker.write(&identity, samples);
        if is_silent_so_far && samples.iter().any(|sample| *sample != 0) {
            is_silent_so_far = false;
            tell(RoomEvent::FirstAudio {
                identity: identity.clone(),
            });
        }
    }
}

/// Takes somebody's pictures to the screen, and tells the first.
fn to_screen(
    devices: &Devices,
    tell: &Tell,
    identity: &str,
) -> impl FnMut(VideoFrame) + Send + 'static {
    let (identity, tell) = (identity.to_owned(), Arc::clone(tell));
    let screen = Arc::clone(&devices.screen);
    let mut is_dark_so_far = true;
    move |frame| {
        screen.frame(&identity, frame);
        if is_dark_so_far {
            is_dark_so_far = false;
            tell(RoomEvent::FirstVideo {
                identity: identity.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::RoomError;

    /// A track whose stream is there while it is played.
    struct FakeTrack;

    impl RemoteTrack for FakeTrack {
        type Stream = ();

        fn play(
            &self,
            _sound: impl FnMut(&[i16]) + Send + 'static,
            _picture: impl FnMut(VideoFrame) + Send + 'static,
        ) -> Result<Option<()>, RoomError> {
            Ok(Some(()))
        }
    }

    fn is_played(tracks: &RemoteTracks<FakeTrack>, sid: &str) -> bool {
        let subscribed = tracks.subscribed.get(sid);
        subscribed.is_some_and(|track| track.stream.is_some())
    }

    #[test]
    fn a_track_that_is_told_of_after_the_end_is_not_played() {
        let mut tracks = RemoteTracks::new(Devices::silent(), Arc::new(drop));
        tracks.set_playable(&["ada".into()]);
        tracks.subscribe("ada".into(), "before".into(), FakeTrack);
        assert!(is_played(&tracks, "before"));
        tracks.clear();
        tracks.subscribe("ada".into(), "after".into(), FakeTrack);
        assert!(!is_played(&tracks, "after"));
    }
}
