//! Microphones, cameras, and what a device's system says.

use faithcall_sim::World;
use faithcall_sim::protocol::machine::{
    Event, MediaProblem, MediaSource, NotLive, RoomEvent, SystemChange,
};
use faithcall_sim::protocol::quality::{ServerWord, Statistics};

use crate::{settled, talking};

#[test]
fn each_hears_and_sees_when_the_other_mutes_and_shows_itself() {
    let (mut world, call) = talking();
    let other = |world: &World| {
        let shown = world.view("ann").call.unwrap().participants[0].clone();
        (shown.microphone, shown.camera)
    };
    assert_eq!(other(&world), (true, false));
    assert_eq!(
        (world.hears("ann"), world.sees("ann")),
        (vec!["bob/phone"], vec![])
    );
    world.camera("bob/phone", true);
    world.microphone("bob/phone", false);
    world.run_ms(1_000);
    assert_eq!(other(&world), (false, true));
    assert_eq!(
        (world.hears("ann"), world.sees("ann")),
        (vec![], vec!["bob/phone"])
    );
    let seen = |event: &Event| matches!(event, Event::FirstMedia { source, .. } if *source == MediaSource::Camera);
    assert!(world.events("ann").iter().any(seen));
    world.hold("bob/phone", &call);
    world.run_ms(1_000);
    assert_eq!(other(&world), (false, false));
    assert_eq!(world.hears("bob/phone"), [""; 0], "who holds plays nobody");
    settled(&mut world);
}

// Broken by a rejoin that turns the microphone on, whatever it was before.
#[test]
fn who_was_muted_in_a_process_that_died_is_muted_after_the_rejoin() {
    let (mut world, call) = talking();
    world.microphone("bob/phone", false);
    world.run_ms(1_000);
    world.kill("bob/phone");
    world.start("bob/phone");
    let offered = |world: &World| world.view("bob/phone").rejoinable.is_some();
    assert!(world.run_until(3_000, offered));
    world.rejoin("bob/phone", &call);
    settled(&mut world);
    assert!(world.is_active("bob/phone", &call));
    assert_eq!(world.hears("ann"), [""; 0]);
    world.microphone("bob/phone", true);
    settled(&mut world);
    assert_eq!(world.hears("ann"), ["bob/phone"]);
}

#[test]
fn a_camera_that_cannot_be_opened_is_told_and_the_call_goes_on() {
    let (mut world, call) = talking();
    world.media_fails(
        "bob/phone",
        MediaSource::Camera,
        Some(MediaProblem::Unavailable),
    );
    world.camera("bob/phone", true);
    world.run_ms(1_000);
    let camera = world.view("bob/phone").call.unwrap().camera;
    assert_eq!(camera.why_not, Some(NotLive::Unavailable));
    world.media_fails("bob/phone", MediaSource::Camera, None);
    world.camera("bob/phone", true);
    settled(&mut world);
    assert!(world.view("bob/phone").call.unwrap().camera.live);
    assert!(world.is_active("ann", &call));
}

#[test]
fn a_phone_call_interrupts_and_gives_the_microphone_back() {
    let (mut world, _) = talking();
    world.system("bob/phone", SystemChange::InterruptionBegan);
    settled(&mut world);
    let own = world.view("bob/phone").call.unwrap().microphone;
    assert_eq!(
        (own.wanted, own.why_not),
        (true, Some(NotLive::Interrupted))
    );
    assert!(!world.view("ann").call.unwrap().participants[0].microphone);
    world.system("bob/phone", SystemChange::InterruptionEnded);
    settled(&mut world);
    assert!(world.view("ann").call.unwrap().participants[0].microphone);
}

#[test]
fn another_network_costs_the_connection_to_the_broker_and_not_the_call() {
    let (mut world, call) = talking();
    world.system("bob/phone", SystemChange::NetworkChanged);
    world.run_ms(10);
    assert!(!world.view("bob/phone").link_up);
    settled(&mut world);
    assert!(world.view("bob/phone").link_up);
    assert!(world.is_active("bob/phone", &call));
}

#[test]
fn what_the_media_server_says_of_a_connection_is_shown() {
    let (mut world, _) = talking();
    let quality = |world: &World| world.view("bob/phone").call.unwrap().quality;
    assert_eq!(quality(&world), None, "nothing to judge by");
    let (identity, word) = (None, ServerWord::Lost);
    world.room_says("bob/phone", RoomEvent::Connection { identity, word });
    world.room_says("bob/phone", RoomEvent::Statistics(Statistics::default()));
    assert_ne!(quality(&world), None);
    settled(&mut world);
}

#[test]
fn nobody_hears_anybody_while_it_rings_joined_ahead_or_not() {
    for join_ahead in [true, false] {
        let builder = World::builder(1)
            .device("ann", "phone")
            .device("bob", "phone");
        let mut world = builder.join_ahead(join_ahead).build();
        let call = world.call("ann", &["bob"]);
        world.run_ms(2_000);
        assert_eq!(world.in_room(&call).len(), if join_ahead { 2 } else { 0 });
        assert!(world.hears("ann").is_empty() && world.hears("bob").is_empty());
        world.accept("bob", &call);
        world.run_ms(2_000);
        assert_eq!((world.hears("ann").len(), world.hears("bob").len()), (1, 1));
        settled(&mut world);
    }
}
