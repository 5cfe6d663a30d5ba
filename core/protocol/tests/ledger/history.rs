//! What each member finds of a call that is over.

use faithcall_protocol::end::{CallStatus as S, EndReason as R};
use faithcall_protocol::ledger::{history_item, took_part};

use crate::bench::*;

/// Status, reason and duration, as a member finds them; and whether it missed the call.
fn found(bench: &Bench, member: &str) -> (S, R, u64, bool) {
    let item = history_item(&bench.call, &member.parse().unwrap()).expect("a line");
    assert_eq!(item.is_incoming, member != "alice");
    let reason = item.end_reason.expect("a reason");
    (item.status, reason, item.duration_seconds, item.is_missed())
}

fn was_in(bench: &Bench, member: &str) -> bool {
    took_part(&bench.call, &member.parse().unwrap())
}

#[test]
fn a_call_comes_in_once_it_is_over_and_to_its_members_only() {
    let mut bench = Bench::active();
    let item = |bench: &Bench, member: &str| history_item(&bench.call, &member.parse().unwrap());
    assert_eq!(item(&bench, "alice"), None);
    bench.after(61_500).commits(end(bob()));
    assert_eq!(found(&bench, "alice"), (S::Ended, R::Normal, 61, false));
    assert_eq!(found(&bench, "bob"), (S::Ended, R::Normal, 61, false));
    assert!(was_in(&bench, "alice") && was_in(&bench, "bob"));
    assert_eq!(item(&bench, "carol"), None);
    assert!(!was_in(&bench, "carol"));
}

#[test]
fn a_call_that_nobody_answered_is_missed_by_who_was_called() {
    let mut bench = Bench::ringing();
    bench.commits(cancel(alice()));
    assert_eq!(found(&bench, "bob"), (S::Ended, R::Cancelled, 0, true));
    assert_eq!(found(&bench, "alice"), (S::Ended, R::Cancelled, 0, false));
    assert!(was_in(&bench, "alice") && !was_in(&bench, "bob"));

    let mut bench = Bench::ringing();
    bench.commits(reject(bob()));
    assert_eq!(found(&bench, "bob"), (S::Rejected, R::Rejected, 0, false));
}

#[test]
fn who_was_not_in_a_group_call_finds_its_own_part() {
    let mut bench = Bench::group();
    bench.commits(accept(bob()));
    bench.commits(reject(carol()));
    bench.lists(&["alice", "bob"]);
    bench.after(30_000).commits(end(alice()));
    assert_eq!(found(&bench, "bob"), (S::Ended, R::Normal, 30, false));
    assert_eq!(found(&bench, "carol"), (S::Rejected, R::Rejected, 0, false));
    assert_eq!(found(&bench, "dave"), (S::Missed, R::Missed, 0, true));
    assert!(was_in(&bench, "bob") && !was_in(&bench, "carol") && !was_in(&bench, "dave"));
}

#[test]
fn who_left_a_group_early_finds_the_call_as_the_others_do() {
    let mut bench = Bench::three();
    bench.commits(leave(carol()));
    bench.after(10_000).commits(end(alice()));
    assert_eq!(found(&bench, "carol"), found(&bench, "bob"));
    assert!(was_in(&bench, "carol"));
}

#[test]
fn a_group_call_that_was_taken_back_is_so_for_all_who_had_not_answered() {
    let mut bench = Bench::group();
    bench.commits(busy(bob()));
    bench.commits(cancel(alice()));
    assert_eq!(found(&bench, "bob"), (S::Busy, R::Busy, 0, false));
    assert_eq!(found(&bench, "carol"), (S::Ended, R::Cancelled, 0, true));
}
