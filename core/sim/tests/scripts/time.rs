//! Virtual time: far, exact, and step by step.

use faithcall_sim::World;
use faithcall_sim::protocol::machine::CallState;

use crate::{settled, world};

#[test]
fn a_scene_is_the_same_for_the_same_seed_and_script_and_clocks_change_nothing() {
    let play = |hours: u64| {
        let mut world = World::builder(7)
            .device("ann", "phone")
            .device("bob", "phone")
            .clock_ahead("ann/phone", 0)
            .clock_ahead("bob/phone", hours * 3_600_000)
            .build();
        let call = world.call("ann", &["bob"]);
        world.run_ms(1_000);
        world.accept("bob", &call);
        settled(&mut world);
        let lines = world.timeline().iter().map(ToString::to_string);
        let lines: Vec<String> = lines.filter(|line| !line.contains("until_ms")).collect();
        (lines, world.steps())
    };
    let (lines, steps) = play(0);
    assert!(steps > 20, "{steps}");
    assert_eq!(play(0).0, lines);
    assert_eq!(play(17).1, steps);
}

#[test]
fn a_phone_that_dies_at_any_step_of_its_call_leaves_nothing_behind() {
    for step in 0..70 {
        let mut world = world();
        let call = world.call("ann", &["bob"]);
        world.after(500, {
            let call = call.clone();
            move |world| world.accept("bob/phone", &call)
        });
        (0..step).for_each(|_| world.step());
        // No push starts it again.
        world.stop("bob/phone");
        settled(&mut world);
        let state = world.state("ann", &call).unwrap();
        assert!(
            matches!(state, CallState::Ended(_)),
            "step {step}: {state:?}"
        );
        assert!(world.in_room(&call).is_empty());
    }
}

#[test]
fn waiting_for_something_stops_at_it_or_in_time() {
    let mut world = world();
    let call = world.call("ann", &["bob"]);
    let began = world.now_ms();
    assert!(world.run_until(10_000, |world| world.rings("bob/phone", &call)));
    assert!(world.now_ms() < began + 200);
    let now = world.now_ms();
    assert!(!world.run_until(3_000, |world| world.is_active("ann", &call)));
    assert_eq!(world.now_ms(), now + 3_000);
}
