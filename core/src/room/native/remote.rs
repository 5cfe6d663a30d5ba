//! The others' tracks, and which of them are played.

use super::{
    Publication,
    link::{Counting, RemoteTrack, Subscription as _},
};
use crate::room::{Devices, RoomEvent, TrackSource, VideoFrame};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use tokio::sync::watch;

/// Tells an event of the session.
pub(super) type Tell = Arc<dyn Fn(RoomEvent) + Send + Sync>;

/// All tracks of the others that the session knows, by their sid.
pub(super) struct RemoteTracks<R: RemoteTrack> {
    devices: Devices,
    tell: Tell,
    playable: HashSet<String>,
    /// Whether media is kept back: it was said that nobody is playable.
    held: bool,
    /// Wakes who settles.
    unsettled: watch::Sender<()>,
    published: HashMap<String, Published<R>>,
    subscribed: HashMap<String, Subscribed<R>>,
}

/// A track that somebody publishes, whether it comes to us or not.
struct Published<R: RemoteTrack> {
    identity: String,
    source: TrackSource,
    muted: bool,
    subscription: R::Subscription,
}

/// A track that comes to us.
struct Subscribed<R: RemoteTrack> {
    identity: String,
    /// Whether the server was asked to keep it back.
    held: bool,
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
            held: false,
            unsettled: watch::Sender::new(()),
            published: HashMap::new(),
            subscribed: HashMap::new(),
        }
    }

    /// Somebody publishes a track.
    pub(super) fn publish(&mut self, identity: String, publication: Publication<R>) {
        let Publication {
            sid,
            source,
            muted,
            subscription,
        } = publication;
        self.published.insert(
            sid,
            Published {
                identity,
                source,
                muted,
                subscription,
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
                held: false,
                stream: None,
                track,
            },
        );
        self.play();
        self.unsettled.send_replace(());
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
        self.held = identities.is_empty();
        self.unsettled.send_replace(());
    }

    /// Tells when there may be something to settle; ends with the tracks.
    pub(super) fn unsettled(&self) -> watch::Receiver<()> {
        self.unsettled.subscribe()
    }

    /// Asks the server for what is wanted, or to keep it back, where it was told otherwise. Returns whether it was.
    ///
    /// Two requests must not follow each other closely, for clients send each by a task of its own.
    pub(super) fn settle(&mut self) -> bool {
        let mut asked = false;
        for (sid, subscribed) in &mut self.subscribed {
            let published = self.published.get(sid);
            if let Some(published) = published.filter(|_| subscribed.held != self.held) {
                subscribed.held = self.held;
                asked = true;
                if let Err(error) = published.subscription.set_sent(!self.held) {
                    tracing::warn!(%error, held = self.held, "the server could not be asked for a track");
                }
            }
        }
        asked
    }

    /// Asks each track what has come of it.
    pub(super) fn count(&self) -> Vec<Counting> {
        let tracks = self.subscribed.values();
        tracks
            .map(|one| one.track.count(one.identity.clone()))
            .collect()
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
    use crate::room::{
        ReceivedStats, RoomError,
        native::{link::Subscription, session::lock},
    };
    use std::sync::Mutex;

    /// A track whose stream is there while it is played.
    struct FakeTrack;

    /// What was asked of the server, by the track's sid.
    #[derive(Clone, Default)]
    struct Asked(Arc<Mutex<Vec<(&'static str, bool)>>>);

    impl Asked {
        fn take(&self) -> Vec<(&'static str, bool)> {
            let mut asked = std::mem::take(&mut *lock(&self.0));
            asked.sort_unstable();
            asked
        }

        fn publication(&self, sid: &'static str) -> Publication<FakeTrack> {
            Publication {
                sid: sid.into(),
                source: TrackSource::Microphone,
                muted: false,
                subscription: FakeSubscription(sid, self.clone()),
            }
        }
    }

    struct FakeSubscription(&'static str, Asked);

    impl Subscription for FakeSubscription {
        fn set_sent(&self, sent: bool) -> Result<(), RoomError> {
            let Self(sid, Asked(asked)) = self;
            lock(asked).push((sid, sent));
            Ok(())
        }
    }

    impl RemoteTrack for FakeTrack {
        type Subscription = FakeSubscription;
        type Stream = ();

        fn play(
            &self,
            _sound: impl FnMut(&[i16]) + Send + 'static,
            _picture: impl FnMut(VideoFrame) + Send + 'static,
        ) -> Result<Option<()>, RoomError> {
            Ok(Some(()))
        }

        fn count(&self, identity: String) -> Counting {
            Box::pin(std::future::ready(ReceivedStats {
                identity,
                ..ReceivedStats::default()
            }))
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

    #[test]
    fn nothing_is_asked_for_until_nobody_is_playable_any_more() {
        let asked = Asked::default();
        let mut tracks = RemoteTracks::new(Devices::silent(), Arc::new(drop));
        let comes = |tracks: &mut RemoteTracks<FakeTrack>, who: &str, sid| {
            tracks.publish(who.into(), asked.publication(sid));
            tracks.subscribe(who.into(), sid.into(), FakeTrack);
        };
        comes(&mut tracks, "ada", "waiting");
        assert!(!tracks.settle());
        tracks.set_playable(&["ada".into()]);
        comes(&mut tracks, "eve", "new");
        assert!(!tracks.settle());
        assert_eq!(asked.take(), [], "the server sends them by itself");
        tracks.set_playable(&[]);
        assert!(tracks.settle());
        assert_eq!(asked.take(), [("new", false), ("waiting", false)]);
        assert!(!tracks.settle());
        comes(&mut tracks, "ada", "while held");
        assert!(tracks.settle());
        assert_eq!(asked.take(), [("while held", false)]);
        tracks.set_playable(&["ada".into()]);
        tracks.set_playable(&[]);
        assert!(!tracks.settle(), "what is as it was is not asked for");
        tracks.set_playable(&["ada".into()]);
        assert!(tracks.settle());
        let all = [("new", true), ("waiting", true), ("while held", true)];
        assert_eq!(asked.take(), all);
    }
}
