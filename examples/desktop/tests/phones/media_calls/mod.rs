//! Two of our phones on our own server.

mod clock;
mod killed;
mod links;
mod stop;
mod system;
mod video;
mod voice;
mod waiting;

use serde_json::{Value, json};

use crate::ours::{ANN, BOB};
use crate::phone::{End, Phone};

/// Ann calls Bob, whose phone takes it, and both hear the other.
async fn talk(ann: &mut Phone, bob: &mut Phone) {
    ann.say(&format!("call {BOB}")).await;
    for phone in [ann, bob] {
        phone.expect("active").await;
        phone.hears().await;
    }
}

/// It is told that Ann's microphone goes on or off.
async fn anns_microphone(phone: &mut Phone, on: bool) {
    let fits = |line: &Value| {
        (&line["member"], &line["source"], &line["on"])
            == (&json!(ANN), &json!("microphone"), &json!(on))
    };
    phone.expect_where("peer_media_changed", fits).await;
}

/// Ann has hung up.
fn hung_up() -> End {
    End::new("ended", "normal", Some(ANN))
}
