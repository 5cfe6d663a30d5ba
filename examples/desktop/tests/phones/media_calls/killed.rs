//! P3 of the catalogue of races: a phone that dies in a call. Broken by a participant that needs no
//! sign of life.

use std::time::{Duration, Instant};

use super::talk;
use crate::ours::{ANN, BOB, Ours};
use crate::phone::End;
use crate::tone::{HIGH, LOW, played};

/// The contract's bounds, from the kill on.
const RECONNECTING: Duration = Duration::from_secs(27);
const OVER: Duration = Duration::from_secs(45);

#[tokio::test]
async fn race_p3_a_phone_that_is_killed_in_a_call_ends_it() {
    let server = Ours::start().await;
    let takes = ["--on-invite", "accept"];
    let mut bob = server.phone(BOB, &played(HIGH), &takes).await;
    let mut ann = server.phone(ANN, &played(LOW), &[]).await;
    talk(&mut ann, &mut bob).await;
    let killed = Instant::now();
    bob.signal("KILL").await;
    ann.expect_within(RECONNECTING, "reconnecting", |_| true)
        .await;
    let left = OVER.saturating_sub(killed.elapsed());
    let ended = ann.expect_within(left, "ended", |_| true).await;
    assert_eq!(End::of(&ended), End::new("ended", "network_error", None));
    drop(bob);
    ann.quit().await;
}
