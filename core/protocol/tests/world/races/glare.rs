//! Two who call each other, and two calls with one id (G).

use faithcall_protocol::machine::Event;

use crate::world::*;

#[test]
fn race_g1_both_call_each_other() {
    for offset in OFFSETS {
        let mut world = World::new();
        world.cross(
            (ALICE, call_command("c1", "bob")),
            offset,
            (BOB, call_command("c2", "alice")),
        );
        let alive: Vec<_> = world
            .server
            .calls
            .values()
            .filter(|call| !call.is_over())
            .collect();
        let both_dialled =
            world.devices[ALICE].refused.is_empty() && world.devices[BOB].refused.is_empty();
        if both_dialled {
            assert_eq!(alive.len(), 1, "one call lives, offset {offset}");
            for device in [ALICE, BOB] {
                let events = &world.devices[device].events;
                assert!(
                    !events
                        .iter()
                        .any(|e| matches!(e, Event::Incoming { .. } | Event::Ended { .. })),
                    "no flash of ringing or hanging up, offset {offset}: {events:?}"
                );
            }
        }
    }
}

#[test]
fn race_g2_two_creates_with_one_id() {
    let mut world = World::new();
    world.call(ALICE, "c1", "bob");
    world.call(BOB, "c1", "alice");
    world.run(2_000);
    let id = id("c1");
    let created = [ALICE, BOB]
        .into_iter()
        .filter(|device| {
            let events = &world.devices[*device].events;
            events
                .iter()
                .any(|e| matches!(e, Event::Placed { call_id } if *call_id == id))
        })
        .count();
    assert_eq!(created, 1);
    let failed = &world.devices[BOB].events;
    assert!(
        failed
            .iter()
            .any(|e| matches!(e, Event::CommandFailed { .. }))
    );
}
