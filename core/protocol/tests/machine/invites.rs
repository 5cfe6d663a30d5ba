//! Which invites ring, which are old, and what is made of the others.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{CallState, Command, Event, Failure, Input};
use faithcall_protocol::signal::topic::Channel;
use faithcall_protocol::signal::{CallUpdate, Signal};
use faithcall_protocol::snapshot::{CallSnapshot, InviteeState};

use crate::kit::*;

fn rung(bob: &mut Phone) -> Vec<String> {
    let events = bob.events().into_iter();
    let rung = events.filter_map(|event| match event {
        Event::Incoming { call_id, .. } => Some(call_id.to_string()),
        _ => None,
    });
    rung.collect()
}

fn missed(bob: &mut Phone) -> bool {
    let events = bob.events();
    events.iter().any(|e| matches!(e, Event::Missed { .. }))
}

#[test]
fn an_invite_that_its_calls_end_or_my_answer_has_overtaken_does_not_ring() {
    for overtaken in [
        incoming("c1").rev(3).cancelled(),
        incoming("c1").rev(3).accepted("tablet"),
    ] {
        let mut bob = Phone::part_b();
        bob.invite_with(overtaken, 45_000);
        assert!(rung(&mut bob).is_empty() && !bob.rings());
    }
}

#[test]
fn an_invite_whose_ring_time_is_over_is_a_missed_call_whatever_became_of_it() {
    for late in [incoming("c1").made(), incoming("c1").rev(3).missed()] {
        let mut bob = Phone::part_b();
        bob.invite_with(late, 0);
        assert!(missed(&mut bob));
    }
}

#[test]
fn a_group_calls_in_anew_only_by_a_later_revision_with_ring_time() {
    let group = |rev| group("c1", "alice", &["bob", "carol"]).rev(rev);
    let mut bob = Phone::part_b();
    bob.update(group(4).stands("bob", InviteeState::Missed, "").made());
    bob.events();
    bob.invite_with(group(4).made(), 45_000).quiet();
    bob.invite_with(group(5).made(), 0).quiet();
    bob.invite_with(group(5).made(), 45_000);
    assert_eq!(rung(&mut bob), ["c1"]);
}

// Broken by remembering that the ring was over, and not when: what said that the member was out of
// it went unheard.
#[test]
fn who_only_heard_that_a_ring_was_over_is_called_into_the_group_anew() {
    let group = |rev| group("c1", "alice", &["bob", "carol"]).rev(rev).made();
    for (over_by_push, anew_by_push) in [(true, true), (true, false), (false, true), (false, false)]
    {
        let mut bob = Phone::part_b();
        if over_by_push {
            bob.push_over("c1");
        } else {
            bob.invite_with(group(1), 0);
        }
        bob.push("c1", 45_000);
        assert!(rung(&mut bob).is_empty(), "the same ring");
        if anew_by_push {
            bob.push_at("c1", 2, 45_000);
        } else {
            bob.invite_with(group(2), 45_000);
        }
        assert_eq!(rung(&mut bob), ["c1"]);
    }
}

// Broken by taking a push's word for it: that a call of two calls nobody in anew, it cannot know.
#[test]
fn what_rang_and_is_over_does_not_ring_again_by_pushes_alone() {
    let mut bob = Phone::ringing("c1");
    bob.push_over("c1");
    bob.ended();
    bob.push_over("c1").push_at("c1", 2, 45_000);
    assert!(rung(&mut bob).is_empty());
}

/// A group of Alice's in which Bob, invited anew so often, stands so.
fn anew(rev: u64, times: u32, state: InviteeState, device: &str) -> CallSnapshot {
    let call = group("c1", "alice", &["bob", "carol"]).rev(rev);
    let call = call.stands("bob", state, device).again("bob", times);
    let call = call.stands("carol", InviteeState::Accepted, "x");
    call.status(CallStatus::Active).made()
}

// Broken by believing only that the member was out of it in between, which nobody told this device.
#[test]
fn who_is_called_in_anew_rings_whatever_this_device_has_missed_meanwhile() {
    let before: [fn() -> Phone; 4] = [
        // Answered on the tablet, after it rang here, or unheard.
        || {
            let mut bob = Phone::part_b();
            bob.invite_with(anew(1, 0, InviteeState::Invited, ""), 45_000);
            bob.update(anew(3, 0, InviteeState::Accepted, "tablet"));
            bob
        },
        || {
            let mut bob = Phone::part_b();
            bob.update(anew(3, 0, InviteeState::Accepted, "tablet"));
            bob
        },
        // Offered for a rejoin, and not there any more.
        || {
            let mut bob = Phone::part_b();
            let here = anew(3, 0, InviteeState::Accepted, "phone");
            bob.give(Input::LinkUp).synced(vec![(here, 0)]);
            bob.reconnects().synced(vec![]);
            bob
        },
        // Left, and nobody heard that.
        || {
            let mut bob = crate::group::in_group();
            bob.command(Command::Leave { call_id: id("c1") });
            bob.fail("leave", Failure::NoAnswer);
            bob
        },
    ];
    let again = || anew(8, 1, InviteeState::Invited, "");
    let invited: [fn(&mut Phone, CallSnapshot); 3] = [
        |bob, again| {
            bob.reconnects().synced(vec![(again, 40_000)]);
        },
        |bob, again| {
            bob.invite_with(again, 40_000);
        },
        // What rang or was answered rings again by the call's own word, not by a push's: it is asked for.
        |bob, again| {
            bob.push_at("c1", 8, 45_000);
            assert!(rung(bob).is_empty());
            bob.synced(vec![(again, 40_000)]);
        },
    ];
    for before in before {
        for invited in invited {
            let mut bob = before();
            bob.events();
            invited(&mut bob, again());
            assert_eq!(rung(&mut bob), ["c1"]);
            assert!(bob.rings());
            // What was still to be said of it before would end this ring.
            bob.pass(30_000);
            assert!(bob.rings() && !bob.asked().contains(&"leave"));
            // The same invitation is not a newer one.
            bob.reject("c1").events();
            bob.push_at("c1", 8, 45_000).invite_with(again(), 45_000);
            bob.reconnects().synced(vec![(again(), 20_000)]);
            assert!(rung(&mut bob).is_empty());
        }
    }
}

// Broken by waiting until somebody else says that it was called in anew.
#[test]
fn who_asks_how_its_ring_ended_and_is_called_in_anew_rings() {
    let mut bob = Phone::part_b();
    bob.invite_with(anew(1, 0, InviteeState::Invited, ""), 45_000);
    bob.pass(45_000).ended();
    bob.pass(3_000);
    let again = anew(8, 1, InviteeState::Invited, "");
    bob.answer("get", snapshot_with(again, 40_000));
    assert_eq!(rung(&mut bob), ["c1"]);
}

// Broken by taking it for the invite that rings already.
#[test]
fn who_is_called_in_anew_while_it_still_rings_from_before_rings_its_whole_time() {
    let mut bob = Phone::part_b();
    bob.invite_with(anew(1, 0, InviteeState::Invited, ""), 45_000);
    bob.events();
    bob.pass(44_000);
    bob.invite_with(anew(8, 1, InviteeState::Invited, ""), 45_000);
    let events = bob.events();
    let [Event::Ended { ended, .. }, Event::Incoming { .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(ended.reason, EndReason::Missed);
    bob.pass(44_999);
    assert!(bob.rings());
}

#[test]
fn beside_a_call_that_is_dialled_others_ring_but_not_the_one_who_is_dialled() {
    let dialing = || {
        let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
        bob.call("c1", "alice").placed("c1").events();
        bob
    };
    let mut bob = dialing();
    bob.invite_with(snap("c2", "carol", "bob", "tablet").made(), 45_000);
    assert_eq!(rung(&mut bob), ["c2"]);
    let mut bob = dialing();
    bob.invite_with(incoming("c2").made(), 45_000);
    assert!(
        rung(&mut bob).is_empty(),
        "glare: the create's answer has decided"
    );
}

#[test]
fn a_call_that_is_over_everywhere_is_not_shown_again_by_older_news() {
    let mut bob = Phone::part_b();
    bob.update(snap("c9", "bob", "carol", "tablet").rev(7).hung_up());
    let elsewhere = || snap("c1", "bob", "alice", "tablet");
    bob.update(elsewhere().rev(5).hung_up()).events();
    bob.update(elsewhere().rev(3).active("x")).quiet();
    bob.update(snap("c9", "bob", "carol", "tablet").rev(3).active("x"));
    bob.quiet();
}

#[test]
fn news_on_the_topics_of_others_is_refused() {
    let update = |bob: &mut Phone, channel| {
        let cancel = Signal::CallCancel {
            caller_id: "alice".parse().unwrap(),
        };
        bob.signal_on(channel, "c1", cancel);
        bob.machine.state().refused_signals
    };
    let carol = || "carol".parse().unwrap();
    for channel in [
        Channel::CallStatus(carol()),
        Channel::CallUpdate(carol()),
        Channel::IncomingCall(carol()),
        Channel::Signal(id("c2")),
        Channel::Participants(id("c2")),
    ] {
        let mut bob = Phone::ringing_a("c1");
        assert_eq!(update(&mut bob, channel.clone()), 1, "{channel:?}");
        assert!(bob.rings());
    }
}

#[test]
fn an_invite_that_is_not_for_me_or_contradicts_itself_is_refused() {
    let mut bob = Phone::part_b();
    let mut invite = plain_invite("alice");
    invite.callee_ids = vec!["carol".parse().unwrap()];
    let mine = || Channel::IncomingCall("bob".parse().unwrap());
    bob.signal_on(mine(), "c1", Signal::CallInvite(Box::new(invite)));
    assert_eq!(bob.machine.state().refused_signals, 1);

    let mut invite = plain_invite("alice");
    invite.change = Some(change(bob.now, incoming("c1").made()));
    let invite = Signal::CallInvite(Box::new(invite));
    bob.signal_on(mine(), "c2", invite).quiet();
    assert_eq!(bob.machine.state().refused_signals, 2);
}

#[test]
fn an_update_for_another_member_is_refused() {
    let mut bob = Phone::ringing("c1");
    let change = change(bob.now, incoming("c1").rev(3).cancelled());
    let update = Signal::CallUpdate(Box::new(CallUpdate { change }));
    let carols = Channel::CallUpdate("carol".parse().unwrap());
    bob.signal_on(carols, "c1", update).quiet();
    assert_eq!(bob.machine.state().refused_signals, 1);
}

#[test]
fn on_part_a_each_signal_counts_only_of_whom_it_can_be_true() {
    let refused = |bob: &Phone| bob.machine.state().refused_signals;
    // Bob is called: his own devices may speak, nobody else.
    for (signal, rings) in [
        (Signal::CallRinging(callee("bob")), true),
        (Signal::CallAccept(callee("bob")), false),
        (Signal::CallReject(callee("bob")), false),
        (Signal::CallBusy(callee("bob")), false),
    ] {
        let mut bob = Phone::ringing_a("s1");
        bob.call_signal("s1", signal.clone());
        assert_eq!((refused(&bob), bob.rings()), (0, rings), "{signal:?}");
    }
    for signal in [
        Signal::CallRinging(callee("carol")),
        Signal::CallAccept(callee("carol")),
        Signal::CallReject(callee("carol")),
        Signal::CallBusy(callee("alice")),
    ] {
        let mut bob = Phone::ringing_a("s1");
        bob.call_signal("s1", signal.clone());
        assert_eq!((refused(&bob), bob.rings()), (1, true), "{signal:?}");
    }
    // Bob calls Alice: only she answers.
    for signal in [
        Signal::CallRinging(callee("carol")),
        Signal::CallAccept(callee("bob")),
        Signal::CallReject(callee("bob")),
    ] {
        let mut bob = Phone::dialing_a("s1");
        bob.call_signal("s1", signal.clone()).quiet();
        assert_eq!(refused(&bob), 1, "{signal:?}");
    }
    for (who, count) in [("alice", 0), ("bob", 0), ("carol", 1)] {
        let mut bob = Phone::connecting_a("s1");
        bob.participant_joined("s1", who);
        assert_eq!(refused(&bob), count, "{who}");
    }
}

/// On part A, an invite came while the server was being asked, and is not in its answer.
fn in_doubt() -> Phone {
    let mut bob = Phone::part_a();
    bob.reconnects();
    bob.invite_a("s1", "alice").quiet();
    bob.nothing_goes_on().quiet();
    assert_eq!(bob.asked(), ["active"], "the server is asked once more");
    bob
}

#[test]
fn an_invite_in_doubt_rings_if_the_server_says_so_or_nobody_says_anything() {
    let mut bob = in_doubt();
    bob.rings_at_server("s1");
    assert!(bob.rings());
    let mut bob = in_doubt();
    bob.fail("active", Failure::NoAnswer);
    assert!(bob.rings());
    let mut bob = in_doubt();
    bob.pass(1_999).quiet();
    bob.pass(1);
    assert!(bob.rings());
}

#[test]
fn an_invite_in_doubt_that_the_server_no_longer_has_is_a_missed_call() {
    let mut bob = in_doubt();
    bob.nothing_goes_on();
    assert!(missed(&mut bob) && !bob.rings());
    let mut bob = in_doubt();
    bob.rings_at_server("s2");
    assert!(
        missed(&mut bob) && !bob.rings(),
        "another one is another one"
    );
}

#[test]
fn an_invite_in_doubt_that_was_answered_elsewhere_shows_that_call() {
    let mut bob = in_doubt();
    bob.goes_on("s1", "alice", "bob", CallStatus::Active);
    let elsewhere = Event::InCallElsewhere {
        call_id: Some(id("s1")),
    };
    assert_eq!(bob.events(), [elsewhere]);
    assert!(!bob.rings());
}

#[test]
fn what_was_held_while_the_server_was_asked_is_not_in_doubt_beside_a_call() {
    let mut bob = Phone::connecting_a("s1");
    bob.events();
    bob.reconnects();
    bob.invite_a("s2", "carol");
    bob.goes_on("s1", "bob", "alice", CallStatus::Active);
    assert!(!bob.asked().contains(&"active"));
    assert!(!bob.rings());
}

#[test]
fn an_invite_that_came_before_the_answer_counts_if_it_is_in_it_or_no_older() {
    // In it: it rings on.
    let mut bob = Phone::part_b();
    bob.give(Input::LinkUp);
    bob.invite("c1", 45_000);
    bob.pass(1);
    bob.synced(vec![(incoming("c1").made(), 30_000)]);
    assert!(bob.rings());
    // Not in it, and older.
    let mut bob = Phone::part_b();
    bob.give(Input::LinkUp);
    bob.invite("c1", 45_000);
    bob.pass(1);
    bob.synced(vec![]);
    assert!(!bob.rings() && missed(&mut bob));
    // Of the same millisecond: nobody knows which was first.
    let mut bob = Phone::part_b();
    bob.give(Input::LinkUp);
    bob.invite("c1", 45_000);
    bob.synced(vec![]);
    assert!(bob.rings());
}

// Broken by asking only where no call was made.
#[test]
fn an_invite_that_cannot_ring_beside_a_call_rings_after_it() {
    let second = snap("c2", "carol", "bob", "tablet").made();
    for resync in [false, true] {
        let mut bob = Phone::active("c1");
        if resync {
            bob.reconnects();
            let first = incoming("c1").rev(3).active("phone");
            bob.synced(vec![(first, 0), (second.clone(), 45_000)]);
        } else {
            bob.invite_with(second.clone(), 45_000);
        }
        assert!(!bob.asked().contains(&"reject"), "the server knows best");
        bob.update(incoming("c1").rev(9).hung_up()).events();
        bob.synced(vec![(second.clone(), 40_000)]);
        assert!(bob.rings());
    }
}

// Broken by never asking for what came while the create was on its way.
#[test]
fn an_invite_that_came_during_a_create_waits_beside_the_call_that_is_made() {
    let second = snap("c2", "carol", "bob", "tablet").made();
    let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
    bob.call("c1", "alice");
    bob.invite_with(second.clone(), 45_000);
    bob.placed("c1").events();
    bob.synced(vec![(outgoing("c1").made(), 0), (second, 44_000)]);
    let beside = bob.machine.state().others;
    assert!(matches!(beside[0].state, CallState::Incoming { .. }));
}
