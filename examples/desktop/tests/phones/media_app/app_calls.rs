//! The app calls our phone.

use part_a::app::App;
use serde_json::{Value, json};

use super::app_media::Media;
use super::{APP, Ours, PHONE, assert_own_token, assert_part_a_only, both, hear, id_of, phone};
use crate::phone::{End, Phone};
use crate::tone::{HIGH, assert_heard};

/// A call of the app that rings at the phone: its id, and the create's answer.
async fn dial(app: &mut App, phone: &mut Phone) -> (String, Value) {
    let answer = app.call(PHONE, "voice").await.unwrap();
    let id = id_of(&answer);
    let incoming = phone.expect("incoming").await;
    assert_eq!(
        (&incoming["caller"], &incoming["call_id"]),
        (&json!(APP), &json!(id))
    );
    (id, answer)
}

#[tokio::test]
async fn both_talk_and_the_app_is_told_all_that_part_a_tells() {
    let (_server, mut phone, mut app) = both(&[]).await;
    let (id, answer) = dial(&mut app, &mut phone).await;
    assert_own_token(&answer);
    phone.say("accept").await;
    let taken = phone.expect("command").await;
    let accept = hear(&mut app, "call_accept", &format!("call/{id}/signal")).await;
    assert_eq!(accept["callee_id"], PHONE);

    let media = Media::join(&answer).await;
    app.post(&id, "connected", None).await.unwrap();
    let participants = format!("call/{id}/participants");
    let mut joined = Vec::new();
    for _ in 0..2 {
        let told = hear(&mut app, "participant_joined", &participants).await;
        joined.push(told["participant"]["id"].as_str().unwrap().to_owned());
    }
    joined.sort();
    assert_eq!(joined, [PHONE, APP]);
    phone.expect("active").await;
    phone.hears().await;
    media.hears_the_phone().await;

    for (command, is_muted) in [("mute", true), ("unmute", false)] {
        phone.say(command).await;
        let told = hear(&mut app, "participant_muted", &participants).await;
        assert_eq!(
            (&told["participant_id"], &told["is_muted"]),
            (&json!(PHONE), &json!(is_muted))
        );
    }
    media.mute().await;
    let muted = |line: &Value| line["source"] == "microphone" && line["on"] == false;
    phone.expect_where("peer_media_changed", muted).await;

    phone.say("end").await;
    let end = hear(&mut app, "call_end", &format!("member/{APP}/call_status")).await;
    assert_eq!(
        (&end["ended_by"], &end["reason"]),
        (&json!(PHONE), &json!("normal"))
    );
    assert!(end["duration_seconds"].as_u64().is_some(), "{end}");
    hear(&mut app, "call_end", &format!("call/{id}/signal")).await;
    assert_eq!(
        phone.ended().await,
        End::new("ended", "normal", Some(PHONE))
    );
    media.leave().await;
    let (before, after) = phone.recorded(&taken).await;
    assert!(before.iter().all(|sample| *sample == 0));
    assert_heard(&after, HIGH);
    assert_part_a_only(&mut app);
}

#[tokio::test]
async fn an_app_that_joins_at_once_waits_in_silence_for_the_accept() {
    let (_server, mut phone, mut app) = both(&[]).await;
    let (id, answer) = dial(&mut app, &mut phone).await;
    let media = Media::join(&answer).await;
    let (status, _) = app.post(&id, "connected", None).await.unwrap();
    assert_eq!(status, 200);
    assert!(media.hears_nothing());
    phone.say("accept").await;
    phone.expect("active").await;
    phone.hears().await;
    media.hears_the_phone().await;
    phone.say("end").await;
    hear(&mut app, "call_end", &format!("member/{APP}/call_status")).await;
    let told: Vec<_> = app.heard().iter().map(|(_, said)| &said["type"]).collect();
    let first = |kind: &str| told.iter().position(|told| *told == kind).unwrap();
    assert!(
        first("call_accept") < first("participant_joined"),
        "{told:?}"
    );
    media.leave().await;
    assert_part_a_only(&mut app);
}

#[tokio::test]
async fn the_app_sees_it_ring_and_takes_it_back() {
    let server = Ours::start().await;
    let mut app = server.app().await;
    let id = id_of(&app.call(PHONE, "voice").await.unwrap());
    // Signing in now, it finds the call that rings, and the app listens already.
    let mut phone = phone(&server, &[]).await;
    assert_eq!(phone.expect("incoming").await["call_id"], *id);
    let ringing = hear(&mut app, "call_ringing", &format!("call/{id}/signal")).await;
    assert_eq!(ringing["callee_id"], PHONE);
    app.post(&id, "cancel", None).await.unwrap();
    let told = hear(&mut app, "call_cancel", &format!("call/{id}/signal")).await;
    assert_eq!(told["caller_id"], APP);
    assert_eq!(
        phone.ended().await,
        End::new("ended", "cancelled", Some(APP))
    );
    assert_part_a_only(&mut app);
}

#[tokio::test]
async fn the_phone_declines_or_is_busy() {
    for (answer, kind, reason) in [
        ("reject", "call_reject", "rejected"),
        ("busy", "call_busy", "busy"),
    ] {
        let answers = ["--on-invite", answer, "--answer-after-ms", "500"];
        let (_server, mut phone, mut app) = both(&answers).await;
        let (id, _) = dial(&mut app, &mut phone).await;
        let told = hear(&mut app, kind, &format!("call/{id}/signal")).await;
        assert_eq!(
            (&told["callee_id"], &told["reason"]),
            (&json!(PHONE), &json!(reason))
        );
        assert_eq!(phone.ended().await, End::new(reason, reason, Some(PHONE)));
        assert_part_a_only(&mut app);
    }
}

#[tokio::test]
async fn the_app_hangs_up() {
    let (_server, mut phone, mut app) = both(&["--on-invite", "accept"]).await;
    let (id, answer) = dial(&mut app, &mut phone).await;
    phone.expect("connecting").await;
    let media = Media::join(&answer).await;
    app.post(&id, "connected", None).await.unwrap();
    phone.expect("active").await;
    app.post(&id, "end", Some("normal")).await.unwrap();
    assert_eq!(phone.ended().await, End::new("ended", "normal", Some(APP)));
    media.leave().await;
    assert_part_a_only(&mut app);
}
