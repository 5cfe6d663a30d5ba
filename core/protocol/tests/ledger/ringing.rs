//! A call rings: who says so, who may join ahead, and for how long.

use faithcall_protocol::ledger::*;
use faithcall_protocol::rest::Actor;
use faithcall_protocol::snapshot::InviteeState;

use crate::bench::*;

fn state(bench: &Bench) -> InviteeState {
    bench.call.invitees()[0].state
}

fn ahead(bench: &Bench, actor: &Actor) -> Option<String> {
    access_ahead(&bench.call, actor).map(|access| access.identity)
}

#[test]
fn an_invitee_is_invited_until_a_device_really_rings() {
    let mut bench = Bench::ringing();
    assert_eq!(state(&bench), InviteeState::Invited);
    bench.commits(ringing(bob()));
    assert_eq!(state(&bench), InviteeState::Ringing);
}

#[test]
fn the_first_device_to_ring_joins_ahead_and_no_other() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.is_silent(ringing(bob2()));
    assert_eq!(ahead(&bench, &bob()), Some("bob#b1".into()));
    assert_eq!(ahead(&bench, &bob2()), None);
    assert_eq!(
        bench.entitled(),
        [("alice".into(), false), ("bob#b1".into(), false)]
    );
}

#[test]
fn a_nameless_device_rings_and_leaves_joining_ahead_to_a_named_one() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(actor("bob", "")));
    assert_eq!(bench.entitled(), [("alice".into(), false)]);
    bench.commits(ringing(bob()));
    assert_eq!(ahead(&bench, &bob()), Some("bob#b1".into()));
}

#[test]
fn nobody_joins_ahead_of_a_nameless_caller_or_where_it_is_off() {
    let off = NewCall {
        allow_join_ahead: false,
        ..new_call()
    };
    for mut bench in [Bench::nameless(), Bench::of(off)] {
        bench.commits(ringing(bob()));
        assert_eq!(bench.entitled(), [("alice".into(), false)]);
    }
}

#[test]
fn before_the_accept_a_voice_call_waits_with_a_microphone_and_a_video_call_with_a_camera_too() {
    let sources = |call_type| Grants::waiting(call_type).sources;
    use faithcall_protocol::media::CallType;
    assert_eq!(sources(CallType::Voice), [Source::Microphone]);
    assert_eq!(
        sources(CallType::Video),
        [Source::Microphone, Source::Camera]
    );
    assert!(!Grants::waiting(CallType::Video).can_publish_data);
}

#[test]
fn ringing_twice_is_told_once() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    let again = bench.is_silent(ringing(bob()));
    assert_eq!(again.effect, Effect::Unchanged);
    assert_eq!(ahead(&bench, &bob()), Some("bob#b1".into()));
}

#[test]
fn ringing_after_the_answer_or_the_end_changes_nothing() {
    let mut bench = Bench::connecting();
    bench.is_silent(ringing(bob2()));
    bench.commits(end(alice()));
    bench.is_silent(ringing(bob2()));
}

#[test]
fn only_an_invited_member_rings() {
    let mut bench = Bench::ringing();
    for stranger in [alice(), actor("carol", "c")] {
        assert_eq!(bench.refuses(ringing(stranger)), Refusal::NotAParticipant);
    }
}

#[test]
fn a_member_cannot_make_the_record_grow_without_end() {
    let mut bench = Bench::ringing();
    for n in 0..100 {
        bench.does(ringing(actor("bob", &format!("d{n}"))));
        bench.does(connected(actor("bob", &format!("d{n}"))));
    }
    let bob = &bench.call.invitees()[0];
    assert_eq!(bob.devices.len(), 16);
    assert_eq!(bob.party.connected.len(), 16);
}

#[test]
fn the_ring_time_is_counted_from_the_invitation_and_is_the_callees_own() {
    let mut bench = Bench::ringing();
    bench.after(10_000);
    let left = |bench: &Bench, who: &str| {
        ring_expires_in_ms(&bench.call, &who.parse().unwrap(), bench.now)
    };
    assert_eq!(left(&bench, "bob"), 35_000);
    assert_eq!(left(&bench, "alice"), 35_000);
    assert_eq!(left(&bench, "carol"), 0);
    bench.commits(accept(bob()));
    assert_eq!(left(&bench, "bob"), 0);
    assert_eq!(left(&bench, "alice"), 0);
}

#[test]
fn a_call_lives_by_the_ring_time_that_it_was_made_with() {
    let mut bench = Bench::of(NewCall {
        timeouts: Timeouts {
            ring_ms: 3_000,
            ..Timeouts::default()
        },
        ..new_call()
    });
    assert_eq!(bench.sleeps(), 5_000, "the ring time and the grace");
}
