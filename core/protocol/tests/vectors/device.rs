//! One scene of a device, and what the machine makes of it.

use faithcall_protocol::machine::{Command, Input, Machine, MachineConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Scene;
use crate::json::{changed, without_nulls};

/// A file of `core/vectors/device`; the README there describes each field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceScene {
    name: String,
    why: String,
    config: MachineConfig,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    at_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<Value>,
    #[serde(default)]
    expect: Vec<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    view: Option<Value>,
}

impl Step {
    fn input(&self) -> Result<Input, String> {
        let read = match (&self.command, &self.input) {
            (Some(command), None) => {
                serde_json::from_value::<Command>(command.clone()).map(Input::Command)
            }
            (None, Some(input)) => serde_json::from_value(input.clone()),
            _ => return Err(format!("at {} ms: one of command and input", self.at_ms)),
        };
        read.map_err(|error| format!("at {} ms: {error}", self.at_ms))
    }
}

impl Scene for DeviceScene {
    const FOLDER: &str = "device";
    const FIRST: &[&str] = &[
        "name", "why", "config", "steps", "at_ms", "command", "input", "expect", "view", "id",
        "session", "topic", "type", "call_id",
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn why(&self) -> &str {
        &self.why
    }

    fn played(&self) -> Result<Self, String> {
        let mut machine = Machine::new(self.config.clone());
        let mut shown = Value::Object(Map::new());
        let mut scene = self.clone();
        for step in &mut scene.steps {
            let now = step.at_ms;
            let missed = machine.next_deadline().filter(|deadline| *deadline < now);
            if let Some(deadline) = missed {
                return Err(format!(
                    "the deadline at {deadline} ms has no step of its own"
                ));
            }
            let outputs = machine.handle(step.at_ms, step.input()?);
            step.expect = outputs.iter().map(without_nulls).collect();
            let view = without_nulls(&machine.state());
            step.view = changed(&shown, &view);
            shown = view;
        }
        Ok(scene)
    }

    fn difference(&self, played: &Self) -> Option<String> {
        let mut both = self.steps.iter().zip(&played.steps).enumerate();
        let (number, (written, played)) = both.find(|(_, (a, b))| a != b)?;
        let what = written.command.as_ref().or(written.input.as_ref());
        let (field, written_side, played_side) = if written.expect == played.expect {
            let side = |view: &Option<Value>| view.clone().unwrap_or_else(|| "as before".into());
            ("view", side(&written.view), side(&played.view))
        } else {
            let side = |outputs: &Vec<Value>| Value::from(outputs.clone());
            ("expect", side(&written.expect), side(&played.expect))
        };
        Some(format!(
            "step {number} at {} ms, {}\n  {field} is written: {written_side}\n  {field} comes out: {played_side}",
            written.at_ms,
            what.unwrap_or(&Value::Null),
        ))
    }
}
