//! A camera that films numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use faithcall::room::{Camera, CameraFormat, CameraSource, DeviceError, PixelLayout, VideoFrame};
use serde_json::json;

use crate::media::picture::{HEIGHT, Label, WIDTH, draw};
use crate::phone::journal::Journal;

const FRAMES_PER_SECOND: u32 = 15;

/// Films the pattern, or is not there. Numbers go on when it is opened again.
pub(in crate::phone) struct PatternCamera {
    /// Which camera the pictures name; `None`: there is none.
    number: Option<u8>,
    frame: Arc<AtomicU16>,
    journal: Journal,
}

impl PatternCamera {
    pub(in crate::phone) fn new(number: Option<u8>, journal: Journal) -> Self {
        Self {
            number,
            frame: Arc::default(),
            journal,
        }
    }
}

impl CameraSource for PatternCamera {
    fn open(&self) -> Result<Box<dyn Camera>, DeviceError> {
        let Some(number) = self.number else {
            return Err(DeviceError::Unavailable {
                device: "camera",
                reason: "this phone was started with --camera off".to_owned(),
            });
        };
        let next = self.frame.load(Ordering::Relaxed);
        self.journal.tell(
            "camera",
            json!({ "open": true, "camera": number, "next_frame": next }),
        );
        Ok(Box::new(Opened {
            number,
            frame: self.frame.clone(),
            journal: self.journal.clone(),
        }))
    }
}

struct Opened {
    number: u8,
    frame: Arc<AtomicU16>,
    journal: Journal,
}

impl Camera for Opened {
    fn format(&self) -> CameraFormat {
        CameraFormat {
            width: WIDTH as u32,
            height: HEIGHT as u32,
            frames_per_second: FRAMES_PER_SECOND,
        }
    }

    fn read(&mut self) -> Option<VideoFrame> {
        let label = Label {
            camera: self.number,
            frame: self.frame.fetch_add(1, Ordering::Relaxed),
        };
        Some(VideoFrame {
            width: WIDTH as u32,
            height: HEIGHT as u32,
            layout: PixelLayout::I420,
            data: draw(label).into_data(),
        })
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let next = self.frame.load(Ordering::Relaxed);
        self.journal.tell(
            "camera",
            json!({ "open": false, "camera": self.number, "next_frame": next }),
        );
    }
}
