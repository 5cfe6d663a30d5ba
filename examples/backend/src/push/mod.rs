//! Pushes to members' devices, beside MQTT: a port for the services that carry them, and the worker
//! that brings them there.

mod apns;
mod dry_run;
mod fcm;
mod worker;

use async_trait::async_trait;
use faithcall_protocol::id::{DeviceId, MemberId};
use faithcall_protocol::push::Push;
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::PushService;

pub(crate) use dry_run::DryRun;
pub(crate) use worker::start;

/// A push on its way to one device.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) member: MemberId,
    pub(crate) device: DeviceId,
    pub(crate) service: PushService,
    /// Where the service finds the device.
    pub(crate) push_token: Secret,
    pub(crate) push: Push,
    /// When it was written, and when it says nothing any more (ms since 1970).
    pub(crate) at_ms: u64,
    pub(crate) expires_at_ms: u64,
}

/// A push was not taken; it may be another time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The folder of the dry run does not take it.
    #[error("the folder FAITHCALL_PUSH_DIR cannot be written to: {0}")]
    Folder(#[from] std::io::Error),
    /// It cannot be written as JSON.
    #[error("a push cannot be written: {0}")]
    Unwritable(#[from] crate::json_fault::JsonFault),
}

/// Hands pushes to the services that carry them.
#[async_trait]
pub(crate) trait Sender: Send + Sync + 'static {
    /// Hands one over. Done more than once, it does no harm.
    async fn send(&self, delivery: &Delivery) -> Result<(), SendError>;
}
