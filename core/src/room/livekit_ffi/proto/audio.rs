//! Audio sources, frames and streams.

use super::*;

messages! {
    /// Makes a source that is fed with frames.
    struct NewAudioSourceRequest as "NewAudioSourceRequest" {
        required int32 r#type: i32 = 1 (AudioSourceType);
        optional uint32 sample_rate: Option<u32> = 3;
        optional uint32 num_channels: Option<u32> = 4;
        optional uint32 queue_size_ms: Option<u32> = 5;
    }

    /// The source.
    struct NewAudioSourceResponse as "NewAudioSourceResponse" {
        required message source: OwnedAudioSource = 1;
    }

    /// A source's handle.
    struct OwnedAudioSource as "OwnedAudioSource" {
        required message handle: FfiOwnedHandle = 1;
    }

    /// Feeds a source; the library copies the samples before it answers.
    struct CaptureAudioFrameRequest as "CaptureAudioFrameRequest" {
        required uint64 source_handle: u64 = 1;
        required message buffer: AudioFrameBufferInfo = 2;
    }

    /// Where samples lie, 16 bits each.
    struct AudioFrameBufferInfo as "AudioFrameBufferInfo" {
        required uint64 data_ptr: u64 = 1;
        required uint32 num_channels: u32 = 2;
        required uint32 sample_rate: u32 = 3;
        required uint32 samples_per_channel: u32 = 4;
    }

    /// Decodes a remote track.
    struct NewAudioStreamRequest as "NewAudioStreamRequest" {
        required uint64 track_handle: u64 = 1;
        required int32 r#type: i32 = 2 (AudioStreamType);
        optional uint32 sample_rate: Option<u32> = 3;
        optional uint32 num_channels: Option<u32> = 4;
        optional uint32 queue_size_frames: Option<u32> = 8;
    }

    /// The stream.
    struct NewAudioStreamResponse as "NewAudioStreamResponse" {
        required message stream: OwnedAudioStream = 1;
    }

    /// A stream's handle.
    struct OwnedAudioStream as "OwnedAudioStream" {
        required message handle: FfiOwnedHandle = 1;
    }

    /// News of a stream; its end needs no answer and is not listed.
    struct AudioStreamEvent as "AudioStreamEvent" {
        required uint64 stream_handle: u64 = 1;
        optional message frame_received: Option<AudioFrameReceived> = 2;
    }

    /// 10 ms of sound.
    struct AudioFrameReceived as "AudioFrameReceived" {
        required message frame: OwnedAudioFrameBuffer = 1;
    }

    /// A frame's handle and place.
    struct OwnedAudioFrameBuffer as "OwnedAudioFrameBuffer" {
        required message handle: FfiOwnedHandle = 1;
        required message info: AudioFrameBufferInfo = 2;
    }
}

enumeration! {
    /// Who feeds a source.
    enum AudioSourceType as "AudioSourceType" {
        Native "AUDIO_SOURCE_NATIVE" = 0,
    }
}

enumeration! {
    /// Who reads a stream.
    enum AudioStreamType as "AudioStreamType" {
        Native "AUDIO_STREAM_NATIVE" = 0,
    }
}
