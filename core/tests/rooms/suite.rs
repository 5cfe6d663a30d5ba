//! What every room engine must do, as functions over a world.

use crate::{
    devices::{CAMERA, TestDevices, Tone},
    world::{Phone, ROOM, World, enter, enter_with, let_it_speak, until},
};
use faithcall::room::{
    DeviceError, DisconnectReason, RoomError, RoomEvent, TrackSource, VideoQuality,
};
use faithcall_testing::Grants;
use std::time::{Duration, Instant};

const ADA_HERTZ: f64 = 600.0;
const BOB_HERTZ: f64 = 1000.0;
/// Packets of a second of sound.
const A_SECOND: u64 = 50;
/// Samples of half a second.
const HALF_A_SECOND: usize = 24_000;
/// Packets of a few seconds of silence, which is sent seldom.
const SOME_SILENCE: u64 = 8;

async fn ada(world: &dyn World, grants: Grants) -> Phone {
    enter(world, "ada", grants, TestDevices::new(ADA_HERTZ))
        .await
        .unwrap()
}

async fn bob(world: &dyn World, grants: Grants) -> Phone {
    enter(world, "bob", grants, TestDevices::new(BOB_HERTZ))
        .await
        .unwrap()
}

async fn both(world: &dyn World) -> (Phone, Phone) {
    let ada = ada(world, Grants::full(ROOM)).await;
    let bob = bob(world, Grants::full(ROOM)).await;
    ada.session.set_playable(&["bob".into()]);
    bob.session.set_playable(&["ada".into()]);
    (ada, bob)
}

async fn hears(world: &dyn World, phone: &Phone, whom: &str, hertz: f64) {
    let devices = &phone.devices;
    until(world, devices, format!("{whom} is heard"), || {
        devices.ear.hears(whom, hertz)
    })
    .await;
}

async fn is_closed(world: &dyn World, devices: &TestDevices) {
    until(world, devices, "the microphone is closed", || {
        !devices.microphone.is_open()
    })
    .await;
}

pub(crate) async fn entering_tells_who_is_there(world: &dyn World) {
    let mut ada = ada(world, Grants::full(ROOM)).await;
    let first = ada.sees(|_| true).await;
    assert_eq!(first, RoomEvent::Connected { others: vec![] });
    let mut bob = bob(world, Grants::full(ROOM)).await;
    let first = bob.sees(|_| true).await;
    let RoomEvent::Connected { others } = first else {
        panic!("{first:?}");
    };
    assert!(matches!(&others[..], [other] if other.identity == "ada"));
    ada.sees(|event| joined(event, "bob").is_some()).await;
}

pub(crate) async fn who_comes_again_is_in_another_stay(world: &dyn World) {
    let mut bob = bob(world, Grants::full(ROOM)).await;
    let mut stays = Vec::new();
    for _ in 0..2 {
        bob.forget();
        let ada = ada(world, Grants::full(ROOM)).await;
        let came = bob.sees(|event| joined(event, "ada").is_some()).await;
        ada.session.leave().await;
        let went = bob.sees(|event| left(event, "ada", true)).await;
        let RoomEvent::ParticipantLeft { sid, .. } = went else {
            panic!("{went:?}");
        };
        assert_eq!(joined(&came, "ada"), Some(sid.as_str()));
        stays.push(sid);
    }
    assert_ne!(stays[0], stays[1]);
}

/// The stay, where this says that somebody came.
fn joined<'a>(event: &'a RoomEvent, who: &str) -> Option<&'a str> {
    match event {
        RoomEvent::ParticipantJoined { identity, sid } if identity == who => Some(sid),
        _ => None,
    }
}

/// Whether this says that somebody went, and how.
fn left(event: &RoomEvent, who: &str, on_purpose: bool) -> bool {
    matches!(event, RoomEvent::ParticipantLeft { identity, deliberate, .. }
        if identity == who && *deliberate == on_purpose)
}

pub(crate) async fn a_wrong_token_is_refused(world: &dyn World) {
    let result = enter_with(world, &world.url(), "nonsense", TestDevices::new(ADA_HERTZ)).await;
    assert_eq!(result.map(|_| ()).unwrap_err(), RoomError::TokenRefused);
}

pub(crate) async fn a_room_that_is_not_there_is_named(world: &dyn World) {
    let result = enter(
        world,
        "ada",
        Grants::full("elsewhere"),
        TestDevices::new(ADA_HERTZ),
    )
    .await;
    assert_eq!(result.map(|_| ()).unwrap_err(), RoomError::RoomNotFound);
}

pub(crate) async fn an_unreachable_server_is_named_in_time(world: &dyn World) {
    let token = world.token("ada", Grants::full(ROOM));
    let begin = Instant::now();
    let result = enter_with(
        world,
        &world.dead_url(),
        &token,
        TestDevices::new(ADA_HERTZ),
    )
    .await;
    assert_eq!(result.map(|_| ()).unwrap_err(), RoomError::Unreachable);
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "{:?}",
        begin.elapsed()
    );
}

pub(crate) async fn a_server_that_never_answers_is_named_in_time(world: &dyn World) {
    let token = world.token("ada", Grants::full(ROOM));
    let begin = Instant::now();
    let mute = world.mute_server();
    let result = enter_with(world, &mute.url, &token, TestDevices::new(ADA_HERTZ)).await;
    assert_eq!(result.map(|_| ()).unwrap_err(), RoomError::Unreachable);
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "{:?}",
        begin.elapsed()
    );
}

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

pub(crate) async fn another_network_is_no_end(world: &dyn World) {
    let (mut ada, mut bob) = both(world).await;
    bob.session.set_microphone(true).await.unwrap();
    hears(world, &ada, "bob", BOB_HERTZ).await;
    ada.session.network_changed().await.unwrap();
    ada.sees(|event| *event == RoomEvent::Reconnecting).await;
    ada.sees(|event| *event == RoomEvent::Reconnected).await;
    let so_far = ada.devices.ear.samples("bob");
    until(world, &ada.devices, "bob is heard again", || {
        ada.devices.ear.samples("bob") > so_far
    })
    .await;
    let left = |event: &RoomEvent| matches!(event, RoomEvent::ParticipantLeft { .. });
    assert!(!bob.all_seen().iter().any(left));
    assert!(!ada.all_seen().iter().any(left));
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

fn muted(identity: &str, source: TrackSource, muted: bool) -> RoomEvent {
    RoomEvent::TrackMuted {
        identity: identity.into(),
        source,
        muted,
    }
}

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

pub(crate) async fn a_broken_connection_is_mended(world: &dyn World) {
    let (ada, mut bob) = both(world).await;
    ada.session.set_microphone(true).await.unwrap();
    hears(world, &bob, "ada", ADA_HERTZ).await;
    bob.forget();
    world.break_connections().await;
    bob.sees(|event| *event == RoomEvent::Reconnecting).await;
    bob.sees(|event| *event == RoomEvent::Reconnected).await;
    hears(world, &bob, "ada", ADA_HERTZ).await;
    let left = |event: &RoomEvent| matches!(event, RoomEvent::ParticipantLeft { .. });
    assert!(!bob.all_seen().iter().any(left));
}

pub(crate) async fn who_leaves_is_seen_to_leave(world: &dyn World) {
    let (mut ada, mut bob) = both(world).await;
    ada.session.set_microphone(true).await.unwrap();
    ada.session.set_camera(true).await.unwrap();
    hears(world, &bob, "ada", ADA_HERTZ).await;
    ada.session.leave().await;
    ada.session.leave().await;
    bob.sees(|event| left(event, "ada", true)).await;
    assert!(!ada.devices.microphone.is_open() && !ada.devices.camera.is_open());
    assert_eq!(ada.session.set_microphone(true).await, Err(RoomError::Over));
    let told = ada
        .all_seen()
        .iter()
        .any(|e| matches!(e, RoomEvent::Disconnected { .. }));
    assert!(!told, "one's own leave is no news");
}

pub(crate) async fn a_dropped_session_leaves(world: &dyn World) {
    let (ada, mut bob) = both(world).await;
    ada.session.set_microphone(true).await.unwrap();
    let devices = ada.devices.clone();
    drop(ada);
    bob.sees(|event| left(event, "ada", true)).await;
    is_closed(world, &devices).await;
}

pub(crate) async fn who_is_removed_is_told_why(world: &dyn World) {
    let (mut ada, mut bob) = both(world).await;
    ada.session.set_microphone(true).await.unwrap();
    world.remove("ada").await;
    let over = ada
        .sees(|event| matches!(event, RoomEvent::Disconnected { .. }))
        .await;
    assert_eq!(
        over,
        RoomEvent::Disconnected {
            reason: DisconnectReason::Removed
        }
    );
    bob.sees(|event| left(event, "ada", false)).await;
    is_closed(world, &ada.devices).await;
    assert_eq!(ada.session.set_microphone(true).await, Err(RoomError::Over));
}

pub(crate) async fn a_deleted_room_ends_for_everybody(world: &dyn World) {
    let (mut ada, mut bob) = both(world).await;
    world.delete_room().await;
    for phone in [&mut ada, &mut bob] {
        let over = phone
            .sees(|event| matches!(event, RoomEvent::Disconnected { .. }))
            .await;
        assert_eq!(
            over,
            RoomEvent::Disconnected {
                reason: DisconnectReason::RoomDeleted
            }
        );
    }
}

pub(crate) async fn the_same_identity_again_ends_the_first(world: &dyn World) {
    let mut first = ada(world, Grants::full(ROOM)).await;
    let mut second = ada(world, Grants::full(ROOM)).await;
    let over = first
        .sees(|event| matches!(event, RoomEvent::Disconnected { .. }))
        .await;
    assert_eq!(
        over,
        RoomEvent::Disconnected {
            reason: DisconnectReason::DuplicateIdentity
        }
    );
    second.session.set_microphone(true).await.unwrap();
    let told = second
        .all_seen()
        .iter()
        .any(|e| matches!(e, RoomEvent::Disconnected { .. }));
    assert!(!told, "the second stay is not the first one's");
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
