//! A callee accepts or rejects.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::ledger::*;
use faithcall_protocol::rest::ErrorCode;
use faithcall_protocol::snapshot::InviteeState;

use crate::bench::*;

#[test]
fn an_accept_makes_it_connecting_and_opens_the_room_to_both() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.after(5_000);
    let step = bench.commits(accept(bob()));
    assert_eq!(bench.status(), CallStatus::Connecting);
    assert_eq!(
        bench.entitled(),
        [("alice".into(), true), ("bob#b1".into(), true)]
    );
    assert_eq!(step.room_task(), Some(RoomTask::Reconcile));
    let snapshot = bench.snapshot();
    assert_eq!(snapshot.invitees[0].state, InviteeState::Accepted);
    assert_eq!(snapshot.invitees[0].device_id, bob().device_id);
    assert_eq!(
        snapshot.accepted_at.unwrap().unix_ms(),
        START + 5_000,
        "the server's clock"
    );
}

#[test]
fn the_device_that_waited_keeps_its_identity_and_any_other_has_the_plain_one() {
    let identity = |bench: &Bench| bench.snapshot().participants[1].identity.clone();
    assert_eq!(identity(&Bench::connecting()), Some("bob#b1".into()));

    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.commits(accept(bob2()));
    assert_eq!(identity(&bench), Some("bob".into()));
    assert_eq!(
        bench.entitled(),
        [("alice".into(), true), ("bob".into(), true)],
        "the device that waited has to go"
    );
    assert_eq!(access(&bench.call, &bob()), Err(Refusal::NotAParticipant));
}

#[test]
fn an_accept_needs_no_ringing_before() {
    let mut bench = Bench::ringing();
    bench.commits(accept(bob()));
    assert_eq!(bench.status(), CallStatus::Connecting);
}

#[test]
fn the_same_device_may_accept_again_and_nothing_is_told_twice() {
    let mut bench = Bench::connecting();
    assert_eq!(bench.does(accept(bob())).effect, Effect::Unchanged);
    bench.lists(&["alice", "bob#b1"]);
    assert_eq!(bench.does(accept(bob())).effect, Effect::Unchanged);
}

#[test]
fn a_nameless_device_that_accepts_again_gets_part_as_answer() {
    let mut bench = Bench::nameless();
    bench.commits(accept(actor("bob", "")));
    let refusal = bench.refuses(accept(actor("bob", "")));
    assert_eq!(refusal.status(), 409);
    assert_eq!(
        refusal.detail(),
        "Call cannot be accepted (status: connecting)"
    );
}

#[test]
fn an_accept_of_a_call_that_is_over_names_its_status() {
    let mut bench = Bench::ringing();
    bench.commits(cancel(alice()));
    let refusal = bench.refuses(accept(bob()));
    assert_eq!(refusal.code(), ErrorCode::CannotAccept);
    assert_eq!(refusal.detail(), "Call cannot be accepted (status: ended)");
    assert!(refusal.shows_call());
}

#[test]
fn only_an_invited_member_accepts() {
    let mut bench = Bench::ringing();
    for stranger in [alice(), actor("carol", "c")] {
        let refusal = bench.refuses(accept(stranger));
        assert_eq!(refusal.status(), 403);
        assert_eq!(refusal.detail(), "You are not a participant of this call");
    }
}

#[test]
fn a_reject_ends_a_call_of_two() {
    let mut bench = Bench::ringing();
    bench.commits(reject(bob()));
    let by = Some("bob".into());
    assert_eq!(
        bench.over(),
        (CallStatus::Rejected, EndReason::Rejected, None, by.clone())
    );
    let mut bench = Bench::ringing();
    bench.commits(busy(bob()));
    assert_eq!(bench.over(), (CallStatus::Busy, EndReason::Busy, None, by));
    assert_eq!(bench.snapshot().invitees[0].state, InviteeState::Busy);
}

#[test]
fn one_device_rejects_and_another_goes_on_ringing() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.is_silent(ringing(bob2()));
    bench.commits(reject_device(bob2()));
    assert_eq!(bench.status(), CallStatus::Ringing);
    assert_eq!(bench.snapshot().invitees[0].state, InviteeState::Ringing);
    bench.commits(accept(bob()));
}

#[test]
fn the_waiting_device_that_rejects_for_itself_leaves_the_room_and_none_takes_its_place() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.is_silent(ringing(bob2()));
    let step = bench.commits(reject_device(bob()));
    assert_eq!(step.room_task(), Some(RoomTask::Reconcile));
    assert_eq!(bench.entitled(), [("alice".into(), false)]);
    bench.is_silent(ringing(actor("bob", "b3")));
    assert_eq!(bench.entitled(), [("alice".into(), false)]);
}

#[test]
fn the_last_ringing_device_that_rejects_answers_for_the_member() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.is_silent(ringing(bob2()));
    bench.commits(reject_device(bob()));
    bench.commits(reject_device(bob2()));
    assert_eq!(bench.over().0, CallStatus::Rejected);
}

#[test]
fn a_device_that_rejects_alone_answers_for_the_member() {
    let mut bench = Bench::ringing();
    bench.commits(reject_device(bob()));
    assert_eq!(bench.over().0, CallStatus::Rejected);
}

#[test]
fn a_ringing_that_its_own_reject_overtook_does_not_bring_the_device_back() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.is_silent(reject_device(bob2()));
    bench.is_silent(ringing(bob2()));
    bench.commits(reject_device(bob()));
    assert_eq!(bench.over().0, CallStatus::Rejected, "b2 rings no more");
}

#[test]
fn the_same_device_may_reject_again_and_another_is_told_that_it_is_too_late() {
    let mut bench = Bench::ringing();
    bench.commits(reject(bob()));
    assert_eq!(bench.does(reject(bob())).effect, Effect::Unchanged);
    for late in [bob2(), actor("bob", ""), alice(), actor("carol", "c")] {
        let refusal = bench.refuses(reject(late));
        assert_eq!(refusal.status(), 404);
        assert_eq!(refusal.detail(), "Call not found or already handled");
    }
}

#[test]
fn a_nameless_device_that_rejects_again_gets_part_as_answer() {
    let mut bench = Bench::nameless();
    bench.commits(reject(actor("bob", "")));
    assert_eq!(
        bench.refuses(reject(actor("bob", ""))),
        Refusal::AlreadyHandled
    );
}

#[test]
fn what_was_remembered_while_ringing_counts_from_the_accept_on() {
    let mut bench = Bench::ringing();
    let step = bench.is_silent(connected(alice()));
    assert_eq!(step.effect, Effect::Noted);
    bench.commits(accept(bob()));
    assert_eq!(bench.status(), CallStatus::Connecting);
    bench.commits(connected(bob()));
    assert_eq!(bench.status(), CallStatus::Active);

    let mut bench = Bench::nameless();
    bench.is_silent(connected(actor("alice", "")));
    bench.is_silent(connected(actor("bob", "")));
    bench.commits(accept(actor("bob", "")));
    assert_eq!(bench.status(), CallStatus::Active, "both were there");
}

#[test]
fn connected_of_the_device_that_lost_the_accept_does_not_count() {
    let mut bench = Bench::ringing();
    bench.is_silent(connected(alice()));
    bench.is_silent(connected(bob2()));
    bench.commits(accept(bob()));
    assert_eq!(bench.status(), CallStatus::Connecting);
    bench.is_silent(connected(bob2()));
    assert_eq!(bench.status(), CallStatus::Connecting);
}
