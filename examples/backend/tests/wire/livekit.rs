//! The LiveKit client against a real server.

use std::collections::HashSet;
use std::time::Duration;

use faithcall_backend::livekit::reconcile::{Outcome, Wanted, reconcile_once};
use faithcall_backend::livekit::{
    DEPARTURE_TIMEOUT_S, EMPTY_TIMEOUT_S, LiveKit, LiveKitError, Permission, RoomServer, Source,
    TokenSpec, WebhookEvent,
};
use faithcall_testing::{Grants, LiveKitOptions, LiveKitServer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::livekit_peer::{Ear, Silent};

async fn server() -> (LiveKitServer, LiveKit) {
    let server = LiveKitServer::start(&LiveKitOptions::default()).await;
    let server = server.unwrap();
    let livekit = client(&server);
    (server, livekit)
}

fn client(server: &LiveKitServer) -> LiveKit {
    LiveKit::new(&server.url(), server.api_key(), server.api_secret()).unwrap()
}

fn waiting() -> Permission {
    Permission {
        sources: [Source::Microphone, Source::Camera].into(),
        ..Permission::default()
    }
}

fn full() -> Permission {
    Permission {
        can_subscribe: true,
        sources: [Source::Microphone, Source::Camera, Source::ScreenShare].into(),
        can_publish_data: true,
    }
}

fn token<'a>(identity: &'a str, grants: &'a Permission) -> TokenSpec<'a> {
    TokenSpec {
        identity,
        name: "Somebody",
        room: "r1",
        grants,
        ttl: Duration::from_secs(600),
    }
}

#[tokio::test]
async fn a_room_is_made_once_and_deleted_once() {
    let (_server, livekit) = server().await;
    livekit.create_room("r1").await.unwrap();
    livekit.create_room("r1").await.unwrap();
    assert_eq!(livekit.list_rooms().await.unwrap(), ["r1"]);
    livekit.delete_room("r1").await.unwrap();
    assert!(livekit.list_rooms().await.unwrap().is_empty());
    assert!(livekit.delete_room("r1").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_room_outlives_a_ring_and_a_reconnect() {
    let (server, livekit) = server().await;
    livekit.create_room("r1").await.unwrap();
    let grants = Grants {
        room_list: true,
        ..Grants::default()
    };
    let url = format!("{}/twirp/livekit.RoomService/ListRooms", server.http_url());
    let request = reqwest::Client::new()
        .post(url)
        .bearer_auth(server.token("admin", grants).unwrap())
        .json(&json!({}));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["rooms"][0]["empty_timeout"], EMPTY_TIMEOUT_S);
    assert_eq!(answer["rooms"][0]["departure_timeout"], DEPARTURE_TIMEOUT_S);
}

#[tokio::test]
async fn nobody_enters_a_room_that_was_not_made() {
    let (server, livekit) = server().await;
    let grants = full();
    let spec = token("ann", &grants);
    assert!(Silent::join(&server, &livekit, &spec).await.is_none());
    livekit.create_room("r1").await.unwrap();
    assert!(Silent::join(&server, &livekit, &spec).await.is_some());
}

#[tokio::test]
async fn a_tokens_grants_are_the_permission_that_is_listed() {
    let (server, livekit) = server().await;
    livekit.create_room("r1").await.unwrap();
    assert!(livekit.list_participants("r1").await.unwrap().is_empty());
    let mut stays = HashSet::new();
    for grants in [Permission::default(), waiting(), full()] {
        let spec = token("ann", &grants);
        let _ann = Silent::join(&server, &livekit, &spec).await.unwrap();
        let listed = livekit.list_participants("r1").await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].identity, "ann");
        assert_eq!(listed[0].permission, Some(grants));
        let stay = listed[0].session.clone().unwrap();
        assert!(stays.insert(stay), "each stay has a name of its own");
    }
}

#[tokio::test]
async fn a_room_is_brought_to_what_is_wanted() {
    let (server, livekit) = server().await;
    livekit.create_room("r1").await.unwrap();
    let grants = waiting();
    let join = |who| {
        let spec = token(who, &grants);
        let (server, livekit) = (&server, &livekit);
        async move { Silent::join(server, livekit, &spec).await.unwrap() }
    };
    let (_ann, stranger) = (join("ann").await, join("bob#tablet").await);

    let wanted: Wanted = ["ann", "bob"].map(|who| (who.to_owned(), full())).into();
    let go_on = CancellationToken::new();
    let outcome = reconcile_once(&livekit, "r1", &wanted, &go_on)
        .await
        .unwrap();
    assert_eq!(outcome, Outcome::Unsettled, "bob is on the way");
    stranger.closed().await;

    let _bob = join("bob").await;
    let outcome = reconcile_once(&livekit, "r1", &wanted, &go_on)
        .await
        .unwrap();
    assert_eq!(outcome, Outcome::Settled);
    for participant in livekit.list_participants("r1").await.unwrap() {
        let may = participant.permission;
        assert_eq!(may.as_ref(), wanted.get(&participant.identity));
    }
}

#[tokio::test]
async fn who_is_not_there_is_not_found() {
    let (_server, livekit) = server().await;
    for _room_exists in [false, true] {
        let updated = livekit.update_permission("r1", "ann", &full()).await;
        assert!(updated.unwrap_err().is_not_found());
        let removed = livekit.remove_participant("r1", "ann").await;
        assert!(removed.unwrap_err().is_not_found());
        livekit.create_room("r1").await.unwrap();
    }
}

#[tokio::test]
async fn a_deleted_room_lets_nobody_stay_or_come_back() {
    let (server, livekit) = server().await;
    livekit.create_room("r1").await.unwrap();
    let grants = full();
    let spec = token("ann", &grants);
    let ann = Silent::join(&server, &livekit, &spec).await.unwrap();
    livekit.delete_room("r1").await.unwrap();
    ann.closed().await;
    assert!(Silent::join(&server, &livekit, &spec).await.is_none());
}

#[tokio::test]
async fn webhooks_are_verified_and_read() {
    let ear = Ear::bind().await;
    let options = LiveKitOptions {
        webhook_url: Some(ear.url()),
        ..LiveKitOptions::default()
    };
    let server = LiveKitServer::start(&options).await.unwrap();
    let livekit = client(&server);
    let mut heard = ear.listen(&livekit);
    // A room began: verified, and nothing follows from it.
    livekit.create_room("r1").await.unwrap();
    assert_eq!(heard.next().await, WebhookEvent::Other);
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_name() {
    let (server, _) = server().await;
    let other = "another-secret-of-more-than-32-characters";
    let livekit = LiveKit::new(&server.url(), server.api_key(), other).unwrap();
    let refused = livekit.create_room("r1").await.unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, LiveKitError::Refused { status: 401, .. }));
    assert!(text.contains("CreateRoom"), "{text}");
}

#[tokio::test]
async fn a_dead_or_silent_server_is_an_error_in_bounded_time() {
    // Accepts, and never answers.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mute.local_addr().unwrap();
    let secret = "a-secret-for-tests-of-more-than-32-characters";
    let livekit = LiveKit::new(&format!("ws://{address}"), "key", secret).unwrap();
    let started = std::time::Instant::now();
    let silent = livekit.create_room("r1").await.unwrap_err();
    assert!(matches!(silent, LiveKitError::Unreachable { .. }));
    assert!(started.elapsed() < Duration::from_secs(4));

    drop(mute);
    let dead = livekit.create_room("r1").await.unwrap_err();
    assert!(matches!(dead, LiveKitError::Unreachable { .. }));
    assert!(!dead.to_string().contains("127.0.0.1"), "{dead}");
}
