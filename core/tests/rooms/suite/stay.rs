//! A stay that is mended, and every way that it ends.

use super::{ADA_HERTZ, BOB_HERTZ, ada, both, hears, left};
use crate::{
    devices::TestDevices,
    world::{ROOM, World, until},
};
use faithcall::room::{DisconnectReason, RoomError, RoomEvent};
use faithcall_testing::Grants;

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

async fn is_closed(world: &dyn World, devices: &TestDevices) {
    until(world, devices, "the microphone is closed", || {
        !devices.microphone.is_open()
    })
    .await;
}
