//! What the simulation has found, each as a scene of its own.

use faithcall_sim::{Link, Race};

use crate::kit::*;

/// The answer to a create is lost, and its repeat is refused for another reason: the call that
/// the first one made must not ring for a minute.
#[test]
fn race_c2_a_repeat_that_is_refused_takes_back_what_the_first_create_made() {
    let mut world = two_each().build();
    world.kill_server_at_commit();
    let call = world.call("ann/phone", &["bob"]);
    world.run_ms(200);
    world.expire_token("ann/phone", 20_000);
    world.start_server();
    world.run_ms(30_000);
    let status = world.server_call(&call).unwrap().status;
    assert!(status.is_over(), "{status:?}");
    settled(&mut world);
}

/// A stale push of a call that the member took elsewhere, while the member is in another one.
#[test]
fn race_p1_a_stale_push_does_not_hide_the_call_that_goes_on_elsewhere() {
    let mut world = two_each().pushes(true).build();
    let late = Link {
        push_ms: 30_000,
        ..Link::default()
    };
    world.cut_signals("bob/tablet");
    world.set_link("bob/tablet", late);
    let first = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.accept("bob/phone", &first);
    world.run_ms(2_000);
    world.end("bob/phone", &first);
    world.run_ms(1_000);
    world.restore("bob/tablet");
    world.run_ms(5_000);
    let second = world.call("bob/phone", &["ann"]);
    world.run_ms(1_000);
    world.accept("ann/phone", &second);
    world.run_ms(30_000);
    happened(&world, Race::D3);
    settled(&mut world);
    assert_eq!(world.view("bob/tablet").in_call_elsewhere, Some(second));
}

/// An accept is refused because the member began a call on its other device: the first call goes
/// on ringing there, and how it ends is the server's to say.
#[test]
fn race_a3_the_end_of_a_call_whose_accept_was_refused_is_the_servers() {
    let mut world = two_each().device("cyd", "phone").build();
    world.cut_signals("bob/tablet");
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.call("bob/tablet", &["cyd"]);
    world.run_ms(22);
    world.accept("bob/phone", &call);
    world.run_ms(5_000);
    happened(&world, Race::A3);
    world.cancel("ann", &call);
    healed(&mut world);
}
