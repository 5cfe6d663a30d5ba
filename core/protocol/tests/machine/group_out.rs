//! Being out of a group that goes on.

use faithcall_protocol::end::{CallStatus, EndReason, ReasonDetail};
use faithcall_protocol::machine::Elsewhere;
use faithcall_protocol::snapshot::InviteeState;

use crate::group::{alice_in, both_in, dialing_both, in_group};
use crate::kit::*;

#[test]
fn a_caller_whose_media_did_not_come_up_in_time_is_out_of_the_group() {
    let mut bob = dialing_both();
    bob.update(alice_in().made());
    bob.events();
    let mut out = alice_in().rev(3).made();
    out.participants[0].participant.left_at = Some(server_time(32_000));
    bob.update(out);
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
