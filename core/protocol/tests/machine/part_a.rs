//! On a deployed server, which lacks part B: what the device makes up for.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{
    Attempt, CommandFailure, Effect, Elsewhere, Event, Failure, Input, Reply, Request, RoomEffect,
    RoomEvent,
};
use faithcall_protocol::rest::{EndCall, RejectCall, RejectReason, RejectScope};
use faithcall_protocol::signal::topic::Channel;
use faithcall_protocol::signal::{Person, Signal};

use crate::kit::*;

fn signal(call: &str) -> Channel {
    Channel::Signal(id(call))
}

fn status() -> Channel {
    Channel::CallStatus("bob".parse().unwrap())
}

fn subscribed(bob: &mut Phone, call: &str) {
    bob.give(Input::CallTopics {
        call_id: id(call),
        subscribed: true,
    });
}

/// Bob called Alice; the server named the call `s1`; its topics are subscribed.
fn dialing() -> Phone {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.answer("create", created_a("s1"));
    subscribed(&mut bob, "s1");
    bob.answer(
        "active",
        active_call("s1", "bob", "alice", CallStatus::Ringing, bob_started()),
    );
    bob.events();
    bob
}

fn bob_started() -> u64 {
    1_000
}

fn connecting() -> Phone {
    let mut bob = dialing();
    bob.signal_on(signal("s1"), "s1", Signal::CallAccept(callee("alice")));
    bob.room(RoomEvent::Connected);
    bob.answer("connected", done());
    bob
}

fn ringing_a() -> Phone {
    let mut bob = Phone::part_a();
    bob.invite_a("s1", "alice");
    let now = bob.now;
    bob.answer(
        "active",
        active_call("s1", "alice", "bob", CallStatus::Ringing, now),
    );
    subscribed(&mut bob, "s1");
    bob.answer(
        "active",
        active_call("s1", "alice", "bob", CallStatus::Ringing, now),
    );
    bob.events();
    bob
}

#[test]
fn the_servers_id_counts_and_the_old_one_still_works() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    bob.answer("create", created_a("s1"));
    assert_eq!(
        bob.events(),
        [
            Event::CallIdChanged {
                from: id("c1"),
                to: id("s1")
            },
            Event::Placed { call_id: id("s1") }
        ]
    );
    bob.cancel("c1");
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("s1") }
    );
}

#[test]
fn nobody_joins_before_the_accept_and_both_talk_after_it() {
    let mut bob = dialing();
    assert!(
        bob.effects()
            .iter()
            .all(|e| !matches!(e, Effect::Room { .. }))
    );
    bob.signal_on(signal("s1"), "s1", Signal::CallRinging(callee("alice")));
    bob.signal_on(signal("s1"), "s1", Signal::CallAccept(callee("alice")));
    assert_eq!(
        bob.events(),
        [
            Event::RemoteRinging { call_id: id("s1") },
            Event::Connecting { call_id: id("s1") }
        ]
    );
    bob.room(RoomEvent::Connected);
    assert_eq!(
        bob.room_effects()[1..],
        [
            RoomEffect::SetPlayable(vec!["alice".into()]),
            RoomEffect::SetMicrophone(true)
        ]
    );
    bob.quiet();
    bob.joined("alice");
    assert_eq!(bob.events(), [Event::Active { call_id: id("s1") }]);
}

#[test]
fn participant_joined_after_the_accept_is_active_too() {
    let mut bob = connecting();
    bob.events();
    let participant = Person {
        id: "bob".parse().unwrap(),
        name: Default::default(),
        avatar: None,
    };
    bob.signal_on(
        Channel::Participants(id("s1")),
        "s1",
        Signal::ParticipantJoined { participant },
    );
    assert_eq!(bob.events(), [Event::Active { call_id: id("s1") }]);
}

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
    subscribed(&mut bob, "s1");
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
    subscribed(&mut bob, "s1");
    assert_eq!(bob.asked(), ["active", "active"]);
}

#[test]
fn an_answer_that_is_older_than_the_call_says_nothing_of_it() {
    let mut bob = Phone::part_a();
    bob.give(Input::LinkUp).call("c1", "alice");
    bob.answer("create", created_a("s1")).events();
    bob.answer("active", Reply::Active(None)).quiet();
    assert!(bob.asked().is_empty(), "no question why it is over");

    let mut bob = Phone::part_a();
    bob.give(Input::LinkUp).pass(2_000);
    bob.invite_a("s1", "alice").events();
    bob.answer("active", Reply::Active(None)).quiet();
    assert_eq!(bob.asked(), ["active"], "the one about the call");
    bob.answer("active", Reply::Active(None));
    assert_eq!(bob.asked(), ["history"]);
}

#[test]
fn a_caller_whose_topics_are_refused_asks_every_5_s() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.answer("create", created_a("s1"));
    bob.give(Input::CallTopics {
        call_id: id("s1"),
        subscribed: false,
    });
    bob.pass(5_000);
    assert_eq!(bob.asked(), ["active"]);
}

#[test]
fn after_a_reconnect_the_topics_come_first() {
    let mut bob = dialing();
    let before = bob.effects().len();
    bob.give(Input::LinkDown).give(Input::LinkUp);
    assert_eq!(
        bob.effects()[before..],
        [Effect::Subscribe { call_id: id("s1") }]
    );
    assert_eq!(bob.asked(), ["active"]);
    subscribed(&mut bob, "s1");
    assert_eq!(
        bob.asked(),
        ["active", "active"],
        "and once more when they stand"
    );
}

#[test]
fn the_caller_takes_an_unanswered_call_back_after_45_s() {
    let mut bob = dialing();
    bob.pass(44_999);
    bob.quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);
    assert_eq!(bob.asked(), ["cancel"]);
}

#[test]
fn the_callee_only_stops_after_45_s() {
    let mut bob = ringing_a();
    bob.pass(45_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
    assert!(bob.asked().is_empty());
    bob.pass(3_000);
    assert_eq!(bob.asked(), ["history"], "and asks how it ended");
}

#[test]
fn the_ring_time_is_the_configurations() {
    let mut bob = Phone::part_a_with(|config| config.part_a_ring_ms = 3_000);
    bob.call("c1", "alice");
    bob.answer("create", created_a("s1"));
    bob.events();
    bob.pass(3_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

#[test]
fn a_ring_that_is_found_by_asking_is_no_longer_than_the_configurations() {
    let mut bob = Phone::part_a_with(|config| config.part_a_ring_ms = 3_000);
    bob.give(Input::LinkUp);
    let started = bob.now - 1_000;
    bob.answer(
        "active",
        active_call("s1", "alice", "bob", CallStatus::Ringing, started),
    );
    bob.events();
    bob.pass(1_999).quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

#[test]
fn a_connect_that_takes_30_s_fails() {
    let mut bob = connecting();
    bob.events();
    bob.pass(30_000);
    assert_eq!(bob.ended().reason, EndReason::Failed);
    assert_eq!(
        *bob.open_request("end"),
        Request::End {
            call_id: id("s1"),
            body: EndCall {
                reason: Some(EndReason::Failed)
            }
        }
    );
}

#[test]
fn a_peer_gone_from_the_room_for_30_s_ends_the_call() {
    let mut bob = connecting();
    bob.joined("alice");
    bob.room(RoomEvent::ParticipantLeft {
        identity: "alice".into(),
        deliberate: false,
    });
    bob.events();
    bob.pass(29_999);
    bob.quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::NetworkError);
    assert_eq!(
        *bob.open_request("end"),
        Request::End {
            call_id: id("s1"),
            body: EndCall {
                reason: Some(EndReason::NetworkError)
            }
        }
    );
}

#[test]
fn the_ways_a_call_ends_by_signal() {
    let table: [(Signal, Channel, EndReason); 5] = [
        (
            Signal::CallReject(callee("alice")),
            signal("s1"),
            EndReason::Rejected,
        ),
        (
            Signal::CallBusy(callee("alice")),
            signal("s1"),
            EndReason::Busy,
        ),
        (
            Signal::CallEnd {
                ended_by: "alice".into(),
                reason: Some(EndReason::Normal),
                duration_seconds: 3,
            },
            status(),
            EndReason::Normal,
        ),
        (
            Signal::CallEnd {
                ended_by: "system".into(),
                reason: Some(EndReason::Timeout),
                duration_seconds: 0,
            },
            signal("s1"),
            EndReason::Timeout,
        ),
        (
            Signal::CallCancel {
                caller_id: "bob".parse().unwrap(),
            },
            status(),
            EndReason::Cancelled,
        ),
    ];
    for (told, channel, reason) in table {
        let mut bob = dialing();
        bob.signal_on(channel, "s1", told);
        let ended = bob.ended();
        assert_eq!((ended.reason, ended.confirmed), (reason, true));
    }
    let mut bob = ringing_a();
    bob.signal_on(
        status(),
        "s1",
        Signal::CallCancel {
            caller_id: "alice".parse().unwrap(),
        },
    );
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
}

#[test]
fn a_signal_in_a_wrong_role_is_refused_and_counted() {
    let wrong: [(Signal, Channel); 5] = [
        (Signal::CallAccept(callee("mallory")), signal("s1")),
        (Signal::CallReject(callee("mallory")), signal("s1")),
        (Signal::CallRinging(callee("mallory")), signal("s1")),
        (
            Signal::CallCancel {
                caller_id: "alice".parse().unwrap(),
            },
            status(),
        ),
        (Signal::CallAccept(callee("alice")), status()),
    ];
    for (told, channel) in wrong {
        let mut bob = dialing();
        bob.signal_on(channel, "s1", told.clone()).quiet();
        assert_eq!(bob.machine.snapshot().refused_signals, 1, "{told:?}");
    }
}

#[test]
fn my_members_accept_means_another_device_unless_mine_is_on_its_way() {
    let mut bob = ringing_a();
    bob.signal_on(signal("s1"), "s1", Signal::CallAccept(callee("bob")));
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));

    let mut bob = ringing_a();
    bob.accept("s1");
    bob.signal_on(signal("s1"), "s1", Signal::CallAccept(callee("bob")))
        .quiet();
    bob.answer("accept", created_a("s1"));
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("s1") }]);
    bob.signal_on(signal("s1"), "s1", Signal::CallAccept(callee("bob")))
        .quiet();

    let mut bob = ringing_a();
    bob.signal_on(signal("s1"), "s1", Signal::CallReject(callee("bob")));
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Declined));
}

#[test]
fn an_accept_that_is_refused_because_it_is_taken_was_answered_elsewhere() {
    for word in ["connecting", "active"] {
        let mut bob = ringing_a();
        bob.accept("s1");
        bob.fail(
            "accept",
            refusal_a(409, &format!("Call cannot be accepted (status: {word})")),
        );
        assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered), "{word}");
    }
    let mut bob = ringing_a();
    bob.accept("s1");
    bob.fail(
        "accept",
        refusal_a(409, "Call cannot be accepted (status: ended)"),
    );
    bob.answer(
        "history",
        history("s1", CallStatus::Ended, EndReason::Cancelled),
    );
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
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
    subscribed(&mut bob, "s1");
    assert_eq!(published(&bob), 1);

    let mut bob = Phone::part_b();
    bob.invite("c1", 45_000);
    assert!(bob.effects().is_empty());

    let mut bob = Phone::part_a();
    bob.invite_a("s1", "alice");
    bob.give(Input::CallTopics {
        call_id: id("s1"),
        subscribed: false,
    });
    assert_eq!(published(&bob), 0, "refused");
}

#[test]
fn a_call_that_is_gone_has_its_reason_from_the_history() {
    let mut bob = dialing();
    bob.give(Input::LinkDown).give(Input::LinkUp);
    bob.answer("active", Reply::Active(None));
    bob.quiet();
    bob.answer(
        "history",
        history("s1", CallStatus::Rejected, EndReason::Rejected),
    );
    let ended = bob.ended();
    assert_eq!((ended.reason, ended.confirmed), (EndReason::Rejected, true));
}

#[test]
fn without_a_history_it_is_missed_before_active_and_normal_after() {
    let mut bob = ringing_a();
    bob.give(Input::LinkUp);
    bob.answer("active", Reply::Active(None));
    bob.fail("history", Failure::NoAnswer);
    assert_eq!(bob.ended().reason, EndReason::Missed);

    let mut bob = connecting();
    bob.joined("alice");
    bob.give(Input::LinkUp);
    bob.answer("active", Reply::Active(None));
    bob.fail("history", Failure::NoAnswer);
    assert_eq!(bob.ended().reason, EndReason::Normal);
}

#[test]
fn a_cancel_waits_for_the_creates_answer() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").cancel("c1");
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
    assert_eq!(bob.asked(), ["create"]);
    bob.answer("create", created_a("s1"));
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("s1") }
    );
    bob.answer("cancel", done());
    assert!(bob.confirmed().confirmed);
}

#[test]
fn a_cancel_whose_create_was_lost_finds_the_call_and_cancels_it() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").cancel("c1");
    bob.fail("create", Failure::NoAnswer);
    let now = bob.now;
    bob.answer(
        "active",
        active_call("s1", "bob", "alice", CallStatus::Ringing, now),
    );
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("s1") }
    );

    let mut bob = Phone::part_a();
    bob.call("c1", "alice").cancel("c1");
    bob.fail("create", Failure::NoAnswer);
    bob.answer("active", Reply::Active(None));
    assert!(bob.asked().is_empty());
}

#[test]
fn a_late_cancel_finds_the_call_that_its_lost_create_made() {
    for lost in [Failure::NoAnswer, refusal_a(504, "Gateway Timeout")] {
        let mut bob = Phone::part_a();
        let dialled = bob.now;
        bob.call("c1", "alice").pass(5_000).cancel("c1");
        // Another call comes and goes meanwhile.
        bob.call("c2", "carol").cancel("c2");
        bob.pass(2_000).fail("create", lost);
        bob.answer(
            "active",
            active_call("s1", "bob", "alice", CallStatus::Ringing, dialled + 100),
        );
        assert_eq!(
            *bob.open_request("cancel"),
            Request::Cancel { call_id: id("s1") }
        );
    }
}

#[test]
fn a_create_that_a_gateway_gave_up_is_looked_for_too() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.fail("create", refusal_a(504, "Gateway Timeout"));
    assert_eq!(bob.asked(), ["active"]);
    let now = bob.now;
    bob.answer(
        "active",
        active_call("s1", "bob", "alice", CallStatus::Ringing, now),
    );
    bob.cancel("s1");
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("s1") }
    );
}

#[test]
fn a_lost_create_is_never_repeated_but_looked_for() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.fail("create", Failure::NoAnswer);
    assert_eq!(bob.asked(), ["active"]);
    bob.events();
    let now = bob.now;
    bob.answer(
        "active",
        active_call("s1", "bob", "alice", CallStatus::Ringing, now),
    );
    assert_eq!(
        bob.events(),
        [
            Event::CallIdChanged {
                from: id("c1"),
                to: id("s1")
            },
            Event::Placed { call_id: id("s1") }
        ]
    );
}

#[test]
fn a_call_older_than_the_attempt_or_to_somebody_else_is_not_adopted() {
    let cases = [("alice", 0_u64), ("carol", 100_000)];
    for (callee, started) in cases {
        let mut bob = Phone::part_a();
        bob.pass(99_000);
        bob.call("c1", "alice");
        bob.fail("create", Failure::NoAnswer);
        bob.events();
        bob.answer(
            "active",
            active_call("s1", "bob", callee, CallStatus::Ringing, started),
        );
        assert_eq!(
            bob.events()[0],
            Event::CommandFailed {
                call_id: id("c1"),
                what: Attempt::Start,
                failure: CommandFailure::TryAgain
            }
        );
    }
}

#[test]
fn a_lost_create_on_a_server_that_turns_out_to_be_part_b_is_repeated() {
    let mut bob = Phone::unknown(true);
    bob.call("c1", "alice");
    bob.fail("create", Failure::NoAnswer);
    bob.fail("active", Failure::NoAnswer);
    bob.answer("active", Reply::Active(None));
    assert!(bob.asked().contains(&"create"));
}

#[test]
fn a_second_call_while_in_one_is_told_busy() {
    let mut bob = dialing();
    bob.invite_a("s2", "carol").quiet();
    assert_eq!(
        *bob.open_request("reject"),
        Request::Reject {
            call_id: id("s2"),
            body: RejectCall {
                reason: RejectReason::Busy,
                scope: RejectScope::Member
            }
        }
    );
    bob.invite_a("s2", "carol");
    assert_eq!(bob.asked(), ["reject"], "once");
}

#[test]
fn a_busy_callee_is_an_end() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    bob.fail("create", refusal_a(409, "All callees are busy: Alice"));
    bob.answer("active", Reply::Active(None));
    assert_eq!(bob.ended().reason, EndReason::Busy);
}

#[test]
fn a_create_while_in_a_call_elsewhere_says_so() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    bob.fail(
        "create",
        refusal_a(409, "You are already in an active call"),
    );
    bob.answer(
        "active",
        active_call("s9", "bob", "carol", CallStatus::Active, 0),
    );
    assert_eq!(
        bob.events()[0],
        Event::CommandFailed {
            call_id: id("c1"),
            what: Attempt::Start,
            failure: CommandFailure::AlreadyInCall
        }
    );
}

#[test]
fn an_adopted_call_without_a_token_fails_at_its_accept() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.fail("create", Failure::NoAnswer);
    let now = bob.now;
    bob.answer(
        "active",
        active_call("s1", "bob", "alice", CallStatus::Ringing, now),
    );
    bob.signal_on(signal("s1"), "s1", Signal::CallAccept(callee("alice")));
    assert_eq!(bob.ended().reason, EndReason::Failed);
    assert_eq!(bob.asked(), ["end"]);
}

#[test]
fn a_lost_room_is_rejoined_with_the_token_at_hand() {
    use faithcall_protocol::machine::DisconnectReason;
    let mut bob = connecting();
    bob.joined("alice");
    bob.room(RoomEvent::Disconnected {
        reason: DisconnectReason::Lost,
    });
    let connects = bob
        .room_effects()
        .iter()
        .filter(|e| matches!(e, RoomEffect::Connect { .. }))
        .count();
    assert_eq!(connects, 2);
    assert!(bob.asked().is_empty());
}

#[test]
fn a_part_a_peers_mute_is_its_flag() {
    use faithcall_protocol::machine::MediaSource;
    let mut bob = connecting();
    bob.joined("alice");
    bob.room(RoomEvent::TrackSubscribed {
        identity: "alice".into(),
        source: MediaSource::Microphone,
        muted: false,
    });
    bob.events();
    bob.signal_on(
        Channel::Participants(id("s1")),
        "s1",
        Signal::ParticipantMuted {
            participant_id: "alice".parse().unwrap(),
            is_muted: true,
        },
    );
    assert!(matches!(
        bob.events()[..],
        [Event::PeerMediaChanged { on: false, .. }]
    ));
}
