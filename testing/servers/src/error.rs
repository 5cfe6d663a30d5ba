//! What can go wrong with a server of a test.

use std::{io, path::PathBuf};

/// Why a test server could not be started or asked.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No binary was found; the text says where it was looked for.
    #[error(
        "livekit-server was not found (looked at FAITHCALL_LIVEKIT_SERVER, {looked_at:?} and the \
         PATH): run `cargo xtask test` once, which installs it, or set FAITHCALL_LIVEKIT_SERVER"
    )]
    BinaryMissing {
        /// The place in the cache folder.
        looked_at: PathBuf,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` is set, so there is no cache folder.
    #[error("no cache folder: set XDG_CACHE_HOME or HOME")]
    NoCacheFolder,
    /// The operating system refused a file, a port or the process.
    #[error("could not {doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// The process ended or never answered; its log says why.
    #[error("livekit-server {what}; the end of its log:\n{log}")]
    NotReady {
        /// What was seen.
        what: &'static str,
        /// The last lines that it wrote.
        log: String,
    },
    /// A request to the server failed on the way.
    #[error("request to livekit-server failed: {0}")]
    Http(#[from] reqwest::Error),
    /// The server answered a Twirp call with an error.
    #[error("livekit-server refused {method}: {status} {code}: {message}")]
    Refused {
        /// The Twirp method.
        method: &'static str,
        /// The HTTP status.
        status: u16,
        /// Twirp's error code, such as `not_found`.
        code: String,
        /// Its text.
        message: String,
    },
    /// A token could not be signed.
    #[error("could not sign a token: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
}
