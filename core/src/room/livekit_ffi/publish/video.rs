//! A published camera.

use super::{LocalTrack, UnpublishedTrack};
use crate::room::{
    CameraFormat, PixelLayout, RoomError, VideoFrame,
    livekit_ffi::{
        dispatch::Ffi,
        handle::Handle,
        proto::{
            CaptureVideoFrameRequest, ComponentInfo, CreateVideoTrackRequest, FfiRequest,
            NewVideoSourceRequest, TrackPublishOptions, TrackSource, VideoBufferInfo,
            VideoBufferType, VideoCodec, VideoEncoding, VideoRotation, VideoSourceResolution,
            VideoSourceType,
        },
    },
    native::{LocalVideo, max_bitrate},
};

/// A published camera that is fed picture by picture.
#[derive(Debug)]
pub(in crate::room::livekit_ffi) struct LocalVideoTrack(LocalTrack);

impl LocalVideoTrack {
    pub(in crate::room::livekit_ffi) async fn publish(
        ffi: &'static Ffi,
        local_participant: u64,
        format: CameraFormat,
    ) -> Result<Self, RoomError> {
        let video_encoding = VideoEncoding {
            max_bitrate: max_bitrate(format),
            max_framerate: f64::from(format.frames_per_second),
        };
        let options = TrackPublishOptions {
            video_encoding: Some(video_encoding),
            video_codec: Some(VideoCodec::Vp8 as i32),
            // One size: a call of two has one receiver.
            simulcast: Some(false),
            source: Some(TrackSource::Camera as i32),
            ..TrackPublishOptions::default()
        };
        LocalTrack::publish(ffi, local_participant, create(ffi, format)?, options)
            .await
            .map(Self)
    }
}

impl LocalVideo for LocalVideoTrack {
    fn capture(&self, frame: &VideoFrame) -> Result<(), RoomError> {
        let capture = CaptureVideoFrameRequest {
            source_handle: self.0.source.id(),
            // The library copies the picture before it answers.
            buffer: buffer(frame),
            // Zero: the library takes the time itself.
            timestamp_us: 0,
            rotation: VideoRotation::None as i32,
        };
        let request = FfiRequest {
            capture_video_frame: Some(capture),
            ..FfiRequest::default()
        };
        self.0.ffi.request("send a picture", &request).map(drop)
    }

    fn set_muted(&self, muted: bool) -> Result<(), RoomError> {
        self.0.set_muted(muted)
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
