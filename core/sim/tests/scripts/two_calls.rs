//! A device that is in one call and holds another: two rooms at a time.

use faithcall_sim::World;
use faithcall_sim::protocol::id::CallId;
use faithcall_sim::protocol::machine::{CallState, Event, OtherCall, Side};

use crate::settled;

/// Bob talks with Cyd and holds Ann's call.
fn one_held() -> (World, CallId, CallId) {
    let builder = World::builder(1).device("ann", "phone");
    let builder = builder.device("bob", "phone").device("cyd", "phone");
    let mut world = builder.call_waiting_of("bob", true).build();
    let (held, own) = (world.call("ann", &["bob"]), world.call("cyd", &["bob"]));
    world.run_ms(1_000);
    world.accept("bob", &held);
    world.run_ms(2_000);
    world.accept_and("bob", &own, OtherCall::Hold);
    world.run_ms(2_000);
    (world, held, own)
}

#[test]
fn each_hears_whom_it_talks_with_and_nobody_else() {
    let (mut world, held, own) = one_held();
    let heard = |world: &World| ["ann", "bob", "cyd"].map(|device| world.hears(device).join(","));
    assert_eq!(heard(&world), ["", "cyd/phone", "bob/phone"]);
    world.swap("bob");
    world.run_ms(1_000);
    assert_eq!(heard(&world), ["bob/phone", "ann/phone", ""]);
    world.end("ann", &held);
    world.run_ms(1_000);
    assert_eq!(world.state("bob", &own), Some(CallState::Held));
    assert_eq!(heard(&world), ["", "", ""], "nobody resumes but the user");
    world.resume("bob", &own);
    settled(&mut world);
    assert_eq!(heard(&world), ["", "cyd/phone", "bob/phone"]);
}

/// Each of Bob's devices is tapped for another call.
#[test]
fn the_call_that_a_second_device_could_not_take_rings_on_at_the_first() {
    let builder = World::builder(1).device("ann", "phone");
    let builder = builder.device("bob", "phone").device("bob", "tablet");
    let mut world = builder.device("cyd", "phone").call_waiting(true).build();
    let (first, second) = (world.call("ann", &["bob"]), world.call("cyd", &["bob"]));
    world.run_ms(1_000);
    world.accept("bob/phone", &first);
    world.accept("bob/tablet", &second);
    world.run_ms(10_000);
    assert!(world.is_active("ann", &first));
    assert!(world.ended("bob/tablet", &second).is_some());
    assert!(world.rings("bob/phone", &second));
    world.accept_and("bob/phone", &second, OtherCall::Hold);
    settled(&mut world);
    assert!(world.is_active("cyd", &second));
}

#[test]
fn both_rooms_are_lost_with_the_network_and_come_back_with_it() {
    let (mut world, held, own) = one_held();
    world.cut("bob");
    let lost = |call: &CallId| Event::Reconnecting {
        call_id: call.clone(),
        who: Side::Me,
    };
    world.run_ms(2_000);
    for call in [&held, &own] {
        assert!(world.events("bob").contains(&lost(call)), "{call}");
    }
    world.run_ms(6_000);
    world.restore("bob");
    settled(&mut world);
    assert_eq!(world.state("bob", &held), Some(CallState::Held));
    assert_eq!(world.state("bob", &own), Some(CallState::Active));
    assert_eq!(world.hears("cyd"), ["bob/phone"]);
}
