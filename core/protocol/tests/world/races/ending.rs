//! What crosses a hang-up, or comes after it (E).

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::{Command, Event};

use crate::world::*;

#[test]
fn race_e1_hang_up_crosses_hang_up() {
    for offset in OFFSETS {
        let mut world = World::active();
        world.cross((ALICE, end("c1")), offset, (BOB, end("c1")));
        assert_eq!(world.reason(), EndReason::Normal);
        for device in &world.devices {
            assert!(
                !device
                    .events
                    .iter()
                    .any(|e| matches!(e, Event::CommandFailed { .. })),
                "no error is shown, offset {offset}"
            );
        }
    }
}

#[test]
fn race_e2_mute_crosses_hang_up() {
    for offset in OFFSETS {
        let mut world = World::active();
        world.cross(
            (ALICE, Command::SetMicrophone(false)),
            offset,
            (BOB, end("c1")),
        );
        assert_eq!(world.reason(), EndReason::Normal);
    }
}

#[test]
fn race_e4_nothing_brings_a_call_back() {
    let mut world = World::active();
    world.act(ALICE, end("c1"));
    world.run(5_000);
    for device in 0..4 {
        world.disconnect(device);
        world.connect(device);
    }
    world.run(60_000);
    for device in &world.devices {
        assert!(device.is_idle());
    }
    world.check_once();
}
