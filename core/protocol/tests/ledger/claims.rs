//! Who may call and who may accept, by who is in which call.

use faithcall_protocol::ledger::*;
use faithcall_protocol::rest::{Actor, ErrorCode};

use crate::bench::*;

fn call(id: &str, from: &str, to: &str) -> Bench {
    Bench::of(NewCall {
        call_id: id.parse().unwrap(),
        caller: person(from, from),
        caller_device: Some(format!("{from}-1").parse().unwrap()),
        callees: vec![person(to, to)],
        ..new_call()
    })
}

fn first(member: &str) -> Actor {
    actor(member, &format!("{member}-1"))
}

fn calls(from: &str, to: &str, claiming: &[&Bench]) -> Result<Effect, Refusal> {
    let now = claiming.iter().map(|b| b.now).max().unwrap_or(START);
    let calls: Vec<Call> = claiming.iter().map(|b| b.call.clone()).collect();
    let step = create(&first(from), &[person(to, to)], &finding(&calls), now)?;
    assert_eq!(busy_in(&step), [] as [&str; 0]);
    Ok(step.effect)
}

fn create_again(who: Actor, call: &Call) -> Result<Effect, Refusal> {
    let found = Found {
        same_id: Some(call),
        ..finding(&[])
    };
    let step = create(&who, &[person("bob", "Bob")], &found, START)?;
    assert_eq!(step.call, *call);
    Ok(step.effect)
}

#[test]
fn a_free_member_calls_a_free_member() {
    assert_eq!(calls("alice", "bob", &[]), Ok(Effect::Committed));
}

#[test]
fn the_caller_is_engaged_from_the_create_and_the_callee_from_the_accept() {
    let mut bench = Bench::ringing();
    let of = |bench: &Bench| -> Vec<_> {
        let claims = claims(&bench.call);
        claims
            .into_iter()
            .map(|(m, c)| (m.to_string(), c))
            .collect()
    };
    let alice = ("alice".to_owned(), Claim::Engaged);
    assert_eq!(of(&bench), [alice.clone(), ("bob".into(), Claim::Ringing)]);
    bench.commits(accept(bob()));
    assert_eq!(of(&bench), [alice, ("bob".into(), Claim::Engaged)]);
    bench.commits(end(bob()));
    assert_eq!(of(&bench), []);
}

#[test]
fn an_engaged_member_makes_no_second_call() {
    let ringing = call("c1", "alice", "bob");
    let refusal = calls("alice", "carol", &[&ringing]).unwrap_err();
    assert_eq!(refusal.status(), 409);
    assert_eq!(refusal.code(), ErrorCode::AlreadyInCall);
    assert_eq!(refusal.detail(), "You are already in an active call");

    let mut accepted = call("c1", "alice", "bob");
    accepted.commits(accept(first("bob")));
    let refusal = calls("bob", "carol", &[&accepted]).unwrap_err();
    assert_eq!(refusal, Refusal::AlreadyInCall);
}

#[test]
fn a_member_that_is_being_called_may_call_somebody_else() {
    let ringing = call("c1", "alice", "bob");
    assert_eq!(calls("bob", "carol", &[&ringing]), Ok(Effect::Committed));
}

#[test]
fn a_member_that_is_called_or_in_a_call_is_busy() {
    let mut other = call("c1", "alice", "bob");
    for busy in ["alice", "bob"] {
        let refusal = calls("carol", busy, &[&other]).unwrap_err();
        assert_eq!(refusal.status(), 409);
        assert_eq!(refusal.code(), ErrorCode::AllBusy);
        assert_eq!(refusal.detail(), format!("All callees are busy: {busy}"));
    }
    other.commits(accept(first("bob")));
    assert!(calls("carol", "bob", &[&other]).is_err());
    other.commits(end(first("bob")));
    assert_eq!(calls("carol", "bob", &[&other]), Ok(Effect::Committed));
}

#[test]
fn nobody_at_all_is_busy_as_part_a_has_it() {
    let refusal = create(&first("alice"), &[], &finding(&[]), START).unwrap_err();
    assert_eq!(refusal.detail(), "All callees are busy: ");
}

#[test]
fn a_claim_of_a_call_whose_time_is_up_counts_no_more() {
    let mut stale = call("c1", "alice", "bob");
    stale.after(46_999);
    assert!(calls("carol", "bob", &[&stale]).is_err());
    stale.after(1);
    assert_eq!(calls("carol", "bob", &[&stale]), Ok(Effect::Committed));
    assert_eq!(calls("alice", "carol", &[&stale]), Ok(Effect::Committed));
}

#[test]
fn a_create_again_is_answered_with_the_call_or_with_how_it_ended() {
    let mut bench = Bench::ringing();
    assert_eq!(create_again(alice(), &bench.call), Ok(Effect::Unchanged));
    bench.commits(accept(bob()));
    assert_eq!(create_again(alice(), &bench.call), Ok(Effect::Unchanged));
    bench.commits(end(bob()));
    let refusal = create_again(alice(), &bench.call).unwrap_err();
    assert_eq!(refusal, Refusal::Over);
    assert!(refusal.shows_call());

    let mut bench = Bench::ringing();
    bench.commits(cancel(alice()));
    assert_eq!(create_again(alice(), &bench.call), Err(Refusal::Cancelled));
}

#[test]
fn a_nameless_device_that_creates_again_is_in_a_call_already() {
    let mut bench = Bench::nameless();
    let again = actor("alice", "");
    assert_eq!(
        create_again(again.clone(), &bench.call),
        Err(Refusal::AlreadyInCall)
    );
    bench.commits(cancel(again.clone()));
    assert_eq!(create_again(again, &bench.call), Err(Refusal::CallIdTaken));
}

#[test]
fn a_key_tells_that_a_nameless_device_repeats_its_create() {
    let mut bench = Bench::nameless();
    let again = |who: &str, call: &Call| {
        let found = Found {
            same_id: Some(call),
            same_key: true,
            ..finding(std::slice::from_ref(call))
        };
        create(&actor(who, ""), &[person("bob", "Bob")], &found, START).map(|step| step.effect)
    };
    assert_eq!(again("alice", &bench.call), Ok(Effect::Unchanged));
    assert_eq!(again("carol", &bench.call), Err(Refusal::CallIdTaken));
    bench.commits(cancel(actor("alice", "")));
    assert_eq!(again("alice", &bench.call), Err(Refusal::Cancelled));
}

// Broken by answering the second create busy.
#[test]
fn race_g1_the_second_create_of_two_that_cross_is_told_of_the_first() {
    let first_one = call("c1", "alice", "bob");
    let refusal = calls("bob", "alice", &[&first_one]).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::Glare {
            other: "c1".parse().unwrap()
        }
    );
    assert_eq!((refusal.status(), refusal.code()), (409, ErrorCode::Glare));
    assert!(refusal.shows_call());
}

// Broken by not asking whether that call rings for this member now.
#[test]
fn race_g1_is_no_glare_once_the_first_is_answered_or_its_time_is_up() {
    let mut answered = call("c1", "alice", "bob");
    answered.commits(accept(first("bob")));
    assert_eq!(
        calls("bob", "alice", &[&answered]),
        Err(Refusal::AlreadyInCall)
    );
    let mut stale = call("c1", "alice", "bob");
    stale.after(50_000);
    assert_eq!(calls("bob", "alice", &[&stale]), Ok(Effect::Committed));
}

// Broken by not asking whether that call rings for this member now.
#[test]
fn race_g1_is_no_glare_between_other_pairs() {
    let ringing = call("c1", "alice", "bob");
    let refusal = calls("carol", "alice", &[&ringing]).unwrap_err();
    assert_eq!(refusal.code(), ErrorCode::AllBusy);
}

// Broken by not asking whose call has the id.
#[test]
fn race_g2_an_id_of_somebody_elses_call_is_taken_and_nothing_is_shown_of_it() {
    let bench = Bench::ringing();
    for other in [bob(), actor("carol", "a1"), actor("carol", "")] {
        let refusal = create_again(other, &bench.call).unwrap_err();
        assert_eq!(refusal, Refusal::CallIdTaken);
        assert!(!refusal.shows_call());
    }
}

// Broken by forgetting the cancel.
#[test]
fn race_c2_a_cancel_that_came_before_its_create_wins() {
    let found = Found {
        cancel_remembered: true,
        ..finding(&[])
    };
    let refusal = create(&alice(), &[person("bob", "Bob")], &found, START).unwrap_err();
    assert_eq!(
        (refusal.status(), refusal.code()),
        (409, ErrorCode::Cancelled)
    );
    let remembered = Refusal::CancelRemembered;
    assert_eq!(remembered.status(), 404);
    assert_eq!(remembered.code(), ErrorCode::CancelRemembered);
}

// Broken by accepting without a look at the member's other calls.
#[test]
fn race_a3_a_member_that_another_call_engaged_meanwhile_cannot_accept() {
    let ringing = call("c1", "alice", "bob");
    let mut other = call("c2", "bob", "carol");
    let ask = |other: &Bench| {
        let claiming = [ringing.call.clone(), other.call.clone()];
        accept_call(&ringing.call, &first("bob"), None, &claiming, START).map(|steps| steps.len())
    };
    assert_eq!(ask(&other), Err(Refusal::AlreadyInCall));
    other.commits(end(first("bob")));
    assert_eq!(ask(&other), Ok(1));
    let also_rings = call("c3", "carol", "bob");
    assert_eq!(ask(&also_rings), Ok(1), "two may ring, one is taken");
}
