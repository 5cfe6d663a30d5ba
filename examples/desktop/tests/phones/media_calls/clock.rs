//! D5 of the catalogue of races: phones whose wall clocks are wrong by hours. Broken by comparing a
//! time that the server told with a phone's own clock.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use super::talk;
use crate::ours::{ANN, BOB, Ours};
use crate::phone::{End, Phone, Setup};
use crate::tone::{HIGH, LOW, played};

const HOUR: i64 = 3600;
/// The token's life: less than the clocks are wrong by.
const LIVES: u64 = 3600;

/// What a process is started with whose wall clock is wrong by so many seconds.
fn wrong_by(library: &str, seconds: i64) -> Vec<(&'static str, String)> {
    vec![
        ("LD_PRELOAD", library.to_owned()),
        ("WRONG_BY_SECONDS", seconds.to_string()),
    ]
}

/// Builds what puts a wrong clock in place of the system's, with the compiler that Rust links with.
fn clock(server: &Ours) -> String {
    let library = server.path("wrong_clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/phones/wrong_clock.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o", &library])
        .arg(source)
        .status();
    assert!(built.unwrap().success());
    library
}

fn unix_seconds() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

#[tokio::test]
async fn race_d5_clocks_that_are_hours_wrong_change_nothing() {
    let server = Ours::start().await;
    let clock = clock(&server);
    let told = Command::new("date")
        .arg("+%s")
        .envs(wrong_by(&clock, -5 * HOUR))
        .output();
    let told: u64 = String::from_utf8(told.unwrap().stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(told + 4 * LIVES < unix_seconds(), "the clock is not wrong");

    let broker = server.broker("mqtt");
    let (high, low) = (played(HIGH), played(LOW));
    let phone = |member, says, arguments, wrong| Setup {
        token: server.token_until(member, unix_seconds() + LIVES),
        variables: wrong_by(&clock, wrong),
        ..server.setup(&broker, member, says, arguments)
    };
    let takes = ["--on-invite", "accept"];
    let mut bob = Phone::start(phone(BOB, &high, &takes, -5 * HOUR)).await;
    let mut ann = Phone::start(phone(ANN, &low, &[], 5 * HOUR)).await;
    talk(&mut ann, &mut bob).await;
    bob.say("end").await;
    for phone in [&mut ann, &mut bob] {
        assert_eq!(phone.ended().await, End::new("ended", "normal", Some(BOB)));
        for trouble in ["auth_needed", "offline", "error"] {
            assert_eq!(phone.count(trouble), 0, "{trouble}");
        }
    }
    ann.quit().await;
    bob.quit().await;
}
