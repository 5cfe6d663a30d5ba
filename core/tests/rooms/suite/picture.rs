//! What is seen of a camera.

use super::{A_SECOND, ADA_HERTZ, both, hears, muted};
use crate::{
    devices::CAMERA,
    world::{World, let_it_speak, until},
};
use faithcall::room::{RoomEvent, TrackSource, VideoQuality};

pub(crate) async fn a_camera_goes_on_off_and_on(world: &dyn World) {
    let (ada, mut bob) = both(world).await;
    ada.session.set_camera(true).await.unwrap();
    let eye = bob.devices.eye.clone();
    until(world, &bob.devices, "the picture comes", || {
        eye.sees_the_pattern("ada")
    })
    .await;
    bob.sees(|event| {
        *event
            == RoomEvent::FirstVideo {
                identity: "ada".into(),
            }
    })
    .await;
    ada.session.set_camera(false).await.unwrap();
    assert!(!ada.devices.camera.is_open());
    bob.sees(|event| *event == muted("ada", TrackSource::Camera, true))
        .await;
    // Sound that comes later shows that time has passed without a picture.
    ada.session.set_microphone(true).await.unwrap();
    hears(world, &bob, "ada", ADA_HERTZ).await;
    let pictures = eye.pictures("ada");
    let_it_speak(world, &ada, &ada.devices, A_SECOND).await;
    assert_eq!(eye.pictures("ada"), pictures);
    ada.session.set_camera(true).await.unwrap();
    bob.sees(|event| *event == muted("ada", TrackSource::Camera, false))
        .await;
    until(world, &bob.devices, "the picture comes again", || {
        eye.pictures("ada") > pictures + 3
    })
    .await;
    assert!(eye.sees_the_pattern("ada"));
}

pub(crate) async fn a_lowered_picture_is_half_as_wide_and_comes_back(world: &dyn World) {
    let (ada, bob) = both(world).await;
    let half = CAMERA.width / 2;
    let width = || ada.devices.eye.size_of("bob").map_or(0, |(width, _)| width);
    bob.session.set_camera(true).await.unwrap();
    until(world, &ada.devices, "it is whole", || width() > half).await;
    bob.session.set_video_quality(VideoQuality::Lowered);
    until(world, &ada.devices, "it is lowered", || width() <= half).await;
    bob.session.set_video_quality(VideoQuality::Full);
    until(world, &ada.devices, "it is whole again", || width() > half).await;
}

/// A mute waits for no camera, so an engine is asked for both at once.
pub(crate) async fn microphone_and_camera_are_turned_on_and_off_side_by_side(world: &dyn World) {
    let (ada, mut bob) = both(world).await;
    let turn = async |on| {
        let (microphone, camera) =
            tokio::join!(ada.session.set_microphone(on), ada.session.set_camera(on));
        microphone.unwrap();
        camera.unwrap();
    };
    turn(true).await;
    hears(world, &bob, "ada", ADA_HERTZ).await;
    let eye = bob.devices.eye.clone();
    until(world, &bob.devices, "the picture comes", || {
        eye.sees_the_pattern("ada")
    })
    .await;
    turn(false).await;
    for source in [TrackSource::Microphone, TrackSource::Camera] {
        bob.sees(|event| *event == muted("ada", source, true)).await;
    }
}
