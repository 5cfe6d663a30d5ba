//! Two devices of one member (A).

use faithcall_protocol::end::CallStatus;
use faithcall_protocol::machine::Elsewhere;

use crate::world::*;

#[test]
fn race_a1_two_devices_accept_at_once() {
    for offset in OFFSETS {
        let mut world = World::ringing();
        world.cross((BOB, accept("c1")), offset, (BOB_TABLET, accept("c1")));
        let loser = if world.devices[BOB].is_active(&id("c1")) {
            BOB_TABLET
        } else {
            BOB
        };
        let ended = world.devices[loser].end_of(&id("c1")).unwrap();
        assert_eq!(
            ended.elsewhere,
            Some(Elsewhere::Answered),
            "offset {offset}"
        );
        assert_eq!(
            world.devices[loser].machine.snapshot().in_call_elsewhere,
            Some(id("c1"))
        );
    }
}

#[test]
fn race_a2_one_device_rejects_while_another_accepts() {
    let mut outcomes = Vec::new();
    for offset in OFFSETS {
        let mut world = World::ringing();
        world.cross((BOB, reject("c1")), offset, (BOB_TABLET, accept("c1")));
        let status = world.server.call("c1").status();
        outcomes.push(status);
        let other = if status == CallStatus::Active {
            BOB
        } else {
            BOB_TABLET
        };
        let ended = world.devices[other].end_of(&id("c1")).unwrap();
        let expected = if status == CallStatus::Active {
            Elsewhere::Answered
        } else {
            Elsewhere::Declined
        };
        assert_eq!(ended.elsewhere, Some(expected), "offset {offset}");
    }
    assert!(outcomes.contains(&CallStatus::Active) && outcomes.contains(&CallStatus::Rejected));
}
