//! Calls that nobody talks in.

use std::time::Duration;

use super::{ADA, BEN, THIRD};
use crate::demo::log::Entry;
use crate::demo::phone::Phone;
use crate::demo::play::{Broken, Play, SOON};
use crate::demo::report::model::Check;
use crate::demo::servers::RING;

pub(super) async fn reject(play: &mut Play<'_>) -> Result<(), Broken> {
    let [ada, mut ben] = ringing(play).await?;
    ben.say("reject").await?;
    both_end(
        play,
        [
            ada.expect("ended", SOON).await?,
            ben.expect("ended", SOON).await?,
        ],
        "rejected",
    );
    play.close([ada, ben]).await;
    Ok(())
}

pub(super) async fn cancel(play: &mut Play<'_>) -> Result<(), Broken> {
    let [mut ada, ben] = ringing(play).await?;
    ada.say("cancel").await?;
    both_end(
        play,
        [
            ada.expect("ended", SOON).await?,
            ben.expect("ended", SOON).await?,
        ],
        "cancelled",
    );
    play.close([ada, ben]).await;
    Ok(())
}

pub(super) async fn no_answer(play: &mut Play<'_>) -> Result<(), Broken> {
    let [ada, ben] = ringing(play).await?;
    let within = RING + Duration::from_secs(8);
    let ended = [
        ada.expect("ended", within).await?,
        ben.expect("ended", within).await?,
    ];
    let rang_ms = ended.first().map_or(0.0, |e| e.at_ms) - play.zero_ms();
    both_end(play, ended, "missed");
    let ring_ms = RING.as_secs_f64() * 1000.0;
    play.check(
        Check::new(
            "The server ends the ring in its time",
            format!("{ring_ms} to {} ms", ring_ms + 4000.0),
            (ring_ms - 100.0..ring_ms + 4000.0).contains(&rang_ms),
        )
        .number("rang", rang_ms, 0, "ms"),
    );
    play.close([ada, ben]).await;
    Ok(())
}

pub(super) async fn busy(play: &mut Play<'_>) -> Result<(), Broken> {
    let who = [(ADA, "ada"), (BEN, "ben"), (THIRD, "cleo")];
    let [mut ada, mut ben, mut cleo] = play.phones(who, &[]).await?;
    cleo.say("call ben").await?;
    ben.expect("incoming", SOON).await?;
    ben.say("accept").await?;
    cleo.expect("active", SOON).await?;
    ben.expect("active", SOON).await?;
    ada.say("call ben").await?;
    let ended = ada.expect("ended", SOON).await?;
    play.check(outcome("Ada", &ended, "busy"));
    let rings = play.count(BEN, |e| e.event == "incoming");
    play.check(
        Check::new("Ben's phone rang for Cleo only", "1", rings == 1).number(
            "rang",
            rings as f64,
            0,
            "",
        ),
    );
    let disturbed = play.count(BEN, |e| e.event == "ended");
    play.check(
        Check::new(
            "The call of Ben and Cleo goes on",
            "not ended",
            disturbed == 0,
        )
        .number("ended", disturbed as f64, 0, ""),
    );
    cleo.say("end").await?;
    ben.expect("ended", SOON).await?;
    play.close([ada, ben, cleo]).await;
    Ok(())
}

/// Ada has called Ben, and it rings at both ends.
async fn ringing(play: &Play<'_>) -> Result<[Phone; 2], Broken> {
    let [mut ada, ben] = play.phones([(ADA, "ada"), (BEN, "ben")], &[]).await?;
    ada.say("call ben").await?;
    ben.expect("incoming", SOON).await?;
    ada.expect("remote_ringing", SOON).await?;
    Ok([ada, ben])
}

fn both_end(play: &mut Play<'_>, ended: [Entry; 2], reason: &str) {
    for (who, entry) in ["Ada", "Ben"].iter().zip(&ended) {
        play.check(outcome(who, entry, reason));
    }
}

fn outcome(who: &str, ended: &Entry, reason: &str) -> Check {
    let shown = ended.text("reason");
    Check::new(
        format!("{who} is shown the reason"),
        reason,
        shown == reason,
    )
    .word("", shown)
}
