//! A member whose tokens were revoked, or who was disabled. Broken by a rule that spares a phase or a
//! role, or that ends a group with one of its members.

use faithcall_protocol::end::{CallStatus as S, EndReason as R, ReasonDetail as D};
use faithcall_protocol::ledger::*;
use faithcall_protocol::signal::Cause;
use faithcall_protocol::snapshot::InviteeState as I;

use crate::bench::*;

const REVOKED: (S, R, Option<D>, Option<String>) = (S::Failed, R::Failed, Some(D::Revoked), None);

fn revoke(member: &str) -> Command {
    Command::Revoke {
        member: member.parse().unwrap(),
    }
}

/// The change that others are told of.
fn cause(step: &Step) -> Option<Cause> {
    step.notices.iter().find_map(|notice| match notice {
        Notice::Publish(News::Updated { cause, .. }) => Some(*cause),
        _ => None,
    })
}

#[test]
fn race_s4_a_call_of_two_ends_whoever_is_revoked() {
    for member in ["alice", "bob"] {
        for mut bench in [Bench::ringing(), Bench::connecting(), Bench::active()] {
            let step = bench.commits(revoke(member));
            assert_eq!(bench.over(), REVOKED);
            assert_eq!(step.room_task(), Some(RoomTask::Delete));
            bench.is_silent(revoke(member));
        }
    }
}

#[test]
fn race_s4_a_group_goes_on_without_who_was_revoked() {
    for (member, others) in [("alice", ["bob", "carol"]), ("bob", ["alice", "carol"])] {
        let mut bench = Bench::three();
        let step = bench.commits(revoke(member));
        assert_eq!(cause(&step), Some(Cause::Left));
        assert_eq!(step.room_task(), Some(RoomTask::Reconcile));
        assert_eq!(bench.status(), S::Active);
        bench.is_silent(revoke(member));
        bench.lists(&others);
        bench.commits(revoke(others[0]));
        assert_eq!(bench.over(), REVOKED, "one is left");
    }
}

#[test]
fn race_s4_who_rings_is_rung_no_more() {
    let mut bench = Bench::group();
    let step = bench.commits(revoke("bob"));
    assert_eq!(cause(&step), Some(Cause::Missed));
    assert_eq!(bench.invitee("bob"), I::Missed);
    assert_eq!(bench.refuses(accept(bob())).status(), 409);
    bench.commits(accept(carol()));
    assert_eq!(bench.status(), S::Connecting);
}

#[test]
fn race_s4_a_group_that_nobody_answered_ends_with_its_caller() {
    let mut bench = Bench::group();
    bench.commits(revoke("alice"));
    assert_eq!(bench.over(), REVOKED);
}

#[test]
fn a_stranger_and_who_has_left_are_passed_over() {
    let mut bench = Bench::three();
    bench.commits(leave(bob()));
    for member in ["bob", "dave", "eve"] {
        bench.is_silent(revoke(member));
    }
}
