//! What of each other's microphones and cameras comes to the clients in a room.

use std::collections::BTreeMap;

use faithcall_protocol::id::CallId;
use faithcall_protocol::machine::{MediaSource, RoomEvent};

use super::World;
use crate::device::Stay;
use crate::media::Who;

/// A track of somebody, and whether it is muted at its sender.
type Tracks = BTreeMap<(String, MediaSource), bool>;

impl World {
    /// Tells every client of a room what has changed since it was told last.
    pub(super) fn tell_tracks(&mut self, call: &CallId) {
        let seats = self.media.seats(call).to_vec();
        let mut sent = Tracks::new();
        for seat in &seats {
            let device = self.devices.get(seat.who.device);
            let device = device.filter(|device| device.life == seat.who.life);
            let Some(stay) = device.and_then(|device| device.stays.get(&seat.who.session)) else {
                continue;
            };
            let of = |source| (seat.identity.clone(), source);
            if stay.publishes {
                sent.insert(of(MediaSource::Microphone), !stay.microphone);
            }
            if stay.camera {
                sent.insert(of(MediaSource::Camera), false);
            }
        }
        for seat in &seats {
            let mut come = sent.clone();
            come.retain(|(whose, _), _| seat.grants.can_subscribe && *whose != seat.identity);
            for event in self.news_of_tracks(seat.who, come) {
                self.room_event(seat.who, event);
            }
        }
    }

    fn news_of_tracks(&mut self, who: Who, come: Tracks) -> Vec<RoomEvent> {
        let device = self.devices.get_mut(who.device);
        let here = device.filter(|d| d.alive && d.life == who.life && !d.cut.room);
        let stay = here.and_then(|device| device.stays.get_mut(&who.session));
        let Some(stay) = stay.filter(|stay| stay.entered && !stay.left && !stay.lost) else {
            return Vec::new();
        };
        let mut news = Vec::new();
        let had = std::mem::replace(&mut stay.tracks, come.clone());
        for ((identity, source), muted) in come {
            let key = (identity.clone(), source);
            match had.get(&key) {
                None => news.push(RoomEvent::TrackSubscribed {
                    identity,
                    source,
                    muted,
                }),
                Some(was) if *was != muted => news.push(RoomEvent::TrackMuted {
                    identity,
                    source,
                    muted,
                }),
                Some(_) => {}
            }
        }
        for (identity, source) in had.into_keys() {
            if !stay.tracks.contains_key(&(identity.clone(), source)) {
                news.push(RoomEvent::TrackUnsubscribed { identity, source });
            }
        }
        news.extend(first_media(stay));
        news
    }
}

/// What is played now and was not before.
fn first_media(stay: &mut Stay) -> Vec<RoomEvent> {
    let playable = &stay.playable;
    let tracks = stay.tracks.iter();
    let live = tracks.filter(|((identity, _), muted)| !**muted && playable.contains(identity));
    let mut news = Vec::new();
    for ((identity, source), _) in live {
        if stay.played.insert((identity.clone(), *source)) {
            let identity = identity.clone();
            news.push(match source {
                MediaSource::Microphone => RoomEvent::FirstAudio { identity },
                MediaSource::Camera => RoomEvent::FirstVideo { identity },
            });
        }
    }
    news
}
