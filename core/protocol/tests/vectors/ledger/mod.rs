//! One scene of a server, and what the ledger makes of it.

mod request;
mod server;
mod told;

use serde::{Deserialize, Serialize};

use crate::Scene;
use request::Step;
use server::{Server, ServerConfig};

/// A file of `core/vectors/ledger`; the README there describes each field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LedgerScene {
    name: String,
    why: String,
    config: ServerConfig,
    steps: Vec<Step>,
}

impl Scene for LedgerScene {
    const FOLDER: &str = "ledger";
    const FIRST: &[&str] = &[
        "name", "why", "config", "steps", "at_ms", "from", "call", "request", "event", "body",
        "expect", "refused", "changes", "effect", "view", "topics", "to", "but", "payload", "type",
        "call_id",
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn why(&self) -> &str {
        &self.why
    }

    fn played(&self) -> Result<Self, String> {
        let mut server = Server::new(self.config.clone());
        let mut scene = self.clone();
        for step in &mut scene.steps {
            let answer = server.step(step);
            step.expect = answer.map_err(|error| format!("at {} ms: {error}", step.at_ms))?;
        }
        Ok(scene)
    }

    fn difference(&self, played: &Self) -> Option<String> {
        let mut both = self.steps.iter().zip(&played.steps).enumerate();
        let (number, (written, played)) = both.find(|(_, (a, b))| a != b)?;
        Some(format!(
            "step {number} at {} ms, {} of {}\n  is written: {}\n  comes out: {}",
            written.at_ms,
            written.what(),
            written.call,
            written.expect,
            played.expect,
        ))
    }
}
