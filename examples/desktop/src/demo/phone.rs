//! A phone as a process of its own, with its own connections to everything.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use faithcall_protocol::timestamp::Timestamp;
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::log::{Entry, Log, Missing};

/// How long a phone may take to sign out and end.
const ENDS_WITHIN: Duration = Duration::from_secs(6);

/// What a phone is started with.
#[derive(Debug, Clone)]
pub(super) struct PhoneSetup {
    /// This program.
    pub program: PathBuf,
    /// What follows `phone`, the token excepted.
    pub arguments: Vec<String>,
    /// The member's JWT; given in the environment, where other users cannot read it.
    pub token: String,
    /// Where its error output goes.
    pub error_log: PathBuf,
}

/// A running phone; dropped, it is killed.
pub(super) struct Phone {
    /// Its lane in the scene.
    pub lane: usize,
    /// Its name in the scene.
    pub name: String,
    child: Child,
    stdin: ChildStdin,
    log: Arc<Log>,
}

impl Phone {
    /// Starts a phone that tells into `log`.
    ///
    /// # Errors
    /// The process cannot be started, or its error log cannot be written.
    pub(super) fn start(
        setup: &PhoneSetup,
        lane: usize,
        name: &str,
        log: &Arc<Log>,
    ) -> Result<Self, std::io::Error> {
        let mut child = Command::new(&setup.program)
            .arg("phone")
            .args(&setup.arguments)
            .arg("--stdin")
            .env("FAITHCALL_TOKEN", &setup.token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&setup.error_log)?)
            .kill_on_drop(true)
            .spawn()?;
        let (stdin, stdout) = child
            .stdin
            .take()
            .zip(child.stdout.take())
            .ok_or_else(|| std::io::Error::other("the phone has no pipes"))?;
        tokio::spawn(read(stdout, lane, log.clone()));
        Ok(Self {
            lane,
            name: name.to_owned(),
            child,
            stdin,
            log: log.clone(),
        })
    }

    /// Gives it a command. What is expected from now on, of any phone of the scene, comes later.
    ///
    /// # Errors
    /// It has ended.
    pub(super) async fn say(&mut self, command: &str) -> Result<(), Missing> {
        self.log.mark();
        let line = format!("{command}\n");
        let said = self.stdin.write_all(line.as_bytes()).await;
        said.map_err(|_| self.missing(&format!("answer to {command}"), Duration::ZERO))
    }

    /// Waits for the first line of this event since the last command of the scene.
    ///
    /// # Errors
    /// It did not come in time.
    pub(super) async fn expect(&self, event: &str, within: Duration) -> Result<Entry, Missing> {
        self.expect_where(event, within, |entry| entry.event == event)
            .await
    }

    /// Waits for the first line that fits since the last command of the scene.
    ///
    /// # Errors
    /// It did not come in time.
    pub(super) async fn expect_where(
        &self,
        what: &str,
        within: Duration,
        fits: impl Fn(&Entry) -> bool,
    ) -> Result<Entry, Missing> {
        let mine = |entry: &Entry| entry.lane == self.lane && fits(entry);
        let came = self.log.wait(self.log.marked(), within, mine).await;
        came.map(|(_, entry)| entry)
            .ok_or_else(|| self.missing(what, within))
    }

    /// Kills it without a warning, as a crash would.
    ///
    /// # Errors
    /// It had ended before.
    pub(super) async fn kill(&mut self) -> Result<(), std::io::Error> {
        self.child.kill().await
    }

    /// Lets it sign out and end; one that does not is killed.
    pub(super) async fn quit(mut self) {
        // Both fail only where it has ended already.
        let _ = self.say("quit").await;
        if timeout(ENDS_WITHIN, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }

    fn missing(&self, what: &str, within: Duration) -> Missing {
        Missing {
            who: self.name.clone(),
            what: what.to_owned(),
            within,
        }
    }
}

async fn read(stdout: ChildStdout, lane: usize, log: Arc<Log>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(entry) = entry(&line, lane) {
            log.add(entry);
        }
    }
}

fn entry(line: &str, lane: usize) -> Option<Entry> {
    let fields: Map<String, Value> = serde_json::from_str(line).ok()?;
    let at = Timestamp::parse(fields.get("at")?.as_str()?).ok()?;
    Some(Entry {
        at_ms: at.unix_ms() as f64,
        lane,
        event: fields.get("event")?.as_str()?.to_owned(),
        fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_an_entry_and_nonsense_none() {
        let line =
            r#"{"t_ms":5,"at":"2026-11-22T15:24:51.250000Z","event":"active","call_id":"c"}"#;
        let entry = entry(line, 2).unwrap();
        assert_eq!((entry.lane, entry.event.as_str()), (2, "active"));
        assert_eq!(entry.at_ms, 1_795_361_091_250.0);
        assert_eq!(entry.text("call_id"), "c");
        for bad in ["", "{}", "panicked at", r#"{"at":"x","event":"y"}"#] {
            assert_eq!(super::entry(bad, 0), None);
        }
    }
}
