//! A voice call between two phones that do everything by themselves.

use std::path::Path;

use faithcall_desktop::analysis::features::Features;
use faithcall_desktop::analysis::proof::Proof;
use faithcall_desktop::media::level::rms_db;
use faithcall_desktop::media::speech::babble;
use faithcall_desktop::media::{samples_in_ms, wav};

use crate::phone::Phone;
use crate::servers::Servers;

#[tokio::test]
async fn each_hears_the_other_and_nobody_before_the_accept() {
    let servers = Servers::start().await;
    let voices = [babble(1, 20), babble(2, 20)];
    let files = ["ada", "ben"].map(|member| {
        let (says, heard) = (format!("{member}-says.wav"), format!("{member}-heard.wav"));
        (servers.path(&says), servers.path(&heard))
    });
    for (voice, (says, _)) in voices.iter().zip(&files) {
        wav::write(Path::new(says), voice).unwrap();
    }
    let flags = |index: usize| -> [&str; 4] {
        let (says, heard) = &files[index];
        ["--play", says, "--record", heard]
    };
    let answers = [
        "--on-invite",
        "accept",
        "--answer-after-ms",
        "1000",
        "--exit-after-call",
    ];
    let calls = [
        "--call",
        "ben",
        "--hang-up-after-ms",
        "4000",
        "--exit-after-call",
    ];
    let mut ben = Phone::start(&servers, "ben", &[&flags(1)[..], &answers].concat()).await;
    let mut ada = Phone::start(&servers, "ada", &[&flags(0)[..], &calls].concat()).await;
    assert!(ada.end().await.success());
    assert!(ben.end().await.success());

    let voices = voices.map(|voice| Features::of(&voice));
    for (phone, own, other) in [(&ada, 0, 1), (&ben, 1, 0)] {
        assert_eq!(phone.first("ended").unwrap()["reason"], "normal");
        let begins = phone.first("recording").unwrap()["t_ms"].as_u64().unwrap();
        let sound = phone.first("sound").unwrap()["t_ms"].as_u64().unwrap() - begins;
        let heard = wav::read(Path::new(&files[own].1)).unwrap();
        let before = &heard[..samples_in_ms(sound.saturating_sub(200))];
        // What is compared must lie inside of what was said.
        let after = &heard[samples_in_ms(sound + 300)..];
        // It rang for a second.
        assert!(before.len() > samples_in_ms(700));
        assert!(rms_db(before) < -90.0);
        let proof = Proof::of(after, &voices[other], &voices[own]);
        assert!(proof.holds(), "{proof:?}");
        assert!(!proof.swapped().holds(), "{proof:?}");
    }
}
