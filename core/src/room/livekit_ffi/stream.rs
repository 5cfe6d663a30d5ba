//! Decoded media of one remote track on its way to a sink.

use super::{
    abi,
    dispatch::Ffi,
    handle::Handle,
    proto::{
        AudioFrameBufferInfo, AudioStreamType, FfiRequest, NewAudioStreamRequest,
        NewVideoStreamRequest, OwnedAudioFrameBuffer, OwnedVideoBuffer, VideoBufferInfo,
        VideoBufferType, VideoStreamType,
    },
};
use crate::room::{PixelLayout, RoomError, SAMPLE_RATE, VideoFrame};
use tokio::{sync::mpsc, task::JoinHandle};

/// Frames that may wait for a sink: 80 ms of sound. What comes on top is dropped.
const AUDIO_QUEUE: usize = 8;
/// Pictures that may wait for a sink.
const VIDEO_QUEUE: usize = 2;

/// A frame that the library keeps for us.
#[derive(Debug)]
pub(super) struct AudioBuffer {
    info: AudioFrameBufferInfo,
    _handle: Handle,
}

impl AudioBuffer {
    pub(super) fn new(ffi: &'static Ffi, owned: OwnedAudioFrameBuffer) -> Self {
        Self {
            _handle: Handle::new(ffi, &owned.handle),
            info: owned.info,
        }
    }

    #[allow(unsafe_code)]
    fn samples(&self) -> Vec<i16> {
        // SAFETY: `info` came from the library together with the handle that `self` holds.
        unsafe { abi::copy_samples(&self.info) }
    }
}

/// A picture that the library keeps for us.
#[derive(Debug)]
pub(super) struct VideoBuffer {
    info: VideoBufferInfo,
    _handle: Handle,
}

impl VideoBuffer {
    pub(super) fn new(ffi: &'static Ffi, owned: OwnedVideoBuffer) -> Self {
        Self {
            _handle: Handle::new(ffi, &owned.handle),
            info: owned.info,
        }
    }

    /// The picture as I420; nothing where the library broke its promise about planes.
    #[allow(unsafe_code)]
    fn picture(&self) -> Option<VideoFrame> {
        let (width, height) = (self.info.width, self.info.height);
        let mut data = Vec::with_capacity(PixelLayout::I420.bytes(width, height)?);
        for (index, plane) in self.info.components.iter().enumerate() {
            let half = |length: u32| if index == 0 { length } else { length.div_ceil(2) } as usize;
            // SAFETY: `plane` came from the library together with the handle that `self` holds.
            unsafe { abi::copy_plane(plane, half(width), half(height), &mut data) };
        }
        let frame = VideoFrame {
            width,
            height,
            layout: PixelLayout::I420,
            data,
        };
        frame.is_complete().then_some(frame)
    }
}

/// A remote track being decoded; dropped, the decoding ends and the sink hears no more.
#[derive(Debug)]
pub(super) struct Stream {
    ffi: &'static Ffi,
    handle: Handle,
    task: JoinHandle<()>,
}

impl Stream {
    /// Decodes an audio track into `sink`, 10 ms a time.
    pub(super) fn audio(
        ffi: &'static Ffi,
        track: &Handle,
        mut sink: impl FnMut(&[i16]) + Send + 'static,
    ) -> Result<Self, RoomError> {
        let new_audio_stream = NewAudioStreamRequest {
            track_handle: track.id(),
            r#type: AudioStreamType::Native as i32,
            sample_rate: Some(SAMPLE_RATE),
            num_channels: Some(1),
            queue_size_frames: Some(AUDIO_QUEUE as u32),
        };
        let request = FfiRequest {
            new_audio_stream: Some(new_audio_stream),
            ..FfiRequest::default()
        };
        let answer = ffi.request("decode a track", &request)?;
        let answer = answer
            .new_audio_stream
            .ok_or(RoomError::Engine("decode a track"))?;
        let handle = Handle::new(ffi, &answer.stream.handle);
        let (queue, mut frames) = mpsc::channel::<AudioBuffer>(AUDIO_QUEUE);
        ffi.route_audio(handle.id(), Some(queue));
        let task = tokio::spawn(async move {
            while let Some(frame) = frames.recv().await {
                sink(&frame.samples());
            }
        });
        Ok(Self { ffi, handle, task })
    }

    /// Decodes a video track into `sink`.
    pub(super) fn video(
        ffi: &'static Ffi,
        track: &Handle,
        mut sink: impl FnMut(VideoFrame) + Send + 'static,
    ) -> Result<Self, RoomError> {
        let new_video_stream = NewVideoStreamRequest {
            track_handle: track.id(),
            r#type: VideoStreamType::Native as i32,
            format: Some(VideoBufferType::I420 as i32),
            normalize_stride: Some(true),
            queue_size_frames: Some(VIDEO_QUEUE as u32),
        };
        let request = FfiRequest {
            new_video_stream: Some(new_video_stream),
            ..FfiRequest::default()
        };
        let answer = ffi.request("decode a track", &request)?;
        let answer = answer
            .new_video_stream
            .ok_or(RoomError::Engine("decode a track"))?;
        let handle = Handle::new(ffi, &answer.stream.handle);
        let (queue, mut pictures) = mpsc::channel::<VideoBuffer>(VIDEO_QUEUE);
        ffi.route_video(handle.id(), Some(queue));
        let task = tokio::spawn(async move {
            while let Some(picture) = pictures.recv().await {
                if let Some(frame) = picture.picture() {
                    sink(frame);
                }
            }
        });
        Ok(Self { ffi, handle, task })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
        self.ffi.route_audio(self.handle.id(), None);
        self.ffi.route_video(self.handle.id(), None);
    }
}
