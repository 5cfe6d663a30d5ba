//! One scene on the stage: its phones, its log, and what it finds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::log::{Entry, Log, Missing, now_ms};
use super::observer::Observer;
use super::phone::{Phone, PhoneSetup};
use super::report::model::{Check, Heard, Lane, Role, Sample, Scene, Seen};
use super::servers::{Servers, ServersError};
use super::steps;
use super::terminal::Terminal;
use super::voices::Voices;

/// How long a phone may take to sign in and reach the broker.
const ONLINE_WITHIN: Duration = Duration::from_secs(15);
/// How long anything takes at most that has no time of its own.
pub(super) const SOON: Duration = Duration::from_secs(10);
/// How far the live timeline lags behind.
const NARRATED_AFTER: Duration = Duration::from_millis(150);

/// What all scenes have.
pub(super) struct Stage {
    /// The server side.
    pub servers: Servers,
    /// What everybody says.
    pub voices: Voices,
    /// The server's lane.
    pub observer: Observer,
    /// This program, which is the phone too.
    pub program: PathBuf,
    /// For the phones.
    pub media_library: Option<PathBuf>,
    /// The folder of this run.
    pub out: PathBuf,
    /// The live timeline.
    pub terminal: Terminal,
}

/// Why a scene was not played to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// Something did not happen.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// A phone, or a file of a phone.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A token.
    #[error(transparent)]
    Token(#[from] ServersError),
    /// A recording.
    #[error(transparent)]
    Recording(#[from] crate::media::wav::WavError),
}

/// A scene that is being played.
pub(super) struct Play<'a> {
    /// What all scenes have.
    pub stage: &'a Stage,
    /// What was told.
    pub log: Arc<Log>,
    /// What had to be so.
    pub checks: Vec<Check>,
    /// What was heard.
    pub sounds: Vec<Heard>,
    /// What was seen.
    pub pictures: Vec<Seen>,
    /// What was measured again and again.
    pub samples: Vec<Sample>,
    lanes: Arc<[Lane]>,
    folder: PathBuf,
    began_ms: f64,
    narrator: JoinHandle<()>,
}

impl<'a> Play<'a> {
    /// Opens a scene; its files go into a folder named `id`.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(super) fn open(stage: &'a Stage, id: &str, lanes: Vec<Lane>) -> Result<Self, Broken> {
        let folder = stage.out.join(id);
        // What an earlier run left there would be taken for this one's.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).map_err(|source| Broken::Io {
            doing: format!("the folder {} cannot be made", folder.display()),
            source,
        })?;
        let lanes: Arc<[Lane]> = lanes.into();
        let log = Arc::new(Log::default());
        if let Some(server) = lanes.iter().position(|lane| lane.role == Role::Server) {
            stage.observer.tell(&log, server);
        }
        let narrator = tokio::spawn(narrate(log.clone(), lanes.clone(), stage.terminal));
        Ok(Self {
            stage,
            log,
            checks: Vec::new(),
            sounds: Vec::new(),
            pictures: Vec::new(),
            samples: Vec::new(),
            lanes,
            folder,
            began_ms: now_ms(),
            narrator,
        })
    }

    /// Starts the phones of these lanes, by member, and waits until all are online.
    ///
    /// # Errors
    /// One cannot be started, or does not come online.
    pub(super) async fn phones<const N: usize>(
        &self,
        who: [(usize, &str); N],
        more: &[&str],
    ) -> Result<[Phone; N], Broken> {
        let mut phones = Vec::new();
        for (lane, member) in who {
            phones.push(self.start(lane, member, more)?);
        }
        for online in join_all(phones.iter().map(|p| p.expect("online", ONLINE_WITHIN))).await {
            online?;
        }
        phones.try_into().map_err(|_| Broken::Io {
            doing: "the phones were miscounted".to_owned(),
            source: std::io::ErrorKind::Other.into(),
        })
    }

    fn start(&self, lane: usize, member: &str, more: &[&str]) -> Result<Phone, Broken> {
        let servers = &self.stage.servers;
        let member_id = member.parse().map_err(ServersError::from)?;
        let path = |name: String| self.folder.join(name).display().to_string();
        let mut arguments: Vec<String> = [
            ("--api", format!("http://{}", servers.http)),
            ("--broker", format!("mqtt://{}", servers.mqtt)),
            ("--device", format!("{member}-{lane}")),
            ("--record", path(format!("{lane}.wav"))),
            ("--snapshots", path(format!("{lane}-saw"))),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect();
        if let Some(voice) = self.stage.voices.of(member) {
            arguments.extend(["--play".to_owned(), voice.file.display().to_string()]);
        }
        if let Some(library) = &self.stage.media_library {
            arguments.extend(["--media-library".to_owned(), library.display().to_string()]);
        }
        arguments.extend(more.iter().map(|word| (*word).to_owned()));
        let setup = PhoneSetup {
            program: self.stage.program.clone(),
            arguments,
            token: servers.token(&member_id)?,
            error_log: self.folder.join(format!("{lane}.log")),
        };
        let name = self.lanes.get(lane).map_or("?", |lane| &lane.name);
        Phone::start(&setup, lane, name, &self.log).map_err(|source| Broken::Io {
            doing: format!("the phone of {name} cannot be started"),
            source,
        })
    }

    /// Lets all phones end by themselves, at the same time; afterwards their recordings are there.
    pub(super) async fn close(&self, phones: impl IntoIterator<Item = Phone>) {
        join_all(phones.into_iter().map(Phone::quit)).await;
    }

    /// Where the phone of a lane recorded its first call.
    pub(super) fn recording(&self, lane: usize) -> PathBuf {
        self.folder.join(format!("{lane}.wav"))
    }

    /// Notes a check, and shows it.
    pub(super) fn check(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// The first entry of a lane that fits, by now.
    pub(super) fn told(&self, lane: usize, fits: impl Fn(&Entry) -> bool) -> Option<Entry> {
        let entries = self.log.entries();
        entries.into_iter().find(|e| e.lane == lane && fits(e))
    }

    /// How many entries of a lane fit.
    pub(super) fn count(&self, lane: usize, fits: impl Fn(&Entry) -> bool) -> usize {
        let entries = self.log.entries();
        entries.iter().filter(|e| e.lane == lane && fits(e)).count()
    }

    /// The moment of the first dialling; the beginning where nobody dialled.
    pub(super) fn zero_ms(&self) -> f64 {
        let entries = self.log.entries();
        entries
            .iter()
            .find(|e| is_dialling(e))
            .map_or(self.began_ms, |e| e.at_ms)
    }

    /// Shows no steps from now on: the scene is a series, and would show the same many times.
    pub(super) fn hush(&self) {
        self.narrator.abort();
    }

    /// Notes one time of a series, and shows it.
    pub(super) fn measured(&mut self, at: Role, series: String, ms: f64) {
        self.stage.terminal.measured(&series, ms);
        self.samples.push(Sample { series, at, ms });
    }

    /// Closes the scene.
    pub(super) async fn finish(
        self,
        id: &'static str,
        title: &'static str,
        story: &'static str,
    ) -> Scene {
        // What was told last is shown first.
        sleep(NARRATED_AFTER * 2).await;
        self.narrator.abort();
        for check in &self.checks {
            self.stage.terminal.check(check);
        }
        let zero = self.zero_ms();
        // A series of calls is shown by its figures; as rows it would say the same many times.
        let steps = match self.samples.is_empty() {
            true => steps::of(&self.log.entries(), &self.lanes, zero),
            false => Vec::new(),
        };
        Scene {
            id,
            title,
            story,
            took_ms: (now_ms() - self.began_ms) as u64,
            lanes: self.lanes.to_vec(),
            steps,
            sounds: self.sounds,
            pictures: self.pictures,
            samples: self.samples,
            checks: self.checks,
        }
    }
}

fn is_dialling(entry: &Entry) -> bool {
    entry.event == "command" && entry.text("command").starts_with("call ")
}

/// Shows what happens while it happens: a moment later, for the server's word comes over MQTT, so
/// that rows are in the order of time.
async fn narrate(log: Arc<Log>, lanes: Arc<[Lane]>, terminal: Terminal) {
    let mut seen = 0;
    let mut zero = None;
    while log.wait(seen, Duration::MAX, |_| true).await.is_some() {
        sleep(NARRATED_AFTER).await;
        let mut entries = log.entries().split_off(seen);
        seen += entries.len();
        entries.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
        for entry in entries {
            if zero.is_none() && is_dialling(&entry) {
                zero = Some(entry.at_ms);
            }
            if let (Some(zero), Some(what), Some(lane)) =
                (zero, steps::phrase(&entry), lanes.get(entry.lane))
            {
                terminal.step(entry.at_ms - zero, lane, &what);
            }
        }
    }
}
