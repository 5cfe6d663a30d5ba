//! The words that the tests are written in.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::id::CallId;
use faithcall_sim::{Builder, Race, World};

/// When one side acts before, while and after the other's message is under way.
pub(crate) const OFFSETS: [u64; 9] = [0, 40, 80, 100, 119, 120, 121, 140, 220];
/// The other side acts then.
pub(crate) const MIDDLE: u64 = 120;

pub(crate) fn two_each() -> Builder {
    World::builder(1)
        .device("ann", "phone")
        .device("ann", "tablet")
        .device("bob", "phone")
        .device("bob", "tablet")
}

/// Ann and Bob, and each has a phone.
pub(crate) fn pair(seed: u64) -> Builder {
    World::builder(seed)
        .device("ann", "phone")
        .device("bob", "phone")
}

/// Ann's phone calls Bob, and both of Bob's devices ring.
pub(crate) fn ringing() -> (World, CallId) {
    ringing_in(two_each().build())
}

pub(crate) fn ringing_in(mut world: World) -> (World, CallId) {
    let call = world.call("ann", &["bob"]);
    world.run_ms(2_000);
    assert!(world.rings("bob/phone", &call) && world.rings("bob/tablet", &call));
    (world, call)
}

/// Ann's phone and Bob's phone are in a call.
pub(crate) fn active() -> (World, CallId) {
    active_in(two_each().build())
}

pub(crate) fn active_in(world: World) -> (World, CallId) {
    let (mut world, call) = ringing_in(world);
    world.accept("bob/phone", &call);
    world.run_ms(2_000);
    assert!(world.is_active("ann", &call) && world.is_active("bob", &call));
    (world, call)
}

/// Two people act, the second at each offset around the first; then all comes to rest, and every
/// invariant holds. Returns how each of the scenes came out.
pub(crate) fn cross<T>(
    begin: impl Fn() -> (World, CallId),
    first: fn(&mut World, &CallId),
    second: fn(&mut World, &CallId),
    look: impl Fn(&World, &CallId) -> T,
) -> Vec<T> {
    let scene = |offset| {
        let (mut world, call) = begin();
        let id = call.clone();
        world.after(MIDDLE, move |world| first(world, &id));
        let id = call.clone();
        world.after(offset, move |world| second(world, &id));
        settled(&mut world);
        look(&world, &call)
    };
    OFFSETS.into_iter().map(scene).collect()
}

pub(crate) fn settled(world: &mut World) {
    world.settle();
    world.check().unwrap();
}

pub(crate) fn healed_after(world: &mut World, ms: u64) {
    world.run_ms(ms);
    healed(world);
}

pub(crate) fn healed(world: &mut World) {
    world.heal();
    settled(world);
}

#[track_caller]
pub(crate) fn happened(world: &World, race: Race) {
    assert!(world.races().contains(&race), "{race:?} did not happen");
}

pub(crate) fn reason(world: &World, call: &CallId) -> Option<EndReason> {
    world.server_call(call)?.reason
}
