//! The call core that apps embed.
//!
//! [`CallClient`] is a member's phone. It is given where the server and the broker are
//! ([`Config`]), who the member is ([`TokenProvider`]) and how rooms are entered
//! ([`room::RoomEngine`]), and tells what happens as [`ClientEvent`]s.
//!
//! What a call may do is decided by the pure machine in `faithcall-protocol`; this crate is its
//! shell: `driver` is the one loop around it, `rest`, `signaling` and `room` are its ports.

mod client;
mod driver;
mod rest;
pub mod room;
mod signaling;
mod tls;
mod token;
mod trace;

pub use client::{
    CallClient, ClientEvent, CommandError, Config, ConfigError, ConnectError, News, PushRefused,
};
pub use faithcall_protocol::end::{CallStatus, EndReason, ReasonDetail};
pub use faithcall_protocol::id::{CallId, ChurchId, DeviceId, MemberId};
pub use faithcall_protocol::machine::{
    Alerting, Attempt, AudioOutput, AudioRoute, CallDuration, CallState, CallView, CommandFailure,
    Elsewhere, Ended, Event, MediaProblem, MediaSource, NotLive, OtherCall, OwnMedia,
    ParticipantView, Peer, Rejoinable, ServerKind, Side, Timings, Tone, View, alerting,
    audio_route,
};
pub use faithcall_protocol::media::CallType;
pub use faithcall_protocol::push::{Push, PushError, PushFields, PushKind};
pub use faithcall_protocol::quality::{Picture, Quality};
pub use faithcall_protocol::redact::{Personal, Secret};
pub use faithcall_protocol::rest::{
    CallFeedback, CallHistoryItem, CallStats, HistoryPage, Platform, PushService, RegisterDevice,
    RejectReason, RejectScope,
};
pub use faithcall_protocol::snapshot::{InviteeState, Role};
pub use faithcall_protocol::trace_id::TraceId;
pub use rest::{ApiUrl, ApiUrlError, RequestError};
pub use signaling::{BrokerUrl, BrokerUrlError, LinkError};
pub use tls::TlsError;
pub use token::{FixedToken, TokenError, TokenProvider, TokenReason};
pub use trace::TraceSink;
