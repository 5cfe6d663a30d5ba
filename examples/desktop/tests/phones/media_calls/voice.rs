//! A voice call between two phones that do everything by themselves.

use std::path::Path;

use faithcall_desktop::analysis::features::Features;
use faithcall_desktop::analysis::proof::Proof;
use faithcall_desktop::media::level::rms_db;
use faithcall_desktop::media::speech::babble;
use faithcall_desktop::media::{samples_in_ms, wav};

use super::hung_up;
use crate::ours::{ANN, BOB, Ours};

#[tokio::test]
async fn each_hears_the_other_and_nobody_before_the_accept() {
    let server = Ours::start().await;
    let voices = [babble(1, 20), babble(2, 20)];
    let says = [ANN, BOB].map(|member| server.path(&format!("{member}-says.wav")));
    for (voice, says) in voices.iter().zip(&says) {
        wav::write(Path::new(says), voice).unwrap();
    }
    let answers = [
        "--on-invite",
        "accept",
        "--answer-after-ms",
        "1000",
        "--exit-after-call",
    ];
    let calls = [
        "--call",
        BOB,
        "--hang-up-after-ms",
        "4000",
        "--exit-after-call",
    ];
    let mut bob = server.phone(BOB, &says[1], &answers).await;
    let mut ann = server.phone(ANN, &says[0], &calls).await;
    assert!(ann.ends().await.success());
    assert!(bob.ends().await.success());

    let voices = voices.map(|voice| Features::of(&voice));
    for (phone, own, other) in [(&mut ann, 0, 1), (&mut bob, 1, 0)] {
        assert_eq!(phone.ended().await, hung_up());
        let sound = phone.expect("sound").await;
        let (before, after) = phone.recorded(&sound).await;
        let before = &before[..before.len().saturating_sub(samples_in_ms(200))];
        // What is compared must lie inside of what was said.
        let after = &after[samples_in_ms(300)..];
        // It rang for a second.
        assert!(before.len() > samples_in_ms(700));
        assert!(rms_db(before) < -90.0);
        let proof = Proof::of(after, &voices[other], &voices[own]);
        assert!(proof.holds(), "{proof:?}");
        assert!(!proof.swapped().holds(), "{proof:?}");
    }
}
