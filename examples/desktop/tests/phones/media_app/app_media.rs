//! The app's own sound, through the media library in this process.

use std::sync::{Arc, Mutex};

use faithcall::room::livekit_ffi::LiveKitFfi;
use faithcall::room::{
    AudioFrame, Camera, CameraSource, ConnectOptions, DeviceError, Devices, FRAME_SAMPLES,
    Microphone, MicrophoneSource, RoomEngine, RoomEvents, RoomSession, Secret, SessionId,
    SpeakerSink, VideoFrame, VideoSink,
};
use faithcall_desktop::media::samples_in_ms;
use faithcall_desktop::media::sound::Sound;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::PHONE;
use crate::phone::PATIENCE;
use crate::tone::{self, HIGH, LOW, assert_heard};

/// The app in the room.
pub(super) struct Media {
    room: Box<dyn RoomSession>,
    ear: Arc<Ear>,
    _library: LiveKitFfi,
}

impl Media {
    /// Joins with what a create or an accept answered, and speaks.
    pub(super) async fn join(answer: &Value) -> Self {
        let ear = Arc::new(Ear::default());
        let devices = Devices {
            microphone: Arc::new(Voice),
            speaker: ear.clone(),
            camera: Arc::new(NoPicture),
            screen: Arc::new(NoPicture),
        };
        let library = LiveKitFfi::new(None, devices).unwrap();
        let options = ConnectOptions {
            url: answer["livekit_url"].as_str().unwrap().to_owned(),
            token: Secret::new(answer["livekit_token"].as_str().unwrap()),
            session: SessionId(1),
        };
        let (events, _) = RoomEvents::channel();
        let room = library.connect(options, events).await.unwrap();
        room.set_playable(&[PHONE.to_owned()]);
        room.set_microphone(true).await.unwrap();
        Self {
            room,
            ear,
            _library: library,
        }
    }

    pub(super) async fn mute(&self) {
        self.room.set_microphone(false).await.unwrap();
    }

    /// Whether no sound came so far.
    pub(super) fn hears_nothing(&self) -> bool {
        self.ear.loud().is_empty()
    }

    /// Waits until the phone was heard for long enough, and asserts that it was the phone.
    pub(super) async fn hears_the_phone(&self) {
        let enough = samples_in_ms(2 * tone::ENOUGH_MS);
        let wait = async {
            while self.ear.loud().len() < enough {
                self.ear.more.notified().await;
            }
        };
        timeout(PATIENCE, wait)
            .await
            .expect("the app hears nothing");
        assert_heard(&self.ear.loud(), LOW);
    }

    pub(super) async fn leave(self) {
        self.room.leave().await;
    }
}

struct Voice;

struct Saying {
    sound: Sound,
    position: usize,
}

impl MicrophoneSource for Voice {
    fn open(&self) -> Result<Box<dyn Microphone>, DeviceError> {
        let sound = Sound::parse(&tone::played(HIGH)).unwrap();
        Ok(Box::new(Saying { sound, position: 0 }))
    }
}

impl Microphone for Saying {
    fn read(&mut self, frame: &mut AudioFrame) {
        self.sound.fill(self.position, frame);
        self.position += FRAME_SAMPLES;
    }
}

/// Keeps what it heard, without the silence before it.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<i16>>,
    more: Notify,
}

impl Ear {
    fn loud(&self) -> Vec<i16> {
        self.heard.lock().unwrap().clone()
    }
}

impl SpeakerSink for Ear {
    fn write(&self, _: &str, samples: &[i16]) {
        let mut heard = self.heard.lock().unwrap();
        if !heard.is_empty() || samples.iter().any(|sample| sample.abs() > 1000) {
            heard.extend_from_slice(samples);
            self.more.notify_one();
        }
    }
}

/// There is no camera, and nothing to see.
struct NoPicture;

impl CameraSource for NoPicture {
    fn open(&self) -> Result<Box<dyn Camera>, DeviceError> {
        Err(DeviceError::NotAllowed { device: "camera" })
    }
}

impl VideoSink for NoPicture {
    fn frame(&self, _: &str, _: VideoFrame) {}
}
