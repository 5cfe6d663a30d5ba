//! A video call, with pictures that carry their numbers.

use std::time::Duration;

use tokio::time::sleep;

use super::{ADA, BEN};
use crate::demo::log::Entry;
use crate::demo::play::{Broken, Play, SOON};
use crate::demo::report::model::{Check, Seen, median};

const WATCH: Duration = Duration::from_secs(4);
const CAMERA_OFF: Duration = Duration::from_millis(2500);
/// Fewer pictures a second than this is not a moving picture.
const LEAST_RATE: f64 = 5.0;
/// Of all pictures, so many must be readable.
const LEAST_READABLE: f64 = 0.95;
/// Pictures of each end that the report shows.
const SHOWN: usize = 3;

pub(super) async fn play(play: &mut Play<'_>) -> Result<(), Broken> {
    let [mut ada, mut ben] = play.phones([(ADA, "ada"), (BEN, "ben")], &[]).await?;
    ada.say("call ben video").await?;
    ben.expect("incoming", SOON).await?;
    ada.expect("remote_ringing", SOON).await?;
    ben.say("accept").await?;
    let accepted = ben.expect("command", SOON).await?;
    let ada_sees = ada.expect("picture", SOON).await?;
    let ben_sees = ben.expect("picture", SOON).await?;
    sleep(WATCH).await;
    ada.say("camera off").await?;
    let off = ada.expect("command", SOON).await?;
    let camera = |on: bool| {
        move |e: &Entry| {
            e.event == "peer_media_changed" && e.text("source") == "camera" && e.is_on("on") == on
        }
    };
    let told_off = ben.expect_where("camera off", SOON, camera(false)).await?;
    sleep(CAMERA_OFF).await;
    ada.say("camera on").await?;
    let on = ada.expect("command", SOON).await?;
    let again = ben.expect("picture", SOON).await?;
    sleep(Duration::from_millis(1500)).await;
    ben.say("end").await?;
    ada.expect("ended", SOON).await?;
    ben.expect("ended", SOON).await?;
    play.close([ada, ben]).await;

    for (who, lane, other, seen) in [("Ada", ADA, BEN, &ada_sees), ("Ben", BEN, ADA, &ben_sees)] {
        play.check(first_picture(who, seen, accepted.at_ms));
        play.check(whose(play, who, lane, other));
        play.check(moving(play, who, lane));
    }
    play.check(told(
        "Ben is told that Ada's camera went off",
        off.at_ms,
        told_off.at_ms,
    ));
    let while_off = play.count(BEN, |e| {
        e.event == "media"
            && e.at_ms > told_off.at_ms + 1100.0
            && e.at_ms < on.at_ms
            && e.number("pictures").unwrap_or(0.0) > 0.0
    });
    play.check(
        Check::new(
            "No picture reaches Ben while it is off",
            "0",
            while_off == 0,
        )
        .number("seconds with pictures", while_off as f64, 0, ""),
    );
    play.check(told(
        "Ben sees Ada again after the camera went on",
        on.at_ms,
        again.at_ms,
    ));
    show(play, ADA)?;
    show(play, BEN)
}

fn first_picture(who: &str, seen: &Entry, accepted_ms: f64) -> Check {
    let after_ms = seen.at_ms - accepted_ms;
    Check::new(
        format!("{who} sees the first picture after the accept, not before"),
        "0 to 5000 ms",
        (0.0..5000.0).contains(&after_ms),
    )
    .number("seen after", after_ms, 0, "ms")
}

/// That the pictures were the other's, by the camera number in them.
fn whose(play: &Play<'_>, who: &str, lane: usize, other: usize) -> Check {
    let number = |lane| {
        play.told(lane, |e| e.event == "signed_in")
            .and_then(|e| e.number("camera"))
    };
    let expected = number(other);
    let labelled =
        |e: &Entry| matches!(e.event.as_str(), "picture" | "media") && e.number("camera").is_some();
    let all = play.count(lane, labelled);
    let right = play.count(lane, |e| labelled(e) && e.number("camera") == expected);
    Check::new(
        format!("{who}'s pictures carry the other's camera number"),
        format!("camera {}", expected.unwrap_or(-1.0)),
        all > 0 && right == all && expected != number(lane),
    )
    .number("of labels read", all as f64, 0, "")
    .number("right", right as f64, 0, "")
}

/// That pictures came, could be read, and went on counting.
fn moving(play: &Play<'_>, who: &str, lane: usize) -> Check {
    let entries = play.log.entries();
    let seconds: Vec<&Entry> = entries
        .iter()
        .filter(|e| {
            e.lane == lane && e.event == "media" && e.number("pictures").unwrap_or(0.0) > 0.0
        })
        .collect();
    let sum = |field: &str| seconds.iter().filter_map(|e| e.number(field)).sum::<f64>();
    let (pictures, unreadable) = (sum("pictures"), sum("unreadable"));
    let frames: Vec<f64> = seconds.iter().filter_map(|e| e.number("frame")).collect();
    let counts_on = frames
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a < b));
    // The median: the first and the last second are not whole ones.
    let rate = median(seconds.iter().filter_map(|e| e.number("pictures"))).unwrap_or(0.0);
    let readable = if pictures > 0.0 {
        1.0 - unreadable / pictures
    } else {
        0.0
    };
    Check::new(
        format!("{who} sees a moving picture, its number readable and counting on"),
        format!(
            "≥ {LEAST_RATE} a second, ≥ {:.0} % readable, rising",
            LEAST_READABLE * 100.0
        ),
        rate >= LEAST_RATE && readable >= LEAST_READABLE && counts_on && frames.len() > 2,
    )
    .number("pictures", pictures, 0, "")
    .number("a second", rate, 1, "")
    .number("readable", readable * 100.0, 1, "%")
    .number(
        "first number",
        frames.first().copied().unwrap_or(0.0),
        0,
        "",
    )
    .number("last", frames.last().copied().unwrap_or(0.0), 0, "")
}

fn told(claim: &str, from_ms: f64, to_ms: f64) -> Check {
    let ms = to_ms - from_ms;
    Check::new(claim, "5000 ms at most", (0.0..5000.0).contains(&ms)).number("after", ms, 0, "ms")
}

/// Puts the first, the last and one in between of an end's pictures into the report.
fn show(play: &mut Play<'_>, lane: usize) -> Result<(), Broken> {
    let files: Vec<String> = play
        .log
        .entries()
        .iter()
        .filter(|e| e.lane == lane && e.event == "snapshot")
        .map(|e| e.text("file").to_owned())
        .collect();
    let step = files.len().saturating_sub(1).max(1) as f64 / (SHOWN - 1) as f64;
    for index in 0..SHOWN.min(files.len()) {
        let Some(file) = files.get((index as f64 * step).round() as usize) else {
            continue;
        };
        let png = std::fs::read(file).map_err(|source| Broken::Io {
            doing: format!("the picture {file} cannot be read"),
            source,
        })?;
        let name = std::path::Path::new(file).file_stem().unwrap_or_default();
        let name = name.to_string_lossy();
        let caption = match name.split_once('-') {
            Some((camera, frame)) => {
                format!("camera {camera}, picture {}", frame.trim_start_matches('0'))
            }
            None => name.into_owned(),
        };
        play.pictures.push(Seen {
            at: lane,
            caption,
            png,
        });
    }
    Ok(())
}
