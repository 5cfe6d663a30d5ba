//! What is heard, and what closes or refuses a microphone.

use super::{A_SECOND, ADA_HERTZ, BOB_HERTZ, ada, bob, both, hears, muted};
use crate::{
    devices::{TestDevices, Tone},
    world::{ROOM, World, enter, let_it_speak, until},
};
use faithcall::room::{DeviceError, RoomError, RoomEvent, TrackSource};
use faithcall_testing::Grants;

/// Packets of a few seconds of silence, which is sent seldom.
const SOME_SILENCE: u64 = 8;

pub(crate) async fn two_hear_each_other_and_not_themselves(world: &dyn World) {
    let (mut ada, mut bob) = both(world).await;
    ada.session.set_microphone(true).await.unwrap();
    bob.session.set_microphone(true).await.unwrap();
    hears(world, &ada, "bob", BOB_HERTZ).await;
    hears(world, &bob, "ada", ADA_HERTZ).await;
    assert!(
        !ada.devices.ear.hears("bob", ADA_HERTZ),
        "a swapped reference must fail"
    );
    assert_eq!(ada.devices.ear.samples("ada"), 0);
    ada.sees(|event| {
        *event
            == RoomEvent::FirstAudio {
                identity: "bob".into(),
            }
    })
    .await;
    bob.sees(|event| {
        *event
            == RoomEvent::FirstAudio {
                identity: "ada".into(),
            }
    })
    .await;
    let stats = ada.session.stats().await.unwrap();
    assert!(
        stats.audio.packets_sent > 0 && stats.audio.packets_received > 0,
        "{stats:?}"
    );
}

pub(crate) async fn what_comes_is_counted_by_its_sender(world: &dyn World) {
    let (ada, bob) = both(world).await;
    bob.session.set_microphone(true).await.unwrap();
    hears(world, &ada, "bob", BOB_HERTZ).await;
    let_it_speak(world, &bob, &ada.devices, A_SECOND).await;
    let stats = ada.session.stats().await.unwrap();
    let [of_bob] = stats.received.as_slice() else {
        panic!("{stats:?}");
    };
    assert_eq!(of_bob.identity, "bob");
    assert_eq!(of_bob.packets_received, stats.audio.packets_received);
    assert!(
        of_bob.packets_received > 0 && of_bob.packets_lost == 0,
        "{of_bob:?}"
    );
    assert_eq!(bob.session.stats().await.unwrap().received, []);
}

pub(crate) async fn a_prepared_microphone_is_silent_and_opens_no_device(world: &dyn World) {
    let (ada, mut bob) = both(world).await;
    ada.session.prepare_microphone().await.unwrap();
    ada.session.prepare_microphone().await.unwrap();
    let microphone = TrackSource::Microphone;
    let identity = String::from("ada");
    let subscribed = RoomEvent::TrackSubscribed {
        identity,
        source: microphone,
    };
    bob.sees(|event| *event == subscribed).await;
    let_it_speak(world, &ada, &bob.devices, SOME_SILENCE).await;
    assert!(!ada.devices.microphone.is_open());
    assert!(bob.devices.ear.never_heard_anything());
    ada.session.set_microphone(true).await.unwrap();
    hears(world, &bob, "ada", ADA_HERTZ).await;
    let tracks = bob
        .all_seen()
        .iter()
        .filter(|event| **event == subscribed)
        .count();
    assert_eq!(tracks, 1, "the prepared track is the one that is heard");
}

pub(crate) async fn who_waits_hears_nothing_until_permitted(world: &dyn World) {
    let mut ada = ada(world, Grants::waiting(ROOM)).await;
    let mut bob = bob(world, Grants::waiting(ROOM)).await;
    ada.session.set_playable(&["bob".into()]);
    bob.session.set_playable(&["ada".into()]);
    ada.session.set_microphone(true).await.unwrap();
    bob.session.set_microphone(true).await.unwrap();
    let_it_speak(world, &ada, &ada.devices, A_SECOND).await;
    let_it_speak(world, &bob, &bob.devices, A_SECOND).await;
    for phone in [&ada, &bob] {
        assert!(phone.devices.ear.never_heard_anything());
        assert_eq!(
            phone.session.stats().await.unwrap().audio.packets_received,
            0
        );
    }
    world.set_permission("ada", Grants::full(ROOM)).await;
    world.set_permission("bob", Grants::full(ROOM)).await;
    let permitted = RoomEvent::PermissionsChanged {
        can_subscribe: true,
        can_publish: true,
    };
    ada.sees(|event| *event == permitted).await;
    bob.sees(|event| *event == permitted).await;
    hears(world, &ada, "bob", BOB_HERTZ).await;
    hears(world, &bob, "ada", ADA_HERTZ).await;
}

pub(crate) async fn mute_is_silence_and_closes_the_device(world: &dyn World) {
    let (ada, mut bob) = both(world).await;
    ada.session.set_microphone(true).await.unwrap();
    hears(world, &bob, "ada", ADA_HERTZ).await;
    assert!(ada.devices.microphone.is_open());
    for _ in 0..2 {
        bob.forget();
        ada.session.set_microphone(false).await.unwrap();
        assert!(!ada.devices.microphone.is_open());
        bob.sees(|event| *event == muted("ada", TrackSource::Microphone, true))
            .await;
        let ear = &bob.devices.ear;
        until(world, &bob.devices, "quiet after mute", || {
            ear.is_quiet("ada")
        })
        .await;
        ada.session.set_microphone(true).await.unwrap();
        bob.sees(|event| *event == muted("ada", TrackSource::Microphone, false))
            .await;
        hears(world, &bob, "ada", ADA_HERTZ).await;
    }
}

pub(crate) async fn who_may_not_publish_is_told(world: &dyn World) {
    let grants = Grants {
        can_publish: false,
        ..Grants::full(ROOM)
    };
    let ada = ada(world, grants).await;
    let refused = ada.session.set_microphone(true).await;
    assert_eq!(
        refused,
        Err(RoomError::PublishRefused {
            track: "microphone"
        })
    );
    assert!(!ada.devices.microphone.is_open());
}

pub(crate) async fn a_device_that_does_not_open_is_named(world: &dyn World) {
    let mut devices = TestDevices::new(ADA_HERTZ);
    devices.microphone = Tone::broken();
    let ada = enter(world, "ada", Grants::full(ROOM), devices)
        .await
        .unwrap();
    let refused = ada.session.set_microphone(true).await;
    let reason = DeviceError::NotAllowed {
        device: "microphone",
    };
    assert_eq!(refused, Err(RoomError::Device(reason)));
}
