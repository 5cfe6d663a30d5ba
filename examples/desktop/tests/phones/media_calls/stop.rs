//! Phones that are asked to stop from outside.

use std::time::{Duration, Instant};

use super::{hung_up, talk};
use crate::ours::{ANN, BOB, Ours};
use crate::phone::End;
use crate::tone::{HIGH, LOW, played};

/// What signing out may take.
const BOUND: Duration = Duration::from_secs(3);
/// On top of it, for a process to end on a busy machine.
const BUSY: Duration = Duration::from_secs(2);

#[tokio::test]
async fn sigterm_in_a_call_hangs_up_and_the_other_is_told_at_once() {
    let server = Ours::start().await;
    let accepts = ["--on-invite", "accept"];
    let mut bob = server.phone(BOB, &played(HIGH), &accepts).await;
    let mut ann = server.phone(ANN, &played(LOW), &[]).await;
    talk(&mut ann, &mut bob).await;
    ann.signal("TERM").await;
    let end = bob.expect_within(BOUND, "ended", |_| true).await;
    assert_eq!(End::of(&end), hung_up());
    assert!(ann.ends().await.success());
    assert_eq!(ann.ended().await, hung_up());
    assert_eq!(ann.count("recorded"), 1);
    bob.quit().await;
}

#[tokio::test]
async fn sigterm_while_it_rings_takes_the_call_back() {
    let server = Ours::start().await;
    let mut bob = server.phone(BOB, "silence", &[]).await;
    let mut ann = server.phone(ANN, "silence", &["--call", BOB]).await;
    bob.expect("incoming").await;
    ann.expect("placed").await;
    ann.signal("TERM").await;
    assert!(ann.ends().await.success());
    assert_eq!(bob.ended().await, End::new("ended", "cancelled", Some(ANN)));
    bob.quit().await;
}

#[tokio::test]
async fn servers_that_have_gone_do_not_hold_up_the_end() {
    let server = Ours::start().await;
    let accepts = ["--on-invite", "accept"];
    let mut bob = server.phone(BOB, &played(HIGH), &accepts).await;
    let mut ann = server.phone(ANN, &played(LOW), &[]).await;
    talk(&mut ann, &mut bob).await;
    let _folder = server.stop().await;
    for (mut phone, signal) in [(ann, "TERM"), (bob, "INT")] {
        let asked = Instant::now();
        phone.signal(signal).await;
        assert!(phone.ends().await.success());
        let took = asked.elapsed();
        assert!(took < BOUND + BUSY, "{signal}: {took:?}");
    }
}
