//! A microphone that hears a sound of ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use faithcall::room::{AudioFrame, DeviceError, Microphone, MicrophoneSource};
use serde_json::json;

use crate::media::FRAME_SAMPLES;
use crate::media::sound::Sound;
use crate::phone::journal::Journal;

/// Says `sound`; when it is opened again it goes on where it was closed.
pub(in crate::phone) struct PlayedMicrophone {
    sound: Sound,
    position: Arc<AtomicUsize>,
    journal: Journal,
}

impl PlayedMicrophone {
    pub(in crate::phone) fn new(sound: Sound, journal: Journal) -> Self {
        Self {
            sound,
            position: Arc::default(),
            journal,
        }
    }
}

impl MicrophoneSource for PlayedMicrophone {
    fn open(&self) -> Result<Box<dyn Microphone>, DeviceError> {
        self.journal.tell("microphone", json!({ "open": true }));
        Ok(Box::new(Opened {
            sound: self.sound.clone(),
            position: self.position.clone(),
            journal: self.journal.clone(),
        }))
    }
}

struct Opened {
    sound: Sound,
    position: Arc<AtomicUsize>,
    journal: Journal,
}

impl Microphone for Opened {
    fn read(&mut self, frame: &mut AudioFrame) {
        let position = self.position.fetch_add(FRAME_SAMPLES, Ordering::Relaxed);
        self.sound.fill(position, frame);
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.journal.tell("microphone", json!({ "open": false }));
    }
}
