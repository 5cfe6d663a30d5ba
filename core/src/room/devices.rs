//! Where sound and pictures come from and go to, for engines that do not own the devices.

use super::DeviceError;
use std::sync::Arc;

/// Samples a second of every audio frame; one channel, 16 bits.
pub const SAMPLE_RATE: u32 = 48_000;
/// Samples in an audio frame: 10 ms.
pub const FRAME_SAMPLES: usize = 480;

/// 10 ms of sound.
pub type AudioFrame = [i16; FRAME_SAMPLES];

/// The devices of one engine.
#[derive(Clone)]
pub struct Devices {
    /// What is said.
    pub microphone: Arc<dyn MicrophoneSource>,
    /// Where the others are heard.
    pub speaker: Arc<dyn SpeakerSink>,
    /// What is shown.
    pub camera: Arc<dyn CameraSource>,
    /// Where the others are seen.
    pub screen: Arc<dyn VideoSink>,
}

impl Devices {
    /// A microphone that gives silence, no camera, nobody heard and nobody seen: for programs that
    /// care for calls and not for media.
    pub fn silent() -> Self {
        let silence = Arc::new(Silence);
        Self {
            microphone: silence.clone(),
            speaker: silence.clone(),
            camera: silence.clone(),
            screen: silence,
        }
    }
}

/// The devices of [`Devices::silent`].
struct Silence;

impl MicrophoneSource for Silence {
    fn open(&self) -> Result<Box<dyn Microphone>, DeviceError> {
        Ok(Box::new(Self))
    }
}

impl Microphone for Silence {
    fn read(&mut self, frame: &mut AudioFrame) {
        frame.fill(0);
    }
}

impl SpeakerSink for Silence {
    fn write(&self, _identity: &str, _samples: &[i16]) {}
}

impl CameraSource for Silence {
    fn open(&self) -> Result<Box<dyn Camera>, DeviceError> {
        Err(DeviceError::Unavailable {
            device: "camera",
            reason: "there is none".to_owned(),
        })
    }
}

impl VideoSink for Silence {
    fn frame(&self, _identity: &str, _frame: VideoFrame) {}
}

/// A microphone that can be opened. It is open as long as what `open` returned lives.
pub trait MicrophoneSource: Send + Sync {
    /// Opens the device.
    fn open(&self) -> Result<Box<dyn Microphone>, DeviceError>;
}

/// An open microphone.
pub trait Microphone: Send {
    /// Fills `frame` with the next 10 ms, without waiting. The engine asks every 10 ms; a device
    /// with a clock of its own keeps a short queue and gives zeros when it is empty.
    fn read(&mut self, frame: &mut AudioFrame);
}

/// Where the others are heard.
pub trait SpeakerSink: Send + Sync {
    /// Takes the next 10 ms of one participant, without waiting. Several participants are not
    /// mixed: each comes by itself.
    fn write(&self, identity: &str, samples: &[i16]);
}

/// A camera that can be opened. It is open as long as what `open` returned lives.
pub trait CameraSource: Send + Sync {
    /// Opens the device.
    fn open(&self) -> Result<Box<dyn Camera>, DeviceError>;
}

/// An open camera.
pub trait Camera: Send {
    /// What it gives.
    fn format(&self) -> CameraFormat;

    /// Returns the newest picture, without waiting, or nothing where there is no new one. The
    /// engine asks once a picture time.
    fn read(&mut self) -> Option<VideoFrame>;
}

/// What a camera gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameraFormat {
    /// Pixels in a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// Pictures a second.
    pub frames_per_second: u32,
}

/// One picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoFrame {
    /// Pixels in a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// How `data` is laid out.
    pub layout: PixelLayout,
    /// The pixels, planes one after the other, no padding.
    pub data: Vec<u8>,
}

impl VideoFrame {
    /// Whether `data` is as long as size and layout say.
    pub fn is_complete(&self) -> bool {
        self.layout.bytes(self.width, self.height) == Some(self.data.len())
    }
}

/// How the camera's picture is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VideoQuality {
    /// As the camera gives it.
    #[default]
    Full,
    /// Half as wide and as high, and every second picture.
    Lowered,
}

/// How a picture lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelLayout {
    /// A plane of Y, then U and V with half the width and height, rounded up.
    I420,
    /// Four bytes a pixel: red, green, blue, opacity.
    Rgba,
}

impl PixelLayout {
    /// The bytes of a picture of this size; nothing where that does not fit into memory.
    pub fn bytes(self, width: u32, height: u32) -> Option<usize> {
        let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
        let pixels = width.checked_mul(height)?;
        match self {
            Self::I420 => {
                let chroma = width.div_ceil(2).checked_mul(height.div_ceil(2))?;
                pixels.checked_add(chroma.checked_mul(2)?)
            }
            Self::Rgba => pixels.checked_mul(4),
        }
    }
}

/// Where the others are seen.
pub trait VideoSink: Send + Sync {
    /// Takes one participant's newest picture, without waiting. Engines that decode give I420.
    fn frame(&self, identity: &str, frame: VideoFrame);
}
