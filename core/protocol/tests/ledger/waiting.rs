//! Call waiting: a second call rings who is in one, where a device of it can show that.

use faithcall_protocol::ledger::*;

use crate::bench::*;

fn call(id: &str, from: &str, to: &str) -> Bench {
    Bench::of(NewCall {
        call_id: id.parse().unwrap(),
        caller: person(from, from),
        callees: vec![person(to, to)],
        ..new_call()
    })
}

/// Whom of the callees a new call finds busy.
fn busy_for(callees: &[&str], calls: &[&Bench], waiting: &[&str]) -> Vec<String> {
    let calls: Vec<_> = calls.iter().map(|b| b.call.clone()).collect();
    let callees: Vec<_> = callees.iter().map(|id| person(id, id)).collect();
    let waiting: Vec<_> = waiting.iter().map(|id| id.parse().unwrap()).collect();
    let found = Found {
        call_waiting: &waiting,
        ..finding(&calls)
    };
    match create(&actor("zoe", "z1"), &callees, &found, START) {
        Ok(step) => busy_in(&step),
        Err(Refusal::AllBusy { .. }) => vec!["all".into()],
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_member_in_a_call_is_busy_and_with_call_waiting_it_rings() {
    let mut engaged = call("c1", "alice", "bob");
    assert_eq!(busy_for(&["bob"], &[&engaged], &[]), ["all"]);
    assert_eq!(busy_for(&["alice"], &[&engaged], &["bob"]), ["all"]);
    engaged.commits(accept(bob()));
    assert_eq!(busy_for(&["bob"], &[&engaged], &[]), ["all"]);
    assert_eq!(busy_for(&["bob"], &[&engaged], &["bob"]), [] as [&str; 0]);
}

#[test]
fn two_calls_ring_at_most() {
    let (one, two) = (call("c1", "alice", "bob"), call("c2", "carol", "bob"));
    assert_eq!(busy_for(&["bob"], &[&one], &["bob"]), [] as [&str; 0]);
    assert_eq!(busy_for(&["bob"], &[&one, &two], &["bob"]), ["all"]);
}

#[test]
fn in_a_group_only_those_who_cannot_be_rung_are_busy() {
    let engaged = call("c1", "alice", "bob");
    let busy = busy_for(&["alice", "bob", "dave"], &[&engaged], &["alice"]);
    assert_eq!(busy, ["bob"]);
}

#[test]
fn an_invite_goes_by_the_same_rule() {
    let (group, elsewhere) = (Bench::active(), call("c2", "carol", "dave"));
    let callees = [person("carol", "")];
    let claiming = [elsewhere.call.clone()];
    let ask =
        |waiting: &[_]| invite_members(&group.call, &alice(), &callees, &claiming, waiting, START);
    assert!(matches!(ask(&[]), Err(Refusal::AllBusy { .. })));
    assert_eq!(ask(&[carol().member_id]).unwrap().effect, Effect::Committed);
}

#[test]
fn a_device_that_a_push_reaches_may_yet_ring() {
    let reject_one = |actor, reachable: &[&str]| Command::Reject {
        actor,
        reason: faithcall_protocol::rest::RejectReason::Rejected,
        scope: faithcall_protocol::rest::RejectScope::Device,
        reachable: reachable.iter().map(|id| id.parse().unwrap()).collect(),
    };
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.commits(reject_one(bob(), &["b1", "b2"]));
    assert!(!bench.call.is_over(), "b2 has a push token");
    bench.commits(reject_one(bob2(), &["b1", "b2"]));
    assert!(bench.call.is_over(), "both have declined");
}

#[test]
fn who_is_in_a_group_is_busy_although_another_has_just_missed_it() {
    let mut group = Bench::group();
    group.commits(accept(bob()));
    group.commits(connected(bob()));
    group.commits(connected(alice()));
    let missed_at = START + Timeouts::default().ring_ms + Timeouts::default().accept_grace_ms;
    let found = |member: &str| {
        let calls = [group.call.clone()];
        assert!(calls[0].is_overdue(missed_at), "and nobody carried it out");
        let callees = [person(member, member)];
        create(&actor("zoe", "z1"), &callees, &finding(&calls), missed_at)
    };
    assert!(matches!(found("bob"), Err(Refusal::AllBusy { .. })));
    assert!(found("carol").is_ok());
}
