//! How good the connections of a call are, and what becomes of the picture sent from here.

use std::collections::BTreeMap;

use crate::id::MemberId;
use crate::quality::{Counters, Ladder, Monitor, Picture, Quality, ServerWord, Statistics};

use crate::machine::Machine;
use crate::machine::interface::event::{Event, Side};
use crate::machine::interface::input::MediaSource;
use crate::machine::interface::output::Output;
use crate::machine::media::own::NotLive;
use crate::machine::state::{Call, Leg};

/// Of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(in crate::machine) struct Connection {
    me: Monitor,
    others: BTreeMap<MemberId, Monitor>,
    ladder: Ladder,
}

impl Connection {
    pub(in crate::machine) fn mine(&self) -> Option<Quality> {
        self.me.quality()
    }

    pub(in crate::machine) fn of(&self, member: &MemberId) -> Option<Quality> {
        self.others.get(member)?.quality()
    }

    pub(in crate::machine) fn picture(&self) -> Picture {
        self.ladder.picture()
    }
}

impl Call {
    /// A new session counts from nothing.
    pub(in crate::machine) fn begin_session(&mut self) {
        self.connection.me.begin_session();
        self.connection
            .others
            .values_mut()
            .for_each(Monitor::begin_session);
        self.media.try_again();
    }
}

impl Machine {
    /// What the session in the room has counted.
    pub(in crate::machine) fn count(&mut self, statistics: &Statistics) {
        let now = self.now;
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let Some(leg) = call.room.leg.as_ref() else {
            return;
        };
        let round_trip = statistics.round_trip_ms;
        let mut changed = Vec::new();
        let mut members: Vec<&MemberId> = call.room.playable.iter().map(|(_, m)| m).collect();
        members.dedup();
        let watched = &mut call.connection.others;
        watched.retain(|member, _| members.contains(&member));
        for member in members {
            let is_of = |identity: &str| {
                let mut playable = call.room.playable.iter();
                playable.any(|(id, whose)| whose == member && id == identity)
            };
            let mut counters = Counters::default();
            for received in statistics.received.iter().filter(|r| is_of(&r.identity)) {
                counters += received.counters;
            }
            let held = call
                .others
                .iter()
                .any(|o| o.who.member_id == *member && o.on_hold);
            let is_due = !held && sends(leg, is_of);
            let monitor = watched.entry(member.clone()).or_default();
            let before = monitor.quality();
            monitor.take(now, counters, round_trip, is_due);
            changed.extend(news(Side::Peer(member.clone()), before, monitor.quality()));
        }
        let me = &mut call.connection.me;
        let before = me.quality();
        // What is sent says nothing when it is silent: the microphone may be muted.
        let is_judged = me.take(now, statistics.sent, round_trip, false);
        changed.extend(news(Side::Me, before, me.quality()));
        let call_id = call.id.clone();
        for (who, quality) in changed {
            self.out.push(Output::Event(Event::QualityChanged {
                call_id: call_id.clone(),
                who,
                quality,
            }));
        }
        self.fit_picture(is_judged);
    }

    pub(in crate::machine) fn server_word(&mut self, identity: Option<&str>, word: ServerWord) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let Some(identity) = identity else {
            call.connection.me.heard(word);
            return;
        };
        let playable = call.room.playable.iter().find(|(id, _)| id == identity);
        if let Some((_, member)) = playable {
            let others = &mut call.connection.others;
            others.entry(member.clone()).or_default().heard(word);
        }
    }

    /// Only a camera that is on, or would be but for the connection, goes up and down.
    fn fit_picture(&mut self, is_judged: bool) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        match self.why_off(call, MediaSource::Camera) {
            None | Some(NotLive::Degraded) => {}
            Some(_) => return,
        }
        let now = self.now;
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let before = call.connection.picture();
        let quality = match call.connection.mine() {
            Some(quality) if is_judged => quality,
            // Nothing is sent that could be judged: only sending it shows whether it gets through.
            Some(_) | None if before == Picture::Off => Quality::Good,
            Some(_) | None => return,
        };
        call.connection.ladder.take(now, quality);
        self.tell_picture(before);
    }

    /// The user has turned the camera off: when it is on again, it is as the camera gives it.
    pub(in crate::machine) fn forget_picture(&mut self) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let before = call.connection.picture();
        call.connection.ladder = Ladder::default();
        self.tell_picture(before);
    }

    fn tell_picture(&mut self, before: Picture) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let picture = call.connection.picture();
        if picture != before {
            let call_id = call.id.clone();
            self.out
                .push(Output::Event(Event::PictureChanged { call_id, picture }));
        }
    }
}

/// Something of theirs is on and should come.
fn sends(leg: &Leg, is_theirs: impl Fn(&str) -> bool) -> bool {
    let mut tracks = leg.tracks.iter();
    tracks.any(|track| !track.muted && is_theirs(&track.identity))
}

fn news(who: Side, before: Option<Quality>, now: Option<Quality>) -> Option<(Side, Quality)> {
    now.filter(|now| before != Some(*now)).map(|now| (who, now))
}
