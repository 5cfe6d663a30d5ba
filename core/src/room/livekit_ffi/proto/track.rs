//! Tracks and their publications.

use super::*;

messages! {
    /// Makes a video track of a source.
    struct CreateVideoTrackRequest as "CreateVideoTrackRequest" {
        required string name: String = 1;
        required uint64 source_handle: u64 = 2;
    }

    /// Makes an audio track of a source.
    struct CreateAudioTrackRequest as "CreateAudioTrackRequest" {
        required string name: String = 1;
        required uint64 source_handle: u64 = 2;
    }

    /// The video track.
    struct CreateVideoTrackResponse as "CreateVideoTrackResponse" {
        required message track: OwnedTrack = 1;
    }

    /// The audio track.
    struct CreateAudioTrackResponse as "CreateAudioTrackResponse" {
        required message track: OwnedTrack = 1;
    }

    /// A track's handle.
    struct OwnedTrack as "OwnedTrack" {
        required message handle: FfiOwnedHandle = 1;
        required message info: TrackInfo = 2;
    }

    /// Which track it is.
    struct TrackInfo as "TrackInfo" {
        required string sid: String = 1;
        required int32 kind: i32 = 3 (TrackKind);
    }

    /// A publication's handle.
    struct OwnedTrackPublication as "OwnedTrackPublication" {
        required message handle: FfiOwnedHandle = 1;
        required message info: TrackPublicationInfo = 2;
    }

    /// What is published.
    struct TrackPublicationInfo as "TrackPublicationInfo" {
        required string sid: String = 1;
        required int32 source: i32 = 4 (TrackSource);
        required bool muted: bool = 9;
    }

    /// Asks for the media of somebody's track, or to keep it back.
    struct EnableRemoteTrackPublicationRequest as "EnableRemoteTrackPublicationRequest" {
        required uint64 track_publication_handle: u64 = 1;
        required bool enabled: bool = 2;
    }

    /// Mutes or unmutes a local track.
    struct LocalTrackMuteRequest as "LocalTrackMuteRequest" {
        required uint64 track_handle: u64 = 1;
        required bool mute: bool = 2;
    }
}

enumeration! {
    /// What a track carries.
    enum TrackSource as "TrackSource" {
        Unknown "SOURCE_UNKNOWN" = 0,
        Camera "SOURCE_CAMERA" = 1,
        Microphone "SOURCE_MICROPHONE" = 2,
        ScreenShare "SOURCE_SCREENSHARE" = 3,
        ScreenShareAudio "SOURCE_SCREENSHARE_AUDIO" = 4,
    }
}

enumeration! {
    /// How a track is perceived.
    enum TrackKind as "TrackKind" {
        Unknown "KIND_UNKNOWN" = 0,
        Audio "KIND_AUDIO" = 1,
        Video "KIND_VIDEO" = 2,
    }
}
