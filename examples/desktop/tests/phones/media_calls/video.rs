//! A video call that Ctrl-C ends.

use serde_json::Value;

use super::hung_up;
use crate::ours::{ANN, BOB, Ours};

#[tokio::test]
async fn pictures_arrive_numbered_and_ctrl_c_hangs_up() {
    let server = Ours::start().await;
    let pictures = server.path("pictures");
    let answers = [
        "--on-invite",
        "accept",
        "--exit-after-call",
        "--snapshots",
        &pictures,
    ];
    let mut bob = server.phone(BOB, "silence", &answers).await;
    let calls = ["--call", BOB, "--type", "video"];
    let mut ann = server.phone(ANN, "silence", &calls).await;
    ann.expect("picture").await;
    for _ in 0..3 {
        bob.expect("snapshot").await;
    }
    ann.signal("INT").await;
    assert!(ann.ends().await.success());
    assert!(bob.ends().await.success());
    assert_eq!(bob.ended().await, hung_up());

    let own = [&ann, &bob].map(|phone| phone.all("signed_in", "camera")[0].clone());
    assert_ne!(own[0], own[1]);
    for (phone, other) in [(&ann, &own[1]), (&bob, &own[0])] {
        let seen = phone.all("picture", "camera");
        assert_eq!(seen, vec![other.clone(); seen.len()]);
    }
    let frames = bob.all("media", "frame");
    let frames: Vec<u64> = frames.iter().filter_map(Value::as_u64).collect();
    assert!(frames.len() >= 2 && frames.is_sorted(), "{frames:?}");
    for file in bob.all("snapshot", "file") {
        let png = std::fs::read(file.as_str().unwrap()).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
    }
}
