//! What holds whatever comes, in whatever order.

mod replayed;
mod strategies;
mod watched;

use faithcall_protocol::machine::CallState;
use proptest::prelude::*;

use strategies::step;
use watched::Watched;

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_rules_hold(
        call_waiting in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut watched = Watched::after(call_waiting, steps);
        // Left alone, every call comes to its end.
        watched.pass(5 * 3_600_000);
        for call in watched.calls() {
            prop_assert!(matches!(call.state, CallState::Ended(_)), "{call:?}");
        }
    }
}
