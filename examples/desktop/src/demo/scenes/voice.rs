//! A voice call, with the proof of what was heard.

use std::time::Duration;

use tokio::time::sleep;

use super::hearing::{Hearing, level, proof};
use super::{ADA, BEN};
use crate::demo::play::{Broken, Play, SOON};
use crate::demo::report::model::Check;

/// How long both talk before Ada mutes, and again after she unmutes.
const TALK: Duration = Duration::from_secs(4);
const MUTED: Duration = Duration::from_secs(3);
/// How long it rings: long enough for both to be in the room.
const RINGING: Duration = Duration::from_millis(1500);
/// Left out after a mute: what the jitter buffers still hold.
const EDGE_MS: f64 = 800.0;
/// Left out after the first sound: what is compared must lie inside of what was said.
const START_MS: f64 = 300.0;

pub(super) async fn play(play: &mut Play<'_>) -> Result<(), Broken> {
    let [mut ada, mut ben] = play.phones([(ADA, "ada"), (BEN, "ben")], &[]).await?;
    ada.say("call ben").await?;
    ben.expect("incoming", SOON).await?;
    ada.expect("remote_ringing", SOON).await?;
    sleep(RINGING).await;
    ben.say("accept").await?;
    let accepted = ben.expect("command", SOON).await?;
    ada.expect("active", SOON).await?;
    ben.expect("active", SOON).await?;
    let ada_hears = ada.expect("sound", SOON).await?;
    let ben_hears = ben.expect("sound", SOON).await?;
    sleep(TALK).await;
    ada.say("mute").await?;
    let muted = ada.expect("command", SOON).await?;
    let quiet = ben.expect("silence", SOON).await?;
    sleep(MUTED).await;
    ada.say("unmute").await?;
    let unmuted = ada.expect("command", SOON).await?;
    let again = ben.expect("sound", SOON).await?;
    sleep(TALK).await;
    ada.say("end").await?;
    let over = ada.expect("command", SOON).await?;
    let ended = [
        ada.expect("ended", SOON).await?,
        ben.expect("ended", SOON).await?,
    ];
    play.close([ada, ben]).await;

    let zero = play.zero_ms();
    let heard_by_ada = Hearing::of(play, ADA)?;
    let heard_by_ben = Hearing::of(play, BEN)?;
    let voices = &play.stage.voices;
    if let (Some(ada), Some(ben)) = (voices.of("ada"), voices.of("ben")) {
        let (ada, ben) = (&ada.features, &ben.features);
        let first = heard_by_ben.between(ben_hears.at_ms + START_MS, muted.at_ms);
        let second = heard_by_ben.between(again.at_ms + START_MS, over.at_ms);
        let at_ada = heard_by_ada.between(ada_hears.at_ms + START_MS, over.at_ms);
        play.checks
            .extend(proof("Ben", "before the mute", first, ada, ben));
        play.checks
            .extend(proof("Ben", "after the unmute", second, ada, ben));
        play.checks
            .extend(proof("Ada", "all the time", at_ada, ben, ada));
    }
    let before = |hearing: &Hearing| hearing.between(zero, accepted.at_ms).to_vec();
    play.check(nothing(
        "Nothing reached Ada before the accept",
        play,
        ADA,
        &before(&heard_by_ada),
        accepted.at_ms,
    ));
    play.check(nothing(
        "Nothing reached Ben before the accept",
        play,
        BEN,
        &before(&heard_by_ben),
        accepted.at_ms,
    ));
    play.check(microphones(play, accepted.at_ms));
    let while_muted = heard_by_ben.between(muted.at_ms + EDGE_MS, unmuted.at_ms);
    play.check(level(
        "Ben hears nothing while Ada is muted",
        while_muted,
        false,
    ));
    let meanwhile = heard_by_ada.between(muted.at_ms + EDGE_MS, unmuted.at_ms);
    play.check(level("Ada hears Ben while she is muted", meanwhile, true));
    play.check(
        Check::new(
            "Ben hears Ada again after the unmute",
            "5 s at most",
            again.at_ms - unmuted.at_ms < 5000.0,
        )
        .number("heard after", again.at_ms - unmuted.at_ms, 0, "ms"),
    );
    for (who, entry) in ["Ada", "Ben"].iter().zip(&ended) {
        play.check(
            Check::new(
                format!("{who} is shown an ordinary end"),
                "normal",
                entry.text("reason") == "normal",
            )
            .word("", entry.text("reason")),
        );
    }

    let mark = |at_ms: f64, what: &str| (at_ms - zero, what.to_owned());
    let mut at_ada = heard_by_ada.drawn(ADA, BEN, zero);
    at_ada.marks = vec![mark(accepted.at_ms, "accept"), mark(over.at_ms, "hang-up")];
    at_ada.silent = vec![(0.0, accepted.at_ms - zero)];
    let mut at_ben = heard_by_ben.drawn(BEN, ADA, zero);
    at_ben.marks = vec![
        mark(accepted.at_ms, "accept"),
        mark(muted.at_ms, "mute"),
        mark(unmuted.at_ms, "unmute"),
        mark(over.at_ms, "hang-up"),
    ];
    at_ben.silent = vec![
        (0.0, accepted.at_ms - zero),
        (quiet.at_ms - zero, unmuted.at_ms - zero),
    ];
    play.sounds = vec![at_ada, at_ben];
    Ok(())
}

/// That no sound was there before the accept.
fn nothing(claim: &str, play: &Play<'_>, lane: usize, received: &[i16], accepted_ms: f64) -> Check {
    let sounds = play.count(lane, |e| {
        matches!(e.event.as_str(), "sound" | "first_media" | "picture") && e.at_ms < accepted_ms
    });
    let mut check = level(claim, received, false).number("sounds told", sounds as f64, 0, "");
    check.passed &= sounds == 0;
    check
}

/// That no microphone was opened before the accept.
fn microphones(play: &Play<'_>, accepted_ms: f64) -> Check {
    let early = [ADA, BEN]
        .map(|lane| {
            play.count(lane, |e| {
                e.event == "microphone" && e.is_on("open") && e.at_ms < accepted_ms
            })
        })
        .iter()
        .sum::<usize>();
    Check::new(
        "No microphone was opened before the accept",
        "0",
        early == 0,
    )
    .number("opened", early as f64, 0, "")
}
