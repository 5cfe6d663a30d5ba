//! More members are rung in a call that is there.

use faithcall_protocol::end::CallStatus as S;
use faithcall_protocol::ledger::*;
use faithcall_protocol::rest::KnownInvitee;
use faithcall_protocol::signal::{Cause, Signal};
use faithcall_protocol::snapshot::InviteeState as I;

use crate::bench::*;

fn ask(bench: &Bench, callees: &[&str], others: &[&Bench]) -> Result<Step, Refusal> {
    let callees: Vec<_> = callees.iter().map(|id| person(id, id)).collect();
    let claiming: Vec<_> = others.iter().map(|other| other.call.clone()).collect();
    invite_members(&bench.call, &alice(), &callees, &claiming, &[], bench.now)
}

/// The invite of a device that knew of so many invitations of carol's, or of no call of hers.
fn repeats(bench: &Bench, knew: Option<u32>) -> Step {
    let known = knew.map(|invited_again| KnownInvitee {
        member_id: carol().member_id,
        invited_again,
    });
    let known = known.as_slice();
    let meant = meant_callees(&bench.call, &[person("carol", "Carol")], Some(known));
    invite_members(&bench.call, &alice(), &meant, &[], &[], bench.now).unwrap()
}

#[test]
fn an_invite_that_is_repeated_rings_nobody_twice_whatever_was_answered() {
    let mut bench = Bench::active();
    bench.call = repeats(&bench, None).call;
    bench.commits(reject(carol()));
    let again = repeats(&bench, None);
    assert_eq!(again.effect, Effect::Unchanged);
    assert_eq!(bench.invitee("carol"), I::Rejected);
    for times in 0..3 {
        // It knows of the answer, and asks anew; then it is repeated again.
        let anew = repeats(&bench, Some(times));
        assert_eq!(anew.effect, Effect::Committed);
        bench.call = anew.call;
        bench.commits(reject(carol()));
        assert_eq!(repeats(&bench, Some(times)).effect, Effect::Unchanged);
        let told = bench.snapshot();
        let told = told.invitee(&carol().member_id).unwrap();
        assert_eq!(told.invited_again, times + 1);
    }
    let unsaid = meant_callees(&bench.call, &[person("carol", "Carol")], None);
    assert_eq!(unsaid.len(), 1);
}

fn other_call(from: &str, to: &str) -> Bench {
    Bench::of(NewCall {
        call_id: "c2".parse().unwrap(),
        caller: person(from, from),
        callees: vec![person(to, to)],
        ..new_call()
    })
}

#[test]
fn a_call_of_two_becomes_a_group_and_stays_one() {
    let mut bench = Bench::active();
    let step = bench.commits(invite_all(bob(), &["carol"]));
    assert_eq!(cause(&step), Cause::Invited);
    assert!(bench.snapshot().is_group);
    assert_eq!(bench.status(), S::Active);
    let rung = published(&step);
    assert!(rung.contains(&("member/carol/incoming_call".into(), "call_invite".into())));
    assert!(!rung.contains(&("member/bob/incoming_call".into(), "call_invite".into())));
    bench.commits(reject(carol()));
    assert!(bench.snapshot().is_group);
    bench.commits(leave(bob()));
    assert!(bench.call.is_over(), "fewer than two, and nobody rings");
}

#[test]
fn the_ring_time_of_a_late_invitee_is_its_own_and_so_is_its_invite() {
    let mut bench = Bench::active();
    bench.after(60_000).lists(&["alice", "bob#b1"]);
    let step = bench.commits(invite_all(alice(), &["carol"]));
    let invite = step
        .messages(URL)
        .into_iter()
        .find_map(|m| match m.envelope.signal {
            Signal::CallInvite(invite) => Some((invite, m.ring_until_ms)),
            _ => None,
        });
    let (invite, until) = invite.unwrap();
    assert_eq!(invite.ring_expires_in_ms, Some(45_000));
    assert_eq!(until, Some(bench.now + 45_000));
    let change = invite.change.unwrap();
    assert_eq!(
        (change.cause, change.by),
        (Cause::Invited, Some(alice().member_id))
    );
    assert_eq!(
        ring_expires_in_ms(&bench.call, &carol().member_id, bench.now),
        45_000
    );
    assert_eq!(
        ring_expires_in_ms(&bench.call, &alice().member_id, bench.now),
        0
    );
    bench.after(46_999).commits(accept(carol()));
}

#[test]
fn while_it_rings_the_waiting_device_goes_first_and_rings_on() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    assert_eq!(bench.entitled().len(), 2);
    let step = bench.commits(invite_all(alice(), &["carol"]));
    assert_eq!(step.room_task(), Some(RoomTask::Reconcile));
    assert_eq!(bench.entitled(), [("alice".to_owned(), false)]);
    bench.commits(accept(bob()));
    assert_eq!(
        bench.entitled()[1].0,
        "bob",
        "it joins again, after the tap"
    );
}

#[test]
fn a_device_keeps_the_identity_that_it_has_in_the_room() {
    let mut bench = Bench::active();
    bench.commits(invite_all(alice(), &["carol"]));
    assert_eq!(bench.entitled()[1].0, "bob#b1");
}

#[test]
fn who_is_in_it_or_rings_is_passed_over() {
    let mut bench = Bench::three();
    bench.commits(invite_all(alice(), &["dave"]));
    bench.is_silent(invite_all(alice(), &["alice", "bob", "carol", "dave"]));
    bench.is_silent(invite_all(alice(), &[]));
}

#[test]
fn whoever_is_out_of_it_may_be_invited_again() {
    let mut bench = Bench::three();
    bench.commits(leave(bob()));
    bench.commits(invite_all(alice(), &["bob", "dave"]));
    assert_eq!(
        (bench.invitee("bob"), bench.invitee("dave")),
        (I::Invited, I::Invited)
    );
    let shown = bench.snapshot().participants.remove(1);
    assert_eq!((shown.identity, shown.participant.left_at), (None, None));
    bench.commits(ringing(bob()));
    bench.commits(accept(bob2()));
    bench.lists(&["alice", "bob", "carol"]);
    assert_eq!(
        bench.snapshot().participants[1]
            .participant
            .joined_at
            .unwrap()
            .unix_ms(),
        bench.now
    );
    bench.sleeps();
    assert_eq!(bench.invitee("dave"), I::Missed);
}

#[test]
fn the_caller_who_left_is_not_rung_back() {
    let mut bench = Bench::three();
    bench.commits(leave(alice()));
    let refusal = bench.refuses(invite_all(bob(), &["alice"]));
    assert_eq!(refusal, Refusal::CallerLeft);
    assert_eq!(
        bench.refuses(invite_all(alice(), &["dave"])),
        Refusal::NotAParticipant
    );
}

#[test]
fn only_who_is_in_the_call_invites() {
    let mut bench = Bench::group();
    for other in [bob(), actor("eve", "e1")] {
        assert_eq!(
            bench.refuses(invite_all(other, &["erin"])),
            Refusal::NotAParticipant
        );
    }
    bench.commits(accept(bob()));
    assert_eq!(
        bench.refuses(invite_all(bob2(), &["erin"])),
        Refusal::NotAParticipant
    );
    bench.commits(invite_all(bob(), &["erin"]));
    bench.commits(end(alice()));
    assert_eq!(bench.refuses(invite_all(bob(), &["erin"])), Refusal::Over);
}

#[test]
fn who_is_in_another_call_is_busy_at_once_and_an_error_only_where_all_are() {
    let bench = Bench::active();
    let elsewhere = other_call("carol", "dave");
    assert!(matches!(
        ask(&bench, &["carol", "dave"], &[&elsewhere]),
        Err(Refusal::AllBusy { .. })
    ));
    let step = ask(&bench, &["carol", "erin"], &[&elsewhere]).unwrap();
    let mut group = Bench {
        call: step.call,
        now: bench.now,
    };
    assert_eq!(
        (group.invitee("carol"), group.invitee("erin")),
        (I::Busy, I::Invited)
    );
    let again = ask(&group, &["carol", "erin"], &[&elsewhere]).unwrap();
    assert_eq!(
        again.effect,
        Effect::Unchanged,
        "a repeat finds what the first one left"
    );
    let free = ask(&group, &["carol", "erin"], &[]).unwrap();
    assert_eq!(free.effect, Effect::Committed);
    group.call = free.call;
    assert_eq!(group.invitee("carol"), I::Invited);
}

#[test]
fn its_own_call_makes_nobody_busy() {
    let bench = Bench::active();
    let own = bench.clone();
    assert_eq!(
        ask(&bench, &["bob"], &[&own]).unwrap().effect,
        Effect::Unchanged
    );
}

#[test]
fn a_call_has_32_members_at_most() {
    let many = |count: usize| (0..count).map(|n| format!("m{n}")).collect::<Vec<_>>();
    let mut bench = Bench::active();
    let names = many(30);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    bench.commits(invite_all(alice(), &names));
    assert_eq!(bench.call.members().count(), MAX_MEMBERS);
    assert_eq!(
        bench.refuses(invite_all(alice(), &["one-more"])),
        Refusal::CallFull
    );
    let callees: Vec<_> = many(32).iter().map(|id| person(id, id)).collect();
    assert_eq!(
        create(&alice(), &callees, &finding(&[]), START),
        Err(Refusal::CallFull)
    );
    assert!(create(&alice(), &callees[1..], &finding(&[]), START).is_ok());
}
