//! Calls of more than two.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::id::MemberId;
use faithcall_protocol::machine::{
    Attempt, CallState, Command, CommandFailure, DisconnectReason, Event, MediaSource, Request,
    RoomEffect, RoomEvent, Side,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{ErrorCode, InviteRequest, KnownInvitee};
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;
use faithcall_protocol::snapshot::InviteeState;

use crate::kit::*;

pub(crate) fn member(name: &str) -> MemberId {
    name.parse().unwrap()
}

pub(crate) fn changed(call: &str, who: &str, state: InviteeState) -> Event {
    Event::InviteeChanged {
        call_id: id(call),
        member: member(who),
        state,
    }
}

/// Bob calls Alice and Carol.
pub(crate) fn call_both(phone: &mut Phone) {
    phone.command(Command::StartCall {
        call_id: id("c1"),
        callees: vec![member("alice"), member("carol"), member("alice")],
        call_type: CallType::Voice,
    });
}

/// Bob called Alice and Carol.
pub(crate) fn dialing_both() -> Phone {
    let mut bob = Phone::part_b();
    call_both(&mut bob);
    let made = group("c1", "bob", &["alice", "carol"]).made();
    bob.answer("create", created(made, false));
    bob.events();
    bob
}

/// The call of [`dialing_both`], which Alice has taken.
pub(crate) fn alice_in() -> Snap {
    group("c1", "bob", &["alice", "carol"])
        .rev(2)
        .stands("alice", InviteeState::Accepted, "tablet")
        .status(CallStatus::Connecting)
}

/// Alice called Bob and Carol; both are in the call.
pub(crate) fn in_group() -> Phone {
    let mut bob = Phone::part_b();
    bob.invite_with(group("c1", "alice", &["bob", "carol"]).made(), 45_000);
    bob.answer("ringing", ringing(45_000, false));
    bob.accept("c1");
    let accepted = bob_in(2).status(CallStatus::Connecting);
    bob.answer("accept", created(accepted.made(), false));
    bob.room(RoomEvent::Connected).joined("alice");
    bob.answer("connected", done());
    bob.update(both_in(3).made());
    bob.joined("carol");
    bob.events();
    bob
}

/// Alice's call to Bob and Carol, which Bob has taken.
fn bob_in(rev: u64) -> Snap {
    group("c1", "alice", &["bob", "carol"])
        .rev(rev)
        .stands("bob", InviteeState::Accepted, "phone")
}

/// The same, which Carol has taken too.
pub(crate) fn both_in(rev: u64) -> Snap {
    bob_in(rev)
        .stands("carol", InviteeState::Accepted, "tablet")
        .status(CallStatus::Active)
}

#[test]
fn a_group_is_dialled_at_once_and_each_is_told_of_by_itself() {
    let mut bob = Phone::part_b();
    call_both(&mut bob);
    let Request::Create(body) = bob.open_request("create") else {
        panic!()
    };
    assert_eq!(body.callee_ids, [member("alice"), member("carol")]);
    let made = group("c1", "bob", &["alice", "carol"]);
    bob.answer("create", created(made.clone().made(), false));
    bob.events();
    let ringing = made.rev(2).stands("alice", InviteeState::Ringing, "");
    bob.update(ringing.clone().made());
    assert_eq!(
        bob.events(),
        [
            changed("c1", "alice", InviteeState::Ringing),
            Event::RemoteRinging { call_id: id("c1") }
        ]
    );
    let declined = ringing
        .rev(3)
        .stands("alice", InviteeState::Rejected, "tablet");
    bob.update(declined.clone().made());
    assert_eq!(
        bob.events(),
        [changed("c1", "alice", InviteeState::Rejected)]
    );
    let accepted = declined
        .rev(4)
        .stands("carol", InviteeState::Accepted, "tablet")
        .status(CallStatus::Connecting);
    bob.update(accepted.made());
    assert_eq!(
        bob.events(),
        [
            changed("c1", "carol", InviteeState::Accepted),
            Event::Connecting { call_id: id("c1") }
        ]
    );
    assert_eq!(bob.asked(), ["token"], "a group joins after the accept");
    let view = bob.machine.state().call.unwrap();
    assert!(view.is_group);
    assert_eq!(view.playable, [member("carol")]);
    let states: Vec<_> = view.participants.iter().map(|p| p.state).collect();
    assert_eq!(states, [InviteeState::Rejected, InviteeState::Accepted]);
}

#[test]
fn a_group_without_anybody_or_with_oneself_is_refused() {
    let mut bob = Phone::part_b();
    for callees in [vec![], vec![member("alice"), member("bob")]] {
        bob.command(Command::StartCall {
            call_id: id("c1"),
            callees,
            call_type: CallType::Voice,
        });
    }
    assert_eq!(bob.refused().len(), 2);
    bob.quiet();
}

// Broken by leaving when anybody rejects.
#[test]
fn race_a4_the_last_reject_after_an_accept_leaves_the_call() {
    let mut bob = dialing_both();
    bob.update(alice_in().made());
    let declined = alice_in()
        .rev(3)
        .stands("carol", InviteeState::Rejected, "tablet");
    bob.events();
    bob.update(declined.made());
    assert_eq!(
        bob.events(),
        [changed("c1", "carol", InviteeState::Rejected)]
    );
    assert_eq!(
        bob.machine.state().call.unwrap().state,
        CallState::Connecting
    );
}

#[test]
fn it_rings_on_here_while_others_accept_and_stops_when_the_server_says_missed() {
    let mut bob = Phone::part_b();
    let made = group("c1", "alice", &["bob", "carol"]);
    bob.invite_with(made.clone().made(), 45_000);
    let taken = made
        .rev(2)
        .stands("carol", InviteeState::Accepted, "tablet")
        .status(CallStatus::Active);
    bob.update(taken.clone().made());
    assert!(bob.rings());
    bob.events();
    let missed = taken.rev(3).stands("bob", InviteeState::Missed, "");
    bob.update(missed.clone().made());
    let ended = bob.ended();
    assert_eq!(
        (ended.reason, ended.confirmed),
        (EndReason::Missed, true),
        "though it goes on for others"
    );
    // The old invite again, later than its end: nothing.
    bob.invite_with(group("c1", "alice", &["bob", "carol"]).made(), 45_000);
    bob.quiet();
    // Called in anew.
    let anew = missed.rev(5).stands("bob", InviteeState::Invited, "");
    bob.invite_with(anew.clone().made(), 45_000);
    assert!(matches!(bob.events()[..], [Event::Incoming { .. }]));
    bob.invite_with(anew.made(), 40_000);
    bob.quiet();
}

#[test]
fn a_device_that_declined_is_not_rung_again_by_a_sync_that_was_on_its_way() {
    let mut bob = Phone::part_b();
    let made = group("c1", "alice", &["bob", "carol"]);
    bob.invite_with(made.clone().made(), 45_000);
    bob.give(faithcall_protocol::machine::Input::LinkUp);
    bob.reject("c1");
    bob.events();
    let answer = sync(bob.now, vec![(made.rev(2).made(), 40_000)], vec![]);
    bob.answer("sync", answer);
    bob.quiet();
}

#[test]
fn leaving_ends_it_here_and_not_for_the_others() {
    let mut bob = in_group();
    bob.command(Command::Leave { call_id: id("c1") });
    assert_eq!(bob.ended().reason, EndReason::Normal);
    assert_eq!(bob.asked(), ["leave"]);
    assert!(bob.room_effects().contains(&RoomEffect::Leave));
    let left = both_in(4).stands("bob", InviteeState::Left, "phone");
    bob.answer("leave", done_with(left.clone().made()));
    assert!(bob.confirmed().confirmed);
    bob.update(left.rev(5).made());
    bob.quiet();
    assert!(bob.asked().is_empty());
}

#[test]
fn leaving_a_call_of_two_ends_it() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Leave { call_id: id("c1") });
    assert_eq!(bob.asked(), ["end"]);
    let mut bob = Phone::ringing("c1");
    bob.command(Command::Leave { call_id: id("c1") });
    assert_eq!(bob.refused().len(), 1);
}

#[test]
fn a_room_lost_for_30_s_is_a_leave_in_a_group() {
    let mut bob = in_group();
    bob.room(RoomEvent::Disconnected {
        reason: DisconnectReason::Lost,
    });
    bob.pass(30_000);
    assert_eq!(bob.ended().reason, EndReason::NetworkError);
    assert!(bob.asked().contains(&"leave"));
    assert!(!bob.asked().contains(&"end"));
}

#[test]
fn a_group_ends_when_the_server_says_so_and_not_when_one_goes() {
    let mut bob = in_group();
    bob.left("carol");
    bob.update(
        both_in(4)
            .stands("carol", InviteeState::Left, "tablet")
            .made(),
    );
    assert_eq!(bob.events(), [changed("c1", "carol", InviteeState::Left)]);
    assert_eq!(
        bob.machine.state().call.unwrap().playable,
        [member("alice")]
    );
    bob.pass(60_000).quiet();
    let over = both_in(5).over(CallStatus::Ended, EndReason::Normal);
    bob.update(over);
    assert_eq!(bob.ended().reason, EndReason::Normal);
}

#[test]
fn each_has_its_own_media_and_its_own_connection() {
    let mut bob = in_group();
    bob.room(RoomEvent::TrackSubscribed {
        identity: "carol".into(),
        source: MediaSource::Microphone,
        muted: false,
    });
    bob.dropped_out("alice");
    assert_eq!(
        bob.events(),
        [
            Event::PeerMediaChanged {
                call_id: id("c1"),
                member: member("carol"),
                source: MediaSource::Microphone,
                on: true
            },
            Event::Reconnecting {
                call_id: id("c1"),
                who: Side::Peer(member("alice"))
            }
        ]
    );
    let view = bob.machine.state().call.unwrap();
    let shown = |who: &str| {
        let p = view.participant(&member(who)).unwrap();
        (p.microphone, p.reconnecting, p.on_hold)
    };
    assert_eq!(shown("carol"), (true, false, false));
    assert_eq!(shown("alice"), (false, true, false));
    bob.update(both_in(4).on_hold("carol").made());
    let held = Event::HoldChanged {
        call_id: id("c1"),
        who: Side::Peer(member("carol")),
        on_hold: true,
    };
    assert_eq!(bob.events(), [held]);
}

#[test]
fn further_members_are_called_into_a_call_of_two() {
    let mut bob = Phone::active("c1");
    let invite = Command::Invite {
        call_id: id("c1"),
        callees: vec![member("carol"), member("carol")],
    };
    bob.command(invite.clone());
    assert_eq!(
        bob.open_request("invite"),
        &Request::Invite {
            call_id: id("c1"),
            body: InviteRequest {
                callee_ids: vec![member("carol")],
                known: Some(vec![]),
            }
        }
    );
    let grown = bob_in(4).status(CallStatus::Active);
    bob.answer("invite", done_with(grown.made()));
    assert_eq!(
        bob.events(),
        [changed("c1", "carol", InviteeState::Invited)]
    );
    assert!(bob.machine.state().call.unwrap().is_group);
    bob.command(invite);
    bob.fail("invite", refusal(409, ErrorCode::CallFull, None));
    assert_eq!(
        bob.events(),
        [Event::CommandFailed {
            call_id: id("c1"),
            what: Attempt::Invite,
            failure: CommandFailure::CallFull
        }]
    );
}

#[test]
fn an_invite_says_what_the_device_knows_of_earlier_ones() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    let mut known = group("c1", "alice", &["bob", "carol", "dave"])
        .rev(4)
        .stands("bob", InviteeState::Accepted, "phone")
        .stands("carol", InviteeState::Missed, "")
        .status(CallStatus::Active)
        .made();
    known.invitees[1].invited_again = 2;
    bob.answer("accept", created(known, false));
    bob.command(Command::Invite {
        call_id: id("c1"),
        callees: ["carol", "dave", "erin", "alice"].map(member).into(),
    });
    let Request::Invite { body, .. } = bob.open_request("invite") else {
        panic!("no invite");
    };
    let knows = [("carol", 2), ("dave", 0)].map(|(who, invited_again)| KnownInvitee {
        member_id: member(who),
        invited_again,
    });
    assert_eq!(body.known, Some(knows.into()));
}

#[test]
fn nobody_is_called_in_by_one_who_has_not_answered_nor_on_a_part_a_server() {
    let invite = |call| Command::Invite {
        call_id: id(call),
        callees: vec![member("carol")],
    };
    let mut bob = Phone::ringing("c1");
    bob.command(invite("c1"));
    assert_eq!(bob.refused().len(), 1);
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").answer("create", created_a("c1"));
    bob.command(invite("c1"));
    assert_eq!(bob.refused().len(), 1);
    assert!(!bob.asked().contains(&"invite"));
}

#[test]
fn on_a_part_a_server_the_first_accept_of_a_group_is_the_call() {
    let mut bob = Phone::part_a();
    call_both(&mut bob);
    bob.answer("create", created_a("c1"));
    bob.events();
    let topic = || Channel::Signal(id("c1"));
    bob.signal_on(topic(), "c1", Signal::CallRinging(callee("carol")));
    bob.signal_on(topic(), "c1", Signal::CallAccept(callee("carol")));
    bob.signal_on(topic(), "c1", Signal::CallReject(callee("alice")));
    assert_eq!(
        bob.events(),
        [
            changed("c1", "carol", InviteeState::Ringing),
            Event::RemoteRinging { call_id: id("c1") },
            changed("c1", "carol", InviteeState::Accepted),
            changed("c1", "alice", InviteeState::Missed),
            Event::Connecting { call_id: id("c1") },
        ]
    );
    bob.room(RoomEvent::Connected).joined("carol");
    let view = bob.machine.state().call.unwrap();
    assert_eq!(view.state, CallState::Active);
    assert_eq!(view.playable, [member("carol")]);
}

#[test]
fn on_a_part_a_server_a_group_that_all_refuse_is_over() {
    for (second, reason) in [
        (Signal::CallReject(callee("carol")), EndReason::Rejected),
        (Signal::CallBusy(callee("carol")), EndReason::Busy),
    ] {
        let mut bob = Phone::part_a();
        call_both(&mut bob);
        bob.answer("create", created_a("c1"));
        let topic = || Channel::Signal(id("c1"));
        bob.signal_on(topic(), "c1", Signal::CallBusy(callee("alice")));
        assert!(bob.machine.state().call.is_some());
        bob.events();
        bob.signal_on(topic(), "c1", second);
        assert_eq!(bob.ended().reason, reason);
    }
}

#[test]
fn an_invite_anew_that_does_not_ring_leaves_the_end_of_before_to_be_confirmed() {
    let call = || group("c1", "alice", &["bob", "carol"]).status(CallStatus::Connecting);
    let mut bob = Phone::part_b();
    bob.invite_with(call().made(), 45_000);
    bob.reject("c1").call("c2", "alice").events();
    let out = |rev| {
        call()
            .rev(rev)
            .stands("bob", InviteeState::Rejected, "phone")
    };
    bob.update(out(2).made());
    bob.invite_with(call().rev(3).made(), 45_000).quiet();
    bob.answer("reject", done_with(out(2).made()));
    assert_eq!(bob.confirmed().reason, EndReason::Rejected);
}

#[test]
fn the_end_of_before_counts_no_more_once_it_rings_anew() {
    let call = || group("c1", "alice", &["bob", "carol"]).status(CallStatus::Connecting);
    let out = |rev| {
        call()
            .rev(rev)
            .stands("bob", InviteeState::Rejected, "phone")
    };
    let mut bob = Phone::part_b();
    bob.invite_with(call().made(), 45_000);
    bob.reject("c1").update(out(2).made());
    bob.invite_with(call().rev(3).made(), 45_000);
    assert!(bob.rings());
    bob.reject("c1");
    bob.answer("reject", done_with(out(2).made()));
    bob.answer("reject", done_with(out(4).made()));
    bob.reconnects();
    let nothing_open = Request::Sync { known: vec![] };
    assert_eq!(*bob.open_request("sync"), nothing_open);
}
