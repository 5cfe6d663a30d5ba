//! Calls that this device makes, on a part-B server.

use faithcall_protocol::end::{CallStatus, EndReason, ReasonDetail};
use faithcall_protocol::machine::{
    Attempt, Command, CommandFailure, Event, Failure, Reply, Request, RoomEffect, RoomEvent,
};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::ErrorCode;
use faithcall_protocol::snapshot::CallSnapshot;

use crate::kit::*;

#[test]
fn a_call_from_the_tap_to_the_talk() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    assert!(
        matches!(bob.open_request("create"), Request::Create(body) if body.call_id == Some(id("c1")))
    );
    assert!(matches!(bob.events()[..], [Event::Outgoing { .. }]));

    bob.placed("c1");
    assert_eq!(bob.events(), [Event::Placed { call_id: id("c1") }]);
    bob.update(outgoing("c1").rev(2).rung());
    assert_eq!(bob.events(), [Event::RemoteRinging { call_id: id("c1") }]);
    assert!(bob.effects().is_empty(), "nobody joins before the accept");

    bob.update(outgoing("c1").rev(3).accepted("tablet"));
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c1") }]);
    assert_eq!(bob.asked(), ["token"], "a waiting token is never used late");
    bob.answer("token", token());
    assert!(matches!(
        &bob.room_effects()[..],
        [RoomEffect::Connect { token, .. }] if *token == Secret::new("fresh")
    ));
    assert!(bob.asked().is_empty());

    bob.room(RoomEvent::Connected);
    assert_eq!(
        bob.room_effects()[1..],
        [
            RoomEffect::SetPlayable(vec!["alice".into()]),
            RoomEffect::SetMicrophone(true)
        ]
    );
    bob.answer("connected", done());
    bob.quiet();
    bob.update(outgoing("c1").rev(4).active("tablet"));
    assert_eq!(bob.events(), [Event::Active { call_id: id("c1") }]);
}

#[test]
fn the_caller_joins_ahead_in_silence_and_speaks_at_the_accept() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.placed_ahead("c1");
    bob.room(RoomEvent::Connected);
    assert!(matches!(
        bob.room_effects()[..],
        [RoomEffect::Connect { .. }, RoomEffect::PrepareMicrophone]
    ));
    assert!(bob.asked().is_empty(), "the accept is not known");
    bob.update(outgoing("c1").rev(2).accepted("tablet"));
    assert_eq!(
        bob.room_effects()[2..],
        [
            RoomEffect::SetPlayable(vec!["alice".into()]),
            RoomEffect::SetMicrophone(true)
        ]
    );
    assert_eq!(bob.asked(), ["connected"]);
}

#[test]
fn joining_ahead_can_be_turned_off() {
    let mut bob = Phone::part_b_with(|config| config.join_ahead = false);
    bob.call("c1", "alice");
    bob.placed_ahead("c1");
    assert!(bob.effects().is_empty());
}

#[test]
fn an_accept_that_overtakes_the_creates_answer_is_not_lost() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.update(outgoing("c1").rev(3).accepted("tablet"));
    bob.events();
    bob.placed_ahead("c1");
    assert_eq!(
        bob.events(),
        [
            Event::Placed { call_id: id("c1") },
            Event::Connecting { call_id: id("c1") }
        ]
    );
}

#[test]
fn a_lost_create_is_repeated_with_the_same_id_and_given_up_in_bounded_time() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    for _ in 0..2 {
        bob.fail("create", Failure::NoAnswer);
        assert!(bob.asked().is_empty());
        bob.pass(1_000);
        assert!(
            matches!(bob.open_request("create"), Request::Create(body) if body.call_id == Some(id("c1")))
        );
    }
    bob.events();
    bob.pass(15_000);
    let events = bob.events();
    assert!(events.contains(&Event::CommandFailed {
        call_id: id("c1"),
        what: Attempt::Start,
        failure: CommandFailure::TryAgain
    }));
    assert!(matches!(
        &events[1],
        Event::Ended { ended, .. } if ended.reason == EndReason::NetworkError && !ended.confirmed
    ));
    assert!(bob.asked().contains(&"cancel"), "it may have been made");
}

// Another copy of the request may still be on its way, and be carried out. Broken by ending the
// call as the server's word, and by taking it back only where an earlier attempt went unanswered.
#[test]
fn race_d1_a_create_that_is_refused_is_taken_back() {
    for (status, code) in [
        (404, ErrorCode::MemberNotFound),
        (409, ErrorCode::AlreadyInCall),
        (409, ErrorCode::AllBusy),
    ] {
        let mut bob = Phone::part_b();
        bob.call("c1", "alice");
        bob.fail("create", refusal(status, code, None));
        assert!(!bob.ended().confirmed, "{code:?}");
        assert_eq!(bob.asked(), ["cancel"], "{code:?}");
    }
}

// Broken by waiting for the retry all the same.
#[test]
fn race_d1_a_create_that_was_made_by_its_other_copy_is_asked_for_at_once() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.fail("create", refusal(503, ErrorCode::Unavailable, None));
    bob.update(outgoing("c1").rev(2).rung());
    assert_eq!(bob.asked(), ["create"]);
    bob.update(outgoing("c1").rev(3).accepted("tablet"));
    bob.pass(5_000);
    assert_eq!(bob.asked(), ["create"], "once");
}

#[test]
fn race_d1_what_was_taken_back_ends_as_it_was_shown_or_as_the_server_has_it() {
    let refused = || {
        let mut bob = Phone::part_b();
        bob.call("c1", "alice");
        bob.fail("create", refusal(409, ErrorCode::AlreadyInCall, None));
        bob.events();
        bob
    };
    let mut bob = refused();
    bob.fail("cancel", refusal(404, ErrorCode::CancelRemembered, None));
    assert_eq!(bob.confirmed().status, CallStatus::Failed);
    // The other copy was carried out, and rang until now.
    let mut bob = refused();
    bob.answer("cancel", done_with(outgoing("c1").rev(2).cancelled()));
    assert_eq!(bob.confirmed().reason, EndReason::Cancelled);
}

// Broken by ending every call at a refused token.
#[test]
fn race_s3_a_create_whose_token_is_refused_is_taken_back_too() {
    // Something on the way may have asked twice, and the token expired in between.
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.fail("create", Failure::Unauthenticated);
    let events = bob.events();
    let told = |event: &Event| match event {
        Event::CommandFailed { failure, .. } => *failure == CommandFailure::SignIn,
        _ => false,
    };
    assert!(events.iter().any(told), "{events:?}");
    let over = |event: &Event| match event {
        Event::Ended { ended, .. } => {
            (ended.status, ended.confirmed) == (CallStatus::Failed, false)
        }
        _ => false,
    };
    assert!(events.iter().any(over), "{events:?}");
    assert_eq!(bob.asked(), ["cancel"]);
}

#[test]
fn each_refusal_of_a_create_says_what_the_app_can_do() {
    let table = [
        (409, ErrorCode::AlreadyInCall, CommandFailure::AlreadyInCall),
        (
            404,
            ErrorCode::MemberNotFound,
            CommandFailure::MemberNotFound,
        ),
        (
            409,
            ErrorCode::CallIdTaken,
            CommandFailure::Report { status: 409 },
        ),
        (409, ErrorCode::CallFull, CommandFailure::CallFull),
        (
            429,
            ErrorCode::RateLimited,
            CommandFailure::TryLater { after_ms: 1_000 },
        ),
        (
            503,
            ErrorCode::MediaUnavailable,
            CommandFailure::MediaUnavailable,
        ),
        (403, ErrorCode::NotAParticipant, CommandFailure::NotAllowed),
    ];
    for (status, code, failure) in table {
        let mut bob = Phone::part_b();
        bob.call("c1", "alice").events();
        bob.fail("create", refusal(status, code, None));
        let events = bob.events();
        assert_eq!(
            events[0],
            Event::CommandFailed {
                call_id: id("c1"),
                what: Attempt::Start,
                failure
            },
            "{code:?}"
        );
        assert!(
            matches!(&events[1], Event::Ended { ended, .. } if ended.status == CallStatus::Failed),
            "{code:?}"
        );
        assert_eq!(bob.asked(), ["cancel"], "{code:?}");
    }
}

#[test]
fn a_room_that_could_not_be_made_says_so() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.fail("create", refusal(503, ErrorCode::MediaUnavailable, None));
    assert_eq!(bob.ended().detail, Some(ReasonDetail::MediaUnavailable));
}

#[test]
fn everybody_busy_is_an_end_and_not_a_failure() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").events();
    bob.fail("create", refusal(409, ErrorCode::AllBusy, None));
    let events = bob.events();
    assert!(
        matches!(&events[..], [Event::Ended { ended, .. }] if ended.status == CallStatus::Busy)
    );
}

#[test]
fn a_conflict_is_tried_again() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.fail("create", refusal(409, ErrorCode::Conflict, None));
    bob.pass(1_000);
    assert_eq!(bob.asked(), ["create"]);
}

#[test]
fn nobody_answers_and_the_server_is_silent() {
    let mut bob = Phone::dialing("c1");
    bob.pass(50_999);
    assert!(bob.asked().iter().all(|name| *name == "get"), "still rings");
    bob.quiet();
    bob.pass(3_000);
    let ended = bob.ended();
    assert_eq!((ended.reason, ended.confirmed), (EndReason::Missed, false));
    assert!(bob.asked().contains(&"cancel"));
    let missed = outgoing("c1").rev(9).missed();
    bob.fail(
        "cancel",
        refusal(404, ErrorCode::AlreadyHandled, Some(missed)),
    );
    assert!(bob.confirmed().confirmed);
}

#[test]
fn the_next_call_waits_for_the_end_of_the_last() {
    let mut bob = Phone::dialing("c1");
    bob.cancel("c1");
    bob.call("c2", "carol");
    assert_eq!(bob.asked(), ["cancel"]);
    bob.answer("cancel", done());
    assert_eq!(bob.asked(), ["create"]);

    let mut bob = Phone::dialing("c1");
    bob.cancel("c1");
    bob.call("c2", "carol");
    bob.pass(2_000);
    assert_eq!(bob.asked(), ["cancel", "create"], "but not for long");
}

#[test]
fn commands_that_make_no_sense_are_refused_and_change_nothing() {
    let mut bob = Phone::part_b();
    bob.call("c1", "bob")
        .accept("c1")
        .end("c1")
        .cancel("c1")
        .reject("c1");
    assert_eq!(bob.refused().len(), 5);
    bob.quiet();
    assert!(bob.asked().is_empty());

    let mut bob = Phone::dialing("c1");
    bob.call("c2", "carol")
        .accept("c1")
        .reject("c1")
        .cancel("other");
    assert_eq!(bob.refused().len(), 4);
    bob.quiet();
}

#[test]
fn an_answer_of_the_wrong_kind_is_no_answer() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.answer("create", Reply::Active(None));
    bob.pass(1_000);
    assert_eq!(bob.asked(), ["create"]);
}

#[test]
fn the_id_of_a_call_that_is_over_makes_no_other() {
    let mut bob = Phone::dialing("c1");
    bob.cancel("c1").answer("cancel", done());
    bob.events();
    bob.call("c1", "carol").quiet();
    assert_eq!(bob.refused().len(), 1);
}

#[test]
fn a_call_ends_here_when_the_server_should_have_ended_it_long_ago() {
    let mut bob = Phone::active("c1");
    bob.pass(4 * 3_600_000 + 14_999).quiet();
    assert!(bob.asked().is_empty());
    bob.pass(1);
    assert!(bob.asked().contains(&"get"), "the server has the last word");
    bob.pass(2_000);
    bob.ended();
}

#[test]
fn an_active_call_whose_room_does_not_come_up_ends_after_30_s() {
    let mut bob = Phone::dialing("c1");
    bob.update(outgoing("c1").rev(3).accepted("tablet"));
    bob.answer("token", token());
    bob.update(outgoing("c1").rev(4).active("tablet"));
    bob.events();
    let ended = |bob: &mut Phone| {
        bob.events()
            .iter()
            .any(|e| matches!(e, Event::Ended { .. }))
    };
    bob.pass(29_999);
    assert!(!ended(&mut bob));
    bob.pass(1);
    assert!(ended(&mut bob));
}

// Broken by giving up at the bound of the first ring.
#[test]
fn who_is_called_in_while_it_is_dialled_rings_its_own_time() {
    let both = |rev| group("c1", "bob", &["alice", "carol"]).rev(rev).made();
    let calls_carol = || {
        let mut bob = Phone::dialing("c1");
        bob.pass(40_000).command(Command::Invite {
            call_id: id("c1"),
            callees: vec!["carol".parse().unwrap()],
        });
        bob
    };
    let cancels = |bob: &Phone| bob.asked().contains(&"cancel");
    // From the invite's answer, from an update: nothing else is heard of it.
    let heard: [fn(&mut Phone, CallSnapshot); 2] = [
        |bob, call| {
            bob.answer("invite", done_with(call));
        },
        |bob, call| {
            bob.update(call);
        },
    ];
    for hear in heard {
        let mut bob = calls_carol();
        hear(&mut bob, both(2));
        bob.events();
        bob.pass(50_999 + 2_000);
        assert!(!cancels(&bob));
        bob.pass(1);
        assert_eq!(bob.ended().reason, EndReason::Missed);
        assert!(cancels(&bob));
    }
    // The answer is late, or lost: it may have been carried out.
    let mut bob = calls_carol();
    bob.pass(7_900).fail("invite", Failure::NoAnswer).events();
    bob.pass(50_999 + 2_000).quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);
    // From the server, asked at the bound.
    let mut bob = calls_carol();
    bob.pass(11_000);
    while bob.asked().contains(&"get") {
        bob.answer("get", snapshot_with(both(2), 33_000));
    }
    bob.events();
    bob.pass(38_999 + 2_000).quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);
    // It leaves nobody any time: it is over at the bound, however often that is said.
    let mut bob = Phone::dialing("c1");
    bob.pass(46_000);
    while bob.asked().contains(&"get") {
        bob.answer("get", snapshot_with(outgoing("c1").made(), 0));
    }
    bob.pass(5_000 + 1_999).quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}
