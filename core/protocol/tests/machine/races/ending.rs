//! What crosses a hang-up, or comes after it (E).

use faithcall_protocol::machine::Input;

use crate::kit::*;

// E1: hang-up crosses hang-up. Broken by not taking the server's word from the answer.

#[test]
fn race_e1_both_hang_up_and_nobody_sees_an_error() {
    let mut bob = Phone::active("c1");
    bob.end("c1");
    let first = bob.ended();
    let mut over = incoming("c1").rev(4).hung_up();
    over.ended_by = Some("alice".parse().unwrap());
    bob.update(over.clone());
    assert_eq!(bob.confirmed().reason, first.reason);
    bob.answer("end", done_with(over)).quiet();
    assert!(bob.refused().is_empty());
}

#[test]
fn race_e4_nothing_after_the_end_brings_a_call_back() {
    let mut bob = Phone::active("c1");
    bob.update(incoming("c1").rev(9).hung_up());
    bob.events();
    bob.update(incoming("c1").rev(12).active("phone"));
    bob.invite("c1", 45_000);
    bob.give(Input::LinkUp);
    bob.synced(vec![(incoming("c1").rev(12).made(), 30_000)]);
    bob.quiet();
}
