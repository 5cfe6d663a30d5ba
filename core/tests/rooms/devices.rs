//! Devices whose sound and picture a test can tell apart.

use faithcall::room::{
    AudioFrame, Camera, CameraFormat, CameraSource, DeviceError, Devices, Microphone,
    MicrophoneSource, PixelLayout, SAMPLE_RATE, SpeakerSink, VideoFrame, VideoSink,
};
use std::{
    collections::{HashMap, VecDeque},
    f64::consts::TAU,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::watch;

/// How much sound an ear remembers: 200 ms.
const REMEMBERED: usize = SAMPLE_RATE as usize / 5;
/// Samples below this are silence.
const QUIET: i16 = 64;

/// What one person has.
#[derive(Clone)]
pub(crate) struct TestDevices {
    pub(crate) microphone: Arc<Tone>,
    pub(crate) camera: Arc<Pattern>,
    pub(crate) ear: Arc<Ear>,
    pub(crate) eye: Arc<Eye>,
    used: Used,
}

/// Says each time that a device was used: opened, closed, read or written to.
#[derive(Clone, Default)]
struct Used(Arc<watch::Sender<()>>);

impl Used {
    fn now(&self) {
        self.0.send_replace(());
    }
}

impl TestDevices {
    /// Devices whose microphone gives this tone.
    pub(crate) fn new(hertz: f64) -> Self {
        let used = Used::default();
        Self {
            microphone: Arc::new(Tone {
                hertz,
                users: Users::none(&used),
                broken: false,
            }),
            camera: Arc::new(Pattern {
                users: Users::none(&used),
            }),
            ear: Arc::new(Ear {
                heard: Mutex::default(),
                used: used.clone(),
            }),
            eye: Arc::new(Eye {
                seen: Mutex::default(),
                used: used.clone(),
            }),
            used,
        }
    }

    /// Changes each time that one of the devices is used from now on.
    pub(crate) fn uses(&self) -> watch::Receiver<()> {
        self.used.0.subscribe()
    }

    pub(crate) fn devices(&self) -> Devices {
        Devices {
            microphone: self.microphone.clone(),
            speaker: self.ear.clone(),
            camera: self.camera.clone(),
            screen: self.eye.clone(),
        }
    }
}

/// How many have a device open.
#[derive(Clone)]
struct Users {
    count: Arc<AtomicUsize>,
    used: Used,
}

impl Users {
    fn none(used: &Used) -> Self {
        Self {
            count: Arc::default(),
            used: used.clone(),
        }
    }

    fn one_more(&self) -> User {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.used.now();
        User(self.clone())
    }

    fn is_any(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }
}

/// One that has a device open, as long as it lives.
struct User(Users);

impl Drop for User {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
        self.0.used.now();
    }
}

/// A microphone that gives a sine.
pub(crate) struct Tone {
    hertz: f64,
    users: Users,
    broken: bool,
}

impl Tone {
    /// One that may not be opened.
    pub(crate) fn broken() -> Arc<Self> {
        Arc::new(Self {
            hertz: 0.0,
            users: Users::none(&Used::default()),
            broken: true,
        })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.users.is_any()
    }
}

impl MicrophoneSource for Tone {
    fn open(&self) -> Result<Box<dyn Microphone>, DeviceError> {
        if self.broken {
            return Err(DeviceError::NotAllowed {
                device: "microphone",
            });
        }
        Ok(Box::new(OpenTone {
            hertz: self.hertz,
            sample: 0,
            user: self.users.one_more(),
        }))
    }
}

struct OpenTone {
    hertz: f64,
    sample: u64,
    user: User,
}

impl Microphone for OpenTone {
    fn read(&mut self, frame: &mut AudioFrame) {
        for sample in frame {
            let seconds = self.sample as f64 / f64::from(SAMPLE_RATE);
            *sample = ((TAU * self.hertz * seconds).sin() * 12_000.0) as i16;
            self.sample += 1;
        }
        self.user.0.used.now();
    }
}

/// What [`Pattern`] gives.
pub(crate) const CAMERA: CameraFormat = CameraFormat {
    width: 320,
    height: 240,
    frames_per_second: 15,
};

/// A camera whose picture is bright on the left and dark on the right.
pub(crate) struct Pattern {
    users: Users,
}

impl Pattern {
    pub(crate) fn is_open(&self) -> bool {
        self.users.is_any()
    }
}

impl CameraSource for Pattern {
    fn open(&self) -> Result<Box<dyn Camera>, DeviceError> {
        Ok(Box::new(OpenPattern {
            user: self.users.one_more(),
        }))
    }
}

struct OpenPattern {
    user: User,
}

impl Camera for OpenPattern {
    fn format(&self) -> CameraFormat {
        CAMERA
    }

    fn read(&mut self) -> Option<VideoFrame> {
        let CameraFormat { width, height, .. } = self.format();
        self.user.0.used.now();
        let mut data = vec![128; PixelLayout::I420.bytes(width, height)?];
        let luma = data.get_mut(..(width * height) as usize)?;
        for (index, pixel) in luma.iter_mut().enumerate() {
            *pixel = if index as u32 % width < width / 2 {
                220
            } else {
                30
            };
        }
        Some(VideoFrame {
            width,
            height,
            layout: PixelLayout::I420,
            data,
        })
    }
}

/// Remembers the newest sound of everybody.
pub(crate) struct Ear {
    heard: Mutex<HashMap<String, Heard>>,
    used: Used,
}

#[derive(Default)]
struct Heard {
    newest: VecDeque<i16>,
    loud_ever: bool,
    samples: usize,
}

impl SpeakerSink for Ear {
    fn write(&self, identity: &str, samples: &[i16]) {
        let mut all = self.heard.lock().unwrap();
        let heard = all.entry(identity.to_owned()).or_default();
        heard.newest.extend(samples);
        heard.samples += samples.len();
        heard.loud_ever |= samples
            .iter()
            .any(|sample| sample.unsigned_abs() > QUIET as u16);
        let surplus = heard.newest.len().saturating_sub(REMEMBERED);
        heard.newest.drain(..surplus);
        drop(all);
        self.used.now();
    }
}

impl Ear {
    /// Whether the newest 200 ms of `identity` are this tone and little else.
    pub(crate) fn hears(&self, identity: &str, hertz: f64) -> bool {
        let all = self.heard.lock().unwrap();
        all.get(identity).is_some_and(|heard| {
            heard.newest.len() == REMEMBERED && share(&heard.newest, hertz) > 0.7
        })
    }

    /// Whether nothing louder than silence came from `identity` in the newest 200 ms.
    pub(crate) fn is_quiet(&self, identity: &str) -> bool {
        let all = self.heard.lock().unwrap();
        all.get(identity)
            .is_none_or(|heard| heard.newest.iter().all(|s| s.abs() <= QUIET))
    }

    /// Whether nothing louder than silence ever came from anybody.
    pub(crate) fn never_heard_anything(&self) -> bool {
        self.heard
            .lock()
            .unwrap()
            .values()
            .all(|heard| !heard.loud_ever)
    }

    /// How many samples came from `identity`.
    pub(crate) fn samples(&self, identity: &str) -> usize {
        self.heard
            .lock()
            .unwrap()
            .get(identity)
            .map_or(0, |heard| heard.samples)
    }
}

/// The share of the energy that lies at one frequency (Goertzel).
fn share(samples: &VecDeque<i16>, hertz: f64) -> f64 {
    let turn = 2.0 * (TAU * hertz / f64::from(SAMPLE_RATE)).cos();
    let (mut newer, mut older, mut energy) = (0.0, 0.0, 0.0);
    for sample in samples {
        let value = f64::from(*sample);
        (newer, older) = (value + turn * newer - older, newer);
        energy += value * value;
    }
    let at_frequency = newer * newer + older * older - turn * newer * older;
    if energy == 0.0 {
        0.0
    } else {
        2.0 * at_frequency / (energy * samples.len() as f64)
    }
}

/// Remembers the newest picture of everybody.
pub(crate) struct Eye {
    seen: Mutex<HashMap<String, (usize, VideoFrame)>>,
    used: Used,
}

impl VideoSink for Eye {
    fn frame(&self, identity: &str, frame: VideoFrame) {
        let mut all = self.seen.lock().unwrap();
        let count = all.get(identity).map_or(0, |(count, _)| *count);
        all.insert(identity.to_owned(), (count + 1, frame));
        drop(all);
        self.used.now();
    }
}

impl Eye {
    /// Width and height of the newest picture of `identity`.
    pub(crate) fn size_of(&self, identity: &str) -> Option<(u32, u32)> {
        let all = self.seen.lock().unwrap();
        all.get(identity)
            .map(|(_, frame)| (frame.width, frame.height))
    }

    /// How many pictures came from `identity`.
    pub(crate) fn pictures(&self, identity: &str) -> usize {
        self.seen
            .lock()
            .unwrap()
            .get(identity)
            .map_or(0, |(count, _)| *count)
    }

    /// Whether the newest picture of `identity` is bright on the left and dark on the right.
    pub(crate) fn sees_the_pattern(&self, identity: &str) -> bool {
        let all = self.seen.lock().unwrap();
        let Some((_, frame)) = all.get(identity) else {
            return false;
        };
        let width = frame.width as usize;
        let luma = &frame.data[..width * frame.height as usize];
        let mean = |columns: std::ops::Range<usize>| {
            let line = |line: &[u8]| {
                line[columns.clone()]
                    .iter()
                    .map(|p| u64::from(*p))
                    .sum::<u64>()
            };
            luma.chunks(width).map(line).sum::<u64>()
                / (columns.len() * frame.height as usize) as u64
        };
        frame.is_complete() && mean(0..width / 2 - 8) > 180 && mean(width / 2 + 8..width) < 70
    }
}
