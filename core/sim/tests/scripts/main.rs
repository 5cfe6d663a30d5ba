//! What a script can bring about, and what can be seen of it: the world's public face, as an app's
//! tests use it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod haste;
mod late_push;
mod lost;
mod media;
mod reached;
#[path = "../../examples/scenes.rs"]
mod scenes;
mod time;
mod told;
mod two_calls;

use faithcall_sim::World;
use faithcall_sim::protocol::id::CallId;

/// Ann's phone and Bob's phone and tablet, with pushes.
fn world() -> World {
    World::builder(1)
        .device("ann", "phone")
        .device("bob", "phone")
        .device("bob", "tablet")
        .pushes(true)
        .build()
}

/// Ann and Bob's phone are in a call.
fn talking() -> (World, CallId) {
    let mut world = world();
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.accept("bob/phone", &call);
    world.run_ms(2_000);
    assert!(world.is_active("ann", &call) && world.is_active("bob/phone", &call));
    (world, call)
}

#[test]
fn the_scenes_of_the_example_hold() {
    scenes::main().unwrap();
}

fn settled(world: &mut World) {
    world.settle();
    world.check().unwrap();
}
