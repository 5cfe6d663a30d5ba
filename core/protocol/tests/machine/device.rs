//! What the server is told of this device.

use faithcall_protocol::machine::timer::SIGN_OUT_MS;
use faithcall_protocol::machine::{Command, Event, Failure, Request};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::{Platform, PushService, RegisterDevice};

use crate::kit::*;

fn device(token: &str) -> RegisterDevice {
    RegisterDevice {
        platform: Platform::Android,
        push_token: Some(Secret::new(token)),
        push_kind: Some(PushService::Fcm),
        call_waiting: false,
        device_key: None,
    }
}

#[test]
fn a_device_is_told_once_and_again_when_it_changes() {
    let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
    bob.command(Command::RegisterDevice(device("one")));
    let Request::Register { body, .. } = bob.open_request("register") else {
        panic!()
    };
    assert!(body.call_waiting, "as configured");
    // A newer token while the first is on its way.
    bob.command(Command::RegisterDevice(device("two")));
    assert_eq!(bob.asked(), ["register"]);
    bob.answer("register", done());
    assert_eq!(bob.asked(), ["register"]);
    bob.answer("register", done());
    bob.pass(60_000);
    assert!(bob.asked().is_empty());
}

#[test]
fn a_device_is_told_when_the_server_is_reached_and_answers() {
    let mut bob = Phone::unknown(true);
    bob.command(Command::RegisterDevice(device("one")));
    assert!(!bob.asked().contains(&"register"), "no server yet");
    bob.answer("active", faithcall_protocol::machine::Reply::Active(None));
    bob.fail("register", Failure::NoAnswer);
    assert!(!bob.asked().contains(&"register"));
    bob.pass(1_000);
    bob.answer("register", done());
    bob.pass(60_000);
    assert!(!bob.asked().contains(&"register"));
}

#[test]
fn a_part_a_server_is_told_nothing() {
    let mut bob = Phone::part_a();
    bob.command(Command::RegisterDevice(device("one")));
    assert!(bob.asked().is_empty());
    bob.command(Command::Disconnect);
    assert_eq!(bob.events(), [Event::SignedOut]);
}

#[test]
fn signing_out_takes_it_back_and_waits_a_moment_for_that() {
    let mut bob = Phone::part_b();
    bob.command(Command::RegisterDevice(device("one")));
    bob.answer("register", done());
    bob.command(Command::Disconnect);
    assert_eq!(bob.asked(), ["forget"]);
    bob.quiet();
    bob.answer("forget", done());
    assert_eq!(bob.events(), [Event::SignedOut]);
    let mut bob = Phone::part_b();
    bob.command(Command::RegisterDevice(device("one")));
    bob.answer("register", done());
    bob.command(Command::Disconnect);
    bob.pass(SIGN_OUT_MS);
    assert_eq!(bob.events(), [Event::SignedOut]);
    assert_eq!(bob.asked(), ["forget"], "asked once");
}

// Broken by taking back only what this process registered: pushes of who signed out went on.
#[test]
fn signing_out_takes_back_what_an_earlier_process_registered() {
    let mut bob = Phone::part_b();
    bob.command(Command::Disconnect);
    assert_eq!(bob.asked(), ["forget"]);
    bob.fail("forget", Failure::NoAnswer);
    assert_eq!(bob.events(), [Event::SignedOut]);
}

// Broken by asking at once: what was still on its way was registered after that.
#[test]
fn what_is_being_told_is_taken_back_after_it() {
    let mut bob = Phone::part_b();
    bob.command(Command::RegisterDevice(device("one")));
    bob.command(Command::Disconnect);
    assert_eq!(bob.asked(), ["register"]);
    bob.answer("register", done());
    assert_eq!(bob.asked(), ["forget"]);
    bob.quiet().answer("forget", done());
    assert_eq!(bob.events(), [Event::SignedOut]);
    // No answer: it is asked all the same, with nobody to wait for it.
    let mut bob = Phone::part_b();
    bob.command(Command::RegisterDevice(device("one")));
    bob.command(Command::Disconnect);
    bob.pass(SIGN_OUT_MS - 1);
    assert_eq!(bob.asked(), ["register"]);
    bob.quiet().pass(1);
    assert_eq!(bob.asked(), ["register", "forget"]);
    assert_eq!(bob.events(), [Event::SignedOut]);
}

#[test]
fn signing_out_ends_the_call_before_it_takes_the_device_back() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Disconnect);
    assert_eq!(bob.asked(), ["end"]);
    bob.answer("end", done());
    assert_eq!(bob.asked(), ["forget"]);
}
