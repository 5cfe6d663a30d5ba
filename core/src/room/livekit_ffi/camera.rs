//! Our picture on its way out.

use super::{
    dispatch::Ffi,
    handle::Handle,
    proto::{
        CaptureVideoFrameRequest, ComponentInfo, CreateVideoTrackRequest, FfiRequest,
        NewVideoSourceRequest, TrackPublishOptions, TrackSource, VideoBufferInfo, VideoBufferType,
        VideoCodec, VideoEncoding, VideoRotation, VideoSourceResolution, VideoSourceType,
    },
    publish::{LocalTrack, UnpublishedTrack},
};
use crate::room::{Camera, CameraFormat, PixelLayout, RoomError, VideoFrame};
use std::time::Duration;
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

/// Bits that a pixel of a moving picture is given: 640x360 at 15 pictures a second gets 415 kbit/s.
const BITS_PER_PIXEL: f64 = 0.12;
/// What the encoder gets at least, in bits a second.
const LEAST_BITRATE: u64 = 150_000;

/// The published camera; dropped, its device is closed and nothing is sent any more.
pub(super) struct CameraTrack {
    ffi: &'static Ffi,
    track: LocalTrack,
    feeder: Option<JoinHandle<()>>,
}

impl CameraTrack {
    /// Publishes an open camera.
    pub(super) async fn publish(
        ffi: &'static Ffi,
        local_participant: u64,
        device: Box<dyn Camera>,
    ) -> Result<Self, RoomError> {
        let format = device.format();
        let options = TrackPublishOptions {
            video_encoding: Some(encoding(format)),
            video_codec: Some(VideoCodec::Vp8 as i32),
            // One size: a call of two has one receiver.
            simulcast: Some(false),
            source: Some(TrackSource::Camera as i32),
            ..TrackPublishOptions::default()
        };
        let unpublished = create(ffi, format)?;
        let track = LocalTrack::publish(ffi, local_participant, unpublished, options).await?;
        let mut published = Self {
            ffi,
            track,
            feeder: None,
        };
        published.feed(device);
        Ok(published)
    }

    /// Whether a device is open and seen.
    pub(super) fn is_on(&self) -> bool {
        self.feeder.is_some()
    }

    /// Lets an open camera be seen.
    pub(super) fn unmute(&mut self, device: Box<dyn Camera>) -> Result<(), RoomError> {
        self.track.set_muted(false)?;
        self.feed(device);
        Ok(())
    }

    /// Closes the device and tells the others.
    pub(super) async fn mute(&mut self) -> Result<(), RoomError> {
        self.close_device().await;
        self.track.set_muted(true)
    }

    /// Closes the device.
    pub(super) async fn close_device(&mut self) {
        if let Some(feeder) = self.feeder.take() {
            feeder.abort();
            // The device is closed when its task has ended.
            let _ = feeder.await;
        }
    }

    fn feed(&mut self, device: Box<dyn Camera>) {
        let feeder = tokio::spawn(feed_source(self.ffi, self.track.source(), device));
        if let Some(before) = self.feeder.replace(feeder) {
            before.abort();
        }
    }
}

impl Drop for CameraTrack {
    fn drop(&mut self) {
        if let Some(feeder) = self.feeder.take() {
            feeder.abort();
        }
    }
}

fn encoding(format: CameraFormat) -> VideoEncoding {
    let CameraFormat {
        width,
        height,
        frames_per_second,
    } = format;
    let rate = f64::from(width) * f64::from(height) * f64::from(frames_per_second);
    let max_bitrate = ((rate * BITS_PER_PIXEL) as u64).max(LEAST_BITRATE);
    VideoEncoding {
        max_bitrate,
        max_framerate: f64::from(frames_per_second),
    }
}

fn create(ffi: &'static Ffi, format: CameraFormat) -> Result<UnpublishedTrack, RoomError> {
    const DOING: &str = "make a camera track";
    let new_video_source = NewVideoSourceRequest {
        r#type: VideoSourceType::Native as i32,
        resolution: VideoSourceResolution {
            width: format.width,
            height: format.height,
        },
    };
    let request = FfiRequest {
        new_video_source: Some(new_video_source),
        ..FfiRequest::default()
    };
    let answer = ffi.request(DOING, &request)?;
    let answer = answer.new_video_source.ok_or(RoomError::Engine(DOING))?;
    let source = Handle::new(ffi, &answer.source.handle);
    let create_video_track = CreateVideoTrackRequest {
        name: "camera".into(),
        source_handle: source.id(),
    };
    let request = FfiRequest {
        create_video_track: Some(create_video_track),
        ..FfiRequest::default()
    };
    let answer = ffi.request(DOING, &request)?;
    let answer = answer.create_video_track.ok_or(RoomError::Engine(DOING))?;
    let track = Handle::new(ffi, &answer.track.handle);
    Ok(UnpublishedTrack {
        name: "camera",
        source,
        track,
    })
}

/// Feeds the source once a picture time; a tick that came late is not made up for.
async fn feed_source(ffi: &'static Ffi, source: u64, mut device: Box<dyn Camera>) {
    let rate = device.format().frames_per_second.clamp(1, 60);
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(frame) = device.read() else { continue };
        if !frame.is_complete() {
            tracing::warn!("a camera's picture is not as long as its size says: left out");
            continue;
        }
        let capture = CaptureVideoFrameRequest {
            source_handle: source,
            // The library copies the picture before it answers.
            buffer: buffer(&frame),
            // Zero: the library takes the time itself.
            timestamp_us: 0,
            rotation: VideoRotation::None as i32,
        };
        let request = FfiRequest {
            capture_video_frame: Some(capture),
            ..FfiRequest::default()
        };
        if let Err(error) = ffi.request("send a picture", &request) {
            tracing::warn!(%error, "the camera's track takes no more pictures");
            return;
        }
    }
}

/// Where the picture lies, as the library wants it.
fn buffer(frame: &VideoFrame) -> VideoBufferInfo {
    let (width, height) = (frame.width, frame.height);
    let address = frame.data.as_ptr() as usize as u64;
    let (kind, stride, components) = match frame.layout {
        PixelLayout::Rgba => (VideoBufferType::Rgba, Some(width * 4), Vec::new()),
        PixelLayout::I420 => {
            let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
            let (luma, chroma) = (width * height, half_width * half_height);
            let plane = |offset: u32, stride, size| ComponentInfo {
                data_ptr: address + u64::from(offset),
                stride,
                size,
            };
            let planes = vec![
                plane(0, width, luma),
                plane(luma, half_width, chroma),
                plane(luma + chroma, half_width, chroma),
            ];
            (VideoBufferType::I420, None, planes)
        }
    };
    VideoBufferInfo {
        r#type: kind as i32,
        width,
        height,
        data_ptr: address,
        stride,
        components,
    }
}
