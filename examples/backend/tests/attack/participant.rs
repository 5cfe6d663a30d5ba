//! The raw participant: testing/peers/raw_participant.py, a process for each.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Notify;

use crate::backend::PATIENCE;

const PROGRAM: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testing/peers/raw_participant.py"
);
/// How long the program may take to load its packages, which a busy machine reads slowly.
const LOAD_PATIENCE: Duration = Duration::from_secs(60);
/// Above it, somebody hears something: the tone that is sent has 0.35.
const SILENCE: f64 = 0.005;
/// Two tones are told apart by more.
const HZ_BETWEEN: f64 = 20.0;

/// A LiveKit client of a foreign make that attacks whatever room it is in. Dropped, it is gone.
pub(crate) struct Participant {
    /// What it is called in messages.
    name: &'static str,
    tone_hz: u32,
    input: ChildStdin,
    log: Arc<Log>,
    _process: Child,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<Line>>,
    news: Notify,
}

/// Something that the participant told.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) at: Instant,
    body: Value,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.body)
    }
}

impl Line {
    pub(crate) fn is(&self, event: &str) -> bool {
        self.body["event"] == event
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    fn number(&self, field: &str) -> f64 {
        self.body[field].as_f64().unwrap_or_default()
    }

    /// What somebody says or shows, forwarded by LiveKit. A track that is forwarded is, whatever is in it.
    pub(crate) fn is_media(&self) -> bool {
        ["subscribed", "sound", "picture"]
            .iter()
            .any(|event| self.is(event))
    }

    /// Anything of somebody that LiveKit forwarded.
    fn is_received(&self) -> bool {
        self.is_media() || self.is("data") || self.is("attributes")
    }

    fn is_sound_of(&self, identity: &str, tone_hz: u32) -> bool {
        self.is("sound")
            && self.text("from") == identity
            && self.number("level") > SILENCE
            && (self.number("hz") - f64::from(tone_hz)).abs() < HZ_BETWEEN
    }
}

impl Participant {
    /// Starts the program, and waits until it takes commands; `tone_hz`: what its microphone sounds like.
    pub(crate) async fn start(name: &'static str, tone_hz: u32) -> Self {
        let bytecode = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
        let started = Instant::now();
        let mut process = Command::new("python3")
            .arg(PROGRAM)
            .args(["--tone", &tone_hz.to_string()])
            // Python would write beside the packages, and the cache folder's sums would not fit any more.
            .env("PYTHONPYCACHEPREFIX", bytecode)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python3 does not start");
        let input = process.stdin.take().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let log = Arc::new(Log::default());
        let of_reader = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok(Some(line)) = output.next_line().await {
                let body = serde_json::from_str(&line).unwrap();
                let line = Line {
                    at: Instant::now(),
                    body,
                };
                of_reader.lines.lock().unwrap().push(line);
                of_reader.news.notify_waiters();
            }
        });
        let participant = Self {
            name,
            tone_hz,
            input,
            log,
            _process: process,
        };
        let is_ready = |line: &Line| line.is("ready");
        let loaded = participant.first(started, is_ready);
        let waited = tokio::time::timeout(LOAD_PATIENCE, loaded).await;
        waited.unwrap_or_else(|_| panic!("{name} does not start; what it says is above"));
        participant
    }

    /// Joins with this token and returns when, once it is in.
    pub(crate) async fn join(&mut self, url: &str, token: &Value) -> Instant {
        let since = Instant::now();
        self.ask(json!({"do": "join", "url": url, "token": token}))
            .await;
        self.until(since, "is in the room", |line| line.is("joined"))
            .await
            .at
    }

    /// Comes back with a token that it has: its "first" one, or the newest "refreshed" by LiveKit. When it came in;
    /// `None` where LiveKit does not let it in.
    pub(crate) async fn rejoin(&mut self, with: &str) -> Option<Instant> {
        let since = Instant::now();
        self.ask(json!({"do": "rejoin", "with": with})).await;
        let answered = |line: &Line| line.is("joined") || line.is("refused");
        let answer = self.until(since, "gets an answer", answered).await;
        answer.is("joined").then_some(answer.at)
    }

    async fn ask(&mut self, command: Value) {
        let line = format!("{command}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    /// The first line after `since` that is so.
    pub(crate) async fn until(
        &self,
        since: Instant,
        what: &str,
        wanted: impl Fn(&Line) -> bool,
    ) -> Line {
        match tokio::time::timeout(PATIENCE, self.first(since, wanted)).await {
            Ok(line) => line,
            Err(_) => panic!("{} never {what}; it told {}", self.name, self.told(since)),
        }
    }

    async fn first(&self, since: Instant, wanted: impl Fn(&Line) -> bool) -> Line {
        loop {
            let news = self.log.news.notified();
            if let Some(line) = self.lines(since).into_iter().find(&wanted) {
                return line;
            }
            news.await;
        }
    }

    /// How often it told what since then, for the message of a test that fails.
    fn told(&self, since: Instant) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for mut line in self.lines(since) {
            let fields = line.body.as_object_mut().unwrap();
            fields.remove("level");
            *counts.entry(line.body.to_string()).or_default() += 1;
        }
        let counted = counts
            .iter()
            .map(|(line, count)| format!("\n{count} x {line}"));
        counted.collect()
    }

    /// Waits until LiveKit has taken its microphone.
    pub(crate) async fn publishes(&self, since: Instant) {
        let published = |line: &Line| line.is("published") && line.text("source") == "microphone";
        self.until(since, "publishes its microphone", published)
            .await;
    }

    /// When it was put out of the room it is in.
    pub(crate) async fn is_out(&self, since: Instant) -> Instant {
        let out = self.until(since, "is put out", |line| line.is("disconnected"));
        out.await.at
    }

    /// How long after `since` it heard the tone of `other`, who is `identity` in the room.
    pub(crate) async fn hears(&self, other: &Self, identity: &str, since: Instant) -> Duration {
        let what = format!("hears {}", other.name);
        let heard = self.until(since, &what, |line| {
            line.is_sound_of(identity, other.tone_hz)
        });
        heard.await.at - since
    }

    /// Waits until data of `identity` came each way that data goes.
    pub(crate) async fn gets_data(&self, identity: &str, since: Instant) {
        for way in ["reliable", "lossy", "data_track"] {
            let got = |line: &Line| {
                line.is("data") && line.text("from") == identity && line.text("way") == way
            };
            self.until(since, &format!("gets {way} data"), got).await;
        }
    }

    /// All that LiveKit forwarded to it since then.
    pub(crate) fn received(&self, since: Instant) -> Vec<Line> {
        let mut lines = self.lines(since);
        lines.retain(Line::is_received);
        lines
    }

    fn lines(&self, since: Instant) -> Vec<Line> {
        let lines = self.log.lines.lock().unwrap();
        // One that does not attack any more proves nothing.
        let broken = lines.iter().find(|line| line.is("broken"));
        assert!(broken.is_none(), "{}: {broken:?}", self.name);
        lines
            .iter()
            .filter(|line| line.at >= since)
            .cloned()
            .collect()
    }
}
