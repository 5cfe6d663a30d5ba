//! What a room can refuse, said so that an app knows what to do.

use std::path::PathBuf;

/// Why a room engine could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// The server does not take the token: ask for a fresh one.
    #[error("the media server refused the token: ask for a fresh one")]
    TokenRefused,
    /// The room is not there (yet, or no more): the call is probably over.
    #[error("the room does not exist at the media server: ask for the call's state")]
    RoomNotFound,
    /// Nothing answers at the URL, or not in time: look at the network, then try again.
    #[error("the media server cannot be reached: check the network and the URL, then try again")]
    Unreachable,
    /// The server answered with an error of its own: try again later.
    #[error("the media server failed (status {status}): try again later")]
    Server {
        /// Its HTTP status.
        status: u16,
    },
    /// The URL cannot be used.
    #[error("the media server's URL is not valid: it begins with ws:// or wss://")]
    BadUrl,
    /// The server does not let this participant publish.
    #[error("the media server refused to take the {track}: the token has no right to publish it")]
    PublishRefused {
        /// `microphone` or `camera`.
        track: &'static str,
    },
    /// A device could not be opened.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The session has ended; the events said why.
    #[error("the room session is over")]
    Over,
    /// This engine cannot do it; see [`Capabilities`](super::Capabilities).
    #[error("this room engine cannot {0}")]
    Unsupported(&'static str),
    /// The media library was not found.
    #[error(
        "LiveKit's media library was not found at {}: run `cargo xtask demo` once, which fetches \
         it, or set FAITHCALL_LIVEKIT_FFI to the path of liblivekit_ffi",
        .looked_at.display()
    )]
    LibraryMissing {
        /// Where it was looked for.
        looked_at: PathBuf,
    },
    /// The media library is there and cannot be used.
    #[error(
        "LiveKit's media library at {} cannot be loaded ({reason}): fetch version 1.2.1 for this \
         system again, or set FAITHCALL_LIVEKIT_FFI to the path of a good one",
        .path.display()
    )]
    LibraryBroken {
        /// Where it lies.
        path: PathBuf,
        /// What the system's loader says.
        reason: String,
    },
    /// The media library gave an answer that makes no sense, or failed inside: report it.
    #[error("LiveKit's media library failed to {0}: restart the app and report this")]
    Engine(&'static str),
}

/// Why a device could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The user or the system does not allow it: ask for the permission.
    #[error("the {device} may not be used: ask the user for the permission")]
    NotAllowed {
        /// `microphone` or `camera`.
        device: &'static str,
    },
    /// There is none, or another app holds it.
    #[error("the {device} is not available: {reason}")]
    Unavailable {
        /// `microphone` or `camera`.
        device: &'static str,
        /// What the device says.
        reason: String,
    },
}
