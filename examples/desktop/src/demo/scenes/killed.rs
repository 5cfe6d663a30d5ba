//! A phone that dies in a call.

use std::time::Duration;

use serde_json::Map;
use tokio::time::sleep;

use super::{ADA, BEN};
use crate::demo::log::{Entry, now_ms};
use crate::demo::play::{Broken, Play, SOON};
use crate::demo::report::model::Check;

/// The contract's bounds: shown as reconnecting, and over.
const RECONNECTING_MS: f64 = 27_000.0;
const OVER_MS: f64 = 45_000.0;

pub(super) async fn play(play: &mut Play<'_>) -> Result<(), Broken> {
    let [mut ada, mut ben] = play.phones([(ADA, "ada"), (BEN, "ben")], &[]).await?;
    ada.say("call ben").await?;
    ben.expect("incoming", SOON).await?;
    ben.say("accept").await?;
    ada.expect("active", SOON).await?;
    ada.expect("sound", SOON).await?;
    sleep(Duration::from_secs(1)).await;
    let killed_ms = now_ms();
    ben.kill().await.map_err(|source| Broken::Io {
        doing: "Ben's phone cannot be killed".to_owned(),
        source,
    })?;
    play.log.add(Entry {
        at_ms: killed_ms,
        lane: BEN,
        event: "killed".to_owned(),
        fields: Map::new(),
    });
    // Beyond the bound, so that the figure is there even when it is too large.
    let ended = ada.expect("ended", Duration::from_secs(70)).await?;
    let reconnecting = play.told(ADA, |e| e.event == "reconnecting" && e.at_ms > killed_ms);
    play.close([ada]).await;

    let shown_ms = reconnecting.map(|e| e.at_ms - killed_ms);
    let mut check = Check::new(
        "Ada is shown that Ben's connection is gone",
        format!("{:.0} s at most", RECONNECTING_MS / 1000.0),
        shown_ms.is_some_and(|ms| ms <= RECONNECTING_MS),
    );
    check = match shown_ms {
        Some(ms) => check.number("after", ms / 1000.0, 1, "s"),
        None => check.word("", "never shown"),
    };
    play.check(check);
    let told_ms = ended.at_ms - killed_ms;
    play.check(
        Check::new(
            "Ada is told that the call is over after Ben's phone was killed",
            format!("{:.0} s at most", OVER_MS / 1000.0),
            told_ms <= OVER_MS,
        )
        .number("told after", told_ms / 1000.0, 1, "s"),
    );
    let reason = ended.text("reason");
    play.check(
        Check::new(
            "The reason is the network, not a hang-up",
            "network_error",
            reason == "network_error",
        )
        .word("", reason),
    );
    Ok(())
}
