//! A screen that reads what it shows.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use faithcall::room::{PixelLayout, VideoFrame, VideoSink};
use serde_json::json;

use crate::media::picture::{Label, Picture, read_label};
use crate::media::snapshot;
use crate::phone::journal::Journal;

/// Without a picture for this long, the next one is told as a first one.
const PAUSE: Duration = Duration::from_millis(700);
const BETWEEN_SNAPSHOTS: Duration = Duration::from_secs(1);
/// Pictures that may wait to be written; more are shown, but not kept.
const WAITING_SNAPSHOTS: usize = 4;

/// Reads the label of every picture, counts, and keeps one a second if asked to.
pub(in crate::phone) struct Screen {
    snapshots: Option<SyncSender<(String, Picture)>>,
    journal: Journal,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Option<Instant>,
    last_snapshot: Option<Instant>,
    second: Second,
}

/// What was seen in one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::phone) struct Second {
    /// Pictures.
    pub(in crate::phone) pictures: u32,
    /// Pictures whose label could not be read.
    pub(in crate::phone) unreadable: u32,
    /// The last label that was read.
    pub(in crate::phone) label: Option<Label>,
}

impl Screen {
    /// `folder` is where pictures are kept; it is made where it is missing.
    pub(in crate::phone) fn new(
        folder: Option<PathBuf>,
        journal: Journal,
    ) -> Result<Self, std::io::Error> {
        let snapshots = match folder {
            None => None,
            Some(folder) => {
                std::fs::create_dir_all(&folder)?;
                let (sender, receiver) = sync_channel(WAITING_SNAPSHOTS);
                let journal = journal.clone();
                // Ends with the sender; writing a picture takes longer than a sink may.
                std::thread::spawn(move || keep(&receiver, &folder, &journal));
                Some(sender)
            }
        };
        Ok(Self {
            snapshots,
            journal,
            state: Mutex::default(),
        })
    }

    /// The second that is over, for `media` lines.
    pub(in crate::phone) fn second(&self) -> Second {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.second)
    }
}

impl VideoSink for Screen {
    fn frame(&self, identity: &str, frame: VideoFrame) {
        let (width, height) = (frame.width, frame.height);
        let picture = (frame.layout == PixelLayout::I420)
            .then(|| Picture::from_i420(width as usize, height as usize, frame.data))
            .flatten();
        let label = picture.as_ref().and_then(read_label);
        let now = Instant::now();
        let passed = |since: Option<Instant>, time| since.is_none_or(|then| now - then > time);

        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.second.pictures += 1;
        match label {
            Some(_) => state.second.label = label,
            None => state.second.unreadable += 1,
        }
        let is_first = passed(state.last.replace(now), PAUSE);
        let is_kept = label.is_some() && passed(state.last_snapshot, BETWEEN_SNAPSHOTS);
        if is_kept {
            state.last_snapshot = Some(now);
        }
        drop(state);

        if is_first {
            let mut fields = json!({ "from": identity, "width": width, "height": height });
            add_label(&mut fields, label);
            self.journal.tell("picture", fields);
        }
        if let (true, Some(keep), Some(picture), Some(label)) =
            (is_kept, &self.snapshots, picture, label)
        {
            let name = format!("{}-{:05}.png", label.camera, label.frame);
            // A full queue means a slow disk: one picture fewer is kept.
            let _ = keep.try_send((name, picture));
        }
    }
}

/// Adds which picture it was, where that could be read.
pub(in crate::phone) fn add_label(fields: &mut serde_json::Value, label: Option<Label>) {
    if let (Some(fields), Some(label)) = (fields.as_object_mut(), label) {
        fields.insert("camera".into(), label.camera.into());
        fields.insert("frame".into(), label.frame.into());
    }
}

fn keep(pictures: &Receiver<(String, Picture)>, folder: &std::path::Path, journal: &Journal) {
    for (name, picture) in pictures {
        let path = folder.join(name);
        match snapshot::write(&path, &picture) {
            Ok(()) => journal.tell("snapshot", json!({ "file": path })),
            Err(error) => journal.tell("error", json!({ "message": error.to_string() })),
        }
    }
}
