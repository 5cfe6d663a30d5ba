//! How long a call has been active, and when it came how far.

use faithcall_protocol::machine::{Command, Event, MediaSource, RoomEvent, Timings};

use crate::kit::*;
use crate::lines::one_held;
use crate::rejoin::left_over;

/// What a timer shows of the call in front.
fn shown_ms(bob: &Phone) -> Option<u64> {
    let call = bob.machine.state().call.unwrap();
    call.duration.map(|duration| duration.ms_at(bob.now))
}

fn timings_at_its_end(bob: &mut Phone, call: &str) -> Timings {
    let of = |event: Event| match event {
        Event::Ended {
            call_id, timings, ..
        } if call_id == id(call) => Some(timings),
        _ => None,
    };
    bob.events().into_iter().find_map(of).expect("its end")
}

#[test]
fn a_timer_counts_from_active_and_stands_still_at_the_end() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").accept_counts("c1", 2);
    assert_eq!(shown_ms(&bob), None);
    bob.room(RoomEvent::Connected).joined("alice");
    bob.update(incoming("c1").rev(3).active("phone"));
    assert_eq!(shown_ms(&bob), Some(0));
    bob.pass(70_000);
    assert_eq!(shown_ms(&bob), Some(70_000));
    bob.end("c1");
    bob.pass(30_000);
    assert_eq!(shown_ms(&bob), Some(70_000));
}

#[test]
fn a_call_that_was_active_before_this_device_was_in_it_is_as_long_as_the_server_says() {
    let mut talking = incoming("c0").rev(4).active("phone");
    talking.duration_seconds = 600;
    let mut bob = left_over(talking, 0);
    bob.pass(9_500);
    bob.command(Command::Rejoin { call_id: id("c0") });
    assert_eq!(shown_ms(&bob), Some(609_000));
    bob.pass(1_000);
    assert_eq!(shown_ms(&bob), Some(610_000));

    // The word that it is active comes late.
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").accept_counts("c1", 2);
    let mut late = incoming("c1").rev(3).active("phone");
    late.duration_seconds = 12;
    bob.update(late);
    assert_eq!(shown_ms(&bob), Some(12_000));
}

#[test]
fn a_call_tells_when_it_came_how_far() {
    let mut bob = one_held();
    let timings = bob.machine.state().call.unwrap().timings;
    assert_eq!(timings.dialled_ms, None);
    assert_eq!(timings.ringing_ms, Some(1_000));
    assert!(timings.accepted_ms.is_some() && timings.joined_ms.is_some());
    assert!(timings.active_ms.is_some() && timings.ended_ms.is_none());
    bob.pass(5_000);
    bob.end("c2");
    let ended_ms = Some(bob.now);
    let ended = Timings {
        ended_ms,
        ..timings
    };
    assert_eq!(timings_at_its_end(&mut bob, "c2"), ended);
}

#[test]
fn the_times_of_a_call_that_ends_beside_another_come_with_its_end() {
    let mut bob = one_held();
    let held = bob.machine.state().others[0].timings;
    bob.pass(5_000);
    bob.update(incoming("c1").rev(9).hung_up());
    assert_eq!(bob.machine.state().call.unwrap().call_id, id("c2"));
    let ended_ms = Some(bob.now);
    let ended = Timings { ended_ms, ..held };
    assert_eq!(timings_at_its_end(&mut bob, "c1"), ended);
}

#[test]
fn what_is_told_of_a_microphone_names_its_call() {
    let mut bob = one_held();
    bob.events();
    let heard = RoomEvent::TrackSubscribed {
        identity: "carol".to_owned(),
        source: MediaSource::Microphone,
        muted: false,
    };
    bob.room(heard);
    let carol_is_heard = Event::PeerMediaChanged {
        call_id: id("c2"),
        member: "carol".parse().unwrap(),
        source: MediaSource::Microphone,
        on: true,
    };
    assert_eq!(bob.events(), [carol_is_heard]);
}
