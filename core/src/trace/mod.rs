//! Recording what a client's machine is told and answers, for [`faithcall_protocol::trace`].

mod sink;

pub use sink::TraceSink;

use faithcall_protocol::machine::{Input, MachineConfig, Output};
use faithcall_protocol::trace::{CUT_LINE, Recorder};

/// One client's recording.
pub(crate) struct Trace {
    recorder: Recorder,
    sink: TraceSink,
    left_bytes: usize,
    over: bool,
}

impl Trace {
    /// Writes the first line.
    pub(crate) fn start(sink: TraceSink, config: &MachineConfig) -> Option<Self> {
        match Recorder::new(config) {
            Ok((recorder, header)) => {
                let mut trace = Self {
                    recorder,
                    left_bytes: sink.limit_bytes,
                    sink,
                    over: false,
                };
                trace.keep(&header);
                Some(trace)
            }
            Err(error) => {
                tracing::warn!(%error, "the trace cannot begin: report this");
                None
            }
        }
    }

    /// Writes the line of one input.
    pub(crate) fn step(&mut self, now_ms: u64, input: &Input, outputs: &[Output]) {
        if self.over {
            return;
        }
        match self.recorder.step(now_ms, input, outputs) {
            Ok(line) => self.keep(&line),
            Err(error) => {
                // A trace with a gap is worth nothing.
                self.over = true;
                tracing::warn!(%error, "the trace ends here: report this");
            }
        }
    }

    fn keep(&mut self, line: &str) {
        let line = match self.left_bytes.checked_sub(line.len() + 1) {
            Some(left) => {
                self.left_bytes = left;
                line
            }
            None => {
                self.over = true;
                CUT_LINE
            }
        };
        if let Err(error) = self.sink.write(line) {
            self.over = true;
            tracing::warn!(%error, "the trace ends here: it cannot be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn config() -> MachineConfig {
        let (me, church) = ("ruth".parse().unwrap(), "c".parse().unwrap());
        MachineConfig::new(me, church, "d".parse().unwrap(), 1)
    }

    fn lines_within(limit_bytes: usize) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let sink = TraceSink::new(move |line: &str| kept.lock().unwrap().push(line.to_owned()));
        let mut trace = Trace::start(sink.limit_bytes(limit_bytes), &config()).unwrap();
        for at in 0..5 {
            trace.step(at, &Input::Tick, &[]);
        }
        lines.lock().unwrap().clone()
    }

    #[test]
    fn what_does_not_fit_is_cut_once_and_said_so() {
        let whole = lines_within(10_000);
        assert_eq!(whole.len(), 6);
        let two: usize = whole[..3].iter().map(|line| line.len() + 1).sum();
        let cut = lines_within(two);
        assert_eq!(cut[..3], whole[..3]);
        assert_eq!(cut[3..], [CUT_LINE]);
    }

    #[test]
    fn a_sink_that_fails_ends_the_trace_and_nothing_else() {
        let sink = TraceSink::failing();
        let mut trace = Trace::start(sink, &config()).unwrap();
        trace.step(1, &Input::Tick, &[]);
        assert!(trace.over);
    }
}
