//! The calls that are played.

mod hearing;
mod joining;
mod killed;
mod outcomes;
mod two_devices;
mod video;
mod voice;

use clap::ValueEnum;

use super::play::{Broken, Play, Stage};
use super::report::model::{Check, Lane, Role, Scene};

/// A scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// A voice call.
    Voice,
    /// A video call.
    Video,
    /// The callee declines.
    Reject,
    /// The callee is in another call.
    Busy,
    /// The caller gives up.
    Cancel,
    /// Nobody answers.
    NoAnswer,
    /// The callee has two devices.
    TwoDevices,
    /// A phone is killed.
    Killed,
    /// How soon both hear each other.
    Joining,
}

impl Name {
    /// All of them, in the order in which they are played.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    /// A word for links and folders, a title, and what happens.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Voice => (
                "voice",
                "A voice call",
                "Ada calls Ben. Both talk, each in another voice; Ada mutes and unmutes, then hangs up. What each phone received is compared with what both phones said.",
            ),
            Self::Video => (
                "video",
                "A video call",
                "Ada calls Ben with her camera on. Every picture carries its number, in digits and in blocks that a program reads. Ada turns her camera off and on again.",
            ),
            Self::Reject => ("reject", "Declined", "Ada calls Ben, who declines."),
            Self::Busy => (
                "busy",
                "Busy",
                "Ben is in a call with Cleo when Ada calls him.",
            ),
            Self::Cancel => (
                "cancel",
                "Taken back",
                "Ada calls Ben and gives up while it rings.",
            ),
            Self::NoAnswer => (
                "no-answer",
                "No answer",
                "Ada calls Ben, who does nothing. The server ends the ring; its ring time is shortened for the demo.",
            ),
            Self::TwoDevices => (
                "two-devices",
                "Two devices",
                "Ben's phone and Ben's tablet both ring. He answers on the phone, and the tablet says so.",
            ),
            Self::Killed => (
                "killed",
                "A phone is killed",
                "In the middle of a call Ben's phone is killed (SIGKILL): it says goodbye to nobody. Ada has to be told.",
            ),
            Self::Joining => (
                "joining",
                "From the tap to the sound",
                "The same call again and again: once with both phones entering the room while it rings, once only after the tap. Measured from the tap on 'accept' to the first sound at either end.",
            ),
        }
    }

    fn lanes(self) -> Vec<Lane> {
        let lane = |name: &str, role| Lane {
            name: name.to_owned(),
            role,
        };
        let (ada, server) = (lane("Ada", Role::Caller), lane("Server", Role::Server));
        let ben = |name| lane(name, Role::Callee);
        match self {
            Self::Busy => vec![ada, server, ben("Ben"), lane("Cleo", Role::Other)],
            Self::TwoDevices => {
                vec![
                    ada,
                    server,
                    ben("Ben's phone"),
                    lane("Ben's tablet", Role::Other),
                ]
            }
            _ => vec![ada, server, ben("Ben")],
        }
    }
}

/// The caller's lane in every scene.
const ADA: usize = 0;
/// The callee's lane in every scene.
const BEN: usize = 2;
/// The lane of the third one, where there is one.
const THIRD: usize = 3;

/// Plays a scene. One that breaks off has a failed check that says where.
pub(super) async fn play(name: Name, stage: &Stage) -> Scene {
    let (id, title, story) = name.words();
    stage.terminal.scene(title, story);
    let mut play = match Play::open(stage, id, name.lanes()) {
        Ok(play) => play,
        Err(error) => return unopened(name, &error),
    };
    let played = match name {
        Name::Voice => voice::play(&mut play).await,
        Name::Video => video::play(&mut play).await,
        Name::Reject => outcomes::reject(&mut play).await,
        Name::Busy => outcomes::busy(&mut play).await,
        Name::Cancel => outcomes::cancel(&mut play).await,
        Name::NoAnswer => outcomes::no_answer(&mut play).await,
        Name::TwoDevices => two_devices::play(&mut play).await,
        Name::Killed => killed::play(&mut play).await,
        Name::Joining => joining::play(&mut play).await,
    };
    if let Err(error) = played {
        play.check(broken(&error));
    }
    play.finish(id, title, story).await
}

fn broken(error: &Broken) -> Check {
    Check::new("The scene is played to its end", "yes", false).word("", error.to_string())
}

fn unopened(name: Name, error: &Broken) -> Scene {
    let (id, title, story) = name.words();
    Scene {
        id,
        title,
        story,
        took_ms: 0,
        lanes: name.lanes(),
        steps: Vec::new(),
        sounds: Vec::new(),
        pictures: Vec::new(),
        samples: Vec::new(),
        checks: vec![broken(error)],
    }
}
