//! Who enters is told who is there; who cannot enter is told why.

use super::{ADA_HERTZ, ada, bob, left};
use crate::{
    devices::TestDevices,
    world::{ROOM, World, enter, enter_with},
};
use faithcall::room::{RoomError, RoomEvent};
use faithcall_testing::Grants;
use std::time::{Duration, Instant};

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

/// The stay, where this says that somebody came.
fn joined<'a>(event: &'a RoomEvent, who: &str) -> Option<&'a str> {
    match event {
        RoomEvent::ParticipantJoined { identity, sid } if identity == who => Some(sid),
        _ => None,
    }
}
