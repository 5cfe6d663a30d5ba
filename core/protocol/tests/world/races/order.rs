//! What comes twice, late, in another order, or with another clock (D).

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::Event;

use crate::world::*;

#[test]
fn race_d1_everything_comes_twice_and_answers_are_lost() {
    for seed in 1..20 {
        let mut world = World::with_links(seed, |link| {
            link.twice = true;
            link.loses_one_in = 4;
        });
        world.run(30_000);
        world.call(ALICE, "c1", "bob");
        world.run(12_000);
        world.act(BOB, accept("c1"));
        world.run(20_000);
        world.act(ALICE, end("c1"));
        world.run(120_000);
        for device in &mut world.devices {
            device.link.loses_one_in = 0;
        }
        world.run(120_000);
        world.check_agreement();
        world.check_once();
    }
}

#[test]
fn race_d2_everything_comes_in_another_order() {
    for seed in 1..40 {
        let mut world = World::with_links(seed, |link| link.jitter_ms = 400);
        world.call(ALICE, "c1", "bob");
        world.run(2_000);
        world.act(BOB, accept("c1"));
        world.run(1_000);
        world.act(BOB, end("c1"));
        world.run(120_000);
        world.check_agreement();
        world.check_once();
        assert_eq!(world.reason(), EndReason::Normal);
    }
}

#[test]
fn race_d3_a_call_that_came_and_went_in_the_silence_never_rings() {
    let mut world = World::new();
    for device in [BOB, BOB_TABLET] {
        world.disconnect(device);
    }
    world.call(ALICE, "c1", "bob");
    world.run(60_000);
    for device in [BOB, BOB_TABLET] {
        world.connect(device);
    }
    world.run(60_000);
    assert_eq!(world.rings("c1"), 0);
    world.check_agreement();
}

#[test]
fn race_d3_a_call_that_still_rings_after_the_silence_rings_for_what_is_left() {
    let mut world = World::new();
    world.disconnect(BOB);
    world.call(ALICE, "c1", "bob");
    world.run(30_000);
    world.connect(BOB);
    world.run(1_000);
    let left = world.devices[BOB].events.iter().find_map(|e| match e {
        Event::Incoming {
            ring_expires_in_ms, ..
        } => Some(*ring_expires_in_ms),
        _ => None,
    });
    assert!(
        left.is_some_and(|ms| (14_000..=15_500).contains(&ms)),
        "{left:?}"
    );
}

#[test]
fn race_d4_the_end_of_an_old_call_comes_during_a_new_one() {
    let mut world = World::active();
    world.devices[BOB].link.mqtt_ms = 4_000;
    world.act(ALICE, end("c1"));
    world.run(200);
    world.act(BOB, end("c1"));
    world.run(200);
    world.act(BOB, call_command("c2", "alice"));
    world.run(1_000);
    world.act(ALICE, accept("c2"));
    world.run(60_000);
    assert!(world.devices[BOB].is_active(&id("c2")));
    world.check_agreement();
    world.check_once();
}

#[test]
fn race_d5_clocks_that_differ_by_hours_change_nothing() {
    // The tablets' clocks are hours ahead of the phones'.
    let mut world = World::new();
    world.call(ALICE_TABLET, "c1", "bob");
    world.run(1_000);
    world.act(BOB_TABLET, accept("c1"));
    world.run(5_000);
    assert!(world.devices[ALICE_TABLET].is_active(&id("c1")));
    world.check_agreement();
}
