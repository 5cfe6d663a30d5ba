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
    let may = |who: Actor| grants(&bench.call, &who.member_id, who.device_id.as_ref());
    use faithcall_protocol::rest::Actor;
    assert_eq!(may(alice()), Some(Grants::FULL));
    assert_eq!(may(bob()), Some(Grants::FULL));
    assert_eq!(may(actor("alice", "a2")), None);
    assert_eq!(may(bob2()), None);
    assert_eq!(may(actor("carol", "c")), None);
}

#[test]
fn a_call_that_is_over_lets_nobody_in() {
    let mut bench = Bench::active();
    bench.commits(end(alice()));
    assert_eq!(bench.entitled(), []);
    assert_eq!(
        access(&bench.call, &alice().member_id, alice().device_id.as_ref()),
        None
    );
}

#[test]
fn the_views_of_part_a_agree_with_the_snapshot() {
    let mut bench = Bench::active();
    bench.after(2_500);
    let active = active_info(&bench.call, bench.now).unwrap();
    assert_eq!(active.status, CallStatus::Active);
    assert_eq!(active.duration_seconds, 2);
    assert_eq!(active.started_at.unix_ms(), START);
    assert_eq!(bench.call.initiated_at_ms(), START);
    let snapshot = bench.snapshot().participants.into_iter();
    let shown: Vec<_> = snapshot.map(|shown| shown.participant).collect();
    assert_eq!(shown.len(), 2);
    assert_eq!(participants(&bench.call), shown);
    assert_eq!(active.participants, shown);
    assert_eq!(over_call(&bench.call), None);
    let sync = sync_call(&bench.call, &bob().member_id, bench.now);
    assert_eq!(sync.snapshot, bench.snapshot());

    bench.commits(end(alice()));
    assert_eq!(active_info(&bench.call, bench.now), None);
    let over = over_call(&bench.call).unwrap();
    assert_eq!(over.rev, bench.call.rev());
    assert_eq!(Some(over.status), Some(bench.status()));
    let left = bench.snapshot().participants[0].participant.left_at;
    assert_eq!(left.unwrap().unix_ms(), bench.now);
}
