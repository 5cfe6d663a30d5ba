//! How soon both hear each other, entering the room while it rings or after the tap.

use std::time::Duration;

use tokio::time::sleep;

use super::{ADA, BEN};
use crate::demo::phone::Phone;
use crate::demo::play::{Broken, Play, SOON};
use crate::demo::report::model::{Check, Role, median};

/// Calls each way.
const CALLS: usize = 5;
/// People let it ring for longer than this; both phones need less to be in the room.
const RINGING: Duration = Duration::from_millis(1200);

pub(super) async fn play(play: &mut Play<'_>) -> Result<(), Broken> {
    play.hush();
    let ways = [
        ("on", "entered while ringing"),
        ("off", "entered after the tap"),
    ];
    for (switch, way) in ways {
        let who = [(ADA, "ada"), (BEN, "ben")];
        let [mut ada, mut ben] = play.phones(who, &["--join-ahead", switch]).await?;
        for _ in 0..CALLS {
            let (callee_ms, caller_ms) = one_call(&mut ada, &mut ben).await?;
            play.measured(Role::Callee, series("callee", way), callee_ms);
            play.measured(Role::Caller, series("caller", way), caller_ms);
        }
        play.close([ada, ben]).await;
    }
    for end in ["callee", "caller"] {
        let [(_, on), (_, off)] = ways;
        let middle = |way: &str| {
            let series = series(end, way);
            median(
                play.samples
                    .iter()
                    .filter(|s| s.series == series)
                    .map(|s| s.ms),
            )
            .unwrap_or(0.0)
        };
        let (ahead_ms, after_ms) = (middle(on), middle(off));
        play.check(
            Check::new(
                format!("The {end} hears the other sooner when both entered while it rang"),
                "medians: sooner",
                ahead_ms > 0.0 && ahead_ms < after_ms,
            )
            .number(on, ahead_ms, 0, "ms")
            .number(off, after_ms, 0, "ms"),
        );
    }
    let soonest = play
        .samples
        .iter()
        .map(|s| s.ms)
        .fold(f64::INFINITY, f64::min);
    play.check(
        Check::new(
            "Nothing is heard before the tap",
            "above 0 ms",
            soonest > 0.0,
        )
        .number("soonest", soonest, 0, "ms"),
    );
    Ok(())
}

fn series(end: &str, way: &str) -> String {
    format!("Tap to sound at the {end}, {way}")
}

/// One call; the times from the tap to the first sound, at the callee and at the caller.
async fn one_call(ada: &mut Phone, ben: &mut Phone) -> Result<(f64, f64), Broken> {
    ada.say("call ben").await?;
    ben.expect("incoming", SOON).await?;
    ada.expect("remote_ringing", SOON).await?;
    sleep(RINGING).await;
    ben.say("accept").await?;
    let tap = ben.expect("command", SOON).await?;
    let at_callee = ben.expect("sound", SOON).await?;
    let at_caller = ada.expect("sound", SOON).await?;
    ada.expect("active", SOON).await?;
    ada.say("end").await?;
    ada.expect("ended", SOON).await?;
    ben.expect("ended", SOON).await?;
    Ok((at_callee.at_ms - tap.at_ms, at_caller.at_ms - tap.at_ms))
}
