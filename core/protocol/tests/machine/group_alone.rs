//! Alone in a group that was accepted: others may yet come.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{DisconnectReason, Event, Failure, Request, RoomEvent};
use faithcall_protocol::snapshot::InviteeState;

use crate::group::{alice_in, dialing_both};
use crate::kit::*;

/// Bob called Alice and Carol. Alice accepted and never came; Carol rings.
fn waiting() -> Phone {
    let mut bob = dialing_both();
    bob.update(alice_in().made());
    bob.answer("token", token());
    bob.room(RoomEvent::Connected).answer("connected", done());
    bob.pass(30_000).update(without_alice(3).made());
    bob.events();
    bob
}

fn without_alice(rev: u64) -> Snap {
    alice_in()
        .rev(rev)
        .stands("alice", InviteeState::Failed, "tablet")
        .status(CallStatus::Connecting)
}

// Broken by ending at the first bound: the one who rings would have nobody to come to.
#[test]
fn who_is_alone_in_a_group_waits_for_who_may_yet_come() {
    let mut bob = waiting();
    bob.pass(15_000).quiet();
    bob.answer("get", snapshot(without_alice(3).made())).quiet();
    let carol = without_alice(4).stands("carol", InviteeState::Accepted, "tablet");
    bob.pass(20_000).update(carol.clone().made()).events();
    bob.pass(25_000).quiet();
    assert!(bob.asked().iter().all(|asked| *asked == "get"));
    bob.joined("carol");
    bob.update(carol.rev(5).status(CallStatus::Active).made());
    let active = Event::Active { call_id: id("c1") };
    assert_eq!(bob.events(), [active]);
    bob.pass(60_000).quiet();
}

// Broken by asking nobody, as where the last word that came is believed.
#[test]
fn who_waits_in_a_group_asks_now_and_then_and_is_told_that_it_is_over() {
    let mut bob = waiting();
    bob.pass(15_000);
    let over = without_alice(4).over(CallStatus::Failed, EndReason::Timeout);
    bob.answer("get", snapshot(over));
    assert_eq!(bob.ended().reason, EndReason::Timeout);
}

// Broken by going on only where this device knew of them already.
#[test]
fn one_who_was_called_in_unheard_keeps_a_group_going_too() {
    let nobody = without_alice(4).stands("carol", InviteeState::Rejected, "tablet");
    let mut bob = waiting();
    bob.update(nobody.made()).events();
    bob.pass(15_000);
    let anew = without_alice(5).stands("carol", InviteeState::Invited, "");
    bob.answer("get", snapshot(anew.made())).events();
    bob.pass(44_999).quiet();
    assert_eq!(bob.asked(), Vec::<&str>::new());
    bob.pass(1);
    assert_eq!(*bob.open_request("get"), Request::Get { call_id: id("c1") });
}

#[test]
fn who_is_alone_in_a_group_and_hears_of_nobody_who_may_come_leaves_it() {
    let nobody = without_alice(4).stands("carol", InviteeState::Rejected, "tablet");
    let mut bob = waiting();
    bob.update(nobody.clone().made()).events();
    bob.pass(15_000);
    bob.answer("get", snapshot(nobody.made()));
    assert_eq!(bob.ended().reason, EndReason::Timeout);
    assert_eq!(bob.asked(), ["leave"]);
}

// Broken by waiting for the others from outside the room.
#[test]
fn whose_own_media_never_comes_does_not_wait_for_others() {
    let mut bob = dialing_both();
    bob.update(alice_in().made()).events();
    bob.pass(45_000).in_vain("get");
    bob.pass(2_000);
    assert_eq!(bob.ended().reason, EndReason::Timeout);
    assert!(bob.asked().contains(&"leave"));
}

// Broken by waiting for ever: without a room nobody comes to it.
#[test]
fn who_waits_for_others_and_has_lost_the_room_waits_no_longer_than_for_the_room() {
    let mut bob = waiting();
    bob.room(RoomEvent::Disconnected {
        reason: DisconnectReason::Lost,
    });
    bob.pass(15_000).quiet();
    bob.pass(30_000);
    assert_eq!(bob.ended().reason, EndReason::NetworkError);
    assert!(bob.asked().contains(&"leave"));
}

// Broken by believing for ever what was heard last, or by taking one question without an answer for
// the server's silence.
#[test]
fn who_waits_for_others_and_hears_nothing_of_the_server_leaves() {
    let mut bob = waiting();
    bob.pass(15_000).in_vain("get");
    bob.pass(45_000).quiet();
    bob.answer("get", snapshot(without_alice(3).made())).quiet();
    bob.pass(45_000).in_vain("get");
    bob.pass(45_000).in_vain("get");
    bob.pass(1_999).in_vain("get").quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Timeout);
    assert!(bob.asked().contains(&"leave"));
}

impl Phone {
    /// Every open request of this name fails.
    fn in_vain(&mut self, name: &str) -> &mut Self {
        while self.asked().contains(&name) {
            self.fail(name, Failure::NoAnswer);
        }
        self
    }
}
