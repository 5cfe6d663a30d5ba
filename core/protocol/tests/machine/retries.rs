//! What fails in passing is tried again, more and more seldom; what is refused is not.

use faithcall_protocol::backoff::Backoff;
use faithcall_protocol::machine::{
    CallState, Command, DisconnectReason, Event, Failure, Input, MediaSource, Request, RoomEvent,
    Side, SystemChange,
};
use faithcall_protocol::rest::{ErrorCode, Platform, RegisterDevice};

use crate::group::dialing_both;
use crate::kit::*;
use crate::rejoin::left_over;

/// The waits of all requests: they double from attempt to attempt.
const RETRY: Backoff = Backoff {
    first_ms: 500,
    longest_ms: 8_000,
};

/// The request fails again and again; how long each wait is until the next one.
fn waits<const N: usize>(bob: &mut Phone, name: &str, failure: &Failure) -> [u64; N] {
    [(); N].map(|()| {
        bob.fail(name, failure.clone());
        let from = bob.now;
        while !bob.asked().contains(&name) {
            let next = bob.machine.next_deadline().expect("it is tried again");
            bob.pass(next - bob.now);
        }
        bob.now - from
    })
}

fn assert_doubling(waits: &[u64], name: &str) {
    for (failures, wait) in (1..).zip(waits) {
        let shortest = RETRY.delay_ms(failures, 0);
        let longest = RETRY.delay_ms(failures, u32::MAX);
        assert!(
            (shortest..=longest).contains(wait),
            "'{name}' after {failures} failures: {wait} ms"
        );
    }
}

/// Every request that is repeated, just asked.
fn repeated() -> Vec<(&'static str, Phone)> {
    let mut ringing = Phone::part_b();
    ringing.invite("c1", 45_000);

    let mut accepting = Phone::ringing("c1");
    accepting.accept("c1");

    let mut connected = Phone::ringing("c1");
    connected.accept("c1").accept_counts("c1", 2);
    connected.room(RoomEvent::Connected);

    let mut creating = Phone::part_b();
    creating.call("c1", "alice");

    let mut joining = Phone::dialing("c1");
    joining.update(outgoing("c1").rev(3).accepted("tablet"));

    let mut holding = Phone::active("c1");
    holding.command(Command::Hold { call_id: id("c1") });

    let mut muting = Phone::active("c1");
    muting.room(RoomEvent::MediaSet {
        source: MediaSource::Microphone,
        on: false,
    });

    let offered = left_over(incoming("c0").rev(4).active("phone"), 0);

    let mut cancelled = Phone::dialing("c1");
    cancelled.cancel("c1");

    let mut registering = Phone::part_b();
    registering.command(Command::RegisterDevice(RegisterDevice {
        platform: Platform::Android,
        push_token: None,
        push_kind: None,
        call_waiting: false,
        device_key: None,
    }));

    let mut resyncing = Phone::active("c1");
    resyncing.reconnects();

    vec![
        ("ringing", ringing),
        ("accept", accepting),
        ("connected", connected),
        ("create", creating),
        ("token", joining),
        ("hold", holding),
        ("patch", muting),
        ("get", offered),
        ("cancel", cancelled),
        ("register", registering),
        ("sync", resyncing),
    ]
}

#[test]
fn waits_double_from_failure_to_failure() {
    for (name, mut bob) in repeated() {
        assert_doubling(&waits::<4>(&mut bob, name, &Failure::NoAnswer), name);
    }
}

// Broken by counting on: the first failure of the next request waited as long as a fifth one.
#[test]
fn what_was_told_at_last_begins_no_later_wait() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").accept_counts("c1", 2);
    bob.room(RoomEvent::Connected);
    waits::<4>(&mut bob, "connected", &Failure::NoAnswer);
    bob.answer("connected", done());
    bob.command(Command::Hold { call_id: id("c1") });
    assert_doubling(&waits::<2>(&mut bob, "hold", &Failure::NoAnswer), "hold");
}

// Broken by waiting on: what failed on the network that is gone was tried again seconds later.
#[test]
fn on_another_network_whatever_waits_is_tried_again_at_once() {
    for (name, mut bob) in repeated() {
        waits::<2>(&mut bob, name, &Failure::NoAnswer);
        bob.fail(name, Failure::NoAnswer);
        assert!(!bob.asked().contains(&name), "'{name}' waits");
        bob.give(Input::System(SystemChange::NetworkChanged));
        if name == "patch" {
            bob.pass(250); // Four a second at most.
        }
        assert!(bob.asked().contains(&name), "'{name}' waits on");
    }
}

// Broken by waiting for the next look: the server misses a device 20 s after its last request.
#[test]
fn a_look_from_outside_the_room_that_is_lost_is_asked_again_within_the_lease() {
    let mut bob = dialing_both();
    let here = group("c1", "bob", &["alice", "carol"]).made();
    for _ in 0..2 {
        bob.pass(10_000);
        assert_eq!(bob.asked(), ["get"]);
        bob.pass(8_000 - 1);
        assert_doubling(&waits::<3>(&mut bob, "get", &Failure::NoAnswer), "get");
        // And from the beginning, once it was heard.
        bob.answer("get", snapshot(here.clone()));
        assert_eq!(bob.asked(), Vec::<&str>::new());
    }
}

#[test]
fn a_look_that_nobody_waits_for_is_not_asked_again() {
    let mut bob = Phone::active("c1");
    bob.room(RoomEvent::Reconnecting)
        .room(RoomEvent::Reconnected);
    bob.fail("get", Failure::NoAnswer).pass(60_000);
    assert_eq!(bob.asked(), Vec::<&str>::new());
}

#[test]
fn a_server_that_says_when_is_obeyed_within_reason() {
    for (asked_ms, waited_ms) in [(0, 100), (700, 700), (3_600_000, 30_000)] {
        for (name, mut bob) in repeated() {
            if ["accept", "create", "get"].contains(&name) && waited_ms > 10_000 {
                continue; // Given up before.
            }
            let busy = Failure::Status {
                status: 503,
                body: None,
                retry_after_ms: Some(asked_ms),
            };
            // What others are shown is told four times a second at most.
            let least = if name == "patch" { 250 } else { 0 };
            let waited_ms = waited_ms.max(least);
            assert_eq!(waits::<1>(&mut bob, name, &busy), [waited_ms], "{name}");
        }
    }
}

#[test]
fn what_passes_is_told_from_what_does_not_by_the_status() {
    let tried_again = |failure: Failure| {
        let mut bob = Phone::part_b();
        bob.invite("c1", 45_000).fail("ringing", failure);
        bob.pass(2_000);
        bob.asked().contains(&"ringing")
    };
    let plain = |status| Failure::Status {
        status,
        body: None,
        retry_after_ms: None,
    };
    for status in [408, 425, 429, 500, 502, 503, 504, 599] {
        assert!(tried_again(plain(status)), "{status}");
    }
    for status in [400, 403, 404, 409, 410, 422, 501] {
        assert!(!tried_again(plain(status)), "{status}");
    }
    assert!(tried_again(Failure::NoAnswer));
    assert!(tried_again(refusal(409, ErrorCode::Conflict, None)));
    assert!(!tried_again(refusal(409, ErrorCode::AlreadyHandled, None)));
}

// Broken by taking for the server's last word that there is no token: what was asked would never be
// told, though a token comes in a moment.
#[test]
fn without_a_token_that_counts_all_but_a_create_is_tried_again() {
    for (name, mut bob) in repeated() {
        if name == "create" {
            continue; // Who dials is told at once.
        }
        let waits = waits::<3>(&mut bob, name, &Failure::Unauthenticated);
        assert_doubling(&waits, name);
        assert!(bob.events().contains(&Event::AuthNeeded));
    }
}

// Broken by counting it as told: who goes by what the server says would think one unmuted.
#[test]
fn a_mute_that_cannot_be_told_without_a_token_is_told_with_the_next_one() {
    let mut bob = Phone::active("c1");
    bob.command(Command::SetMicrophone(false));
    bob.room(RoomEvent::MediaSet {
        source: MediaSource::Microphone,
        on: false,
    });
    bob.fail("patch", Failure::Unauthenticated).pass(2_000);
    match bob.open_request("patch") {
        Request::Patch { body, .. } => assert_eq!(body.is_muted, Some(true)),
        other => panic!("{other:?}"),
    }
}

// Broken by taking the hold back.
#[test]
fn a_hold_that_cannot_be_told_without_a_token_is_told_with_the_next_one() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    bob.fail("hold", Failure::Unauthenticated);
    assert_eq!(bob.machine.state().call.unwrap().state, CallState::Held);
    bob.pass(1_000).answer("hold", done());
    assert_eq!(bob.machine.state().call.unwrap().state, CallState::Held);
    bob.pass(60_000);
    assert!(!bob.asked().contains(&"hold"));
}

#[test]
fn connected_is_not_said_again_to_a_server_that_refuses_it() {
    for (name, mut bob) in repeated() {
        if name == "connected" {
            bob.fail(name, refusal(403, ErrorCode::NotAParticipant, None));
            bob.pass(20_000);
            assert!(!bob.asked().contains(&name));
        }
    }
}

#[test]
fn devices_that_failed_at_once_do_not_return_at_once() {
    let first_wait = |seed| {
        let mut bob = Phone::part_b_with(|config| config.seed = seed);
        bob.invite("c1", 45_000);
        waits::<1>(&mut bob, "ringing", &Failure::NoAnswer)[0]
    };
    let mut seen: Vec<u64> = (1..=20_u64)
        .map(|n| first_wait(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    seen.sort_unstable();
    assert!(seen[19] - seen[0] > 150, "over most of the half: {seen:?}");
    seen.dedup();
    assert!(seen.len() > 10, "{seen:?}");
}

/// Who has taken Alice's call, of which the server says next that both are in it.
fn about_to_be_active() -> Phone {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").accept_counts("c1", 2);
    bob
}

fn told_active(bob: &mut Phone) -> Vec<Event> {
    bob.events();
    bob.update(incoming("c1").rev(3).active("phone"));
    bob.events()
}

// Broken by minding only who is active already when the room is lost: the call showed as active,
// and nobody was heard.
#[test]
fn who_lost_the_room_before_the_call_was_active_is_shown_as_reconnecting() {
    let call_id = id("c1");
    let active = Event::Active { call_id };
    let (call_id, who) = (id("c1"), Side::Me);
    let reconnecting = Event::Reconnecting { call_id, who };
    let lost = RoomEvent::Disconnected {
        reason: DisconnectReason::Lost,
    };
    for event in [RoomEvent::Reconnecting, lost] {
        let mut bob = about_to_be_active();
        bob.room(RoomEvent::Connected).room(event);
        let told = told_active(&mut bob);
        assert_eq!(told, [active.clone(), reconnecting.clone()]);
        let state = bob.machine.state().call.unwrap().state;
        assert_eq!(state, CallState::Reconnecting);
    }
    // Who only has not come yet is not: unless it fails, now or then.
    let mut bob = about_to_be_active();
    assert!(matches!(told_active(&mut bob)[..], [Event::Active { .. }]));
    bob.room(RoomEvent::ConnectFailed);
    assert!(matches!(bob.events()[..], [Event::Reconnecting { .. }]));
    bob.pass(1_000).answer("token", token());
    bob.room(RoomEvent::Connected);
    assert!(matches!(bob.events()[..], [Event::Reconnected { .. }]));
    let mut bob = about_to_be_active();
    bob.room(RoomEvent::ConnectFailed);
    assert_eq!(told_active(&mut bob), [active, reconnecting]);
}
