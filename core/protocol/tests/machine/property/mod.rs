//! What holds whatever comes, in whatever order.

mod strategies;
mod watched;

use faithcall_protocol::machine::{CallState, Input};
use proptest::prelude::*;

use strategies::step;
use watched::Watched;

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_rules_hold(steps in prop::collection::vec(step(), 1..60)) {
        let mut watched = Watched::new();
        watched.give(Input::SignedIn);
        for step in steps {
            watched.step(step);
        }
        // Left alone, every call comes to its end.
        watched.pass(5 * 3_600_000);
        let call = watched.machine.snapshot().call;
        prop_assert!(call.is_none_or(|c| matches!(c.state, CallState::Ended(_))));
    }
}
