//! Our phone calls the app.

use part_a::app::App;
use serde_json::{Value, json};

use super::app_media::Media;
use super::{APP, CHURCH, PHONE, assert_own_token, assert_part_a_only, both, hear, id_of};
use crate::phone::{End, PATIENCE, Phone};
use crate::tone::{HIGH, assert_heard};

/// A call of the phone that rings at the app: its id. The phone has been told that it rings.
async fn dial(app: &mut App, phone: &mut Phone) -> String {
    phone.say(&format!("call {APP}")).await;
    let invite = hear(app, "call_invite", &format!("member/{APP}/incoming_call")).await;
    assert_eq!(invite["caller"]["id"], PHONE);
    assert_eq!(invite["callee_ids"], json!([APP]));
    let id = id_of(&invite);
    app.follow(&id).await.unwrap();
    app.ringing(&id).await.unwrap();
    phone.expect("remote_ringing").await;
    // The app hears itself, as on a deployed server.
    hear(app, "call_ringing", &format!("call/{id}/signal")).await;
    id
}

/// What the accept answers.
async fn accept(app: &App, id: &str) -> Value {
    let (status, answer) = app.post(id, "accept", None).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn the_app_rings_and_accepts_and_both_talk() {
    let (_server, mut phone, mut app) = both(&[]).await;
    let id = dial(&mut app, &mut phone).await;
    let answer = accept(&app, &id).await;
    assert_own_token(&answer);
    let told = phone.expect("connecting").await;
    let media = Media::join(&answer).await;
    app.post(&id, "connected", None).await.unwrap();
    phone.expect("active").await;
    phone.hears().await;
    media.hears_the_phone().await;
    let muted = Some(json!({"is_muted": true}));
    let path = format!("/{id}/participant");
    app.request(reqwest::Method::PATCH, &path, muted)
        .await
        .unwrap();
    let told_back = hear(
        &mut app,
        "participant_muted",
        &format!("call/{id}/participants"),
    )
    .await;
    assert_eq!(told_back["participant_id"], APP);
    app.post(&id, "end", Some("normal")).await.unwrap();
    assert_eq!(phone.ended().await, End::new("ended", "normal", Some(APP)));
    media.leave().await;
    let (before, after) = phone.recorded(&told).await;
    assert!(before.iter().all(|sample| *sample == 0));
    assert_heard(&after, HIGH);
    assert_part_a_only(&mut app);
}

#[tokio::test]
async fn the_app_declines_or_is_busy() {
    for reason in ["rejected", "busy"] {
        let (_server, mut phone, mut app) = both(&[]).await;
        let id = dial(&mut app, &mut phone).await;
        app.post(&id, "reject", Some(reason)).await.unwrap();
        assert_eq!(phone.ended().await, End::new(reason, reason, Some(APP)));
        assert_part_a_only(&mut app);
    }
}

#[tokio::test]
async fn the_phone_takes_it_back() {
    let (_server, mut phone, mut app) = both(&[]).await;
    let id = dial(&mut app, &mut phone).await;
    phone.say("cancel").await;
    let told = hear(
        &mut app,
        "call_cancel",
        &format!("member/{APP}/call_status"),
    )
    .await;
    assert_eq!(
        (&told["caller_id"], &told["call_id"]),
        (&json!(PHONE), &json!(id))
    );
    hear(&mut app, "call_cancel", &format!("call/{id}/signal")).await;
    assert_eq!(phone.ended().await.reason, "cancelled");
    assert_part_a_only(&mut app);
}

/// On a server that the phone knows as part B, part A's own words are for part-A apps.
#[tokio::test]
async fn only_the_app_may_say_that_it_rings() {
    let (_server, mut phone, mut app) = both(&[]).await;
    let id = dial(&mut app, &mut phone).await;
    let (topic, ringing) = app.heard().last().cloned().unwrap();
    assert_eq!(topic, format!("faithflow/{CHURCH}/call/{id}/signal"));
    assert_eq!(ringing["callee_id"], APP);
    let answer = accept(&app, &id).await;
    // Late and for nothing: the call is taken.
    app.ringing(&id).await.unwrap();
    phone.expect("connecting").await;
    app.post(&id_of(&answer), "end", Some("normal"))
        .await
        .unwrap();
    app.signal("call_end", PATIENCE).await.unwrap();
    assert_eq!(phone.ended().await.reason, "normal");
    assert_eq!(phone.count("remote_ringing"), 1);
}
