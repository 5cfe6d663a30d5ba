//! How good connections are shown, and what becomes of the picture sent from here.

use faithcall_protocol::machine::{
    Command, DisconnectReason, Event, Input, MediaSource, NotLive, RoomEffect, RoomEvent, Side,
    SystemChange,
};
use faithcall_protocol::quality::{
    Counters, LOWER_AFTER_MS, Picture, Quality, Received, SAMPLE_MS, ServerWord, Statistics,
};
use faithcall_protocol::snapshot::InviteeState;

use crate::group::{both_in, in_group};
use crate::kit::*;

/// In a call whose statistics come.
struct Call {
    bob: Phone,
    counted: Statistics,
}

/// Of 100 packets so many are lost: on the way there, and on the way here.
type Losses = (u64, u64);
const GOOD: Losses = (0, 0);

impl Call {
    fn new() -> Self {
        let mut bob = Phone::active("c1");
        bob.room(RoomEvent::TrackSubscribed {
            identity: "alice".into(),
            source: MediaSource::Microphone,
            muted: false,
        });
        bob.events();
        let received = Received {
            identity: "alice".into(),
            counters: Counters::default(),
        };
        Self {
            bob,
            counted: Statistics {
                round_trip_ms: Some(40),
                sent: Counters::default(),
                received: vec![received],
            },
        }
    }

    /// With the camera live.
    fn video() -> Self {
        let mut call = Self::new();
        call.bob.command(Command::SetCamera(true));
        for source in [MediaSource::Microphone, MediaSource::Camera] {
            call.bob.room(RoomEvent::MediaSet { source, on: true });
        }
        call.bob.events();
        call
    }

    fn for_ms(&mut self, ms: u64, (there, here): Losses) -> Vec<Event> {
        for _ in 0..ms / SAMPLE_MS {
            let add = |counters: &mut Counters, lost| {
                counters.arrived += 100 - lost;
                counters.lost += lost;
            };
            add(&mut self.counted.sent, there);
            add(&mut self.counted.received[0].counters, here);
            self.sample();
        }
        self.news()
    }

    fn sample(&mut self) {
        self.bob.pass(SAMPLE_MS);
        let counted = self.counted.clone();
        self.bob.room(RoomEvent::Statistics(counted));
    }

    /// What was said of quality and picture.
    fn news(&mut self) -> Vec<Event> {
        let mut news = self.bob.events();
        news.retain(|event| {
            matches!(
                event,
                Event::QualityChanged { .. } | Event::PictureChanged { .. }
            )
        });
        news
    }

    fn pictures(events: &[Event]) -> Vec<Picture> {
        let picture = |event: &Event| match event {
            Event::PictureChanged { picture, .. } => Some(*picture),
            _ => None,
        };
        events.iter().filter_map(picture).collect()
    }

    fn last_effects(&self, count: usize) -> Vec<RoomEffect> {
        let effects = self.bob.room_effects();
        effects[effects.len() - count..].to_vec()
    }
}

fn changed(who: Side, quality: Quality) -> Event {
    Event::QualityChanged {
        call_id: id("c1"),
        who,
        quality,
    }
}

fn alice() -> Side {
    Side::Peer("alice".parse().unwrap())
}

#[test]
fn statistics_are_asked_for_while_a_call_is_active_and_not_before() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").accept_counts("c1", 2);
    bob.room(RoomEvent::Connected).joined("alice");
    let watches = |bob: &Phone| {
        let effects = bob.room_effects();
        let watches = effects.iter();
        watches
            .filter(|e| matches!(e, RoomEffect::WatchStatistics(_)))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(watches(&bob), []);
    bob.answer("connected", done());
    bob.update(incoming("c1").rev(3).active("phone"));
    assert_eq!(watches(&bob), [RoomEffect::WatchStatistics(true)]);
}

#[test]
fn each_sides_quality_is_told_when_it_changes() {
    let mut call = Call::new();
    let first = [
        changed(alice(), Quality::Good),
        changed(Side::Me, Quality::Good),
    ];
    assert_eq!(call.for_ms(20_000, GOOD), first);
    let worse = call.for_ms(12_000, (0, 30));
    assert_eq!(worse.last(), Some(&changed(alice(), Quality::Poor)));
    assert!(
        !worse
            .iter()
            .any(|e| matches!(e, Event::QualityChanged { who: Side::Me, .. }))
    );
    let view = call.bob.machine.state().call.unwrap();
    assert_eq!(view.quality, Some(Quality::Good));
    assert_eq!(view.participants[0].quality, Some(Quality::Poor));
    let better = call.for_ms(30_000, GOOD);
    assert_eq!(better.last(), Some(&changed(alice(), Quality::Good)));
}

#[test]
fn silence_of_one_who_is_on_is_lost_and_of_one_who_is_muted_is_nothing() {
    let mut call = Call::new();
    call.for_ms(10_000, GOOD);
    let mute = |muted| RoomEvent::TrackMuted {
        identity: "alice".into(),
        source: MediaSource::Microphone,
        muted,
    };
    call.bob.room(mute(true));
    for _ in 0..5 {
        call.sample();
    }
    assert_eq!(call.news(), []);
    call.bob.room(mute(false));
    for _ in 0..3 {
        call.sample();
    }
    assert_eq!(call.news(), [changed(alice(), Quality::Lost)]);
}

#[test]
fn the_media_servers_word_counts_for_each_side() {
    let mut call = Call::new();
    call.for_ms(10_000, GOOD);
    call.bob.room(RoomEvent::Connection {
        identity: None,
        word: ServerWord::Poor,
    });
    assert_eq!(call.for_ms(8_000, GOOD), [changed(Side::Me, Quality::Poor)]);
    call.bob.room(RoomEvent::Connection {
        identity: Some("alice".into()),
        word: ServerWord::Good,
    });
    assert_eq!(call.for_ms(8_000, GOOD), [changed(alice(), Quality::Fair)]);
    call.bob.room(RoomEvent::Connection {
        identity: Some("mallory".into()),
        word: ServerWord::Lost,
    });
    assert_eq!(call.for_ms(8_000, GOOD), []);
}

#[test]
fn poor_for_a_while_lowers_the_picture_and_then_turns_it_off_and_says_so() {
    let mut call = Call::video();
    call.for_ms(10_000, GOOD);
    let events = call.for_ms(20_000, (30, 0));
    assert_eq!(Call::pictures(&events), [Picture::Lowered]);
    assert_eq!(
        call.last_effects(1),
        [RoomEffect::SetPicture(Picture::Lowered)]
    );
    assert!(call.bob.machine.state().call.unwrap().camera.live);
    let events = call.for_ms(10_000, (30, 0));
    assert_eq!(Call::pictures(&events), [Picture::Off]);
    let off = [
        RoomEffect::SetPicture(Picture::Lowered),
        RoomEffect::SetCamera(false),
    ];
    assert_eq!(call.last_effects(2), off, "the sound goes on");
    call.bob.room(RoomEvent::MediaSet {
        source: MediaSource::Camera,
        on: false,
    });
    let camera = call.bob.machine.state().call.unwrap().camera;
    assert!(camera.wanted && camera.why_not == Some(NotLive::Degraded));
}

#[test]
fn good_for_a_while_brings_the_picture_back() {
    let mut call = Call::video();
    call.for_ms(60_000, (30, 0));
    let events = call.for_ms(80_000, GOOD);
    assert_eq!(Call::pictures(&events), [Picture::Lowered, Picture::Full]);
    let on = [
        RoomEffect::SetCamera(true),
        RoomEffect::SetPicture(Picture::Full),
    ];
    assert_eq!(call.last_effects(2), on);
}

#[test]
fn the_other_sides_bad_connection_leaves_the_picture_alone() {
    let mut call = Call::video();
    let events = call.for_ms(60_000, (0, 60));
    assert_eq!(Call::pictures(&events), []);
}

#[test]
fn a_camera_that_the_user_turned_off_is_not_touched_and_comes_back_whole() {
    let mut call = Call::video();
    call.for_ms(60_000, (30, 0));
    call.bob.command(Command::SetCamera(false));
    // Whoever draws by events would go on showing a poor picture.
    assert_eq!(Call::pictures(&call.news()), [Picture::Full]);
    call.bob.room(RoomEvent::MediaSet {
        source: MediaSource::Camera,
        on: false,
    });
    call.bob.command(Command::SetCamera(false));
    let events = call.for_ms(80_000, GOOD);
    assert_eq!(Call::pictures(&events), []);
    let camera = call.bob.machine.state().call.unwrap().camera;
    assert_eq!(
        (camera.wanted, camera.why_not),
        (false, Some(NotLive::Muted))
    );
    call.bob.command(Command::SetCamera(true));
    let whole = [
        RoomEffect::SetPicture(Picture::Full),
        RoomEffect::SetCamera(true),
    ];
    assert_eq!(call.last_effects(2), whole);
}

#[test]
fn a_voice_call_has_no_picture_to_lose() {
    let mut call = Call::new();
    let events = call.for_ms(60_000, (60, 0));
    assert_eq!(Call::pictures(&events), []);
    call.bob.command(Command::SetCamera(true));
    assert_eq!(call.last_effects(1), [RoomEffect::SetCamera(true)]);
}

#[test]
fn an_interruption_is_not_the_connections_fault() {
    let mut call = Call::video();
    call.bob
        .give(Input::System(SystemChange::InterruptionBegan));
    let events = call.for_ms(60_000, (60, 0));
    assert_eq!(Call::pictures(&events), []);
}

#[test]
fn a_lowered_picture_stays_lowered_in_the_next_session() {
    let mut call = Call::video();
    call.for_ms(30_000, (30, 0));
    call.bob.room(RoomEvent::Disconnected {
        reason: DisconnectReason::Lost,
    });
    call.bob.answer("token", token());
    call.bob.room(RoomEvent::Connected);
    let all = call.bob.room_effects();
    let connects = |e: &RoomEffect| matches!(e, RoomEffect::Connect { .. });
    let at = all.iter().rposition(connects).unwrap();
    assert!(
        !all[at..].contains(&RoomEffect::SetCamera(true)),
        "it was off by then"
    );
    let events = call.for_ms(40_000, GOOD);
    assert_eq!(Call::pictures(&events)[0], Picture::Lowered);
    let all = call.bob.room_effects();
    let lowered = all[at..]
        .iter()
        .position(|e| *e == RoomEffect::SetPicture(Picture::Lowered));
    let on = all[at..]
        .iter()
        .position(|e| *e == RoomEffect::SetCamera(true));
    assert!(lowered.unwrap() < on.unwrap(), "never whole in between");
}

#[test]
fn a_picture_that_is_off_beside_a_muted_microphone_is_tried_again() {
    let mut call = Call::video();
    call.for_ms(60_000, (30, 0));
    call.bob.command(Command::SetMicrophone(false));
    // Nothing is sent that could be counted.
    let silent = |call: &mut Call| {
        for _ in 0..20 {
            call.sample();
        }
        Call::pictures(&call.news())
    };
    assert_eq!(silent(&mut call), [Picture::Lowered]);
    assert_eq!(silent(&mut call), [], "what it meets decides");
    let worse = call.for_ms(30_000, (30, 0));
    assert_eq!(Call::pictures(&worse), [Picture::Off]);
}

#[test]
fn a_picture_that_is_off_waits_while_the_server_says_that_nothing_gets_through() {
    let mut call = Call::video();
    call.for_ms(60_000, (30, 0));
    call.bob.command(Command::SetMicrophone(false));
    call.bob.room(RoomEvent::Connection {
        identity: None,
        word: ServerWord::Lost,
    });
    for _ in 0..100 {
        call.sample();
    }
    assert_eq!(Call::pictures(&call.news()), []);
}

#[test]
fn what_was_poor_before_an_interruption_does_not_count_after_it() {
    let mut call = Call::video();
    call.for_ms(10_000, GOOD);
    let before = call.for_ms(10_000, (30, 0));
    assert_eq!(before.last(), Some(&changed(Side::Me, Quality::Poor)));
    let system = |call: &mut Call, change| {
        call.bob.give(Input::System(change)).quiet();
    };
    system(&mut call, SystemChange::InterruptionBegan);
    assert_eq!(call.for_ms(30_000, (30, 0)), []);
    system(&mut call, SystemChange::InterruptionEnded);
    assert_eq!(call.for_ms(LOWER_AFTER_MS, (30, 0)), []);
    let events = call.for_ms(SAMPLE_MS, (30, 0));
    assert_eq!(Call::pictures(&events), [Picture::Lowered]);
}

#[test]
fn a_new_session_begins_with_nothing_of_the_last_ones() {
    let mut call = Call::new();
    for identity in [None, Some("alice".to_owned())] {
        let word = ServerWord::Poor;
        call.bob.room(RoomEvent::Connection { identity, word });
    }
    call.for_ms(10_000, GOOD);
    let view = call.bob.machine.state().call.unwrap();
    assert_eq!(view.quality, Some(Quality::Poor));
    assert_eq!(view.participants[0].quality, Some(Quality::Poor));
    call.bob.room(RoomEvent::Disconnected {
        reason: DisconnectReason::Lost,
    });
    call.bob.answer("token", token());
    call.bob.room(RoomEvent::Connected);
    let better = call.for_ms(30_000, GOOD);
    for who in [alice(), Side::Me] {
        assert!(better.contains(&changed(who, Quality::Good)));
    }
}

#[test]
fn one_who_holds_the_call_is_silent_and_not_lost() {
    let mut call = Call::new();
    call.for_ms(10_000, GOOD);
    let held = incoming("c1").rev(4).on_hold("alice").active("phone");
    call.bob.update(held);
    for _ in 0..5 {
        call.sample();
    }
    assert_eq!(call.news(), []);
}

#[test]
fn who_has_left_has_no_connection() {
    let mut bob = in_group();
    let count = |bob: &mut Phone| {
        bob.room(RoomEvent::Statistics(Statistics::default()));
        let call = bob.machine.state().call.unwrap();
        let carol = "carol".parse().unwrap();
        call.participant(&carol).unwrap().quality
    };
    bob.room(RoomEvent::Connection {
        identity: Some("carol".into()),
        word: ServerWord::Lost,
    });
    assert!(count(&mut bob).is_some());
    let left = both_in(4).stands("carol", InviteeState::Left, "tablet");
    bob.update(left.made());
    assert_eq!(count(&mut bob), None);
}
