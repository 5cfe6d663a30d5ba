//! A callee with two devices.

use super::{ADA, BEN, THIRD};
use crate::demo::play::{Broken, Play, SOON};
use crate::demo::report::model::Check;
use crate::demo::steps::how_it_ended;

pub(super) async fn play(play: &mut Play<'_>) -> Result<(), Broken> {
    let who = [(ADA, "ada"), (BEN, "ben"), (THIRD, "ben")];
    let [mut ada, mut phone, tablet] = play.phones(who, &[]).await?;
    ada.say("call ben").await?;
    phone.expect("incoming", SOON).await?;
    tablet.expect("incoming", SOON).await?;
    phone.say("accept").await?;
    let accepted = phone.expect("command", SOON).await?;
    let elsewhere = tablet.expect("ended", SOON).await?;
    ada.expect("active", SOON).await?;
    phone.expect("active", SOON).await?;
    ada.expect("sound", SOON).await?;
    phone.expect("sound", SOON).await?;
    ada.say("end").await?;
    let ended = phone.expect("ended", SOON).await?;
    ada.expect("ended", SOON).await?;
    play.close([ada, phone, tablet]).await;

    let shown = how_it_ended(&elsewhere);
    play.check(
        Check::new(
            "The tablet stops ringing and says where it was answered",
            "answered_elsewhere",
            shown == "answered_elsewhere",
        )
        .word("", shown)
        .number("after the tap", elsewhere.at_ms - accepted.at_ms, 0, "ms"),
    );
    let leaked = play.count(THIRD, |e| {
        matches!(e.event.as_str(), "sound" | "first_media" | "active")
            || (e.event == "microphone" && e.is_on("open"))
    });
    play.check(
        Check::new(
            "The tablet hears nothing, and its microphone stays closed",
            "0",
            leaked == 0,
        )
        .number("signs of the contrary", leaked as f64, 0, ""),
    );
    let reason = ended.text("reason");
    play.check(
        Check::new(
            "The call on the phone ends in the ordinary way",
            "normal",
            reason == "normal",
        )
        .word("", reason),
    );
    Ok(())
}
