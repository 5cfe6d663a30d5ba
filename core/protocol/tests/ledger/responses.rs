//! What requests are answered with: who is told what of which call.

use faithcall_protocol::ledger::*;
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::{Actor, ErrorCode, PatchHold, RoomAccess};

use crate::bench::*;

fn room() -> RoomAccess {
    RoomAccess {
        livekit_token: Secret::new("a token"),
        livekit_url: URL.to_owned(),
    }
}

/// Whether the answer to a create or an accept lets its device join at once.
fn joins_now(bench: &Bench, actor: &Actor) -> bool {
    let response = call_response(&bench.call, actor, room(), bench.now);
    response.part_b.unwrap().join_ahead
}

fn call(id: &str, from: Actor, to: &str) -> Bench {
    Bench::of(NewCall {
        call_id: id.parse().unwrap(),
        caller: person(from.member_id.as_str(), ""),
        caller_device: from.device_id,
        callees: vec![person(to, to)],
        ..new_call()
    })
}

fn known(bench: &Bench) -> (faithcall_protocol::id::CallId, faithcall_protocol::id::Rev) {
    (bench.call.call_id().clone(), bench.call.rev())
}

#[test]
fn a_create_and_an_accept_are_answered_with_the_call_and_the_way_into_its_room() {
    let mut bench = Bench::ringing();
    bench.after(10_000);
    let response = call_response(&bench.call, &alice(), room(), bench.now);
    assert_eq!(response.call_id, *bench.call.call_id());
    assert_eq!(response.room_name, bench.call.room_name());
    assert_eq!(response.livekit_token.expose(), "a token");
    assert_eq!(response.livekit_url, URL);
    assert_eq!(response.call_type, bench.call.call_type());
    let shown = bench.snapshot().participants.into_iter();
    let shown: Vec<_> = shown.map(|shown| shown.participant).collect();
    assert_eq!(response.participants, shown);
    let part_b = response.part_b.unwrap();
    assert_eq!(part_b.rev, bench.call.rev());
    assert_eq!(part_b.server_time.unix_ms(), bench.now);
    assert_eq!(part_b.ring_expires_in_ms, 35_000);
    assert_eq!(part_b.snapshot, bench.snapshot());
}

#[test]
fn a_nameless_device_is_answered_without_what_part_b_adds() {
    let bench = Bench::nameless();
    let nameless = actor("alice", "");
    let response = call_response(&bench.call, &nameless, room(), bench.now);
    assert_eq!(response.part_b, None);
    let confirmed = |actor| confirmation("Done", &bench.call, actor, bench.now);
    assert_eq!(confirmed(&nameless).message, "Done");
    assert_eq!(confirmed(&nameless).call, None);
    assert_eq!(confirmed(&bob()).call, Some(bench.snapshot()));
}

#[test]
fn the_caller_joins_at_once_where_a_callee_may_wait_in_the_room_too() {
    let mut bench = Bench::ringing();
    assert!(joins_now(&bench, &alice()), "some device of Bob will");
    bench.commits(ringing(bob()));
    assert!(joins_now(&bench, &alice()), "one does");
    let mut off = Bench::of(NewCall {
        allow_join_ahead: false,
        ..new_call()
    });
    assert!(!joins_now(&off, &alice()), "nobody will");
    off.commits(accept(bob()));
    assert!(joins_now(&off, &alice()) && joins_now(&off, &bob()));
}

#[test]
fn a_device_that_rings_is_told_how_long_and_how_it_waits_in_the_room() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.after(10_000);
    let waiting = access_ahead(&bench.call, &bob()).unwrap();
    assert_eq!(waiting, access(&bench.call, &bob()).unwrap());
    assert!(!waiting.grants.can_subscribe);
    assert_eq!(access_ahead(&bench.call, &bob2()), None);
    let told = ringing_response(&bench.call, &bob().member_id, Some(room()), bench.now);
    assert_eq!(told.rev, bench.call.rev());
    assert_eq!(told.ring_expires_in_ms, 35_000);
    assert_eq!(told.join_ahead, Some(room()));
}

#[test]
fn who_says_that_it_rings_after_its_accept_waits_no_more() {
    let mut bench = Bench::connecting();
    bench.is_silent(ringing(bob()));
    assert!(access(&bench.call, &bob()).is_ok());
    assert_eq!(access_ahead(&bench.call, &bob()), None);
}

#[test]
fn active_shows_the_engaged_call_then_the_held_then_the_oldest_that_rings() {
    let mut held = Bench::active();
    let hold = PatchHold {
        is_on_hold: true,
        hold: None,
    };
    let steps = hold_call(&held.call, &bob(), &hold, &[], held.now).unwrap();
    held.call = steps[0].call.clone();
    let mut engaged = call("c2", carol(), "bob");
    engaged.commits(accept(bob()));
    let rings = call("c3", dave(), "bob");
    let rings_later = call("c4", actor("eve", "e1"), "bob");
    let of_others = call("c0", carol(), "dave");
    let mut over = call("c00", carol(), "bob");
    over.commits(cancel(carol()));

    let shown = |benches: &[&Bench]| {
        let calls = benches.iter().map(|bench| &bench.call);
        let info = active_info(&bob().member_id, calls, START + 2_500);
        info.map(|info| info.call_id.to_string())
    };
    let all = [&over, &of_others, &rings, &rings_later, &held, &engaged];
    assert_eq!(shown(&all), Some("c2".into()));
    assert_eq!(shown(&all[..5]), Some("c1".into()));
    assert_eq!(shown(&all[..4]), Some("c3".into()));
    assert_eq!(shown(&all[..2]), None);
}

#[test]
fn active_tells_what_the_snapshot_tells() {
    let mut bench = Bench::active();
    bench.after(2_500);
    let active = active_info(&bob().member_id, [&bench.call], bench.now).unwrap();
    let snapshot = bench.snapshot();
    assert_eq!(active.room_name, snapshot.room_name);
    assert_eq!(active.status, snapshot.status);
    assert_eq!(active.duration_seconds, 2);
    assert_eq!(active.started_at.unix_ms(), START);
    assert_eq!(bench.call.initiated_at_ms(), START);
    let shown = snapshot.participants.into_iter();
    let shown: Vec<_> = shown.map(|shown| shown.participant).collect();
    assert_eq!(active.participants, shown);
}

#[test]
fn a_sync_tells_what_goes_on_and_which_of_the_known_is_over() {
    let ringing = Bench::ringing();
    let mut over = call("c2", carol(), "bob");
    let before = known(&over);
    over.after(1_000).commits(cancel(carol()));
    let mut forgotten = call("c3", carol(), "bob");
    forgotten.commits(cancel(carol()));

    let calls = [&ringing.call, &over.call, &forgotten.call];
    let told = sync_response(&bob().member_id, &[before], calls, START + 10_000);
    assert_eq!(told.server_time.unix_ms(), START + 10_000);
    let [rings] = told.calls.as_slice() else {
        panic!("{:?}", told.calls);
    };
    assert_eq!(rings.snapshot, snapshot(&ringing.call, START + 10_000));
    assert_eq!(rings.ring_expires_in_ms, 35_000);
    let [ended] = told.over.as_slice() else {
        panic!("{:?}", told.over);
    };
    let ending = over.call.ending().unwrap();
    assert_eq!(ended.call_id, *over.call.call_id());
    assert_eq!(ended.rev, over.call.rev());
    assert_eq!(ended.status, ending.outcome.status);
    assert_eq!(ended.reason, Some(ending.outcome.reason));
    assert_eq!(ended.reason_detail, ending.outcome.detail);
}

// Broken by counting from the making of the call.
#[test]
fn who_asks_about_a_call_is_told_how_long_it_rings_there() {
    let mut bench = Bench::active();
    let told = |bench: &Bench, who: &Actor| {
        let told = snapshot_response(&bench.call, &who.member_id, bench.now);
        assert_eq!(told.snapshot, bench.snapshot());
        told.ring_expires_in_ms
    };
    assert_eq!(told(&bench, &bob()), Some(0));
    bench.after(60_000).commits(invite_all(alice(), &["carol"]));
    bench.after(10_000);
    assert_eq!(told(&bench, &carol()), Some(35_000));
    assert_eq!(told(&bench, &alice()), Some(0));
}

#[test]
fn a_known_call_that_goes_on_without_the_member_is_told_and_no_other() {
    let mut group = Bench::three();
    let seen = known(&group);
    group.commits(leave(carol()));
    let told = |known: &[_]| sync_response(&carol().member_id, known, [&group.call], group.now);
    assert_eq!(told(&[seen]).calls[0].snapshot, group.snapshot());
    assert!(told(&[]).calls.is_empty());
}

#[test]
fn a_sync_tells_nothing_of_calls_of_others_by_their_ids() {
    let goes_on = Bench::active();
    let mut over = call("c2", alice(), "bob");
    over.commits(cancel(alice()));
    let ids = [known(&goes_on), known(&over)];
    let told = sync_response(
        &carol().member_id,
        &ids,
        [&goes_on.call, &over.call],
        goes_on.now,
    );
    assert!(told.calls.is_empty() && told.over.is_empty(), "{told:?}");
}

#[test]
fn a_refusal_shows_the_call_to_its_members_and_only_where_it_may() {
    let bench = Bench::active();
    let body = |refusal: &Refusal, who: Actor| {
        error_body(refusal, Some(&bench.call), &who.member_id, bench.now)
    };
    let late = Refusal::AlreadyHandled;
    let shown = body(&late, bob());
    assert_eq!(shown.call, Some(bench.snapshot()));
    assert_eq!(shown.code, Some(ErrorCode::AlreadyHandled));
    assert_eq!(shown.detail, "Call not found or already handled");
    assert_eq!(body(&late, carol()).call, None, "not hers to see");
    assert_eq!(body(&Refusal::CallIdTaken, bob()).call, None);
    let none = error_body(&late, None, &bob().member_id, bench.now);
    assert_eq!(none.call, None);
}

#[test]
fn a_refused_create_is_about_the_call_of_its_id_and_glare_about_the_one_that_lives() {
    let same_id = call("c2", alice(), "carol");
    let lives = call("c1", bob(), "alice");
    let claiming = [same_id.call.clone(), lives.call.clone()];
    let found = Found {
        same_id: Some(&same_id.call),
        same_key: false,
        cancel_remembered: false,
        claiming: &claiming,
        call_waiting: &[],
    };
    assert_eq!(found.about(&Refusal::Over), Some(&same_id.call));
    let other = lives.call.call_id().clone();
    assert_eq!(found.about(&Refusal::Glare { other }), Some(&lives.call));
}
