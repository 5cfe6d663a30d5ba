//! Which devices a call reaches.

use faithcall_sim::protocol::end::{EndReason, ReasonDetail};
use faithcall_sim::protocol::id::Rev;
use faithcall_sim::protocol::machine::{Command, Event};
use faithcall_sim::protocol::media::CallType;
use faithcall_sim::protocol::push::{Push, PushKind};
use faithcall_sim::protocol::redact::{Personal, Secret};
use faithcall_sim::protocol::rest::{Platform, RegisterDevice};
use faithcall_sim::{Link, World};

use crate::{settled, talking, world};

fn registration(push_token: Option<&str>) -> Command {
    Command::RegisterDevice(RegisterDevice {
        platform: Platform::Android,
        push_token: push_token.map(Secret::new),
        push_kind: None,
        call_waiting: false,
        device_key: None,
    })
}

#[test]
fn a_process_that_was_killed_is_started_by_a_push_and_not_without_a_token() {
    let mut world = world();
    world.pushes_reach("bob/tablet", false);
    world.kill("bob/phone");
    world.kill("bob/tablet");
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    assert!(world.rings("bob/phone", &call) && !world.rings("bob/tablet", &call));
    world.end("ann", &call);
    settled(&mut world);
}

#[test]
fn an_app_registers_its_push_token_and_takes_it_back() {
    let mut world = World::builder(1)
        .device("ann", "phone")
        .device("bob", "phone")
        .build();
    world.command("bob", registration(Some("token"))).unwrap();
    world.run_ms(1_000);
    world.cut_signals("bob");
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    assert!(world.rings("bob", &call), "by push alone");
    world.cancel("ann", &call);
    world.run_ms(5_000);
    world.command("bob", registration(None)).unwrap();
    world.run_ms(1_000);
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    assert!(!world.rings("bob", &call));
    world.restore("bob");
    settled(&mut world);
}

#[test]
fn a_push_that_is_late_by_more_than_the_ring_comes_all_the_same_and_rings_nobody_for_long() {
    let mut world = world();
    let late = Link {
        push_ms: 60_000,
        ..Link::default()
    };
    world.set_link("bob/phone", late);
    world.cut("bob/phone");
    let call = world.call("ann", &["bob"]);
    world.run_ms(50_000);
    world.restore("bob/phone");
    world.run_ms(15_000);
    let invited = |event: &Event| {
        matches!(
            event,
            Event::Incoming { .. } | Event::PushWithoutRing { .. }
        )
    };
    assert!(world.events("bob/phone").iter().any(invited));
    assert!(!world.rings("bob/phone", &call));
    settled(&mut world);
}

#[test]
fn a_member_that_is_revoked_is_out_and_comes_back_when_it_is_reinstated() {
    let (mut world, call) = talking();
    world.revoke("bob");
    world.run_ms(10_000);
    let ended = world.ended("ann", &call).unwrap();
    assert_eq!(ended.reason, EndReason::Failed);
    assert_eq!(ended.detail, Some(ReasonDetail::Revoked));
    assert!(world.in_room(&call).is_empty());
    assert!(!world.view("bob/phone").link_up);
    world.reinstate("bob");
    world.run_ms(5_000);
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    assert!(world.rings("bob/phone", &call));
    settled(&mut world);
}

#[test]
fn a_push_of_a_call_that_nobody_makes_rings_until_the_server_says_so() {
    let mut world = world();
    let push = Push {
        call_id: "nobodys".parse().unwrap(),
        rev: Rev(1),
        kind: PushKind::Invite {
            call_type: CallType::Voice,
            caller_id: "mallory".parse().unwrap(),
            caller_name: Personal::new("Mallory"),
            caller_avatar: None,
            callee_id: "bob".parse().unwrap(),
            ring_expires_in_ms: 45_000,
        },
    };
    world.push("bob/phone", push);
    let call = "nobodys".parse().unwrap();
    assert!(world.rings("bob/phone", &call));
    world.run_ms(1_000);
    assert!(!world.rings("bob/phone", &call));
    settled(&mut world);
}

#[test]
fn a_push_comes_while_the_broker_is_down() {
    let mut world = world();
    world.restart_broker(60_000);
    world.run_ms(1_000);
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    assert!(world.rings("bob/phone", &call));
    world.accept("bob/phone", &call);
    assert!(world.run_until(6_000, |world| world.is_active("ann", &call)));
    settled(&mut world);
}

#[test]
fn a_ring_by_a_push_that_is_late_is_as_long_as_the_server_says() {
    let mut world = world();
    let late = Link {
        push_ms: 20_000,
        ..Link::default()
    };
    world.set_link("bob/phone", late);
    world.cut_signals("bob/phone");
    let call = world.call("ann", &["bob"]);
    assert!(world.run_until(21_000, |world| world.rings("bob/phone", &call)));
    world.run_ms(1_000);
    assert_eq!(
        world.rings_until_ms("bob/phone", &call).unwrap() / 1_000,
        46
    );
    settled(&mut world);
}
