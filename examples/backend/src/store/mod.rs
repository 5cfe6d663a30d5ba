//! Where calls are kept: a port, and SQLite as its filling.
//!
//! One write holds a call, what it does to its members' claims, and its unsent outbox entries. No
//! instance keeps call state in memory that another needs.

mod history;
pub(crate) mod pruning;
mod pushes;
mod sqlite;

use async_trait::async_trait;
use faithcall_protocol::id::{CallId, ChurchId, DeviceId, MemberId};
use faithcall_protocol::ledger::{Call, Claim, Message, PushOrder};
use faithcall_protocol::rest::RegisterDevice;

pub(crate) use history::{History, Kept, Paging};
pub(crate) use pushes::{Pushes, UnsentPush};
pub use sqlite::OpenError;
pub(crate) use sqlite::SqliteStore;

use crate::config::Limits;
use crate::json_fault::JsonFault;

/// How many devices of one member are known; the one that registered longest ago gives way.
const DEVICES_PER_MEMBER: usize = 16;

/// The store did not do what was asked. Nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// It did not answer, or not in time.
    #[error("the database failed: {0}")]
    Unavailable(#[from] sqlx::Error),
    /// What it holds cannot be read.
    #[error("the database holds a record that cannot be read: {0}")]
    Unreadable(#[from] JsonFault),
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error.into())
    }
}

type Result<T> = std::result::Result<T, StoreError>;

/// A call as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) call: Call,
    /// Raised with every write, also with those that publish nothing.
    pub(crate) version: i64,
}

/// Which calls claim a member, and how; in the order of the calls' ids.
pub(crate) type Claims = Vec<(CallId, Claim)>;

/// One write: a call's new state and all that goes with it.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub(crate) call: &'a Call,
    /// Members' claims as they were read for the decision. The write fails where they are others
    /// by now.
    pub(crate) claims_seen: &'a [(MemberId, Claims)],
    /// To be published once this is committed.
    pub(crate) messages: &'a [Message],
    /// To be sent to devices once this is committed.
    pub(crate) pushes: &'a [PushOrder],
    /// The room is to be brought to what the call says now.
    pub(crate) room_work: bool,
}

/// An idempotency key of a create.
#[derive(Debug, Clone)]
pub(crate) struct CreateKey {
    /// The member's word for this create.
    pub(crate) key: String,
    /// The body that it came with, JSON.
    pub(crate) body: String,
}

/// How long a key stands for its call.
pub(crate) const CREATE_KEY_MS: u64 = 600_000;

/// How many keys of a member count: the newest.
const CREATE_KEYS_PER_MEMBER: usize = 64;

/// What became of a create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Created {
    /// It is committed.
    Done,
    /// There is a call with this id.
    IdTaken,
    /// Its caller cancelled it before.
    Cancelled,
    /// Somebody's claims changed since they were read.
    ClaimsMoved,
}

/// A message that waits in the outbox.
#[derive(Debug)]
pub(crate) struct UnsentMessage {
    pub(crate) seq: i64,
    /// `None` where what is stored cannot be read.
    pub(crate) message: Option<Message>,
}

/// A room that waits to be brought to what its call says.
#[derive(Debug)]
pub(crate) struct RoomWork {
    pub(crate) seq: i64,
    pub(crate) call: CallId,
}

/// Where calls, claims and the outbox are kept. Every error is a 503 for the client that asked.
#[async_trait]
pub(crate) trait Store: History + Pushes {
    /// The call with this id, of whatever church.
    async fn call(&self, id: &CallId) -> Result<Option<Stored>>;

    /// A member's calls that are not over, oldest first.
    async fn open_calls_of(&self, church: &ChurchId, member: &MemberId) -> Result<Vec<Call>>;

    /// All calls that are not over.
    async fn open_calls(&self) -> Result<Vec<Call>>;

    /// Calls whose deadline has passed, `most` of them, the most overdue first.
    async fn due_calls(&self, now_ms: u64, most: usize) -> Result<Vec<CallId>>;

    /// The earliest deadline of all calls that is later than this.
    async fn next_deadline(&self, after_ms: u64) -> Result<Option<u64>>;

    /// Which calls claim a member.
    async fn claims(&self, church: &ChurchId, member: &MemberId) -> Result<Claims>;

    /// Writes a new call, unless its caller's cancel is remembered by then.
    async fn create(&self, write: Write<'_>) -> Result<Created>;

    /// Writes changed calls, all or none, each with the version that it was read at: if nobody
    /// wrote one of them since, and the claims are as they were seen. `false` where somebody else
    /// was first.
    async fn update(&self, writes: &[(i64, Write<'_>)]) -> Result<bool>;

    /// Remembers a cancel that came before its create; `false` where the call exists.
    async fn remember_cancel(
        &self,
        church: &ChurchId,
        member: &MemberId,
        call: &CallId,
        now_ms: u64,
    ) -> Result<bool>;

    /// Whether a member's cancel of this id came before its create, in the last 10 minutes.
    async fn cancel_remembered(
        &self,
        church: &ChurchId,
        member: &MemberId,
        call: &CallId,
        now_ms: u64,
    ) -> Result<bool>;

    /// Which call an idempotency key of a member's creates stands for: the one that it stood for in
    /// the last 10 minutes, else `call`. `None` where it came with another body then.
    async fn keyed_call(
        &self,
        church: &ChurchId,
        member: &MemberId,
        key: &CreateKey,
        call: &CallId,
        now_ms: u64,
    ) -> Result<Option<CallId>>;

    /// Counts an attempt to call, unless it is one too many, or one of the callees is called too
    /// often: then the milliseconds to wait.
    async fn count_create(
        &self,
        church: &ChurchId,
        caller: &MemberId,
        callees: &[MemberId],
        limits: &Limits,
        now_ms: u64,
    ) -> Result<Option<u64>>;

    /// Registers a device, in place of what it registered before.
    async fn put_device(
        &self,
        church: &ChurchId,
        member: &MemberId,
        device: &DeviceId,
        registration: &RegisterDevice,
        now_ms: u64,
    ) -> Result<()>;

    /// Forgets a device; one that is not there is forgotten already.
    async fn forget_device(
        &self,
        church: &ChurchId,
        member: &MemberId,
        device: &DeviceId,
    ) -> Result<()>;

    /// What a member's devices registered.
    async fn devices_of(
        &self,
        church: &ChurchId,
        member: &MemberId,
    ) -> Result<Vec<(DeviceId, RegisterDevice)>>;

    /// Messages after entry `after`, in the order of the commits.
    async fn unsent(&self, after: i64, most: usize) -> Result<Vec<UnsentMessage>>;

    /// These messages were taken by the broker, or need not be sent any more.
    async fn sent(&self, entries: &[i64]) -> Result<()>;

    /// The call's room is to be looked at.
    async fn ask_for_room_work(&self, call: &CallId) -> Result<()>;

    /// Room work after entry `after`.
    async fn room_work(&self, after: i64) -> Result<Vec<RoomWork>>;

    /// The call's room work up to this entry is done.
    async fn room_work_done(&self, work: &RoomWork) -> Result<()>;

    /// Forgets calls that ended before `ended_before_ms`, and what only the recent past needs.
    async fn prune(&self, ended_before_ms: u64, now_ms: u64) -> Result<()>;

    /// Whether it can be read and written now.
    async fn check(&self) -> Result<()>;
}
