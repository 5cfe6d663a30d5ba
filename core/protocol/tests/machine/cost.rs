//! What a step allocates: only what it returns.

use allocation_counter::measure;
use faithcall_protocol::machine::{Input, Machine, Output};

use crate::kit::*;

/// An input, and the machine before it.
fn before(mut bob: Phone, happening: impl FnOnce(&mut Phone)) -> (Machine, u64, Input) {
    let (machine, now) = (bob.machine.clone(), bob.now);
    happening(&mut bob);
    let (_, input) = bob.given().last().unwrap();
    (machine, now, input.clone())
}

#[test]
fn what_changes_nothing_allocates_nothing() {
    let known = || incoming("c1").rev(3).active("phone");
    let nothing_is_due = before(Phone::active("c1"), |bob| {
        bob.give(Input::Tick);
    });
    let an_update_that_is_known = before(Phone::active("c1"), |bob| {
        bob.update(known());
    });
    let the_invite_again = before(Phone::ringing("c1"), |bob| {
        bob.invite("c1", 45_000);
    });
    for (mut machine, now, input) in [nothing_is_due, an_update_that_is_known, the_invite_again] {
        let what = format!("{input:?}");
        let mut outputs: Vec<Output> = Vec::new();
        let cost = measure(|| outputs = machine.handle(now, input));
        assert_eq!((outputs, cost.count_total), (vec![], 0), "{what}");
    }
}

#[test]
fn an_update_allocates_what_is_kept_of_it() {
    let (mut machine, now, input) = before(Phone::active("c1"), |bob| {
        bob.update(incoming("c1").rev(4).active("phone"));
    });
    let cost = measure(|| assert_eq!(machine.handle(now, input), []));
    // The snapshot, and the name of the other one.
    assert_eq!(cost.count_total, 2);
}
