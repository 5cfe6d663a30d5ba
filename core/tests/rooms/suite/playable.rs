//! Who is played, and what is sent to one who plays nobody.

use super::{A_SECOND, ADA_HERTZ, ada, bob, both, hears};
use crate::world::{ROOM, World, let_it_speak, until};
use faithcall::room::{RoomEvent, TrackSource};
use faithcall_testing::Grants;

/// Samples of half a second.
const HALF_A_SECOND: usize = 24_000;

pub(crate) async fn who_is_not_playable_is_neither_heard_nor_seen(world: &dyn World) {
    let ada = ada(world, Grants::full(ROOM)).await;
    let mut bob = bob(world, Grants::full(ROOM)).await;
    ada.session.set_microphone(true).await.unwrap();
    ada.session.set_camera(true).await.unwrap();
    for source in [TrackSource::Microphone, TrackSource::Camera] {
        let subscribed = RoomEvent::TrackSubscribed {
            identity: "ada".into(),
            source,
        };
        bob.sees(|event| *event == subscribed).await;
    }
    let_it_speak(world, &ada, &ada.devices, A_SECOND).await;
    assert_eq!(bob.devices.ear.samples("ada"), 0);
    assert_eq!(bob.devices.eye.pictures("ada"), 0);
    bob.session.set_playable(&["ada".into()]);
    hears(world, &bob, "ada", ADA_HERTZ).await;
    let eye = bob.devices.eye.clone();
    until(world, &bob.devices, "the picture comes", || {
        eye.sees_the_pattern("ada")
    })
    .await;
    bob.session.set_playable(&["somebody else".into()]);
    let samples = bob.devices.ear.samples("ada");
    let_it_speak(world, &ada, &ada.devices, A_SECOND).await;
    let late = bob.devices.ear.samples("ada") - samples;
    assert!(
        late <= 480,
        "a frame that was under way at most, not {late} samples"
    );
}

pub(crate) async fn while_nobody_is_playable_nothing_is_sent(world: &dyn World) {
    let (ada, mut bob) = both(world).await;
    ada.session.set_microphone(true).await.unwrap();
    hears(world, &bob, "ada", ADA_HERTZ).await;
    bob.session.set_playable(&[]);
    // One that is new meanwhile does not come either.
    ada.session.set_camera(true).await.unwrap();
    let camera = RoomEvent::TrackSubscribed {
        identity: "ada".into(),
        source: TrackSource::Camera,
    };
    bob.sees(|event| *event == camera).await;
    // The server ends what it sent with a second of silence.
    let_it_speak(world, &ada, &ada.devices, 3 * A_SECOND).await;
    let received = || async {
        let stats = bob.session.stats().await.unwrap();
        (stats.audio.packets_received, stats.video.packets_received)
    };
    let before = received().await;
    let_it_speak(world, &ada, &ada.devices, A_SECOND).await;
    assert_eq!(received().await, before);

    let (ear, eye) = (bob.devices.ear.clone(), bob.devices.eye.clone());
    let samples = ear.samples("ada");
    bob.session.set_playable(&["ada".into()]);
    until(world, &bob.devices, "both come again", || {
        ear.samples("ada") > samples + HALF_A_SECOND && eye.sees_the_pattern("ada")
    })
    .await;
    hears(world, &bob, "ada", ADA_HERTZ).await;
}

pub(crate) async fn who_is_playable_again_soon_is_heard_and_seen(world: &dyn World) {
    let (ada, bob) = both(world).await;
    ada.session.set_microphone(true).await.unwrap();
    ada.session.set_camera(true).await.unwrap();
    let (ear, eye) = (bob.devices.ear.clone(), bob.devices.eye.clone());
    for packets in [0, 1, 3, 10, 30] {
        bob.session.set_playable(&[]);
        let_it_speak(world, &ada, &ada.devices, packets).await;
        let (samples, pictures) = (ear.samples("ada"), eye.pictures("ada"));
        bob.session.set_playable(&["ada".into()]);
        until(world, &bob.devices, "both come again", || {
            ear.samples("ada") > samples + HALF_A_SECOND && eye.pictures("ada") > pictures + 3
        })
        .await;
        hears(world, &bob, "ada", ADA_HERTZ).await;
    }
}
