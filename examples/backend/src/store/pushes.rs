//! The part of the outbox that goes to members' devices.

use async_trait::async_trait;
use faithcall_protocol::id::DeviceId;
use faithcall_protocol::ledger::PushOrder;
use faithcall_protocol::rest::RegisterDevice;

use super::Result;

/// A push that waits for one device.
#[derive(Debug)]
pub(crate) struct UnsentPush {
    pub(crate) device: DeviceId,
    /// What the device registered last.
    pub(crate) registration: RegisterDevice,
    pub(crate) order: PushOrder,
}

/// Pushes, one for each device. They come in with the write that they follow from; of one call, a
/// newer one to a member takes the place of those that still wait.
#[async_trait]
pub(crate) trait Pushes: Send + Sync + 'static {
    /// Entries after this one, in the order of the commits.
    async fn unsent_pushes(&self, after: i64) -> Result<Vec<i64>>;

    /// An entry; `None` where it waits no more, or its device is not registered any more.
    async fn unsent_push(&self, seq: i64) -> Result<Option<UnsentPush>>;

    /// It was taken by its service, or need not be sent any more.
    async fn push_sent(&self, seq: i64) -> Result<()>;
}
