//! What every room engine must do, as functions over a world.

mod entering;
mod picture;
mod playable;
mod sound;
mod stay;

pub(crate) use entering::*;
pub(crate) use picture::*;
pub(crate) use playable::*;
pub(crate) use sound::*;
pub(crate) use stay::*;

use crate::{
    devices::TestDevices,
    world::{Phone, ROOM, World, enter, until},
};
use faithcall::room::{RoomEvent, TrackSource};
use faithcall_testing::Grants;

const ADA_HERTZ: f64 = 600.0;
const BOB_HERTZ: f64 = 1000.0;
/// Packets of a second of sound.
const A_SECOND: u64 = 50;

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

/// Whether this says that somebody went, and how.
fn left(event: &RoomEvent, who: &str, on_purpose: bool) -> bool {
    matches!(event, RoomEvent::ParticipantLeft { identity, deliberate, .. }
        if identity == who && *deliberate == on_purpose)
}

fn muted(identity: &str, source: TrackSource, muted: bool) -> RoomEvent {
    RoomEvent::TrackMuted {
        identity: identity.into(),
        source,
        muted,
    }
}
