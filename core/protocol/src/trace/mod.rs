//! Record and replay: what a device's machine was told and what it answered, without anything
//! personal.
//!
//! A trace is text, one JSON object a line. The first is the [`Header`]; each other is a [`Step`],
//! or [`CUT_LINE`] where no more was kept. [`Recorder`] writes the lines, [`Replay`] gives the
//! inputs to a fresh machine and holds its outputs against the recorded ones.
//!
//! Members, devices, calls, names, addresses and tokens are written as stand-ins (`m1`, `d1`,
//! `c1`, …), the same everywhere in one trace. The machine compares them for equality only, and
//! what it tells contains no others, so that a replay of the renamed inputs gives exactly the
//! renamed outputs. Moments are moved, all by the same span, so that the first is [`EPOCH_MS`].

mod replay;
mod stand_in;

pub use replay::{Difference, Replay, Replayed, TraceError};
pub use stand_in::EPOCH_MS;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::machine::{Input, MachineConfig, Output};
use stand_in::StandIns;

/// The form of a trace; raised when an older reader could not read it.
pub const FORMAT: u32 = 1;

/// The last line of a trace that was not kept to its end, because of its size.
pub const CUT_LINE: &str = r#"{"cut":true}"#;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`] of its writer.
    pub faithcall_trace: u32,
    /// The version of the SDK that wrote it. Another one may answer differently.
    pub version: String,
    /// Whom the machine acted for, and how; renamed.
    pub config: MachineConfig,
}

/// One input, and what the machine answered; renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The machine's clock.
    pub at_ms: u64,
    /// An [`Input`] as JSON.
    pub input: Value,
    /// [`Output`]s as JSON, in order.
    pub outputs: Vec<Value>,
}

/// Writes the lines of one machine's trace, without line ends.
#[derive(Debug)]
pub struct Recorder {
    stand_ins: StandIns,
}

impl Recorder {
    /// A recorder for a machine with this configuration, and the first line.
    ///
    /// # Errors
    /// None for what a machine is made with.
    pub fn new(config: &MachineConfig) -> Result<(Self, String), serde_json::Error> {
        let mut stand_ins = StandIns::default();
        let mut renamed = serde_json::to_value(config)?;
        stand_ins.rename("config", &mut renamed);
        let header = Header {
            faithcall_trace: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config: serde_json::from_value(renamed)?,
        };
        Ok((Self { stand_ins }, serde_json::to_string(&header)?))
    }

    /// The line of one input and its outputs: all that were given to the machine, in order.
    ///
    /// # Errors
    /// None for what a machine takes and tells.
    pub fn step(
        &mut self,
        now_ms: u64,
        input: &Input,
        outputs: &[Output],
    ) -> Result<String, serde_json::Error> {
        let mut input = serde_json::to_value(input)?;
        self.stand_ins.rename("input", &mut input);
        let outputs = outputs
            .iter()
            .map(|output| {
                let mut output = serde_json::to_value(output)?;
                self.stand_ins.rename("outputs", &mut output);
                Ok(output)
            })
            .collect::<Result<_, serde_json::Error>>()?;
        serde_json::to_string(&Step {
            at_ms: now_ms,
            input,
            outputs,
        })
    }
}
