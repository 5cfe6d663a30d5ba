//! A push comes late, and starts the app again that was killed in that very call.

use faithcall_sim::protocol::end::{CallStatus, EndReason};
use faithcall_sim::protocol::id::CallId;
use faithcall_sim::protocol::machine::Event;
use faithcall_sim::{Link, Race, World};

use crate::settled;

/// Bob's phone took Ann's call, was killed in it, and is started by the invite's push. Nothing has
/// been answered to it yet.
fn woken(callees: &[&str]) -> (World, CallId) {
    let builder = World::builder(1).device("ann", "phone");
    let mut world = builder
        .device("bob", "phone")
        .device("cyd", "phone")
        .pushes(true)
        .build();
    let late = Link {
        push_ms: 8_000,
        ..Link::default()
    };
    world.set_link("bob", late);
    let call = world.call("ann", callees);
    world.run_ms(1_000);
    for callee in callees {
        world.accept(callee, &call);
        world.run_ms(2_000);
    }
    world.kill("bob");
    assert!(world.run_until(8_000, |world| world.rings("bob", &call)));
    (world, call)
}

fn offered(world: &World, call: &CallId) -> bool {
    let offer = world.view("bob").rejoinable;
    offer.is_some_and(|offer| offer.call_id == *call)
}

// Broken by letting it ring on, or offering nothing.
#[test]
fn race_p4_a_late_push_offers_the_rejoin_and_the_call_goes_on() {
    for callees in [&["bob"][..], &["bob", "cyd"]] {
        let (mut world, call) = woken(callees);
        world.run_ms(1_000);
        assert!(!world.rings("bob", &call) && offered(&world, &call));
        assert!(world.races().contains(&Race::P4));
        let ends = |event: &Event| matches!(event, Event::Ended { .. });
        assert!(!world.events("bob").iter().any(ends));
        world.rejoin("bob", &call);
        settled(&mut world);
        for member in callees.iter().chain(&["ann"]) {
            assert!(world.is_active(member, &call), "{member}");
        }
    }
}

// Broken by offering what the user has accepted already.
#[test]
fn race_p4_an_accept_at_once_comes_back_into_the_call() {
    for callees in [&["bob"][..], &["bob", "cyd"]] {
        let (mut world, call) = woken(callees);
        world.accept("bob", &call);
        world.run_ms(1_000);
        assert!(world.is_active("bob", &call));
        settled(&mut world);
        assert!(world.is_active("bob", &call) && world.is_active("ann", &call));
    }
}

// Broken by asking how it ended instead.
#[test]
fn race_p4_a_decline_at_once_hangs_up_or_leaves_the_group() {
    let (mut world, call) = woken(&["bob"]);
    world.reject("bob", &call);
    world.run_ms(1_000);
    let ended = world.ended("ann", &call).unwrap();
    assert_eq!(
        (ended.status, ended.reason),
        (CallStatus::Ended, EndReason::Normal)
    );
    assert_eq!(world.ended("bob", &call).unwrap().reason, EndReason::Normal);
    settled(&mut world);

    let (mut world, call) = woken(&["bob", "cyd"]);
    world.reject_here("bob", &call);
    world.run_ms(1_000);
    assert!(
        world
            .in_room(&call)
            .iter()
            .all(|identity| *identity != "bob")
    );
    settled(&mut world);
    assert!(world.is_active("ann", &call) && world.is_active("cyd", &call));
}

// Broken by offering nothing.
#[test]
fn race_p4_what_nobody_takes_up_ends_as_after_any_start_of_the_app() {
    let (mut world, call) = woken(&["bob"]);
    world.run_ms(10_000);
    assert!(offered(&world, &call) && world.is_active("ann", &call));
    world.run_ms(10_000);
    assert!(!offered(&world, &call));
    assert_eq!(
        world.ended("ann", &call).unwrap().reason,
        EndReason::NetworkError
    );
    settled(&mut world);
}
