//! Who is there, who is missing, and what follows.

use faithcall_protocol::end::{CallStatus as S, EndReason as R, ReasonDetail as D};
use faithcall_protocol::ledger::*;
use faithcall_protocol::snapshot::InviteeState;

use crate::bench::*;

fn is_reconnecting(bench: &Bench) -> Vec<bool> {
    let participants = bench.snapshot().participants;
    participants.iter().map(|p| p.is_reconnecting).collect()
}

fn lease() -> (S, R, Option<D>, Option<String>) {
    (S::Ended, R::NetworkError, Some(D::Lease), None)
}

#[test]
fn a_caller_that_is_gone_while_it_rings_ends_the_call() {
    let mut bench = Bench::ringing();
    bench.after(1_000).lists(&["alice"]);
    bench.after(4_000).is_silent(dropped("alice"));
    assert_eq!(bench.sleeps(), 20_000);
    assert_eq!(bench.over(), lease());
}

#[test]
fn a_caller_that_never_came_is_gone_from_the_first_list_that_lacks_it() {
    let mut bench = Bench::ringing();
    bench.after(5_000).lists(&[]);
    bench.after(5_000).lists(&[]);
    assert_eq!(bench.sleeps(), 15_000, "20 s from the first list");
    assert_eq!(bench.over(), lease());
}

#[test]
fn a_caller_that_is_heard_is_not_gone() {
    let mut bench = Bench::ringing();
    bench.after(1_000).lists(&[]);
    bench.after(14_000).is_silent(heard(alice()));
    assert_eq!(bench.sleeps(), 20_000, "a request counts 20 s");
    assert_eq!(bench.over(), lease());
}

#[test]
fn another_device_of_the_caller_does_not_speak_for_the_one_that_called() {
    let mut bench = Bench::ringing();
    bench.after(1_000).lists(&[]);
    bench.after(14_000).is_silent(heard(actor("alice", "a2")));
    assert_eq!(bench.sleeps(), 6_000);
}

#[test]
fn a_caller_that_comes_back_is_not_gone() {
    let mut bench = Bench::ringing();
    bench.after(1_000).lists(&["alice"]);
    bench.after(4_000).lists(&[]);
    bench.after(5_000).lists(&["alice"]);
    assert_eq!(bench.sleeps(), 37_000);
    assert_eq!(bench.over().0, S::Missed, "the ring deadline ends it");
}

#[test]
fn a_nameless_caller_is_never_gone_while_it_rings() {
    let mut bench = Bench::nameless();
    bench.after(1_000).lists(&["alice"]);
    bench.after(1_000).lists(&[]);
    assert_eq!(bench.sleeps(), 45_000);
    assert_eq!(bench.over().0, S::Missed);
}

#[test]
fn where_the_media_server_says_nothing_nobody_is_gone() {
    let mut bench = Bench::ringing();
    assert_eq!(bench.sleeps(), 47_000);
    assert_eq!(bench.over().0, S::Missed);
}

#[test]
fn being_in_the_room_before_the_accept_changes_no_state() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.is_silent(joined("bob#b1"));
    bench.is_silent(joined("alice"));
    let step = bench.lists(&["alice", "bob#b1"]);
    assert_ne!(step.effect, Effect::Committed);
    bench.commits(accept(bob()));
    assert_eq!(bench.status(), S::Connecting);
    assert_eq!(bench.snapshot().participants[0].participant.joined_at, None);
}

#[test]
fn two_members_in_the_list_make_it_active() {
    let mut bench = Bench::connecting();
    bench.lists(&["alice"]);
    assert_eq!(bench.status(), S::Connecting);
    bench.lists(&["alice", "bob#b1"]);
    assert_eq!(bench.status(), S::Active);
}

#[test]
fn somebody_whose_transport_is_not_up_makes_nothing_active() {
    let mut bench = Bench::connecting();
    bench.lists_as(&["alice", "bob#b1"], false);
    assert_eq!(bench.status(), S::Connecting);
    bench.is_silent(joined("alice"));
    assert_eq!(bench.sleeps(), 30_000);
}

#[test]
fn an_identity_that_is_not_entitled_makes_nothing_active() {
    let mut bench = Bench::connecting();
    bench.lists(&["alice", "bob", "bob#b2", "carol"]);
    assert_eq!(bench.status(), S::Connecting);
}

#[test]
fn one_who_drops_out_is_shown_reconnecting_at_once_and_has_left_after_15_seconds() {
    let mut bench = Bench::active();
    bench.after(30_000).commits(dropped("bob#b1"));
    assert_eq!(is_reconnecting(&bench), [false, true]);
    assert_eq!(bench.sleeps(), 15_000);
    assert_eq!(bench.over(), lease());
    assert_eq!(bench.snapshot().invitees[0].state, InviteeState::Left);
    assert_eq!(is_reconnecting(&bench), [false, false]);
}

#[test]
fn without_a_webhook_the_first_list_that_lacks_somebody_tells() {
    let mut bench = Bench::active();
    bench.after(30_000).lists(&["bob#b1"]);
    assert_eq!(is_reconnecting(&bench), [true, false]);
    assert_eq!(bench.sleeps(), 15_000);
    assert_eq!(bench.over(), lease());
}

#[test]
fn one_who_comes_back_goes_on() {
    let mut bench = Bench::active();
    bench.after(30_000).commits(dropped("bob#b1"));
    bench.after(10_000).commits(joined("bob#b1"));
    assert_eq!(is_reconnecting(&bench), [false, false]);
    bench.commits(dropped("alice"));
    bench.after(5_000);
    assert_eq!(bench.lists(&["alice", "bob#b1"]).effect, Effect::Committed);
    assert_eq!(bench.status(), S::Active);
    assert!(bench.sleeps() > 60_000);
}

#[test]
fn one_who_is_out_of_the_room_and_heard_is_not_gone() {
    let mut bench = Bench::active();
    bench.after(30_000).commits(dropped("bob#b1"));
    bench.after(10_000).is_silent(heard(bob()));
    assert_eq!(is_reconnecting(&bench), [false, true]);
    assert_eq!(bench.sleeps(), 20_000);
}

#[test]
fn a_killed_phone_has_left_within_45_seconds() {
    let mut bench = Bench::active();
    // Killed now, right after its last request. The media server needs 20 s to notice, the
    // webhook is lost, and the list comes every 5 s.
    bench.is_silent(heard(bob()));
    let killed = bench.now;
    for _ in 0..4 {
        bench.after(5_000).lists(&["alice", "bob#b1"]);
    }
    bench.after(5_000).lists(&["alice"]);
    assert!(bench.now - killed <= 27_000, "shown reconnecting");
    assert_eq!(is_reconnecting(&bench), [false, true]);
    bench.sleeps();
    assert!(bench.now - killed <= 45_000);
}

#[test]
fn who_leaves_the_room_on_purpose_has_hung_up_after_5_seconds() {
    for (identity, name) in [("alice", "alice"), ("bob#b1", "bob")] {
        let mut bench = Bench::active();
        bench.after(60_000).commits(left(identity));
        assert_eq!(bench.sleeps(), 5_000);
        let by = Some(name.to_owned());
        assert_eq!(bench.over(), (S::Ended, R::Normal, None, by));
    }
}

#[test]
fn who_leaves_on_purpose_and_is_back_in_time_has_not_hung_up() {
    let mut bench = Bench::active();
    bench.after(60_000).commits(left("alice"));
    bench.after(4_000);
    assert_eq!(bench.lists(&["alice", "bob#b1"]).effect, Effect::Committed);
    assert!(bench.sleeps() > 60_000);
}

#[test]
fn a_caller_that_leaves_the_room_while_it_rings_has_not_hung_up() {
    let mut bench = Bench::ringing();
    bench.lists(&["alice"]);
    bench.is_silent(left("alice"));
    assert_eq!(bench.sleeps(), 20_000);
    assert_eq!(bench.over(), lease());
}

#[test]
fn a_caller_that_left_before_the_accept_is_not_taken_to_hang_up_by_it() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.lists(&["alice"]);
    bench.is_silent(left("alice"));
    bench.after(1_000).commits(accept(bob()));
    assert_eq!(is_reconnecting(&bench), [true, false]);
    assert!(bench.sleeps() > 5_000);
    assert_eq!(bench.over(), lease());
}

#[test]
fn who_has_not_joined_yet_is_held_by_the_connect_deadline_and_not_by_absence() {
    let mut bench = Bench::ringing();
    bench.after(1_000).lists(&[]);
    bench.after(10_000).is_silent(heard(alice()));
    bench.after(9_000).commits(accept(bob()));
    for _ in 0..5 {
        bench.after(5_000).lists(&[]);
    }
    assert_eq!(bench.sleeps(), 5_000);
    assert_eq!(bench.over(), (S::Failed, R::Timeout, None, None));
}

#[test]
fn a_nameless_caller_that_dropped_out_before_the_accept_gets_the_connect_time() {
    let mut bench = Bench::nameless();
    bench.lists(&["alice"]);
    bench.is_silent(dropped("alice"));
    bench.after(30_000).commits(accept(actor("bob", "")));
    assert_eq!(is_reconnecting(&bench), [false, false]);
    assert_eq!(bench.sleeps(), 30_000);
}

#[test]
fn a_hint_that_somebody_left_who_was_never_seen_is_of_an_earlier_stay() {
    let mut bench = Bench::connecting();
    bench.is_silent(left("alice"));
    bench.is_silent(dropped("bob#b1"));
    assert_eq!(is_reconnecting(&bench), [false, false]);
    assert_eq!(bench.sleeps(), 30_000);
}

#[test]
fn one_who_said_connected_and_is_in_no_list_is_gone() {
    let mut bench = Bench::connecting();
    bench.commits(connected(alice()));
    bench.commits(connected(bob()));
    bench.after(5_000).lists(&["alice"]);
    assert_eq!(is_reconnecting(&bench), [false, true]);
    assert_eq!(bench.sleeps(), 15_000);
    assert_eq!(bench.over(), lease());
}

#[test]
fn a_list_that_was_asked_for_before_somebody_came_does_not_make_it_gone() {
    let mut bench = Bench::connecting();
    let asked_at_ms = bench.now;
    bench.after(100).commits(connected(bob()));
    bench.is_silent(joined("alice"));
    bench.after(100).is_silent(Command::RoomList {
        present: Vec::new(),
        asked_at_ms,
    });
    assert_eq!(is_reconnecting(&bench), [false, false]);
}

#[test]
fn requests_are_written_down_at_most_once_a_second() {
    let mut bench = Bench::ringing();
    assert_eq!(
        bench.after(999).does(heard(alice())).effect,
        Effect::Unchanged
    );
    assert_eq!(bench.after(1).does(heard(alice())).effect, Effect::Noted);
    assert_eq!(bench.does(heard(alice())).effect, Effect::Unchanged);
}

#[test]
fn a_stranger_is_not_heard() {
    let mut bench = Bench::ringing();
    let stranger = actor("carol", "c");
    assert_eq!(bench.refuses(heard(stranger)), Refusal::NotAParticipant);
}
