//! `faithcall-desktop phone`, as a script uses it.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::servers::{Servers, token};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Phone {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) told: Vec<Value>,
}

impl Phone {
    /// Starts it, and waits until it is online.
    pub(crate) async fn start(servers: &Servers, member: &str, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_faithcall-desktop"))
            .arg("phone")
            .args(["--api", &servers.api(), "--broker", &servers.broker()])
            .args(more)
            .env("FAITHCALL_TOKEN", token(member))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut phone = Self {
            child,
            lines,
            told: Vec::new(),
        };
        phone.until("online").await;
        phone
    }

    /// Reads on until this event.
    pub(crate) async fn until(&mut self, event: &str) -> Value {
        let read = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                let line: Value = serde_json::from_str(&line).unwrap();
                self.told.push(line.clone());
                if line["event"] == event {
                    return line;
                }
            }
            panic!("the phone ended without '{event}': {:#?}", self.told)
        };
        timeout(PATIENCE, read)
            .await
            .unwrap_or_else(|_| panic!("no '{event}' in time"))
    }

    /// Reads on until it has ended by itself.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        self.until("bye").await;
        timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap()
    }

    /// Ctrl-C.
    pub(crate) async fn interrupt(&self) {
        let id = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(sent.unwrap().success());
    }

    /// The first line of this event.
    pub(crate) fn first(&self, event: &str) -> Option<&Value> {
        self.told.iter().find(|line| line["event"] == event)
    }

    /// The values of a field in all lines of this event that have it.
    pub(crate) fn all(&self, event: &str, field: &str) -> Vec<Value> {
        let lines = self.told.iter().filter(|line| line["event"] == event);
        lines.filter_map(|line| line.get(field).cloned()).collect()
    }
}
