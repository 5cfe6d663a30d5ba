//! Video sources, frames and streams.

use super::*;

messages! {
    /// Makes a source that is fed with frames.
    struct NewVideoSourceRequest as "NewVideoSourceRequest" {
        required int32 r#type: i32 = 1 (VideoSourceType);
        required message resolution: VideoSourceResolution = 2;
    }

    /// A size in pixels.
    struct VideoSourceResolution as "VideoSourceResolution" {
        required uint32 width: u32 = 1;
        required uint32 height: u32 = 2;
    }

    /// The source.
    struct NewVideoSourceResponse as "NewVideoSourceResponse" {
        required message source: OwnedVideoSource = 1;
    }

    /// A source's handle.
    struct OwnedVideoSource as "OwnedVideoSource" {
        required message handle: FfiOwnedHandle = 1;
    }

    /// Feeds a source; the library converts the frame before it answers.
    struct CaptureVideoFrameRequest as "CaptureVideoFrameRequest" {
        required uint64 source_handle: u64 = 1;
        required message buffer: VideoBufferInfo = 2;
        required int64 timestamp_us: i64 = 3;
        required int32 rotation: i32 = 4 (VideoRotation);
    }

    /// Where a picture lies.
    struct VideoBufferInfo as "VideoBufferInfo" {
        required int32 r#type: i32 = 1 (VideoBufferType);
        required uint32 width: u32 = 2;
        required uint32 height: u32 = 3;
        required uint64 data_ptr: u64 = 4;
        optional uint32 stride: Option<u32> = 6;
        repeated message components: Vec<ComponentInfo> = 7;
    }

    /// Where one plane of a picture lies.
    struct ComponentInfo as "VideoBufferInfo.ComponentInfo" {
        required uint64 data_ptr: u64 = 1;
        required uint32 stride: u32 = 2;
        required uint32 size: u32 = 3;
    }

    /// Decodes a remote track.
    struct NewVideoStreamRequest as "NewVideoStreamRequest" {
        required uint64 track_handle: u64 = 1;
        required int32 r#type: i32 = 2 (VideoStreamType);
        optional int32 format: Option<i32> = 3 (VideoBufferType);
        optional bool normalize_stride: Option<bool> = 4;
        optional uint32 queue_size_frames: Option<u32> = 5;
    }

    /// The stream.
    struct NewVideoStreamResponse as "NewVideoStreamResponse" {
        required message stream: OwnedVideoStream = 1;
    }

    /// A stream's handle.
    struct OwnedVideoStream as "OwnedVideoStream" {
        required message handle: FfiOwnedHandle = 1;
    }

    /// News of a stream; its end needs no answer and is not listed.
    struct VideoStreamEvent as "VideoStreamEvent" {
        required uint64 stream_handle: u64 = 1;
        optional message frame_received: Option<VideoFrameReceived> = 2;
    }

    /// One picture.
    struct VideoFrameReceived as "VideoFrameReceived" {
        required message buffer: OwnedVideoBuffer = 1;
    }

    /// A picture's handle and place.
    struct OwnedVideoBuffer as "OwnedVideoBuffer" {
        required message handle: FfiOwnedHandle = 1;
        required message info: VideoBufferInfo = 2;
    }
}

enumeration! {
    /// How a published picture is encoded.
    enum VideoCodec as "VideoCodec" {
        Vp8 "VP8" = 0,
    }
}

enumeration! {
    /// How a picture lies in memory.
    enum VideoBufferType as "VideoBufferType" {
        Rgba "RGBA" = 0,
        I420 "I420" = 5,
    }
}

enumeration! {
    /// How a picture is turned.
    enum VideoRotation as "VideoRotation" {
        None "VIDEO_ROTATION_0" = 0,
    }
}

enumeration! {
    /// Who feeds a source.
    enum VideoSourceType as "VideoSourceType" {
        Native "VIDEO_SOURCE_NATIVE" = 0,
    }
}

enumeration! {
    /// Who reads a stream.
    enum VideoStreamType as "VideoStreamType" {
        Native "VIDEO_STREAM_NATIVE" = 0,
    }
}
