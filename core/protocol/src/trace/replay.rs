//! A trace given to a fresh machine.

use serde_json::Value;

use crate::machine::{Input, Machine};

use super::{CUT_LINE, FORMAT, Header, Step};

/// A machine that is given a trace, line by line.
#[derive(Debug)]
pub struct Replay {
    header: Header,
    machine: Machine,
}

/// One line of a trace, replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// What was recorded.
    pub step: Step,
    /// The first output that is not as it was recorded.
    pub difference: Option<Difference>,
}

/// Where a replay answered differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which output of the input, from 0.
    pub output: usize,
    /// What was recorded; `None`: nothing more.
    pub recorded: Option<Value>,
    /// What this machine answers; `None`: nothing more.
    pub replayed: Option<Value>,
}

/// Why a text is no trace that can be replayed.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The first line is not a header.
    #[error("not a trace: its first line is not the header that a recording begins with ({0})")]
    NotATrace(serde_json::Error),
    /// Of another form.
    #[error(
        "the trace has format {0}, and this version reads {FORMAT}: replay it with the version that wrote it"
    )]
    Format(u32),
    /// A line that is not a step.
    #[error("not a step of a trace: {0}")]
    NotAStep(serde_json::Error),
    /// An input that this version does not know.
    #[error("an input that this version does not know: {0}")]
    UnknownInput(serde_json::Error),
    /// An answer of the machine that has no JSON.
    #[error("an output cannot be written: {0}")]
    Unwritable(serde_json::Error),
}

impl Replay {
    /// Begins with the first line.
    ///
    /// # Errors
    /// [`TraceError::NotATrace`], [`TraceError::Format`].
    pub fn new(header_line: &str) -> Result<Self, TraceError> {
        let read: Value = serde_json::from_str(header_line).map_err(TraceError::NotATrace)?;
        // The format first: the rest of a later header may look otherwise.
        if let Some(format) = read.get("faithcall_trace").and_then(Value::as_u64)
            && format != u64::from(FORMAT)
        {
            return Err(TraceError::Format(
                u32::try_from(format).unwrap_or(u32::MAX),
            ));
        }
        let header: Header = serde_json::from_value(read).map_err(TraceError::NotATrace)?;
        Ok(Self {
            machine: Machine::new(header.config.clone()),
            header,
        })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The machine, as it is after the last step.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Gives the machine the next line's input; `None` at [`CUT_LINE`].
    ///
    /// # Errors
    /// [`TraceError::NotAStep`], [`TraceError::UnknownInput`], [`TraceError::Unwritable`].
    pub fn step(&mut self, line: &str) -> Result<Option<Replayed>, TraceError> {
        if line == CUT_LINE {
            return Ok(None);
        }
        let step: Step = serde_json::from_str(line).map_err(TraceError::NotAStep)?;
        let input: Input =
            serde_json::from_value(step.input.clone()).map_err(TraceError::UnknownInput)?;
        let replayed: Vec<Value> = self
            .machine
            .handle(step.at_ms, input)
            .iter()
            .map(serde_json::to_value)
            .collect::<Result<_, _>>()
            .map_err(TraceError::Unwritable)?;
        let difference = first_difference(&step.outputs, &replayed);
        Ok(Some(Replayed { step, difference }))
    }
}

fn first_difference(recorded: &[Value], replayed: &[Value]) -> Option<Difference> {
    (0..recorded.len().max(replayed.len()))
        .map(|output| Difference {
            output,
            recorded: recorded.get(output).cloned(),
            replayed: replayed.get(output).cloned(),
        })
        .find(|d| d.recorded != d.replayed)
}
