//! What the demo is told on its command line.

use std::path::PathBuf;

use clap::Args;

/// Plays calls between real phones through a real backend, broker and media server, and writes
/// report.html and report.json.
///
/// Exit status: 0 when every check passed, 1 when one failed or something could not be started,
/// 2 for wrong arguments.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the report, the recordings and the logs are written
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The backend's program
    #[arg(long, value_name = "FILE")]
    pub backend: PathBuf,
    /// The program of LiveKit's server; not needed where LIVEKIT_URL names a running one
    #[arg(long, value_name = "FILE")]
    pub livekit_server: Option<PathBuf>,
    /// LiveKit's media library; else FAITHCALL_LIVEKIT_FFI, else the cache folder
    #[arg(long, value_name = "FILE")]
    pub media_library: Option<PathBuf>,
    /// A LiveKit server that runs already
    #[arg(long, env = "LIVEKIT_URL", value_name = "URL", requires_all = ["livekit_api_key", "livekit_api_secret"])]
    pub livekit_url: Option<String>,
    /// Its key
    #[arg(
        long,
        env = "LIVEKIT_API_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub livekit_api_key: Option<String>,
    /// Its secret
    #[arg(
        long,
        env = "LIVEKIT_API_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub livekit_api_secret: Option<String>,
    /// Plays only these scenes
    #[arg(long, value_name = "SCENE", num_args = 1..)]
    pub only: Vec<super::scenes::Name>,
}
