//! Two people act at once: G, C, E.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::Event;
use faithcall_protocol::media::CallType;
use faithcall_sim::{Race, World};

use super::kit::*;

// Broken by answering the second create busy, or taking glare for a failure.
#[test]
fn race_g1_two_members_call_each_other() {
    let mut glares = 0;
    for offset in OFFSETS {
        let mut world = two_each().build();
        world.after(MIDDLE, |world| {
            world.call("ann", &["bob"]);
        });
        world.after(offset, |world| {
            world.call("bob", &["ann"]);
        });
        settled(&mut world);
        if !world.races().contains(&Race::G1) {
            continue;
        }
        glares += 1;
        assert_eq!(world.server_calls().len(), 1, "one call lives");
        for name in ["ann/phone", "bob/phone"] {
            let flash =
                |event: &Event| matches!(event, Event::Incoming { .. } | Event::Ended { .. });
            assert!(!world.events(name).iter().any(flash), "no flash at {name}");
        }
    }
    assert!(glares > 3, "{glares}");
}

// Broken by not asking whose call has the id.
#[test]
fn race_g2_two_creates_with_one_id() {
    let mut world = two_each().device("cyd", "phone").build();
    let call = world.call("ann", &["bob"]);
    world.call_as("cyd", &call, &["bob"], CallType::Voice);
    world.run_ms(1_000);
    happened(&world, Race::G2);
    let failed = |event: &Event| matches!(event, Event::CommandFailed { .. });
    assert!(world.events("cyd").iter().any(failed));
    assert!(world.rings("bob", &call));
    settled(&mut world);
}

// Broken by taking an accept of who rings no more, or taking back a call that was accepted.
#[test]
fn race_c1_a_cancel_crosses_an_accept() {
    let ends = cross(
        ringing,
        |world, call| world.cancel("ann", call),
        |world, call| world.accept("bob", call),
        |world, call| (reason(world, call), world.races().contains(&Race::C1)),
    );
    assert!(ends.contains(&(Some(EndReason::Cancelled), true)));
    assert!(ends.contains(&(Some(EndReason::Normal), true)));
}

// Broken by forgetting the cancel.
#[test]
fn race_c2_a_cancel_overtakes_its_create() {
    let mut world = two_each().build();
    let slow = faithcall_sim::Link {
        request_ms: 500,
        ..Default::default()
    };
    world.set_link("ann", slow);
    let call = world.call("ann", &["bob"]);
    world.set_link("ann", faithcall_sim::Link::default());
    world.cancel("ann", &call);
    settled(&mut world);
    happened(&world, Race::C2);
    assert_eq!(world.server_calls().len(), 0);
    assert_eq!(world.rang("bob", &call), 0);
}

// Broken by forgetting calls that were over before they were known.
#[test]
fn race_c2_a_cancel_overtakes_its_invite() {
    let mut world = two_each().build();
    let slow = faithcall_sim::Link {
        signal_ms: 3_000,
        ..Default::default()
    };
    world.set_link("bob/phone", slow);
    let call = world.call("ann", &["bob"]);
    world.run_ms(100);
    world.set_link("bob/phone", faithcall_sim::Link::default());
    world.cancel("ann", &call);
    settled(&mut world);
    happened(&world, Race::C2);
    assert_eq!(world.rang("bob/phone", &call), 0);
    assert_eq!(world.rang("bob/tablet", &call), 1);
}

// Broken by a ring time without its grace.
#[test]
fn race_c3_an_accept_crosses_the_ring_time_out() {
    let scene = |link_ms| {
        let (mut world, call) = ringing();
        let until = world.rings_until_ms("bob/phone", &call).unwrap();
        let slow = faithcall_sim::Link {
            request_ms: link_ms,
            ..Default::default()
        };
        world.set_link("bob/phone", slow);
        world.run_ms(until - world.now_ms() - 10);
        world.accept("bob/phone", &call);
        settled(&mut world);
        happened(&world, Race::C3);
        world.is_active("bob/phone", &call)
    };
    assert!(scene(100), "within the grace it wins");
    assert!(!scene(3_000), "later it is missed, at both ends");
}

// Broken by taking a reject of who rings no more, or keeping one's own word for the server's.
#[test]
fn race_c4_a_reject_crosses_a_cancel() {
    let ends = cross(
        ringing,
        |world, call| world.cancel("ann", call),
        |world, call| world.reject("bob", call),
        |world, call| (reason(world, call), world.races().contains(&Race::C4)),
    );
    assert!(ends.contains(&(Some(EndReason::Cancelled), true)));
    assert!(ends.contains(&(Some(EndReason::Rejected), true)));
}

// Broken by ending a group at a reject while somebody is in it.
#[test]
fn race_a4_the_last_reject_of_a_group_comes_after_an_accept() {
    let scenes = cross(
        || {
            let mut world = two_each().device("cyd", "phone").build();
            let call = world.call("ann", &["bob", "cyd"]);
            world.run_ms(2_000);
            assert!(world.rings("bob/phone", &call) && world.rings("cyd", &call));
            (world, call)
        },
        |world, call| world.reject("cyd", call),
        |world, call| world.accept("bob", call),
        |world, call| {
            let goes_on = world.is_active("ann", call) && world.is_active("bob", call);
            (goes_on, world.races().contains(&Race::A4))
        },
    );
    assert!(scenes.iter().all(|(goes_on, _)| *goes_on), "{scenes:?}");
    assert!(scenes.iter().any(|(_, crossed)| *crossed), "{scenes:?}");
}

// Broken by ending once more what is over.
#[test]
fn race_e1_a_hang_up_crosses_a_hang_up() {
    let ends = cross(
        active,
        |world, call| world.end("ann", call),
        |world, call| world.end("bob", call),
        |world, call| {
            let failed = |event: &Event| matches!(event, Event::CommandFailed { .. });
            assert!(!world.events("ann").iter().any(failed), "no error is shown");
            (reason(world, call), world.races().contains(&Race::E1))
        },
    );
    assert!(ends.contains(&(Some(EndReason::Normal), true)));
    assert!(ends.iter().all(|(end, _)| *end == Some(EndReason::Normal)));
}

// Broken by taking a change of a call that is over.
#[test]
fn race_e2_a_mute_crosses_a_hang_up() {
    let seen = cross(
        active,
        |world, _| world.microphone("ann", false),
        |world, call| world.end("bob", call),
        |world, call| (reason(world, call), world.races().contains(&Race::E2)),
    );
    assert!(seen.contains(&(Some(EndReason::Normal), true)));
}

// Broken by turning one camera off for the other's.
#[test]
fn race_e3_both_turn_their_cameras_on() {
    let seen = cross(
        active,
        |world, _| world.camera("ann", true),
        |world, _| world.camera("bob", true),
        |world, call| {
            let cameras = ["ann", "bob"].map(|name| world.view(name).call.unwrap().camera.wanted);
            assert_eq!(cameras, [true, true]);
            world.is_active("ann", call) && world.races().contains(&Race::E3)
        },
    );
    assert!(seen.iter().all(|both| *both));
}

// Broken by offering any news of a call as one to come back to.
#[test]
fn race_e4_nothing_brings_a_call_back() {
    let (mut world, call) = active();
    let slow = faithcall_sim::Link {
        signal_ms: 2_000,
        ..Default::default()
    };
    world.set_link("bob", slow);
    world.microphone("ann", false);
    world.run_ms(500);
    world.end("bob", &call);
    let shown = world.events("bob").len();
    settled(&mut world);
    happened(&world, Race::E4);
    let confirmed = |event: &Event| matches!(event, Event::EndConfirmed { .. });
    assert!(world.events("bob")[shown..].iter().all(confirmed));
    assert_eq!(world.ended("bob", &call).unwrap().reason, EndReason::Normal);
}

#[test]
fn a_call_from_dialling_to_hanging_up() {
    let (mut world, call) = active();
    world.end("bob", &call);
    settled(&mut world);
    assert_eq!(reason(&world, &call), Some(EndReason::Normal));
    assert!(world.in_room(&call).is_empty());
}

#[test]
fn nobody_answers() {
    let (mut world, call): (World, _) = ringing();
    settled(&mut world);
    assert_eq!(reason(&world, &call), Some(EndReason::Missed));
}
