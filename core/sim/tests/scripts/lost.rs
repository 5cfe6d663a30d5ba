//! One message is lost, and no other.

use faithcall_sim::protocol::end::EndReason;
use faithcall_sim::protocol::machine::{Event, Request};
use faithcall_sim::protocol::push::PushKind;
use faithcall_sim::{Fault, World};

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

/// A whole call of two, in which one request of this kind is lost, or its answer.
fn without(kind: &'static str, of: &str, answer: bool) {
    let mut world = world();
    let is_meant = move |request: &Request| format!("{request:?}").starts_with(kind);
    if answer {
        world.lose_answer(of, is_meant);
    } else {
        world.lose_request(of, is_meant);
    }
    let lost = |world: &World| {
        let faults = world.faults();
        faults.contains_key(&Fault::RequestLost) || faults.contains_key(&Fault::AnswerLost)
    };
    let call = world.call("ann", &["bob"]);
    assert!(world.run_until(20_000, |world| world.rings("bob/phone", &call)));
    world.run_ms(1_000);
    world.accept("bob/phone", &call);
    let active = |world: &World| world.is_active("ann", &call) && world.is_active("bob", &call);
    assert!(world.run_until(20_000, active), "{kind} of {of}");
    world.microphone("bob/phone", false);
    world.hold("ann", &call);
    world.run_ms(20_000);
    world.end("bob/phone", &call);
    settled(&mut world);
    assert!(lost(&world), "{of} never asked {kind}");
    let failed = |event: &Event| matches!(event, Event::CommandFailed { .. });
    for device in ["ann", "bob/phone"] {
        assert!(!world.events(device).iter().any(failed), "{kind} of {of}");
        let ended = world.ended(device, &call).unwrap();
        assert_eq!(ended.reason, EndReason::Normal, "{kind} of {of}");
    }
}

#[test]
fn each_request_of_a_call_may_get_lost_or_its_answer() {
    for answer in [false, true] {
        for kind in ["Create", "Connected", "Hold"] {
            without(kind, "ann", answer);
        }
        for kind in ["Ringing", "Accept", "Connected", "Patch", "End"] {
            without(kind, "bob/phone", answer);
        }
    }
}

/// Everything of a device works but the one push that would stop its ring.
// Broken by asking again when it would be asked anyway: that is after the caller's lease.
#[test]
fn a_group_rings_on_though_one_look_of_its_caller_is_lost() {
    for seed in 0..20 {
        let world = World::builder(seed).device("ann", "phone");
        let mut world = world.device("bob", "phone").device("cyd", "phone").build();
        let call = world.call("ann", &["bob", "cyd"]);
        // One was heard: from then on nothing but such looks keeps her in it.
        world.run_ms(15_000);
        let look = |request: &Request| matches!(request, Request::Get { .. });
        world.lose_request("ann", look);
        world.run_ms(29_000);
        assert_eq!(world.faults()[&Fault::RequestLost], 1);
        assert!(world.rings("bob", &call), "seed {seed}");
        settled(&mut world);
    }
}

#[test]
fn a_push_that_says_that_a_call_is_over_is_lost_and_the_ring_stops_by_another_way() {
    let mut world = world();
    world.lose_push("bob/tablet", |push| {
        matches!(push.kind, PushKind::Over { .. })
    });
    world.cut_signals("bob/tablet");
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.accept("bob/phone", &call);
    world.run_ms(1_000);
    assert_eq!(world.faults()[&Fault::PushLost], 1);
    assert!(world.rings("bob/tablet", &call));
    assert!(world.run_until(6_000, |world| !world.rings("bob/tablet", &call)));
    world.restore("bob/tablet");
    settled(&mut world);
}
