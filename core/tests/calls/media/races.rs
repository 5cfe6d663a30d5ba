//! The catalogue of races, around the room. What breaks each is said beside it.

use std::fs;
use std::sync::Arc;

use faithcall::room::{DisconnectReason, RoomEvent};
use faithcall::{
    CallId, CallState, CallStatus, CallType, Config, EndReason, Ended, Event, FixedToken,
    MediaSource, ReasonDetail, Side,
};
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::devices::TestDevices;
use super::meddler::Meddler;
use super::one_to_one::{ended, sees, talk};
use super::proxy::Proxy;
use super::world::{World, closed};
use crate::phone::Phone;

/// Boas with a room that a test can meddle with.
async fn meddled(world: &World, config: Config) -> (Phone, Meddler) {
    let engine = Meddler::new(TestDevices::new(900.0).devices());
    let token = FixedToken::new(world.token("boas"));
    let boas = Phone::connect(config, token, Arc::new(engine.clone())).await;
    boas.link_up().await;
    (boas, engine)
}

async fn boas_is(phone: &Phone, away: bool) {
    let wanted = |event: &Event| match event {
        Event::Reconnecting { who: Side::Me, .. } => away.then_some(()),
        Event::Reconnected { who: Side::Me, .. } => (!away).then_some(()),
        Event::Ended { .. } => panic!("{event:?}"),
        _ => None,
    };
    phone.until_call(wanted).await;
}

/// Boas loses his session and comes back in a second one, under the same identity.
async fn rejoins(boas: &Phone, room: &Meddler) {
    room.lose(0, DisconnectReason::ConnectionLost);
    boas_is(boas, true).await;
    boas_is(boas, false).await;
    assert_eq!(room.entered(), 2);
}

/// The call goes on: what one does in the room the other sees, and the hang-up is the end.
async fn goes_on(ruth: &Phone, boas: &Phone, room: &Meddler, call: &CallId) {
    let sessions = room.entered();
    boas.set_microphone(false).await.unwrap();
    let muted = |event: &Event| match event {
        Event::PeerMediaChanged {
            source: MediaSource::Microphone,
            on: false,
            ..
        } => Some(()),
        Event::Ended { .. } => panic!("{event:?}"),
        _ => None,
    };
    ruth.until_call(muted).await;
    for phone in [ruth, boas] {
        let now = phone.state().call.unwrap();
        assert_eq!((&now.call_id, now.state), (call, CallState::Active));
    }
    assert_eq!(room.entered(), sessions, "nothing was joined anew");
    boas.end(call).await.unwrap();
    let (here, there) = tokio::join!(ended(boas), ended(ruth));
    assert_eq!(
        (here.reason, there.reason),
        (EndReason::Normal, EndReason::Normal)
    );
}

// M1: broken by not comparing sessions.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_m1_the_end_of_an_old_session_leaves_the_new_one() {
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, room) = meddled(&world, world.config("b1")).await;
    let call = talk(&ruth, &boas).await;
    rejoins(&boas, &room).await;
    for reason in [
        DisconnectReason::ConnectionLost,
        DisconnectReason::RoomDeleted,
    ] {
        room.lose(0, reason);
    }
    goes_on(&ruth, &boas, &room, &call).await;
    tokio::join!(ruth.disconnect(), boas.disconnect());
}

// M2: broken by not comparing sessions, or by counting them anew with each call.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_m2_the_echo_of_my_own_leave_is_no_kick() {
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, room) = meddled(&world, world.config("b1")).await;
    let first = talk(&ruth, &boas).await;
    boas.end(&first).await.unwrap();
    tokio::join!(ended(&ruth), ended(&boas));
    let second = talk(&ruth, &boas).await;
    for reason in [DisconnectReason::Removed, DisconnectReason::RoomDeleted] {
        room.lose(0, reason);
    }
    goes_on(&ruth, &boas, &room, &second).await;
    tokio::join!(ruth.disconnect(), boas.disconnect());
}

// M3: broken by not comparing sessions.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_m3_a_rejoin_under_the_same_identity_kicks_the_old_session_only() {
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, room) = meddled(&world, world.config("b1")).await;
    let call = talk(&ruth, &boas).await;
    // The old one is still in the room when the new one comes: LiveKit puts it out.
    room.cling();
    rejoins(&boas, &room).await;
    let kicked = |event: &RoomEvent| {
        let reason = DisconnectReason::DuplicateIdentity;
        *event == RoomEvent::Disconnected { reason }
    };
    room.told(0, kicked).await;
    goes_on(&ruth, &boas, &room, &call).await;
    tokio::join!(ruth.disconnect(), boas.disconnect());
}

// M4: broken by not asking the server after the resume.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_m4_who_left_while_i_was_reconnecting_is_known_after_the_resume() {
    // Sooner than the device asks of its own accord.
    const AT_ONCE: Duration = Duration::from_secs(8);
    let world = World::start().await;
    let broker = Proxy::to(world.broker()).await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (api, link) = (world.api(), broker.address());
    let config = Config::new(&format!("http://{api}"), &format!("mqtt://{link}"), "b1");
    let (boas, room) = meddled(&world, config.unwrap()).await;
    let call = talk(&ruth, &boas).await;
    let began = Instant::now();
    room.tell(0, RoomEvent::Reconnecting);
    boas_is(&boas, true).await;
    // From now on neither the room nor the broker tells anything.
    room.deafen();
    broker.stall();
    ruth.end(&call).await.unwrap();
    ended(&ruth).await;
    let here = boas.state().call.unwrap();
    assert_ne!(here.state, CallState::Active, "it knows that it is away");
    room.tell(0, RoomEvent::Reconnected);
    let over = ended(&boas).await;
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_eq!(
        (over.reason, over.by.as_ref()),
        (EndReason::Normal, Some(ruth.member()))
    );
    broker.open();
    tokio::join!(ruth.disconnect(), boas.disconnect());
}

/// How the call ended, and whether the user was asked to sign in meanwhile.
async fn signed_out(phone: &Phone, asked: &mut bool) -> Ended {
    phone
        .until_call(|event| match event {
            Event::AuthNeeded => {
                *asked = true;
                None
            }
            Event::Ended { ended, .. } | Event::EndConfirmed { ended, .. } => {
                ended.confirmed.then(|| ended.clone())
            }
            _ => None,
        })
        .await
}

// S4: broken by waiting for another token, or for the server's word.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_s4_who_is_disabled_in_a_call_is_out_of_it_and_has_to_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("members.json");
    let write = |disabled: &str| {
        let member =
            |id: &str| json!({"id": id, "name": id, "church": "c", "disabled": id == disabled});
        let new = folder.path().join("new.json");
        let members = json!([member("ruth"), member("boas")]);
        fs::write(&new, members.to_string()).unwrap();
        fs::rename(new, &file).unwrap();
    };
    write("");
    let settings = [
        ("FAITHCALL_DEV_MEMBERS", ""),
        ("FAITHCALL_MEMBERS_FILE", file.to_str().unwrap()),
    ];
    let world = World::with(&settings).await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, at_boas) = world.phone("boas", "b1", 900.0).await;
    talk(&ruth, &boas).await;
    write("boas");
    let mut asked = false;
    let (here, there) = tokio::join!(signed_out(&boas, &mut asked), ended(&ruth));
    for over in [here, there] {
        let how = (over.status, over.reason, over.detail);
        let revoked = Some(ReasonDetail::Revoked);
        assert_eq!(how, (CallStatus::Failed, EndReason::Failed, revoked));
    }
    closed(&at_boas).await;
    let whom = [ruth.member().clone()];
    boas.start_call(&whom, CallType::Voice).await.unwrap();
    signed_out(&boas, &mut asked).await;
    assert!(asked, "whether by the first call or by the second");
    world.no_rooms().await;
    tokio::join!(ruth.disconnect(), boas.disconnect());
}

// E3: broken by turning one camera off for the other's.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_e3_both_turn_video_on_at_once() {
    let world = World::start().await;
    let (ruth, at_ruth) = world.phone("ruth", "r1", 500.0).await;
    let (boas, at_boas) = world.phone("boas", "b1", 900.0).await;
    let call = talk(&ruth, &boas).await;
    let (here, there) = tokio::join!(ruth.set_camera(true), boas.set_camera(true));
    here.and(there).unwrap();
    tokio::join!(ruth.until_each([sees]), boas.until_each([sees]));
    assert!(at_ruth.camera.is_open() && at_boas.camera.is_open());
    ruth.end(&call).await.unwrap();
    ended(&boas).await;
    tokio::join!(ruth.disconnect(), boas.disconnect());
}
