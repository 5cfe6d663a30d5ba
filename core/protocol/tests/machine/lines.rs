//! Two calls at once: waiting, held, changing places.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{
    Alerting, Attempt, CallState, Command, CommandFailure, DisconnectReason, Event, Input,
    MediaProblem, MediaSource, NotLive, OtherCall, Request, RoomEffect, RoomEvent, SessionId, Side,
    Tone, alerting,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{ErrorCode, MakeWay, PatchHold};

use crate::kit::*;

fn waiting() -> Phone {
    let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
    bob.invite("c1", 45_000);
    bob.answer("ringing", ringing(45_000, false));
    bob.accept("c1");
    bob.answer(
        "accept",
        created(incoming("c1").rev(2).accepted("phone"), false),
    );
    bob.room(RoomEvent::Connected).joined("alice");
    in_session(&mut bob, 1, true);
    bob.answer("connected", done());
    bob.update(incoming("c1").rev(3).active("phone"));
    let second = snap("c2", "carol", "bob", "tablet");
    bob.invite_with(second.made(), 45_000);
    bob.answer("ringing", ringing(45_000, false));
    bob
}

/// The engine of this session has carried out what it was told of the microphone.
fn in_session(bob: &mut Phone, session: u64, on: bool) {
    bob.give(Input::Room {
        session: SessionId(session),
        event: RoomEvent::MediaSet {
            source: MediaSource::Microphone,
            on,
        },
    });
}

fn take(bob: &mut Phone, other: Option<OtherCall>) {
    bob.command(Command::Accept {
        call_id: id("c2"),
        other,
    });
}

/// The second call is taken, the first held.
pub(crate) fn one_held() -> Phone {
    let mut bob = waiting();
    bob.take_room_effects();
    take(&mut bob, Some(OtherCall::Hold));
    let accepted = snap("c2", "carol", "bob", "tablet")
        .rev(2)
        .accepted("phone");
    in_session(&mut bob, 1, false);
    bob.answer("accept", created(accepted, false));
    bob.room(RoomEvent::Connected).joined("carol");
    in_session(&mut bob, 2, true);
    bob.answer("connected", done());
    bob.update(snap("c2", "carol", "bob", "tablet").rev(3).active("phone"));
    bob
}

fn state(bob: &Phone, call: &str) -> Option<CallState> {
    let view = bob.machine.state();
    let mut calls = view.call.iter().chain(&view.others);
    let call = calls.find(|c| c.call_id == id(call))?;
    Some(call.state.clone())
}

fn alert(bob: &Phone) -> Alerting {
    alerting(&bob.machine.state())
}

#[test]
fn a_second_call_rings_softly_beside_the_first() {
    let mut bob = waiting();
    assert!(matches!(
        bob.events().last(),
        Some(Event::Incoming { call_id, .. }) if *call_id == id("c2")
    ));
    assert_eq!(state(&bob, "c1"), Some(CallState::Active));
    assert_eq!(bob.machine.state().call.unwrap().call_id, id("c1"));
    assert_eq!(
        alert(&bob),
        Alerting {
            tone: Some(Tone::CallWaiting),
            vibration: false
        }
    );
    // Its end is not that of the first.
    bob.update(
        snap("c2", "carol", "bob", "tablet")
            .rev(4)
            .over(CallStatus::Ended, EndReason::Cancelled),
    );
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
    assert_eq!(state(&bob, "c1"), Some(CallState::Active));
    assert_eq!(alert(&bob).tone, None);
}

#[test]
fn each_ring_has_its_own_deadline() {
    let mut bob = waiting();
    bob.events();
    bob.pass(45_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
    assert_eq!(state(&bob, "c1"), Some(CallState::Active));
}

#[test]
fn without_call_waiting_a_second_call_does_not_ring() {
    let mut bob = Phone::active("c1");
    bob.invite_with(snap("c2", "carol", "bob", "tablet").made(), 45_000);
    bob.quiet();
    assert!(bob.machine.state().others.is_empty());
}

#[test]
fn two_ring_at_a_time_and_no_third() {
    let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
    for (call, caller) in [("c1", "alice"), ("c2", "carol"), ("c3", "dave")] {
        bob.invite_with(snap(call, caller, "bob", "tablet").made(), 45_000);
    }
    let rung = |event: &Event| matches!(event, Event::Incoming { .. });
    assert_eq!(bob.events().iter().filter(|e| rung(e)).count(), 2);
    assert_eq!(alert(&bob).tone, Some(Tone::Ringtone));
}

#[test]
fn taking_the_second_needs_a_word_about_the_first() {
    let mut bob = waiting();
    take(&mut bob, None);
    assert_eq!(bob.refused().len(), 1);
    assert!(!bob.asked().contains(&"accept"));
    assert!(state(&bob, "c2").is_some());
}

/// Which microphones were asked for since the last look, by session.
fn microphones(bob: &mut Phone) -> Vec<(u64, bool)> {
    let asked = bob.take_room_effects().into_iter();
    let microphone = |(session, effect)| match effect {
        RoomEffect::SetMicrophone(on) => Some((session, on)),
        _ => None,
    };
    asked.filter_map(microphone).collect()
}

#[test]
fn the_first_is_held_and_lets_go_of_the_microphone_first() {
    let mut bob = one_held();
    assert_eq!(microphones(&mut bob), [(1, false), (2, true)]);
    assert_eq!(state(&bob, "c1"), Some(CallState::Held));
    assert_eq!(state(&bob, "c2"), Some(CallState::Active));
    let view = bob.machine.state();
    assert!(view.others[0].playable.is_empty(), "nothing is played");
    assert!(!bob.asked().contains(&"hold"), "the accept has said so");
}

#[test]
fn the_accept_says_what_becomes_of_the_other() {
    let mut bob = waiting();
    take(&mut bob, Some(OtherCall::Hold));
    let wanted = Request::Accept {
        call_id: id("c2"),
        make_way: Some(MakeWay::Hold(id("c1"))),
    };
    assert_eq!(bob.open_request("accept"), &wanted);
    let mut bob = waiting();
    take(&mut bob, Some(OtherCall::End));
    let wanted = Request::Accept {
        call_id: id("c2"),
        make_way: Some(MakeWay::End(id("c1"))),
    };
    assert_eq!(bob.open_request("accept"), &wanted);
    assert_eq!(bob.ended().reason, EndReason::Normal);
}

#[test]
fn a_hold_whose_accept_lost_is_told_by_itself() {
    let mut bob = waiting();
    take(&mut bob, Some(OtherCall::Hold));
    let gone = snap("c2", "carol", "bob", "tablet")
        .rev(4)
        .over(CallStatus::Ended, EndReason::Cancelled);
    let refused = refusal(409, ErrorCode::CannotAccept, Some(gone));
    assert!(!bob.asked().contains(&"hold"));
    bob.fail("accept", refused);
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
    assert_eq!(state(&bob, "c1"), Some(CallState::Held));
    assert_eq!(
        bob.open_request("hold"),
        &Request::Hold {
            call_id: id("c1"),
            body: PatchHold {
                is_on_hold: true,
                hold: None
            }
        }
    );
}

// Broken by an end that nobody is asked about.
#[test]
fn race_a3_an_accept_that_lost_to_a_call_elsewhere_ends_the_ring_and_says_why() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.fail("accept", refusal(409, ErrorCode::AlreadyInCall, None));
    assert_eq!(
        bob.events()[..1],
        [Event::CommandFailed {
            call_id: id("c1"),
            what: Attempt::Accept,
            failure: CommandFailure::AlreadyInCall
        }]
    );
    assert!(matches!(state(&bob, "c1"), Some(CallState::Ended(_))));
    assert!(bob.room_effects().is_empty());
    // It rings on where the other device is: how it ends is the server's to say.
    bob.pass(3_000);
    bob.answer("get", snapshot(incoming("c1").rev(2).rung()));
    bob.pass(8_000);
    assert_eq!(bob.asked(), ["get"], "and not declined");
    bob.answer("get", snapshot(incoming("c1").rev(3).cancelled()));
    assert_eq!(bob.confirmed().reason, EndReason::Cancelled);
}

#[test]
fn hold_and_resume_are_shown_at_once_and_told() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    let changed = |on_hold| Event::HoldChanged {
        call_id: id("c1"),
        who: Side::Me,
        on_hold,
    };
    assert_eq!(bob.events(), [changed(true)]);
    let effects = bob.room_effects();
    assert!(effects.ends_with(&[
        RoomEffect::SetPlayable(vec![]),
        RoomEffect::SetMicrophone(false),
        RoomEffect::WatchStatistics(false)
    ]));
    bob.answer("hold", done_with(incoming("c1").rev(4).active("phone")));
    // The answer's snapshot is older than the hold: it is told again until it counts.
    bob.answer(
        "hold",
        done_with(Snap::on_hold(incoming("c1").rev(5).status(CallStatus::Active), "bob").made()),
    );
    bob.command(Command::Resume { call_id: id("c1") });
    assert_eq!(bob.events(), [changed(false)]);
    assert!(bob.room_effects().ends_with(&[
        RoomEffect::SetPlayable(vec!["alice".into()]),
        RoomEffect::SetMicrophone(true),
        RoomEffect::WatchStatistics(true)
    ]));
    assert!(bob.asked().contains(&"hold"));
}

#[test]
fn a_hold_that_the_server_refuses_is_taken_back() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    bob.events();
    bob.fail("hold", refusal(409, ErrorCode::AlreadyHolding, None));
    assert!(matches!(
        bob.events()[..],
        [
            Event::CommandFailed {
                what: Attempt::Hold,
                ..
            },
            Event::HoldChanged { on_hold: false, .. }
        ]
    ));
    assert_eq!(state(&bob, "c1"), Some(CallState::Active));
    assert!(!bob.asked().contains(&"hold"));
}

#[test]
fn two_calls_change_places_in_one_request() {
    let mut bob = one_held();
    bob.take_room_effects();
    bob.command(Command::Swap);
    assert_eq!(state(&bob, "c1"), Some(CallState::Active));
    assert_eq!(state(&bob, "c2"), Some(CallState::Held));
    assert_eq!(bob.asked().iter().filter(|r| **r == "hold").count(), 1);
    assert_eq!(
        bob.open_request("hold"),
        &Request::Hold {
            call_id: id("c1"),
            body: PatchHold {
                is_on_hold: false,
                hold: Some(id("c2"))
            }
        }
    );
    bob.answer("hold", done());
    assert!(!bob.asked().contains(&"hold"), "both are told");
    in_session(&mut bob, 2, false);
    assert_eq!(microphones(&mut bob), [(2, false), (1, true)]);
}

// Broken by taking the swap back at the first refusal.
#[test]
fn a_swap_that_is_refused_because_of_the_other_call_is_asked_for_again_as_it_was() {
    let mut bob = one_held();
    bob.command(Command::Swap);
    let swap = bob.open_request("hold").clone();
    for pause in [1_000, 2_000] {
        bob.fail("hold", refusal(409, ErrorCode::AlreadyInCall, None));
        assert!(!bob.asked().contains(&"hold"));
        bob.pass(pause);
        assert_eq!(*bob.open_request("hold"), swap);
    }
    assert_eq!(state(&bob, "c1"), Some(CallState::Active));
    assert_eq!(state(&bob, "c2"), Some(CallState::Held));
}

// Broken by telling both rooms at once: each carries it out in its own time, and who is held heard
// what was said in the other call.
#[test]
fn no_microphone_opens_before_that_of_the_other_call_is_closed() {
    let mut bob = one_held();
    bob.take_room_effects();
    bob.command(Command::Swap);
    assert_eq!(microphones(&mut bob), [(2, false)]);
    let call = bob.machine.state().call.unwrap();
    assert_eq!(call.microphone.why_not, Some(NotLive::NotYet));
    in_session(&mut bob, 2, false);
    assert_eq!(microphones(&mut bob), [(1, true)]);
    in_session(&mut bob, 1, true);
    // What could not be carried out is off as well.
    bob.command(Command::Swap);
    bob.give(Input::Room {
        session: SessionId(1),
        event: RoomEvent::MediaFailed {
            source: MediaSource::Microphone,
            problem: MediaProblem::Unavailable,
        },
    });
    assert_eq!(microphones(&mut bob), [(1, false), (2, true)]);
}

// Broken by minding only what is open: it was about to be.
#[test]
fn no_microphone_opens_while_that_of_the_other_call_may_still_do_so() {
    let mut bob = one_held();
    bob.command(Command::Swap).take_room_effects();
    in_session(&mut bob, 2, false);
    assert_eq!(microphones(&mut bob), [(1, true)]);
    bob.command(Command::Swap);
    assert_eq!(microphones(&mut bob), [(1, false)]);
    in_session(&mut bob, 1, true);
    assert_eq!(microphones(&mut bob), []);
    in_session(&mut bob, 1, false);
    assert_eq!(microphones(&mut bob), [(2, true)]);
}

#[test]
fn a_session_that_is_lost_has_no_microphone() {
    let mut bob = one_held();
    bob.take_room_effects();
    bob.command(Command::Swap);
    bob.give(Input::Room {
        session: SessionId(2),
        event: RoomEvent::Disconnected {
            reason: DisconnectReason::Lost,
        },
    });
    assert_eq!(microphones(&mut bob), [(2, false), (1, true)]);
}

#[test]
fn one_call_is_held_and_one_is_talked_in_and_no_more() {
    let mut bob = one_held();
    bob.command(Command::Hold { call_id: id("c2") });
    bob.command(Command::Resume { call_id: id("c1") });
    bob.command(Command::StartCall {
        call_id: id("c3"),
        callees: vec!["dave".parse().unwrap()],
        call_type: CallType::Voice,
    });
    assert_eq!(bob.refused().len(), 3);
    bob.end("c2");
    assert_eq!(state(&bob, "c1"), Some(CallState::Held));
    bob.command(Command::Resume { call_id: id("c1") });
    assert_eq!(state(&bob, "c1"), Some(CallState::Active));
}

#[test]
fn somebody_can_be_called_while_another_call_is_held() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    bob.answer("hold", done());
    bob.call("c2", "carol");
    assert!(bob.refused().is_empty());
    assert!(bob.asked().contains(&"create"));
    bob.answer(
        "create",
        created(snap("c2", "bob", "carol", "phone").made(), false),
    );
    assert_eq!(alert(&bob).tone, None);
    bob.update(snap("c2", "bob", "carol", "phone").rev(2).rung());
    assert_eq!(alert(&bob).tone, Some(Tone::Ringback));
    bob.cancel("c2");
    assert_eq!(state(&bob, "c1"), Some(CallState::Held));
}

#[test]
fn a_call_that_is_not_accepted_cannot_be_held() {
    let mut bob = Phone::dialing("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    bob.command(Command::Resume { call_id: id("c1") });
    bob.command(Command::Swap);
    assert_eq!(bob.refused().len(), 3);
}

#[test]
fn mute_means_the_call_that_is_talked_in() {
    let mut bob = one_held();
    bob.command(Command::SetMicrophone(false));
    let view = bob.machine.state();
    assert!(!view.call.unwrap().microphone.wanted);
    assert!(
        view.others[0].microphone.wanted,
        "as it was, for when it resumes"
    );
}

#[test]
fn signing_out_leaves_both() {
    let mut bob = one_held();
    bob.command(Command::Disconnect);
    assert_eq!(bob.asked().iter().filter(|r| **r == "end").count(), 2);
}

#[test]
fn what_rings_is_shown_before_what_is_held() {
    let mut bob = waiting();
    bob.command(Command::Hold { call_id: id("c1") });
    let view = bob.machine.state();
    assert_eq!(view.call.unwrap().call_id, id("c2"));
    assert_eq!(view.others[0].call_id, id("c1"));
}

#[test]
fn a_call_may_be_held_before_its_media_is_up() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").accept_counts("c1", 2);
    bob.command(Command::Hold { call_id: id("c1") });
    assert_eq!(state(&bob, "c1"), Some(CallState::Held));
}
