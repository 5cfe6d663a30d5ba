//! Being out of a group that goes on.

use faithcall_protocol::end::{CallStatus, EndReason, ReasonDetail};
use faithcall_protocol::machine::{Elsewhere, Event, RoomEffect};
use faithcall_protocol::snapshot::{CallSnapshot, InviteeState};

use crate::group::{alice_in, both_in, dialing_both, in_group};
use crate::kit::*;
use crate::rejoin::left_over;

#[test]
fn a_caller_whose_media_did_not_come_up_in_time_is_out_of_the_group() {
    let mut bob = dialing_both();
    bob.update(alice_in().made());
    bob.events();
    bob.update(alice_in().rev(3).without_caller(32_000).made());
    let ended = bob.ended();
    assert_eq!(
        (ended.status, ended.reason, ended.confirmed),
        (CallStatus::Failed, EndReason::Timeout, true)
    );
}

#[test]
fn one_whose_media_never_comes_is_out_alone() {
    let mut bob = in_group();
    bob.update(
        both_in(4)
            .stands("bob", InviteeState::Failed, "phone")
            .made(),
    );
    let ended = bob.ended();
    assert_eq!(
        (ended.status, ended.reason),
        (CallStatus::Failed, EndReason::Timeout)
    );
    let mut bob = in_group();
    bob.update(both_in(4).stands("bob", InviteeState::Left, "phone").made());
    let ended = bob.ended();
    assert_eq!(
        (ended.reason, ended.detail),
        (EndReason::NetworkError, Some(ReasonDetail::Lease))
    );
    assert!(bob.asked().is_empty(), "the server knows");
}

#[test]
fn an_accept_that_was_carried_out_unheard_does_not_outlive_its_failure() {
    let made = || group("c1", "alice", &["bob", "carol"]);
    let out = |state, device| made().rev(6).stands("bob", state, device);
    for (state, reason) in [
        (InviteeState::Failed, EndReason::Timeout),
        (InviteeState::Left, EndReason::NetworkError),
    ] {
        let mut bob = Phone::part_b();
        bob.invite_with(made().made(), 45_000);
        bob.accept("c1").events();
        bob.update(out(state, "phone").status(CallStatus::Connecting).made());
        assert_eq!(bob.ended().reason, reason);

        let mut bob = Phone::part_b();
        bob.invite_with(made().made(), 45_000);
        bob.events();
        bob.update(out(state, "tablet").status(CallStatus::Connecting).made());
        assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));
        assert_eq!(bob.machine.state().in_call_elsewhere, None);
    }
}

#[test]
fn a_member_that_is_out_of_a_group_is_in_no_call_elsewhere() {
    let mut bob = Phone::part_b();
    let on_the_tablet = |state| both_in(4).stands("bob", state, "tablet");
    bob.update(on_the_tablet(InviteeState::Accepted).made());
    assert_eq!(bob.machine.state().in_call_elsewhere, Some(id("c1")));
    bob.update(on_the_tablet(InviteeState::Left).rev(5).made());
    assert_eq!(bob.machine.state().in_call_elsewhere, None);
}

// Broken by taking every news as new: nothing would take it back.
#[test]
fn race_d2_old_news_do_not_bring_a_member_back_into_a_group_that_it_left_elsewhere() {
    let on_the_tablet = |rev, state| both_in(rev).stands("bob", state, "tablet").made();
    let mut bob = Phone::part_b();
    bob.update(on_the_tablet(4, InviteeState::Accepted));
    bob.update(on_the_tablet(6, InviteeState::Left)).events();
    bob.update(on_the_tablet(5, InviteeState::Accepted)).quiet();
    bob.reconnects();
    bob.synced(vec![(on_the_tablet(5, InviteeState::Accepted), 0)]);
    bob.quiet();
    bob.update(on_the_tablet(8, InviteeState::Accepted));
    assert_eq!(bob.machine.state().in_call_elsewhere, Some(id("c1")));
}

// Broken by waiting for word that the tablet has left it: that of the invitation may be first.
#[test]
fn a_member_that_is_called_into_a_group_anew_is_in_it_no_more() {
    let mut bob = Phone::part_b();
    let on_the_tablet = both_in(4).stands("bob", InviteeState::Accepted, "tablet");
    bob.update(on_the_tablet.made()).events();
    let anew = both_in(6).stands("bob", InviteeState::Invited, "");
    bob.invite_with(anew.again("bob", 1).made(), 45_000);
    let told = bob.events();
    assert_eq!(told[0], Event::InCallElsewhere { call_id: None });
    assert!(matches!(told[1], Event::Incoming { .. }), "{told:?}");
}

/// Bob's call to Alice and Carol, from his other device, which Alice has taken.
fn of_the_tablet(rev: u64) -> CallSnapshot {
    let mut call = alice_in().rev(rev).made();
    call.participants[0].device_id = Some("tablet".parse().unwrap());
    call
}

// Broken by counting the caller as in its call to the end.
#[test]
fn a_caller_that_has_left_its_group_is_in_no_call_elsewhere() {
    let out = |rev| {
        let mut call = of_the_tablet(rev);
        call.participants[0].participant.left_at = Some(server_time(32_000));
        call
    };
    let mut bob = Phone::part_b();
    bob.update(of_the_tablet(2));
    let elsewhere = |call_id| Event::InCallElsewhere { call_id };
    assert_eq!(bob.events(), [elsewhere(Some(id("c1")))]);
    bob.update(out(3));
    assert_eq!(bob.events(), [elsewhere(None)]);
    bob.update(out(4)).quiet();
    bob.reconnects().synced(vec![(out(4), 0)]);
    bob.quiet();
}

// Broken by playing whoever the snapshot gives an identity: it may come back with an old token.
#[test]
fn a_caller_that_has_left_its_group_is_played_no_more() {
    let mut bob = in_group();
    bob.update(both_in(4).without_caller(32_000).made());
    let left = Event::InviteeChanged {
        call_id: id("c1"),
        member: "alice".parse().unwrap(),
        state: InviteeState::Left,
    };
    assert_eq!(bob.events(), [left]);
    let playable = bob.machine.state().call.unwrap().playable;
    assert_eq!(playable, ["carol".parse().unwrap()]);
    let carol = RoomEffect::SetPlayable(vec!["carol".to_owned()]);
    assert_eq!(bob.room_effects().last(), Some(&carol));
}

// Broken by keeping it on offer: what it would come back into is over for it.
#[test]
fn a_group_that_its_caller_has_left_is_not_on_offer_any_more() {
    let mut bob = left_over(alice_in().made(), 0);
    bob.events();
    bob.update(alice_in().rev(3).without_caller(32_000).made());
    let withdrawn = Event::NotRejoinable { call_id: id("c1") };
    assert_eq!(bob.events(), [withdrawn]);
    bob.reconnects();
    bob.synced(vec![(alice_in().rev(3).without_caller(32_000).made(), 0)]);
    assert_eq!(bob.machine.state().rejoinable, None);
    bob.quiet();
}
