//! What participants say of their media, and what each may do in the room.

use faithcall_protocol::end::CallStatus;
use faithcall_protocol::ledger::*;
use faithcall_protocol::rest::PatchParticipant;
use faithcall_protocol::signal::Cause;

use crate::bench::*;

#[test]
fn the_first_confirmed_member_joins_and_the_second_makes_it_active() {
    let mut bench = Bench::connecting();
    assert_eq!(cause(&bench.commits(connected(alice()))), Cause::Joined);
    bench.after(200);
    assert_eq!(cause(&bench.commits(connected(bob()))), Cause::Active);
    let snapshot = bench.snapshot();
    assert_eq!(snapshot.status, CallStatus::Active);
    assert_eq!(snapshot.active_at.unwrap().unix_ms(), START + 200);
    let joined = |i: usize| snapshot.participants[i].participant.joined_at;
    assert_eq!(joined(0).unwrap().unix_ms(), START);
    assert_eq!(joined(1).unwrap().unix_ms(), START + 200);
}

#[test]
fn one_member_twice_is_not_two_members() {
    let mut bench = Bench::connecting();
    bench.commits(connected(alice()));
    bench.is_silent(connected(alice()));
    bench.is_silent(connected(actor("alice", "a2")));
    bench.lists(&["alice"]);
    assert_eq!(bench.status(), CallStatus::Connecting);
}

#[test]
fn connected_after_the_end_is_answered_and_means_nothing() {
    let mut bench = Bench::connecting();
    bench.commits(end(alice()));
    assert_eq!(bench.does(connected(bob())).effect, Effect::Unchanged);
}

#[test]
fn a_stranger_is_never_connected() {
    for mut bench in [Bench::ringing(), Bench::connecting(), Bench::active()] {
        let stranger = actor("carol", "c");
        assert_eq!(bench.refuses(connected(stranger)), Refusal::NotAParticipant);
    }
}

#[test]
fn flags_change_one_by_one_and_only_what_changes_is_told() {
    let mut bench = Bench::active();
    let step = bench.commits(mute(bob(), true));
    assert_eq!(cause(&step), Cause::Participant);
    assert!(bench.snapshot().participants[1].participant.flags.is_muted);
    assert_eq!(bench.does(mute(bob(), true)).effect, Effect::Unchanged);
    bench.is_silent(Command::Patch {
        actor: bob(),
        flags: PatchParticipant::default(),
    });
    bench.commits(mute(bob(), false));
}

#[test]
fn flags_may_be_told_while_it_rings_by_any_device_that_is_called() {
    let mut bench = Bench::ringing();
    bench.commits(mute(bob2(), true));
    bench.commits(mute(alice(), true));
    assert_eq!(
        bench.refuses(mute(actor("alice", "a2"), false)),
        Refusal::NotAParticipant
    );
    assert_eq!(
        bench.refuses(mute(actor("carol", "c"), true)),
        Refusal::NotAParticipant
    );
}

#[test]
fn after_the_accept_both_may_use_everything_and_nobody_else_anything() {
    let bench = Bench::connecting();
    let may = |who| access(&bench.call, &who).map(|access| access.grants);
    assert_eq!(may(alice()), Ok(Grants::FULL));
    assert_eq!(may(bob()), Ok(Grants::FULL));
    for nobody in [actor("alice", "a2"), bob2(), actor("carol", "c")] {
        assert_eq!(may(nobody), Err(Refusal::NotAParticipant));
    }
}

#[test]
fn a_call_that_is_over_lets_nobody_in() {
    let mut bench = Bench::active();
    bench.commits(end(alice()));
    assert_eq!(bench.entitled(), []);
    assert_eq!(access(&bench.call, &alice()), Err(Refusal::AlreadyHandled));
    assert_eq!(access_ahead(&bench.call, &alice()), None);
}
