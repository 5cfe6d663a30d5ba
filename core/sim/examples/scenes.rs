//! Scenes of an app, written down: who does what, what goes wrong, and what each screen shows.
//!
//! `cargo run -p faithcall-sim --example scenes`

use faithcall_sim::protocol::machine::{CallState, OtherCall};
use faithcall_sim::{Broken, Link, World};

pub(crate) fn main() -> Result<(), Broken> {
    the_other_devices_accept_is_lost()?;
    a_push_comes_forty_seconds_late()?;
    an_app_dies_while_it_rings()?;
    an_app_dies_in_a_call_and_comes_back()?;
    a_second_call_waits_and_a_third_member_is_called_in()?;
    everything_goes_wrong_at_once()
}

/// Two devices ring. One accepts; the other is tapped too, and its accept is lost.
fn the_other_devices_accept_is_lost() -> Result<(), Broken> {
    let mut world = household().build();
    let call = world.call("ann", &["bob"]);
    world.run_ms(2_000);

    world.accept("bob/phone", &call);
    world.lose_requests("bob/tablet", 1);
    world.accept("bob/tablet", &call);
    world.settle();

    show("the other device's accept is lost", &world);
    assert!(world.is_active("bob/phone", &call));
    assert!(world.ended("bob/tablet", &call).is_some());
    world.check()
}

/// A phone that is asleep hears of a call by push only, and that comes 40 s late.
fn a_push_comes_forty_seconds_late() -> Result<(), Broken> {
    let mut world = household().pushes(true).build();
    let slow = Link {
        push_ms: 40_000,
        ..Link::default()
    };
    world.set_link("bob/phone", slow);
    world.cut_signals("bob/phone");
    world.stop("bob/tablet");

    let call = world.call("ann", &["bob"]);
    let rang = world.run_until(60_000, |world| world.rings("bob/phone", &call));
    show("a push comes 40 s late", &world);
    assert!(rang, "for what is left of the 45 s");

    world.settle();
    assert!(!world.rings("bob/phone", &call));
    world.check()
}

/// The process dies while it rings; the caller must not wait for nobody.
fn an_app_dies_while_it_rings() -> Result<(), Broken> {
    let mut world = household().build();
    world.stop("bob/tablet");
    let call = world.call("ann", &["bob"]);
    world.run_until(5_000, |world| world.rings("bob/phone", &call));
    world.kill("bob/phone");
    world.settle();

    show("an app dies while it rings", &world);
    assert!(world.ended("ann", &call).is_some());
    world.check()
}

/// The process dies in a call, starts again, and offers to come back.
fn an_app_dies_in_a_call_and_comes_back() -> Result<(), Broken> {
    let mut world = household().build();
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.accept("bob/phone", &call);
    world.run_ms(5_000);

    world.kill("bob/phone");
    world.run_ms(3_000);
    world.start("bob/phone");
    world.run_ms(1_000);
    show("an app dies in a call and is offered to come back", &world);
    world.rejoin("bob/phone", &call);
    world.settle();
    assert!(world.is_active("ann", &call) && world.is_active("bob/phone", &call));
    world.check()
}

/// A second call rings while the user is in one, and is taken; then the held one is taken up again
/// and becomes a group.
fn a_second_call_waits_and_a_third_member_is_called_in() -> Result<(), Broken> {
    let mut world = household()
        .device("cyd", "phone")
        .call_waiting(true)
        .build();
    let first = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.accept("bob/phone", &first);
    world.run_ms(2_000);

    let second = world.call("cyd", &["bob"]);
    world.run_ms(1_000);
    world.accept_and("bob/phone", &second, OtherCall::Hold);
    world.run_ms(2_000);
    show("one call is held, another goes on", &world);
    assert_eq!(world.state("bob/phone", &first), Some(CallState::Held));

    world.swap("bob/phone");
    world.run_ms(2_000);
    world.end("cyd", &second);
    world.run_ms(2_000);
    world.invite("bob/phone", &first, &["cyd"]);
    world.run_ms(1_000);
    world.accept("cyd", &first);
    world.settle();
    show("a third member was called in", &world);
    assert_eq!(world.in_room(&first).len(), 3);

    world.leave("ann", &first);
    world.settle();
    assert!(
        world.is_active("cyd", &first),
        "a group goes on without one"
    );
    world.check()
}

/// Everything comes twice, late and in another order, half of it never; the server dies between a
/// commit and its publishing, and the broker forgets everybody. When all is well again, everybody
/// agrees.
fn everything_goes_wrong_at_once() -> Result<(), Broken> {
    let links = Link {
        jitter_ms: 2_000,
        loses_request_one_in: 4,
        loses_answer_one_in: 4,
        repeats_signal_one_in: 2,
        repeats_push_one_in: 2,
        ..Link::default()
    };
    let mut world = household().pushes(true).links(links).build();
    let call = world.call("ann", &["bob"]);
    world.run_ms(8_000);
    world.kill_server_at_commit();
    world.accept("bob/phone", &call);
    world.run_ms(4_000);
    world.start_server();
    world.restart_broker(1_000);
    world.run_ms(10_000);

    world.heal();
    world.settle();
    show("everything went wrong at once", &world);
    world.check()
}

/// Ann has a phone, Bob a phone and a tablet.
fn household() -> faithcall_sim::Builder {
    World::builder(1)
        .device("ann", "phone")
        .device("bob", "phone")
        .device("bob", "tablet")
}

/// What every screen shows now.
fn show(scene: &str, world: &World) {
    println!("{scene}, after {} s", world.now_ms() / 1_000);
    for device in world.names() {
        if !world.is_running(&device) {
            println!("  {device:<12} is not running");
            continue;
        }
        let view = world.view(&device);
        let shown = view.call.map(|call| format!("{:?}", call.state));
        let offer = view
            .rejoinable
            .map(|_| " (may come back)")
            .unwrap_or_default();
        println!(
            "  {device:<12} {}{offer}",
            shown.unwrap_or("nothing".to_owned())
        );
    }
}
