//! Calls that come about.

use serde_json::Value;

use super::{CALLEE, CALLER, Deployed, Unusual};
use crate::phone::{End, Phone};
use crate::tone::{HIGH, LOW, assert_heard};

fn normal(by: &str) -> End {
    End::new("ended", "normal", Some(by))
}

/// Both are in the call, and hear the other.
async fn talk(caller: &mut Phone, callee: &mut Phone) {
    for phone in [caller, callee] {
        phone.expect("active").await;
        phone.hears().await;
    }
}

#[tokio::test]
async fn both_hear_the_other_and_nothing_before_the_accept() {
    let server = Deployed::start().await;
    let mut caller = server.caller(&[]).await;
    let mut callee = server.callee(&[]).await;
    caller.say(&format!("call {CALLEE}")).await;
    let incoming = callee.expect("incoming").await;
    assert_eq!(incoming["caller"], CALLER);
    caller.expect("placed").await;
    server.nobody_joined().await;
    assert_eq!(caller.count("microphone") + callee.count("microphone"), 0);

    callee.say("accept").await;
    let taken = callee.expect("command").await;
    let told = caller.expect("connecting").await;
    callee.expect("connecting").await;
    talk(&mut caller, &mut callee).await;

    caller.say("mute").await;
    let muted = |line: &Value| line["source"] == "microphone" && line["on"] == false;
    callee.expect_where("peer_media_changed", muted).await;
    callee.expect("silence").await;
    caller.say("end").await;
    assert_eq!(caller.ended().await, normal(CALLER));
    assert_eq!(callee.ended().await, normal(CALLER));
    assert_eq!(
        End::of(&caller.expect("end_confirmed").await),
        normal(CALLER)
    );

    let (before, after) = caller.recorded(&told).await;
    assert!(before.iter().all(|sample| *sample == 0));
    assert_heard(&after, HIGH);
    let (before, after) = callee.recorded(&taken).await;
    assert!(before.iter().all(|sample| *sample == 0));
    assert_heard(&after, LOW);
    caller.quit().await;
    callee.quit().await;
}

#[tokio::test]
async fn messages_that_come_twice_do_no_harm_and_the_callee_hangs_up() {
    let unusual = Unusual {
        publishes_twice: true,
        ..Unusual::default()
    };
    let server = Deployed::with(unusual).await;
    let mut caller = server.caller(&[]).await;
    let mut callee = server.callee(&["--on-invite", "accept"]).await;
    caller.say(&format!("call {CALLEE}")).await;
    talk(&mut caller, &mut callee).await;
    callee.say("end").await;
    assert_eq!(callee.ended().await, normal(CALLEE));
    assert_eq!(caller.ended().await, normal(CALLEE));
    callee.expect("end_confirmed").await;
    // The second of the messages about the end may still be on its way: the next call is behind it.
    callee.say(&format!("call {CALLER} video")).await;
    caller.expect("incoming").await;
    caller.say("reject").await;
    assert_eq!(caller.ended().await.reason, "rejected");
    assert_eq!(callee.ended().await.reason, "rejected");
    for phone in [&mut caller, &mut callee] {
        let told = ["incoming", "connecting", "active", "ended"].map(|event| phone.count(event));
        assert_eq!(told, [1, 1, 1, 2]);
        assert_eq!(phone.count("missed"), 0);
    }
}

#[tokio::test]
async fn over_web_sockets_and_with_another_media_server_than_the_one_named() {
    let unusual = Unusual {
        names_wss: true,
        ..Unusual::default()
    };
    let server = Deployed::with(unusual).await;
    let url = server.livekit.url();
    let mut caller = server.caller(&["--livekit-url", &url]).await;
    let broker = format!("ws://127.0.0.1:{}/mqtt", server.broker.web_socket);
    let arguments = ["--livekit-url", &url, "--on-invite", "accept"];
    let mut callee = server.phone(CALLEE, HIGH, broker, &arguments).await;
    caller.say(&format!("call {CALLEE}")).await;
    talk(&mut caller, &mut callee).await;
    assert_eq!(caller.count("room_failed") + callee.count("room_failed"), 0);
    caller.say("end").await;
    assert_eq!(callee.ended().await, normal(CALLER));
}
