//! Whatever came, its trace is replayed without a difference.

use faithcall_protocol::machine::{Input, Machine};
use faithcall_protocol::trace::{Recorder, Replay};
use proptest::prelude::*;

use super::strategies::step;
use super::watched::Watched;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_trace_is_replayed_to_the_same_outputs(
        call_waiting in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut watched = Watched::after(call_waiting, steps);
        watched.pass(60_000);

        let config = watched.machine.config().clone();
        let (mut recorder, header) = Recorder::new(&config).unwrap();
        let mut machine = Machine::new(config);
        let mut replay = Replay::new(&header).unwrap();
        for (at, input) in watched.given {
            let read: Input =
                serde_json::from_str(&serde_json::to_string(&input).unwrap()).unwrap();
            prop_assert_eq!(&read, &input, "an input is read as it was written");
            let outputs = machine.handle(at, input.clone());
            let line = recorder.step(at, &input, &outputs).unwrap();
            let replayed = replay.step(&line).unwrap().unwrap();
            prop_assert_eq!(replayed.difference, None, "{}", line);
        }
    }
}
