//! The user is faster than the network, or the network brings things in another order: what is
//! tapped is what comes about, and nobody sees an error.

use faithcall_sim::protocol::end::EndReason;
use faithcall_sim::protocol::machine::{CallState, Event, OtherCall};
use faithcall_sim::{Link, World};

use crate::{settled, world};

fn three() -> faithcall_sim::Builder {
    let builder = World::builder(1).device("ann", "phone");
    builder.device("bob", "phone").device("cyd", "phone")
}

fn no_error_at(world: &World, device: &str) {
    let failed = |event: &Event| matches!(event, Event::CommandFailed { .. });
    assert!(!world.events(device).iter().any(failed));
    assert!(world.refused(device).is_empty());
}

#[test]
fn who_is_called_anew_while_the_cancel_of_the_first_call_is_lost_rings() {
    let mut world = world();
    let first = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.lose_requests("ann", 1);
    world.cancel("ann", &first);
    let second = world.call("ann", &["bob"]);
    assert!(world.run_until(15_000, |world| world.rings("bob/phone", &second)));
    assert!(!world.rings("bob/phone", &first));
    no_error_at(&world, "ann");
    settled(&mut world);
}

#[test]
fn a_waiting_call_is_taken_while_the_end_of_the_other_is_lost() {
    let mut world = three().call_waiting(true).build();
    let (first, second) = (world.call("ann", &["bob"]), world.call("cyd", &["bob"]));
    world.run_ms(1_000);
    world.accept("bob", &first);
    world.run_ms(2_000);
    world.lose_requests("bob", 1);
    world.end("bob", &first);
    world.accept("bob", &second);
    assert!(world.run_until(10_000, |world| world.is_active("cyd", &second)));
    no_error_at(&world, "bob");
    settled(&mut world);
    assert_eq!(
        world.ended("ann", &first).unwrap().reason,
        EndReason::Normal
    );
}

#[test]
fn another_is_called_while_the_hold_of_a_call_is_lost() {
    let mut world = three().build();
    let first = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.accept("bob", &first);
    world.run_ms(2_000);
    world.lose_requests("ann", 1);
    world.hold("ann", &first);
    let second = world.call("ann", &["cyd"]);
    assert!(world.run_until(15_000, |world| world.rings("cyd", &second)));
    no_error_at(&world, "ann");
    settled(&mut world);
    assert_eq!(world.state("ann", &first), Some(CallState::Held));
}

/// The next caller's invite overtakes the news that the last call is over.
#[test]
fn a_call_rings_though_the_end_of_the_last_one_comes_late() {
    for answered in [false, true] {
        let mut world = three().build();
        let first = world.call("ann", &["bob"]);
        world.run_ms(1_000);
        if answered {
            world.accept("bob", &first);
            world.run_ms(2_000);
        }
        let late = Link {
            signal_ms: 3_000,
            room_ms: 3_000,
            ..Link::default()
        };
        world.set_link("bob", late);
        world.end("ann", &first);
        world.run_ms(100);
        world.set_link("bob", Link::default());
        let second = world.call("cyd", &["bob"]);
        assert!(world.run_until(4_000, |world| world.rings("bob", &second)));
        assert!(world.ended("bob", &first).is_some());
        settled(&mut world);
    }
}

/// Bob dials while somebody else's call to him is on its way.
#[test]
fn an_invite_that_crosses_a_create_waits_or_rings_after_it() {
    for call_waiting in [true, false] {
        let mut world = three().call_waiting(call_waiting).build();
        let incoming = world.call("ann", &["bob"]);
        world.run_ms(5);
        let own = world.call("bob", &["cyd"]);
        world.run_ms(1_000);
        assert_eq!(world.rings("bob", &incoming), call_waiting);
        world.cancel("bob", &own);
        world.run_ms(1_000);
        assert!(world.rings("bob", &incoming));
        world.accept("bob", &incoming);
        settled(&mut world);
        assert!(world.is_active("ann", &incoming));
    }
}

#[test]
fn a_crash_with_a_call_and_one_on_hold_brings_back_the_one_that_was_talked_in() {
    let mut world = three().call_waiting(true).build();
    let (first, second) = (world.call("ann", &["bob"]), world.call("cyd", &["bob"]));
    world.run_ms(1_000);
    world.accept("bob", &first);
    world.run_ms(2_000);
    world.accept_and("bob", &second, OtherCall::Hold);
    world.run_ms(2_000);
    world.kill("bob");
    world.run_ms(2_000);
    world.start("bob");
    world.run_ms(1_000);
    assert_eq!(world.view("bob").rejoinable.unwrap().call_id, second);
    world.rejoin("bob", &second);
    settled(&mut world);
    assert!(world.is_active("cyd", &second) && world.ended("ann", &first).is_some());
}
