//! Calls that nobody takes.

use part_a::app::App;
use reqwest::Method;

use super::{CALLEE, CALLER, CHURCH, Deployed};
use crate::phone::{End, PATIENCE, Phone};

/// A call that rings, and the two phones.
async fn ringing(server: &Deployed, caller: &[&str], callee: &[&str]) -> (Phone, Phone) {
    let mut callee = server.callee(callee).await;
    let mut caller = server.caller(caller).await;
    caller.say(&format!("call {CALLEE}")).await;
    callee.expect("incoming").await;
    caller.expect("placed").await;
    (caller, callee)
}

/// The newest call, as the server's history has it: status and reason.
async fn in_history(server: &Deployed) -> (String, String) {
    let app = server.app(CALLER).await;
    let (_, page) = app.request(Method::GET, "/history", None).await.unwrap();
    let text = |field: &str| page["calls"][0][field].as_str().unwrap().to_owned();
    (text("status"), text("end_reason"))
}

#[tokio::test]
async fn the_caller_takes_it_back_while_it_rings() {
    let server = Deployed::start().await;
    let (mut caller, mut callee) = ringing(&server, &[], &[]).await;
    caller.say("cancel").await;
    let cancelled = || End::new("ended", "cancelled", Some(CALLER));
    assert_eq!(caller.ended().await, cancelled());
    assert_eq!(callee.ended().await.how(), ("ended", "cancelled"));
    assert_eq!(End::of(&caller.expect("end_confirmed").await), cancelled());
    server.nobody_joined().await;
}

#[tokio::test]
async fn the_callee_declines() {
    let server = Deployed::start().await;
    let (mut caller, mut callee) = ringing(&server, &[], &[]).await;
    callee.say("reject").await;
    assert_eq!(
        callee.ended().await,
        End::new("rejected", "rejected", Some(CALLEE))
    );
    assert_eq!(caller.ended().await.how(), ("rejected", "rejected"));
    assert_eq!(
        in_history(&server).await,
        ("rejected".into(), "rejected".into())
    );
    server.nobody_joined().await;
}

#[tokio::test]
async fn the_callee_says_that_it_is_busy() {
    let server = Deployed::start().await;
    let (mut caller, mut callee) = ringing(&server, &[], &["--on-invite", "busy"]).await;
    assert_eq!(callee.ended().await, End::new("busy", "busy", Some(CALLEE)));
    assert_eq!(caller.ended().await.how(), ("busy", "busy"));
    assert_eq!(in_history(&server).await, ("busy".into(), "busy".into()));
}

#[tokio::test]
async fn the_server_says_that_the_callee_is_in_another_call() {
    let server = Deployed::start().await;
    let mut other = server.app("member-3").await;
    let (mut caller, mut callee) = (server.caller(&[]).await, server.callee(&[]).await);
    let call = other.call(CALLEE, "voice").await.unwrap();
    callee.expect("incoming").await;
    caller.say(&format!("call {CALLEE}")).await;
    assert_eq!(caller.ended().await, End::new("busy", "busy", None));
    let id = call["call_id"].as_str().unwrap();
    other.post(id, "cancel", None).await.unwrap();
    assert_eq!(callee.ended().await.how(), ("ended", "cancelled"));
}

#[tokio::test]
async fn nobody_answers_and_the_caller_gives_up() {
    let server = Deployed::start().await;
    let (mut caller, mut callee) = ringing(&server, &["--ring-seconds", "2"], &[]).await;
    // This server lets it ring for ever: the caller's phone takes it back, for want of an answer.
    assert_eq!(caller.ended().await, End::new("missed", "missed", None));
    assert_eq!(callee.ended().await.how(), ("ended", "cancelled"));
    assert_eq!(
        End::of(&caller.expect("end_confirmed").await).reason,
        "missed"
    );
    assert_eq!(
        in_history(&server).await,
        ("ended".into(), "cancelled".into())
    );
}

#[tokio::test]
async fn nobody_answers_and_the_callee_only_stops() {
    let server = Deployed::start().await;
    let (mut caller, mut callee) = ringing(&server, &[], &["--ring-seconds", "2"]).await;
    assert_eq!(callee.ended().await, End::new("missed", "missed", None));
    assert_eq!(caller.count("ended"), 0);
    caller.say("cancel").await;
    assert_eq!(caller.ended().await.reason, "cancelled");
    caller.expect("end_confirmed").await;
    // What it heard of that was no second end, and it is free for the next call.
    caller.say(&format!("call {CALLEE}")).await;
    callee.expect("incoming").await;
    assert_eq!(callee.count("ended"), 1);
}

#[tokio::test]
async fn an_app_that_rings_and_declines_is_understood() {
    let mut server = Deployed::start().await;
    let mut app: App = server.app(CALLEE).await;
    let mut caller = server.caller(&[]).await;
    caller.say(&format!("call {CALLEE}")).await;
    let (topic, invite) = app.signal("call_invite", PATIENCE).await.unwrap();
    assert_eq!(
        topic,
        format!("faithflow/{CHURCH}/member/{CALLEE}/incoming_call")
    );
    let id = invite["call_id"].as_str().unwrap();
    let signals = format!("faithflow/{CHURCH}/call/{id}/signal");
    server.broker.is_subscribed(CALLER, &signals).await;
    app.ringing(id).await.unwrap();
    caller.expect("remote_ringing").await;
    app.post(id, "reject", Some("rejected")).await.unwrap();
    assert_eq!(caller.ended().await.how(), ("rejected", "rejected"));
}
