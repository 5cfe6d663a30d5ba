//! The races of the catalogue, as one device sees them. Both ends, over the real ledger, are in
//! the `world` tests.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{
    CommandFailure, Elsewhere, Event, Failure, Input, Reply, Request, RoomEffect, RoomEvent,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::ErrorCode;
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;

use crate::kit::*;

// G1: both call each other. Broken by taking glare for a failure, or answering the held invite
// busy.

#[test]
fn race_g1_the_loser_accepts_the_others_call_with_no_ring_and_no_hang_up() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").events();
    bob.invite("c2", 45_000).quiet();
    bob.fail(
        "create",
        refusal(409, ErrorCode::Glare, Some(incoming("c2").made())),
    );
    assert_eq!(
        bob.events(),
        [Event::CallIdChanged {
            from: id("c1"),
            to: id("c2")
        }]
    );
    assert_eq!(bob.asked(), ["accept"]);
    bob.answer(
        "accept",
        created(incoming("c2").rev(2).accepted("phone"), false),
    );
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c2") }]);
}

#[test]
fn race_g1_the_winner_drops_the_invite_that_lost() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.invite("c2", 45_000);
    bob.answer("create", created(outgoing("c1").made(), false));
    bob.events();
    assert!(bob.asked().is_empty(), "neither rung nor answered busy");
    bob.invite("c2", 45_000).quiet();
}

/// What a create may come to without a call.
fn brings_no_call() -> [Failure; 3] {
    [
        refusal(429, ErrorCode::RateLimited, None),
        refusal(503, ErrorCode::MediaUnavailable, None),
        refusal(404, ErrorCode::MemberNotFound, None),
    ]
}

#[test]
fn race_g1_a_held_invite_rings_once_the_create_has_brought_no_call() {
    for failure in brings_no_call() {
        let mut bob = Phone::part_b();
        bob.call("c1", "alice").events();
        bob.invite("c2", 45_000).quiet();
        bob.fail("create", failure);
        assert_eq!(bob.ended().status, CallStatus::Failed);
        let now = bob.now;
        bob.answer(
            "sync",
            sync(now, vec![(incoming("c2").made(), 40_000)], vec![]),
        );
        assert!(bob.rings());
    }
}

#[test]
fn race_g1_a_held_invite_rings_once_the_create_has_timed_out_or_was_taken_back() {
    for taken_back in [true, false] {
        let mut bob = Phone::part_b();
        bob.call("c1", "alice").events();
        bob.invite("c2", 45_000).quiet();
        if taken_back {
            bob.cancel("c1");
        } else {
            bob.pass(15_000);
        }
        bob.ended();
        let now = bob.now;
        bob.answer(
            "sync",
            sync(now, vec![(incoming("c2").made(), 20_000)], vec![]),
        );
        assert!(bob.rings());
    }
}

#[test]
fn race_g1_nothing_is_asked_where_no_invite_was_held() {
    for failure in brings_no_call() {
        let mut bob = Phone::part_b();
        bob.call("c1", "alice");
        bob.fail("create", failure);
        assert!(bob.asked().is_empty());
    }
}

#[test]
fn race_g1_on_a_part_a_server_a_held_invite_rings_once_the_create_has_brought_no_call() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    bob.invite_a("s2", "alice").quiet();
    bob.fail("create", refusal_a(429, "Too many requests"));
    assert_eq!(bob.ended().status, CallStatus::Failed);
    let now = bob.now;
    bob.answer(
        "active",
        active_call("s2", "alice", "bob", CallStatus::Ringing, now),
    );
    assert!(bob.rings());
}

#[test]
fn race_g1_a_ring_that_only_a_part_a_servers_answer_told_is_held_as_well() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    let now = bob.now;
    let rings = || active_call("s2", "alice", "bob", CallStatus::Ringing, now);
    bob.give(Input::LinkUp);
    bob.answer("active", rings()).quiet();
    bob.fail("create", refusal_a(429, "Too many requests"));
    assert_eq!(bob.ended().status, CallStatus::Failed);
    bob.answer("active", rings());
    assert!(bob.rings());
}

#[test]
fn race_g1_the_camera_opens_only_if_it_was_video_that_was_dialled() {
    for (dialled, opens) in [(CallType::Voice, false), (CallType::Video, true)] {
        let mut bob = Phone::part_b();
        bob.call_as("c1", "alice", dialled);
        let other = incoming("c2").video();
        bob.fail(
            "create",
            refusal(409, ErrorCode::Glare, Some(other.clone().made())),
        );
        bob.answer("accept", created(other.rev(2).accepted("phone"), false));
        bob.room(RoomEvent::Connected);
        assert_eq!(
            bob.room_effects().contains(&RoomEffect::SetCamera(true)),
            opens
        );
    }
}

#[test]
fn race_g1_on_a_part_a_server_whatever_comes_first_invite_or_answer() {
    for invite_first in [true, false] {
        let mut bob = Phone::part_a();
        bob.call("c1", "alice").events();
        if invite_first {
            bob.invite_a("s2", "alice").quiet();
        }
        bob.fail("create", refusal_a(409, "All callees are busy: Alice"));
        if !invite_first {
            bob.invite_a("s2", "alice").quiet();
        }
        let now = bob.now;
        bob.answer(
            "active",
            active_call("s2", "alice", "bob", CallStatus::Ringing, now),
        );
        assert_eq!(
            bob.events(),
            [Event::CallIdChanged {
                from: id("c1"),
                to: id("s2")
            }]
        );
        assert_eq!(bob.asked(), ["accept"]);
    }
}

#[test]
fn race_g1_a_call_offered_by_somebody_i_did_not_dial_is_not_accepted() {
    let mut bob = Phone::part_b();
    bob.call("c1", "carol");
    bob.fail(
        "create",
        refusal(409, ErrorCode::Glare, Some(incoming("c2").made())),
    );
    assert_eq!(bob.ended().status, CallStatus::Failed);
    assert!(bob.asked().is_empty());
}

// G2: a client-made id that is taken. Broken by learning from that refusal.

#[test]
fn race_g2_a_taken_id_shows_nothing_of_the_other_call() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").events();
    bob.fail("create", refusal(409, ErrorCode::CallIdTaken, None));
    let events = bob.events();
    assert!(matches!(
        &events[0],
        Event::CommandFailed {
            failure: CommandFailure::Report { status: 409 },
            ..
        }
    ));
    assert!(matches!(&events[1], Event::Ended { .. }));
}

// C1: cancel crosses accept. Broken by leaving a refused cancel at that.

#[test]
fn race_c1_a_cancel_that_lost_to_the_accept_becomes_a_hang_up() {
    let mut bob = Phone::dialing("c1");
    bob.cancel("c1");
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
    bob.update(outgoing("c1").rev(2).accepted("tablet")).quiet();
    bob.fail(
        "cancel",
        refusal(
            409,
            ErrorCode::AlreadyHandled,
            Some(outgoing("c1").rev(2).accepted("tablet")),
        ),
    );
    assert_eq!(bob.asked(), ["end"]);
    bob.answer(
        "end",
        done_with(
            outgoing("c1")
                .rev(3)
                .over(CallStatus::Ended, EndReason::Normal),
        ),
    );
    assert_eq!(bob.confirmed().reason, EndReason::Normal);
    assert!(bob.effects().is_empty(), "no room, no sound");
}

#[test]
fn race_c1_a_tap_on_cancel_after_the_accept_hangs_up() {
    let mut bob = Phone::dialing("c1");
    bob.update(outgoing("c1").rev(2).accepted("tablet"));
    bob.cancel("c1");
    assert!(bob.asked().contains(&"end"));
    assert_eq!(bob.ended().reason, EndReason::Normal);
}

#[test]
fn race_c1_an_accept_that_lost_to_the_cancel_shows_the_cancel() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    let over = incoming("c1")
        .rev(3)
        .over(CallStatus::Ended, EndReason::Cancelled);
    bob.fail("accept", refusal(409, ErrorCode::CannotAccept, Some(over)));
    let ended = bob.ended();
    assert_eq!(
        (ended.reason, ended.confirmed),
        (EndReason::Cancelled, true)
    );
    assert!(bob.effects().is_empty());
}

// C2: cancel comes before its invite, or before its create. Broken by forgetting calls that were
// over before they were known.

#[test]
fn race_c2_an_invite_after_its_cancel_never_rings() {
    let mut bob = Phone::part_b();
    bob.update(
        incoming("c1")
            .rev(2)
            .over(CallStatus::Ended, EndReason::Cancelled),
    );
    bob.invite("c1", 45_000);
    bob.quiet();
    bob.push("c1", 45_000);
    assert!(matches!(bob.events()[..], [Event::PushWithoutRing { .. }]));

    let mut bob = Phone::part_a();
    bob.signal_on(
        Channel::CallStatus("bob".parse().unwrap()),
        "s1",
        Signal::CallCancel {
            caller_id: "alice".parse().unwrap(),
        },
    );
    bob.invite_a("s1", "alice").quiet();
}

#[test]
fn race_c2_a_cancel_before_the_creates_answer_goes_out_at_once_and_is_remembered() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").cancel("c1");
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
    assert_eq!(bob.asked(), ["create", "cancel"]);
    bob.fail("cancel", refusal(404, ErrorCode::CancelRemembered, None));
    assert!(bob.confirmed().confirmed);
    bob.fail("create", refusal(409, ErrorCode::Cancelled, None))
        .quiet();
    bob.pass(60_000);
    assert!(bob.asked().is_empty());
}

#[test]
fn race_c2_a_create_that_comes_back_after_its_cancel_opens_nothing() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").cancel("c1");
    bob.events();
    bob.answer("create", created(outgoing("c1").made(), true));
    bob.quiet();
    assert!(bob.effects().is_empty());
    assert_eq!(bob.asked(), ["cancel"]);
}

// C3: accept crosses the ring time-out. Broken by ending without asking, or without the grace.

#[test]
fn race_c3_an_accept_after_the_deadline_is_told_that_it_was_missed() {
    let mut bob = Phone::ringing("c1");
    bob.pass(44_900);
    bob.accept("c1");
    let over = incoming("c1")
        .rev(3)
        .over(CallStatus::Missed, EndReason::Missed);
    bob.update(over.clone());
    let ended = bob.ended();
    assert_eq!((ended.reason, ended.confirmed), (EndReason::Missed, true));
    bob.fail("accept", refusal(409, ErrorCode::CannotAccept, Some(over)))
        .quiet();
}

#[test]
fn race_c3_an_accept_within_the_grace_wins_although_the_ring_is_over() {
    let mut bob = Phone::ringing("c1");
    bob.pass(44_900);
    bob.accept("c1").quiet();
    bob.pass(1_500);
    bob.answer(
        "accept",
        created(incoming("c1").rev(3).accepted("phone"), false),
    );
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c1") }]);
}

#[test]
fn race_c3_the_caller_learns_of_an_accept_while_it_asks_about_the_time_out() {
    let mut bob = Phone::dialing("c1");
    bob.pass(51_000);
    bob.events();
    bob.answer("get", snapshot(outgoing("c1").rev(5).accepted("tablet")));
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c1") }]);
    bob.pass(2_500);
    bob.quiet();
}

// C4: reject or busy crosses cancel. Broken by keeping one's own reason.

#[test]
fn race_c4_a_reject_that_crossed_the_cancel_takes_the_servers_reason() {
    let mut bob = Phone::ringing("c1");
    bob.reject("c1");
    assert_eq!(bob.ended().reason, EndReason::Rejected);
    let over = incoming("c1")
        .rev(3)
        .over(CallStatus::Ended, EndReason::Cancelled);
    bob.update(over.clone());
    assert_eq!(bob.confirmed().reason, EndReason::Cancelled);
    bob.fail(
        "reject",
        refusal(404, ErrorCode::AlreadyHandled, Some(over)),
    )
    .quiet();
}

#[test]
fn race_c4_a_cancel_that_crossed_the_reject_takes_the_servers_reason() {
    let mut bob = Phone::dialing("c1");
    bob.cancel("c1").events();
    let over = outgoing("c1").rev(3).rejected("tablet");
    bob.fail(
        "cancel",
        refusal(404, ErrorCode::AlreadyHandled, Some(over)),
    );
    assert_eq!(bob.confirmed().reason, EndReason::Rejected);
    assert!(bob.asked().is_empty());
}

// A1: two devices of a member accept at once. Broken by comparing members, or by calling a ring
// that nobody rings any more missed.

#[test]
fn race_a1_the_device_that_lost_shows_answered_elsewhere_and_opens_nothing() {
    let tablet = || incoming("c1").rev(3).accepted("tablet");
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.update(tablet());
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));
    bob.fail(
        "accept",
        refusal(409, ErrorCode::CannotAccept, Some(tablet())),
    )
    .quiet();

    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.fail(
        "accept",
        refusal(409, ErrorCode::CannotAccept, Some(tablet())),
    );
    let events = bob.events();
    assert!(matches!(
        &events[0],
        Event::Ended { ended, .. } if ended.elsewhere == Some(Elsewhere::Answered)
    ));
    assert_eq!(
        events[1],
        Event::InCallElsewhere {
            call_id: Some(id("c1"))
        }
    );
    assert!(bob.effects().is_empty());
    bob.pass(60_000);
    assert!(bob.asked().is_empty(), "and ends nothing");
}

#[test]
fn race_a1_my_own_accept_told_before_its_answer_is_mine() {
    for device in ["phone", ""] {
        let mut bob = Phone::ringing("c1");
        bob.accept("c1");
        bob.update(incoming("c1").rev(3).accepted(device)).quiet();
        bob.answer(
            "accept",
            created(incoming("c1").rev(3).accepted(device), false),
        );
        assert_eq!(
            bob.events(),
            [Event::Connecting { call_id: id("c1") }],
            "{device:?}"
        );
    }
}

#[test]
fn race_a1_a_nameless_device_that_answered_is_not_me() {
    let mut bob = Phone::ringing("c1");
    bob.update(incoming("c1").rev(3).accepted(""));
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));
}

#[test]
fn race_a1_a_device_that_is_told_that_nobody_rings_any_more_asks_why() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 45_000);
    bob.answer("ringing", ringing(0, false));
    bob.events();
    bob.answer("get", snapshot(incoming("c1").rev(3).accepted("tablet")));
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));
}

// A2: one device rejects while another accepts. Broken by taking a refused reject as one's own
// word.

#[test]
fn race_a2_a_reject_after_my_other_devices_accept_changes_nothing() {
    let mut bob = Phone::ringing("c1");
    bob.reject("c1").events();
    let tablet = incoming("c1").rev(3).accepted("tablet");
    bob.fail(
        "reject",
        refusal(404, ErrorCode::AlreadyHandled, Some(tablet.clone())),
    );
    assert_eq!(bob.asked(), ["get"]);
    bob.answer("get", snapshot(tablet));
    assert_eq!(bob.confirmed().elsewhere, Some(Elsewhere::Answered));
}

#[test]
fn race_a2_an_accept_after_my_other_devices_reject_shows_declined_elsewhere() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    let over = incoming("c1").rev(3).rejected("tablet");
    bob.fail("accept", refusal(409, ErrorCode::CannotAccept, Some(over)));
    let ended = bob.ended();
    assert_eq!(ended.elsewhere, Some(Elsewhere::Declined));
    assert_eq!(ended.reason, EndReason::Rejected);
}

// D1: duplicates. Broken by ringing for a call that is over.

#[test]
fn race_d1_everything_twice_is_everything_once() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 45_000).invite("c1", 45_000);
    assert_eq!(bob.events().len(), 1);
    assert_eq!(bob.asked(), ["ringing"]);
    bob.answer("ringing", ringing(45_000, false));
    bob.accept("c1").accept("c1");
    assert_eq!(bob.asked(), ["accept"]);
    bob.answer(
        "accept",
        created(incoming("c1").rev(2).accepted("phone"), false),
    );
    bob.room(RoomEvent::Connected).room(RoomEvent::Connected);
    assert_eq!(bob.asked(), ["connected"]);
    bob.answer("connected", done());
    let active = incoming("c1").rev(3).active("phone");
    bob.update(active.clone()).update(active);
    let over = incoming("c1")
        .rev(4)
        .over(CallStatus::Ended, EndReason::Normal);
    bob.update(over.clone()).update(over);
    bob.invite("c1", 45_000);
    let events = bob.events();
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(matches!(events[2], Event::Ended { .. }));
    let leaves = bob
        .room_effects()
        .iter()
        .filter(|e| **e == RoomEffect::Leave)
        .count();
    assert_eq!(leaves, 1);
}

#[test]
fn race_d1_an_answer_that_comes_twice_counts_once() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.answer("create", created(outgoing("c1").made(), true));
    bob.events();
    let effects = bob.effects().len();
    bob.answer_again().quiet();
    assert_eq!(bob.effects().len(), effects);
}

// D2: reordered events. Broken by taking a snapshot whatever its rev.

#[test]
fn race_d2_an_accept_after_the_end_changes_nothing() {
    let mut bob = Phone::dialing("c1");
    bob.update(
        outgoing("c1")
            .rev(4)
            .over(CallStatus::Ended, EndReason::Normal),
    );
    bob.events();
    bob.update(outgoing("c1").rev(3).active("tablet"));
    bob.update(outgoing("c1").rev(2).accepted("tablet")).quiet();
    assert!(bob.effects().is_empty());
}

#[test]
fn race_d2_updates_in_any_order_come_to_the_same() {
    let updates = [
        outgoing("c1").rev(2).rung(),
        outgoing("c1").rev(3).accepted("tablet"),
        outgoing("c1").rev(4).active("tablet"),
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut bob = Phone::dialing("c1");
        for at in order {
            bob.update(updates[at].clone());
        }
        let told: Vec<_> = bob
            .events()
            .into_iter()
            .filter(|e| matches!(e, Event::Connecting { .. } | Event::Active { .. }))
            .collect();
        assert_eq!(told.len(), 2, "{order:?}: {told:?}");
        assert!(matches!(told[1], Event::Active { .. }), "{order:?}");
    }
}

#[test]
fn race_d2_old_news_of_a_participant_are_not_shown() {
    let mut bob = Phone::active("c1");
    bob.update(incoming("c1").rev(6).active("phone"));
    let mut old = incoming("c1").rev(5).active("phone");
    old.participants[0].is_reconnecting = true;
    bob.update(old).quiet();
}

#[test]
fn race_d2_an_update_that_overtakes_its_invite_does_not_silence_it() {
    let mut bob = Phone::part_b();
    bob.update(incoming("c1").rev(2).rung()).quiet();
    bob.invite("c1", 45_000);
    assert!(bob.rings());
}

// D3: a stale invite. Broken by ringing without ring time, or believing what waited.

#[test]
fn race_d3_an_invite_without_ring_time_left_is_missed_and_never_rings() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 0);
    assert!(matches!(bob.events()[..], [Event::Missed { .. }]));
    bob.invite("c1", 45_000).quiet();
}

#[test]
fn race_d3_an_invite_that_waited_for_me_and_is_gone_is_missed() {
    let mut bob = Phone::part_b();
    bob.give(Input::LinkUp);
    bob.invite("c1", 45_000).quiet();
    bob.now += 100;
    bob.answer("sync", sync(bob.now, vec![], vec![]));
    assert!(matches!(bob.events()[..], [Event::Missed { .. }]));
}

#[test]
fn race_d3_on_a_part_a_server_an_invite_that_waited_is_checked_before_it_rings() {
    let mut bob = Phone::part_a();
    bob.give(Input::LinkDown).give(Input::LinkUp);
    bob.invite_a("s1", "alice");
    bob.answer("active", Reply::Active(None)).quiet();
    bob.answer("active", Reply::Active(None));
    assert!(matches!(bob.events()[..], [Event::Missed { .. }]));

    let mut bob = Phone::part_a();
    bob.give(Input::LinkDown).give(Input::LinkUp);
    bob.invite_a("s1", "alice");
    bob.answer("active", Reply::Active(None)).quiet();
    bob.fail("active", Failure::NoAnswer);
    assert!(bob.rings(), "nobody knows better");
}

#[test]
fn race_d3_on_a_part_a_server_age_is_the_servers_time_on_both_sides() {
    let mut bob = Phone::part_a();
    bob.pass(60_000);
    bob.invite_a("s1", "alice");
    bob.events();
    let started = bob.now - 40_000;
    bob.answer(
        "active",
        active_call("s1", "alice", "bob", CallStatus::Ringing, started),
    );
    bob.pass(5_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

// D4: events of an old call during a new one. Broken by taking the events of any room session.

#[test]
fn race_d4_the_old_calls_signals_answers_and_room_do_not_touch_the_new_call() {
    let mut bob = Phone::active("c1");
    let old_room = bob.session();
    bob.end("c1");
    bob.answer("end", done());
    bob.call("c2", "alice");
    bob.answer("create", created(outgoing("c2").made(), true));
    bob.events();
    bob.update(
        incoming("c1")
            .rev(9)
            .over(CallStatus::Ended, EndReason::Normal),
    );
    bob.update(incoming("c1").rev(10).active("phone"));
    bob.give(Input::Room {
        session: old_room,
        event: RoomEvent::Disconnected {
            reason: faithcall_protocol::machine::DisconnectReason::RoomDeleted,
        },
    });
    bob.give(Input::CallTopics {
        call_id: id("c1"),
        subscribed: true,
    });
    bob.quiet();
    assert!(
        bob.asked().is_empty(),
        "nothing is asked about the new call"
    );
    bob.room(RoomEvent::Connected);
    bob.update(outgoing("c2").rev(2).accepted("tablet"));
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c2") }]);
}

// E1: hang-up crosses hang-up. Broken by not taking the server's word from the answer.

#[test]
fn race_e1_both_hang_up_and_nobody_sees_an_error() {
    let mut bob = Phone::active("c1");
    bob.end("c1");
    let first = bob.ended();
    let mut over = incoming("c1")
        .rev(4)
        .over(CallStatus::Ended, EndReason::Normal);
    over.ended_by = Some("alice".parse().unwrap());
    bob.update(over.clone());
    assert_eq!(bob.confirmed().reason, first.reason);
    bob.answer("end", done_with(over)).quiet();
    assert!(bob.refused().is_empty());
}

#[test]
fn race_e4_nothing_after_the_end_brings_a_call_back() {
    let mut bob = Phone::active("c1");
    bob.update(
        incoming("c1")
            .rev(9)
            .over(CallStatus::Ended, EndReason::Normal),
    );
    bob.events();
    bob.update(incoming("c1").rev(12).active("phone"));
    bob.invite("c1", 45_000);
    bob.give(Input::LinkUp);
    bob.answer(
        "sync",
        sync(
            bob.now,
            vec![(incoming("c1").rev(12).made(), 30_000)],
            vec![],
        ),
    );
    bob.quiet();
}

// P2: push and MQTT both bring the invite. Broken by not knowing a call by its id.

#[test]
fn race_p2_one_ring_whichever_comes_first() {
    let mut bob = Phone::part_b();
    bob.push("c1", 45_000).invite("c1", 44_000);
    assert_eq!(bob.events().len(), 1);
    let mut bob = Phone::part_b();
    bob.invite("c1", 45_000).push("c1", 44_000);
    assert_eq!(bob.events().len(), 1);
    bob.pass(44_000);
    assert_eq!(
        bob.ended().reason,
        EndReason::Missed,
        "the shorter one counts"
    );
}

// S1, S2: what a device shows when the server or the broker had died. Broken by not asking on
// connect, or never polling.

#[test]
fn race_s1_a_change_published_late_is_taken_once() {
    let mut bob = Phone::dialing("c1");
    bob.give(Input::LinkDown);
    bob.pass(5_000);
    bob.answer("get", snapshot(outgoing("c1").rev(3).accepted("tablet")));
    assert_eq!(bob.events().len(), 1);
    bob.give(Input::LinkUp);
    bob.answer(
        "sync",
        sync(
            bob.now,
            vec![(outgoing("c1").rev(3).accepted("tablet"), 0)],
            vec![],
        ),
    );
    bob.update(outgoing("c1").rev(3).accepted("tablet"));
    bob.quiet();
}

#[test]
fn race_s2_each_connect_asks_for_everything_again() {
    let mut bob = Phone::dialing("c1");
    for _ in 0..3 {
        bob.give(Input::LinkDown).give(Input::LinkUp);
        assert!(matches!(
            bob.open_request("sync"),
            Request::Sync { known } if known[0].0 == id("c1")
        ));
        let now = bob.now;
        bob.answer(
            "sync",
            sync(now, vec![(outgoing("c1").made(), 30_000)], vec![]),
        );
    }
    bob.quiet();
}

// S3: a token of the room that is old by the accept. Broken by keeping the waiting token.

#[test]
fn race_s3_a_caller_that_has_not_joined_asks_for_a_fresh_token_at_the_accept() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.answer("create", created(outgoing("c1").made(), true));
    bob.room(RoomEvent::ConnectFailed);
    bob.pass(20_000);
    assert!(!bob.asked().contains(&"token"), "not before the accept");
    bob.update(outgoing("c1").rev(2).accepted("tablet"));
    bob.answer("token", token());
    assert!(matches!(
        bob.room_effects().last(),
        Some(RoomEffect::Connect { token, .. }) if *token == Secret::new("fresh")
    ));
}
