//! A speaker that remembers what it played.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use faithcall::room::SpeakerSink;
use serde_json::json;

use crate::analysis::proof::SOUND_DB;
use crate::media::level::{SILENCE_DB, rms_db};
use crate::media::recording::Recording;
use crate::media::wav;
use crate::phone::journal::Journal;

/// Without a loud frame for this long, there is silence. Speech has shorter pauses.
const PAUSE: Duration = Duration::from_millis(400);

/// Records each call, and tells when sound begins and ends.
pub(in crate::phone) struct Speaker {
    record: Option<PathBuf>,
    journal: Journal,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    call: Option<Call>,
    calls: u32,
}

struct Call {
    began: Instant,
    recording: Recording,
    last_loud: Option<Instant>,
    /// Of the present second.
    loudest_db: f32,
    frames: u64,
}

impl Call {
    /// Whether the sound that was heard is over now; true once.
    fn ends_sound(&mut self) -> bool {
        let is_over = self.last_loud.is_some_and(|last| last.elapsed() > PAUSE);
        if is_over {
            self.last_loud = None;
        }
        is_over
    }
}

impl Speaker {
    /// `record` is the file of the first call.
    pub(in crate::phone) fn new(record: Option<PathBuf>, journal: Journal) -> Self {
        Self {
            record,
            journal,
            state: Mutex::default(),
        }
    }

    /// A call begins: its recording's time starts here.
    pub(in crate::phone) fn begin(&self) {
        let mut state = self.lock();
        state.calls += 1;
        state.call = Some(Call {
            began: Instant::now(),
            recording: Recording::default(),
            last_loud: None,
            loudest_db: SILENCE_DB,
            frames: 0,
        });
        drop(state);
        self.journal.tell("recording", json!({}));
    }

    /// The call is over: writes its recording, if one was asked for.
    pub(in crate::phone) fn finish(&self) -> Result<(), wav::WavError> {
        let mut state = self.lock();
        let number = state.calls;
        let Some(call) = state.call.take() else {
            return Ok(());
        };
        drop(state);
        let Some(path) = self.record.as_ref().map(|path| numbered(path, number)) else {
            return Ok(());
        };
        wav::write(&path, call.recording.samples())?;
        let frames = call.recording.frames();
        self.journal
            .tell("recorded", json!({ "file": path, "frames": frames }));
        Ok(())
    }

    /// The second that is over, for `media` lines: frames received, and the loudest one.
    pub(in crate::phone) fn second(&self) -> Option<(u64, f32)> {
        let mut state = self.lock();
        let call = state.call.as_mut()?;
        let second = (call.frames, call.loudest_db);
        (call.frames, call.loudest_db) = (0, SILENCE_DB);
        let is_over = call.ends_sound();
        drop(state);
        if is_over {
            self.journal.tell("silence", json!({}));
        }
        Some(second)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpeakerSink for Speaker {
    fn write(&self, identity: &str, samples: &[i16]) {
        let mut state = self.lock();
        let Some(call) = state.call.as_mut() else {
            return;
        };
        let at_ms = u64::try_from(call.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        call.recording.add(at_ms, samples);
        call.frames += 1;
        let level = rms_db(samples);
        call.loudest_db = call.loudest_db.max(level);
        let (begins, ends) = if level > SOUND_DB {
            (call.last_loud.replace(Instant::now()).is_none(), false)
        } else {
            (false, call.ends_sound())
        };
        drop(state);
        if begins {
            self.journal.tell("sound", json!({ "from": identity }));
        }
        if ends {
            self.journal.tell("silence", json!({}));
        }
    }
}

/// The first call has the path itself, the second `NAME-2.wav`.
fn numbered(path: &std::path::Path, number: u32) -> PathBuf {
    if number <= 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{number}.wav"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::FRAME_SAMPLES;

    #[test]
    fn each_call_has_its_own_file_and_nothing_is_kept_between_calls() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heard.wav");
        let speaker = Speaker::new(Some(path.clone()), Journal::new(std::io::sink()));
        speaker.write("ben", &[1; FRAME_SAMPLES]);
        for level in [100, 200] {
            speaker.begin();
            speaker.write("ben", &[level; FRAME_SAMPLES]);
            speaker.finish().unwrap();
        }
        speaker.finish().unwrap();
        let first = wav::read(&path).unwrap();
        let second = wav::read(&folder.path().join("heard-2.wav")).unwrap();
        assert!((first[0] - 100).abs() <= 1 && (second[0] - 200).abs() <= 1);
        assert!(!folder.path().join("heard-3.wav").exists());
    }
}
