//! What a phone is told on its command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use faithcall::{CallType, DeviceId, MemberId};

/// A whole phone for scripts: one JSON object a line on standard output.
///
/// Ctrl-C or SIGTERM ends its call, signs out and stops it, within a few seconds.
///
/// Exit status: 0 when it did what it was told, whatever became of its calls (the `ended` line
/// says that); 1 when it could not sign in, load the media library or write a file; 2 for wrong
/// arguments.
#[derive(Debug, Args)]
pub struct PhoneArgs {
    /// The backend, such as http://127.0.0.1:8080
    #[arg(long, value_name = "URL")]
    pub api: String,
    /// The MQTT broker: mqtt://, mqtts://, ws://…/mqtt or wss://…/mqtt
    #[arg(long, value_name = "URL")]
    pub broker: String,
    /// The member's JWT
    #[arg(
        long,
        value_name = "JWT",
        env = "FAITHCALL_TOKEN",
        hide_env_values = true
    )]
    pub token: String,
    /// Certificates (PEM) to trust beside the system's own, for server and broker; the media
    /// server's has to be one that the system trusts
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// This device's id; a random one where none is given
    #[arg(long, value_name = "ID")]
    pub device: Option<DeviceId>,
    /// The media server, in place of the one that the backend names
    #[arg(long, value_name = "URL")]
    pub livekit_url: Option<String>,
    /// Calls these members at once: several are a group
    #[arg(long, value_name = "MEMBER", num_args = 1..)]
    pub call: Vec<MemberId>,
    /// What kind of call --call makes
    #[arg(long = "type", value_name = "TYPE", default_value = "voice")]
    pub call_type: CallKind,
    /// What to do when somebody calls
    #[arg(long, value_name = "ANSWER", default_value = "ignore")]
    pub on_invite: OnInvite,
    /// How long to let it ring before --on-invite, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub answer_after_ms: u64,
    /// Hangs up this long after the call has become active, in milliseconds
    #[arg(long, value_name = "MS")]
    pub hang_up_after_ms: Option<u64>,
    /// What to say: a WAV file (over and over), tone:HZ or silence
    #[arg(long, value_name = "SOUND", default_value = "silence")]
    pub play: String,
    /// Writes what was heard in a call to this WAV file; later calls to FILE-2.wav and so on
    #[arg(long, value_name = "FILE.wav")]
    pub record: Option<PathBuf>,
    /// What to show in video calls
    #[arg(long, value_name = "CAMERA", default_value = "pattern")]
    pub camera: CameraKind,
    /// Writes received pictures into this folder, one a second
    #[arg(long, value_name = "DIR")]
    pub snapshots: Option<PathBuf>,
    /// Writes what the call core is told and does into this file, with stand-ins for everything
    /// personal; `faithcall-desktop replay` shows it
    #[arg(long, value_name = "FILE.jsonl")]
    pub trace: Option<PathBuf>,
    /// Takes commands from standard input, one a line: call MEMBER [voice|video], accept
    /// [hold|end], reject, cancel, end, invite MEMBER, leave, hold, resume, swap, rejoin, mute,
    /// unmute, camera on|off, speaker on|off, network changed, interruption began|ended,
    /// permission microphone|camera given|taken, history, history PAGE, quit. Its end is a quit
    #[arg(long)]
    pub stdin: bool,
    /// Whether to enter the room while it rings, where the server allows it
    #[arg(long, value_name = "SWITCH", default_value = "on")]
    pub join_ahead: Switch,
    /// Whether a call that comes during another one rings as well
    #[arg(long, value_name = "SWITCH", default_value = "off")]
    pub call_waiting: Switch,
    /// How long a call rings on a server that keeps no bound of its own, for tests: 45 at most
    #[arg(long, value_name = "SECONDS", default_value_t = 45, hide = true)]
    pub ring_seconds: u64,
    /// Ends when the first call is over
    #[arg(long)]
    pub exit_after_call: bool,
    /// LiveKit's media library; else FAITHCALL_LIVEKIT_FFI, else the cache folder
    #[arg(long, value_name = "FILE")]
    pub media_library: Option<PathBuf>,
}

/// Voice or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CallKind {
    /// Microphones only.
    Voice,
    /// Microphones and cameras.
    Video,
}

impl From<CallKind> for CallType {
    fn from(kind: CallKind) -> Self {
        match kind {
            CallKind::Voice => Self::Voice,
            CallKind::Video => Self::Video,
        }
    }
}

/// What to do when somebody calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnInvite {
    /// Take the call.
    Accept,
    /// Decline it.
    Reject,
    /// Say that this member is in another call.
    Busy,
    /// Ring, and leave it to standard input or to the ring time.
    Ignore,
}

/// What the camera films.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CameraKind {
    /// A pattern with the picture's number in it.
    Pattern,
    /// Nothing: there is no camera.
    Off,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}
