//! An app without a device id that says a thing twice gets part A's answers.

use part_a::app::App;
use serde_json::{Value, json};

use super::{APP, PHONE, both, hear, id_of};

async fn post(app: &App, id: &str, verb: &str, reason: Option<&str>) -> (u16, Value) {
    let (status, answer) = app.post(id, verb, reason).await.unwrap();
    let said = ["message", "detail"]
        .iter()
        .find_map(|field| answer.get(field));
    (status, said.cloned().unwrap_or_default())
}

#[tokio::test]
async fn a_repeat_is_answered_as_a_deployed_server_does_and_tells_nobody() {
    let (_server, mut phone, mut app) = both(&[]).await;
    phone.say(&format!("call {APP}")).await;
    let taken = id_of(
        &hear(
            &mut app,
            "call_invite",
            &format!("member/{APP}/incoming_call"),
        )
        .await,
    );
    assert_eq!(app.post(&taken, "accept", None).await.unwrap().0, 200);
    let (status, said) = post(&app, &taken, "accept", None).await;
    let said = said.as_str().unwrap().to_owned();
    assert_eq!(status, 409);
    assert!(
        said.starts_with("Call cannot be accepted (status: "),
        "{said}"
    );
    for _ in 0..2 {
        let answer = post(&app, &taken, "end", Some("normal")).await;
        assert_eq!(answer, (200, json!("Call ended")));
    }
    phone.expect("ended").await;

    let declined = id_of(&app.call(PHONE, "voice").await.unwrap());
    phone.expect("incoming").await;
    assert_eq!(
        post(&app, &declined, "cancel", None).await,
        (200, json!("Call cancelled"))
    );
    let gone = (404, json!("Call not found or already handled"));
    assert_eq!(post(&app, &declined, "cancel", None).await, gone);
    assert_eq!(phone.ended().await.reason, "cancelled");

    // What was said of the first call is all there by now: the second call's end came behind it.
    hear(&mut app, "call_cancel", &format!("call/{declined}/signal")).await;
    let ends = app.heard().iter();
    let ends = ends.filter(|(_, said)| said["type"] == "call_end" && said["call_id"] == *taken);
    assert_eq!(ends.count(), 1, "on the app's own topic, once");
}
