//! One of our phones, as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use faithcall_desktop::analysis::proof::SOUND_DB;
use faithcall_desktop::media::{samples_in_ms, wav};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Far more than anything on loopback takes: only a failing test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Whose phone, and where it signs in.
pub(crate) struct Setup<'a> {
    pub(crate) member: &'a str,
    pub(crate) token: String,
    pub(crate) api: String,
    pub(crate) broker: String,
    /// What its microphone hears, as `--play` takes it.
    pub(crate) says: &'a str,
    /// For its recording.
    pub(crate) folder: &'a Path,
    pub(crate) arguments: &'a [&'a str],
    /// Its environment, besides the token.
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// A running phone; dropped, it is killed and has ended.
pub(crate) struct Phone {
    member: String,
    child: Child,
    stdin: ChildStdin,
    lines: mpsc::UnboundedReceiver<Value>,
    /// All lines so far, and whether the test has taken them.
    told: Vec<(Value, bool)>,
    recording: PathBuf,
}

impl Phone {
    /// Starts a phone, and waits until it is online.
    pub(crate) async fn start(setup: Setup<'_>) -> Self {
        let mut phone = Self::spawn(setup);
        phone.expect("online").await;
        phone
    }

    /// Starts a phone that may not come online.
    pub(crate) fn spawn(setup: Setup<'_>) -> Self {
        let recording = setup.folder.join(format!("{}.wav", setup.member));
        let mut child = Command::new(env!("CARGO_BIN_EXE_faithcall-desktop"))
            .args(["phone", "--stdin"])
            .args(["--api", &setup.api, "--broker", &setup.broker])
            .args(["--device", &format!("device-of-{}", setup.member)])
            .args(["--play", setup.says])
            .arg("--record")
            .arg(&recording)
            .args(setup.arguments)
            .env("FAITHCALL_TOKEN", setup.token)
            .envs(setup.variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = mpsc::unbounded_channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = stdout.next_line().await {
                assert!(!line.contains("eyJ"), "a token on standard output");
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self {
            member: setup.member.to_owned(),
            stdin: child.stdin.take().unwrap(),
            child,
            lines,
            told: Vec::new(),
            recording,
        }
    }

    /// Gives it a command.
    pub(crate) async fn say(&mut self, command: &str) {
        let line = format!("{command}\n");
        self.stdin.write_all(line.as_bytes()).await.unwrap();
    }

    /// The first line of this event that was not taken yet.
    pub(crate) async fn expect(&mut self, event: &str) -> Value {
        self.expect_where(event, |_| true).await
    }

    /// The first line of this event that fits and was not taken yet.
    pub(crate) async fn expect_where(
        &mut self,
        event: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Value {
        self.expect_within(PATIENCE, event, fits).await
    }

    /// The same, with a bound of its own.
    pub(crate) async fn expect_within(
        &mut self,
        patience: Duration,
        event: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Value {
        let search = async {
            loop {
                let fitting = self
                    .told
                    .iter_mut()
                    .find(|(line, taken)| !*taken && line["event"] == event && fits(line));
                if let Some((line, taken)) = fitting {
                    *taken = true;
                    return Some(line.clone());
                }
                self.told.push((self.lines.recv().await?, false));
            }
        };
        match timeout(patience, search).await {
            Ok(Some(line)) => line,
            _ => panic!("{}: no such {event}", self.member),
        }
    }

    /// How it ended, as its first `ended` line that was not taken yet says.
    pub(crate) async fn ended(&mut self) -> End {
        End::of(&self.expect("ended").await)
    }

    /// Waits until sound has been heard for long enough to know it.
    pub(crate) async fn hears(&mut self) {
        self.expect("sound").await;
        // The first may hold the end of the silence only.
        for _ in 0..3 {
            self.expect_where("media", is_loud).await;
        }
    }

    /// The values of this field, in all lines so far of this event that have it.
    pub(crate) fn all(&self, event: &str, field: &str) -> Vec<Value> {
        let told = self.told.iter().map(|(line, _)| line);
        told.filter(|line| line["event"] == event)
            .filter_map(|line| line.get(field).cloned())
            .collect()
    }

    /// How often it has told this so far.
    pub(crate) fn count(&mut self, event: &str) -> usize {
        self.read();
        let told = self.told.iter();
        told.filter(|(line, _)| line["event"] == event).count()
    }

    fn read(&mut self) {
        while let Ok(line) = self.lines.try_recv() {
            self.told.push((line, false));
        }
    }

    /// What it heard in its first call, which is over: before it told `accepted`, and after.
    pub(crate) async fn recorded(&mut self, accepted: &Value) -> (Vec<i16>, Vec<i16>) {
        let begun = self.expect("recording").await;
        self.expect("recorded").await;
        let mut before = wav::read(&self.recording).unwrap();
        let at = accepted["t_ms"].as_u64().unwrap() - begun["t_ms"].as_u64().unwrap();
        let after = before.split_off(samples_in_ms(at).min(before.len()));
        (before, after)
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        let kill = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(kill.unwrap().success());
    }

    /// Waits until it has ended by itself; all that it told is there then.
    pub(crate) async fn ends(&mut self) -> ExitStatus {
        self.expect("bye").await;
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it does not end").unwrap()
    }

    /// Lets it sign out and end.
    pub(crate) async fn quit(mut self) {
        self.say("quit").await;
        let status = self.ends().await;
        assert!(status.success(), "{}: {status}", self.member);
    }

    fn journal(&self) -> String {
        let lines: Vec<_> = self.told.iter().map(|(line, _)| line.to_string()).collect();
        lines.join("\n")
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        // It holds this process' error output open until it has ended, not only until it was
        // killed. Killing fails only where it has ended already.
        let _ = self.child.start_kill();
        while let Ok(None) = self.child.try_wait() {
            std::thread::sleep(Duration::from_millis(1));
        }
        if std::thread::panicking() {
            self.read();
            eprintln!("{} told:\n{}", self.member, self.journal());
        }
    }
}

/// A `media` line of a second with sound.
pub(crate) fn is_loud(line: &Value) -> bool {
    line["loudest_db"].as_f64() > Some(f64::from(SOUND_DB))
}

/// The end of a call, as a phone tells it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) by: Option<String>,
    pub(crate) elsewhere: Option<String>,
}

impl End {
    /// An end without `elsewhere`.
    pub(crate) fn new(status: &str, reason: &str, by: Option<&str>) -> Self {
        Self {
            status: status.into(),
            reason: reason.into(),
            by: by.map(Into::into),
            elsewhere: None,
        }
    }

    /// Status and reason. Who ended it is not always known: part A's history does not say.
    pub(crate) fn how(&self) -> (&str, &str) {
        (&self.status, &self.reason)
    }

    /// Of an `ended` or `end_confirmed` line.
    pub(crate) fn of(line: &Value) -> Self {
        let text = |field: &str| line[field].as_str().map(str::to_owned);
        Self {
            status: text("status").unwrap(),
            reason: text("reason").unwrap(),
            by: text("by"),
            elsewhere: text("elsewhere"),
        }
    }
}
