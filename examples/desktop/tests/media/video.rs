//! A video call that Ctrl-C ends.

use serde_json::Value;

use crate::phone::Phone;
use crate::servers::Servers;

#[tokio::test]
async fn pictures_arrive_numbered_and_ctrl_c_hangs_up() {
    let servers = Servers::start().await;
    let pictures = servers.path("pictures");
    let answers = [
        "--on-invite",
        "accept",
        "--exit-after-call",
        "--snapshots",
        &pictures,
    ];
    let mut ben = Phone::start(&servers, "ben", &answers).await;
    let mut ada = Phone::start(&servers, "ada", &["--call", "ben", "--type", "video"]).await;
    ada.until("picture").await;
    for _ in 0..3 {
        ben.until("snapshot").await;
    }
    ada.interrupt().await;
    assert!(ada.end().await.success());
    assert!(ben.end().await.success());
    assert_eq!(ben.first("ended").unwrap()["reason"], "normal");

    let camera = |phone: &Phone| phone.first("signed_in").unwrap()["camera"].clone();
    for (phone, other) in [(&ada, &ben), (&ben, &ada)] {
        assert_ne!(camera(phone), camera(other));
        let seen = phone.all("picture", "camera");
        assert_eq!(seen, vec![camera(other); seen.len()]);
    }
    let frames = ben.all("media", "frame");
    let frames: Vec<u64> = frames.iter().filter_map(Value::as_u64).collect();
    assert!(frames.len() >= 2 && frames.is_sorted(), "{frames:?}");
    for file in ben.all("snapshot", "file") {
        let png = std::fs::read(file.as_str().unwrap()).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
    }
}
