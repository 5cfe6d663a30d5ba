//! One message is lost, and no other.

use faithcall_sim::Fault;

use crate::{settled, world};

#[test]
fn the_accept_is_lost_and_sent_again() {
    let mut world = world();
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.lose_requests("bob/tablet", 1);
    world.accept("bob/tablet", &call);
    world.run_ms(40);
    assert_eq!(world.faults()[&Fault::RequestLost], 1);
    assert_eq!(world.server_call(&call).unwrap().accepted_at, None);
    settled(&mut world);
    assert!(world.is_active("bob/tablet", &call));
}

#[test]
fn the_answer_to_the_accept_is_lost_and_the_accept_counts() {
    let mut world = world();
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.lose_answers("bob/tablet", 1);
    world.accept("bob/tablet", &call);
    world.run_ms(40);
    assert!(world.server_call(&call).unwrap().accepted_at.is_some());
    settled(&mut world);
    assert_eq!(world.faults()[&Fault::AnswerLost], 1);
    assert!(world.is_active("bob/tablet", &call));
}

#[test]
fn a_device_that_misses_the_invite_on_mqtt_rings_by_its_push_and_the_other_way_round() {
    let mut world = world();
    world.lose_signals("bob/phone", 2);
    world.lose_pushes("bob/tablet", 1);
    let call = world.call("ann", &["bob"]);
    world.run_ms(500);
    assert_eq!(world.faults()[&Fault::PushLost], 1);
    assert_eq!(world.faults()[&Fault::SignalLost], 2);
    assert!(world.rings("bob/phone", &call) && world.rings("bob/tablet", &call));
    settled(&mut world);
}

#[test]
fn an_invite_that_the_server_publishes_late_rings_for_what_is_left() {
    let mut world = world();
    world.publish_commits(false);
    let (call, dialled_ms) = (world.call("ann", &["bob"]), world.now_ms());
    world.run_ms(10_000);
    assert!(!world.rings("bob/phone", &call));
    world.publish_commits(true);
    world.run_ms(500);
    let until_ms = world.rings_until_ms("bob/phone", &call).unwrap();
    // The messages' own ways are all that it is longer.
    assert!(until_ms < dialled_ms + 45_000 + 200, "{until_ms}");
    settled(&mut world);
}
