//! What only the call's own topics tell, and asking where they were not heard.

use faithcall_protocol::end::CallStatus;
use faithcall_protocol::machine::{Effect, Event, Input};
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;

use crate::kit::*;

#[test]
fn an_accept_that_nobody_heard_is_found_by_asking() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.answer("create", created_a("s1"));
    assert!(
        bob.effects()
            .contains(&Effect::Subscribe { call_id: id("s1") })
    );
    assert!(bob.asked().is_empty(), "subscribe first, then ask");
    bob.topics("s1", true);
    bob.events();
    bob.answer(
        "active",
        active_call("s1", "bob", "alice", CallStatus::Connecting, 1_000),
    );
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("s1") }]);
}

#[test]
fn what_was_asked_before_the_topics_stood_is_asked_again() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.answer("create", created_a("s1"));
    bob.pass(5_000);
    assert_eq!(bob.asked(), ["active"], "nobody listens yet");
    bob.topics("s1", true);
    assert_eq!(bob.asked(), ["active", "active"]);
}

#[test]
fn an_answer_that_is_older_than_the_call_says_nothing_of_it() {
    let mut bob = Phone::part_a();
    bob.give(Input::LinkUp).call("c1", "alice");
    bob.answer("create", created_a("s1")).events();
    bob.nothing_goes_on().quiet();
    assert!(bob.asked().is_empty(), "no question why it is over");

    let mut bob = Phone::part_a();
    bob.give(Input::LinkUp).pass(2_000);
    bob.invite_a("s1", "alice").events();
    bob.nothing_goes_on().quiet();
    assert_eq!(bob.asked(), ["active"], "the one about the call");
    bob.nothing_goes_on();
    assert_eq!(bob.asked(), ["history"]);
}

#[test]
fn a_late_answer_about_a_call_that_is_over_says_nothing_of_others() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.answer("create", created_a("s1")).topics("s1", true);
    bob.cancel("s1").answer("cancel", done());
    bob.reconnects();
    assert_eq!(bob.asked(), ["active", "active"], "about the call, and all");
    bob.events();
    let now = bob.now;
    bob.answer_newest(
        "active",
        active_call("s2", "bob", "carol", CallStatus::Ringing, now),
    );
    let elsewhere = Event::InCallElsewhere {
        call_id: Some(id("s2")),
    };
    assert_eq!(bob.events(), [elsewhere]);
    bob.nothing_goes_on().quiet();
}

#[test]
fn a_caller_whose_topics_are_refused_asks_every_5_s() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.answer("create", created_a("s1"));
    bob.topics("s1", false);
    bob.pass(5_000);
    assert_eq!(bob.asked(), ["active"]);
}

#[test]
fn after_a_reconnect_the_topics_come_first() {
    let mut bob = Phone::dialing_a("s1");
    let before = bob.effects().len();
    bob.reconnects();
    assert_eq!(
        bob.effects()[before..],
        [Effect::Subscribe { call_id: id("s1") }]
    );
    assert_eq!(bob.asked(), ["active"]);
    bob.topics("s1", true);
    assert_eq!(
        bob.asked(),
        ["active", "active"],
        "and once more when they stand"
    );
}

#[test]
fn a_signal_in_a_wrong_role_is_refused_and_counted() {
    let wrong: [(Signal, Channel); 5] = [
        (Signal::CallAccept(callee("mallory")), signal_topic("s1")),
        (Signal::CallReject(callee("mallory")), signal_topic("s1")),
        (Signal::CallRinging(callee("mallory")), signal_topic("s1")),
        (
            Signal::CallCancel {
                caller_id: "alice".parse().unwrap(),
            },
            status_topic(),
        ),
        (Signal::CallAccept(callee("alice")), status_topic()),
    ];
    for (told, channel) in wrong {
        let mut bob = Phone::dialing_a("s1");
        bob.signal_on(channel, "s1", told.clone()).quiet();
        assert_eq!(bob.machine.state().refused_signals, 1, "{told:?}");
    }
}

#[test]
fn ringing_is_published_once_the_topic_is_heard_and_not_for_part_b() {
    let mut bob = Phone::part_a();
    bob.invite_a("s1", "alice");
    let published = |bob: &Phone| {
        bob.effects()
            .iter()
            .filter(|e| matches!(e, Effect::Publish { .. }))
            .count()
    };
    assert_eq!(published(&bob), 0);
    bob.topics("s1", true);
    assert_eq!(published(&bob), 1);

    let mut bob = Phone::part_b();
    bob.invite("c1", 45_000);
    assert!(bob.effects().is_empty());

    let mut bob = Phone::part_a();
    bob.invite_a("s1", "alice");
    bob.topics("s1", false);
    assert_eq!(published(&bob), 0, "refused");
}
