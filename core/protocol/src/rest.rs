//! Request and response bodies, used by the client and by the backend.
//!
//! Base path [`BASE_PATH`]. A field that part A does not have is an `Option` that is left out
//! when absent, so that one type reads both servers.

mod history;

use serde::{Deserialize, Serialize};

pub use history::{
    CallFeedback, CallHistoryItem, CallStats, HistoryPage, MAX_FEEDBACK_COMMENT_CHARS,
    MAX_FEEDBACK_ISSUE_CHARS, MAX_FEEDBACK_ISSUES, MAX_RATING,
};

use crate::end::{CallStatus, EndReason, ReasonDetail, lenient_reason};
use crate::id::{CallId, DeviceId, MemberId, Rev};
use crate::media::CallType;
use crate::redact::Secret;
use crate::snapshot::{CallParticipant, CallSnapshot};
use crate::timestamp::Timestamp;

/// Where the call routes live.
pub const BASE_PATH: &str = "/api/calls";
/// Where a member's devices are registered (part B): `PUT` and `DELETE {DEVICES_PATH}/{device_id}`.
pub const DEVICES_PATH: &str = "/api/devices";
/// Names the acting device.
pub const DEVICE_HEADER: &str = "X-Device-Id";
/// Present on every answer of a server that speaks part B.
pub const SERVER_HEADER: &str = "FaithCall";
/// The value of [`SERVER_HEADER`].
pub const SERVER_HEADER_VALUE: &str = "1";

/// Body of `POST /`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CreateCall {
    /// Whom to call; more than one makes it a group call.
    pub callee_ids: Vec<MemberId>,
    /// Voice or video.
    pub call_type: CallType,
    /// Part B: the call's UUID, made by the caller's SDK. Part A ignores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// The community that the call is made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub community_id: Option<String>,
    /// The subgroup that the call is made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subgroup_id: Option<String>,
}

/// Answer to `POST /` and `POST /{id}/accept`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallResponse {
    /// The call. On a part-A server this is the server's choice.
    pub call_id: CallId,
    /// The LiveKit room.
    pub room_name: String,
    /// Lets this device join the room. Full grants after an accept; before it, a waiting one.
    pub livekit_token: Secret,
    /// Where the room is.
    pub livekit_url: String,
    /// Voice or video.
    pub call_type: CallType,
    /// Caller first.
    pub participants: Vec<CallParticipant>,
    /// What part B adds, all of it or nothing.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub part_b: Option<CallResponseB>,
}

/// The fields that part B adds to [`CallResponse`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallResponseB {
    /// The revision of `snapshot`.
    pub rev: Rev,
    /// The server's clock when it answered.
    pub server_time: Timestamp,
    /// Ring time that is left, in milliseconds; 0 once nobody rings.
    pub ring_expires_in_ms: u64,
    /// The call as it is now.
    pub snapshot: CallSnapshot,
    /// The device may join the room at once, with the token of this answer.
    pub join_ahead: bool,
}

/// Body of `POST /{id}/accept` by a member that is in another call (part B): what becomes of that
/// one, in the same commit. On the wire `{"hold": call_id}` or `{"end": call_id}`; no body, or
/// `{}`, where there is no other call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MakeWay {
    /// It is held. Possible once it was accepted, and while no further call is held.
    Hold(CallId),
    /// It is ended, or left where it is a group.
    End(CallId),
}

impl MakeWay {
    /// The call that makes way.
    pub fn call_id(&self) -> &CallId {
        match self {
            Self::Hold(call_id) | Self::End(call_id) => call_id,
        }
    }
}

/// Body of `POST /{id}/invite` (part B).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InviteRequest {
    /// Whom to ring as well. Who is in the call or rings already is no error.
    pub callee_ids: Vec<MemberId>,
    /// Those of them who were in the call before, as far as the device knows. Who was invited since
    /// stays as it is: a request that is repeated, because its answer was lost, rings nobody twice.
    /// Left out, everybody is rung who may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Vec<KnownInvitee>>,
}

/// What a device knows of an invitee.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KnownInvitee {
    /// Who.
    pub member_id: MemberId,
    /// How often it was [invited anew](crate::snapshot::InviteeSnapshot::invited_again).
    pub invited_again: u32,
}

/// Body of `POST /{id}/reject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RejectCall {
    /// Declined, or busy.
    pub reason: RejectReason,
    /// Whom the refusal speaks for.
    #[serde(default, skip_serializing_if = "RejectScope::is_member")]
    pub scope: RejectScope,
}

/// Why a callee does not take a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// Declined.
    Rejected,
    /// In another call.
    Busy,
}

/// Whom a refusal speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectScope {
    /// The member: every device stops.
    #[default]
    Member,
    /// This device only; the member's other devices may go on ringing.
    Device,
}

impl RejectScope {
    fn is_member(&self) -> bool {
        *self == Self::Member
    }
}

/// Body of `POST /{id}/end`. `{}` will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct EndCall {
    /// Why; a hang-up where nothing is said.
    #[serde(
        default,
        deserialize_with = "lenient_reason",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<EndReason>,
}

/// Body of `PATCH /{id}/participant`: only what changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct PatchParticipant {
    /// Microphone muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_muted: Option<bool>,
    /// Camera on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_video_enabled: Option<bool>,
    /// Loudspeaker on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_speaker_on: Option<bool>,
}

/// The fields of `PATCH /{id}/participant` that hold a call or resume it (part B). Beside them the
/// body may have those of [`PatchParticipant`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PatchHold {
    /// Held from now on, or not any more.
    pub is_on_hold: bool,
    /// With `is_on_hold: false` only: the call that is held in the same commit, so that two calls
    /// change places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<CallId>,
}

/// Body of `PUT /api/devices/{device_id}` (part B): what the server knows of one installation of
/// an app. Each registration replaces the one before.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RegisterDevice {
    /// What it runs on.
    pub platform: Platform,
    /// Where pushes go; none: it is reached on MQTT only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_token: Option<Secret>,
    /// Whose token that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_kind: Option<PushService>,
    /// It can show a second call while one goes on.
    #[serde(default)]
    pub call_waiting: bool,
    /// A public key of the device, for others. The server does not look into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_key: Option<String>,
}

/// What a device runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Android.
    Android,
    /// iOS.
    Ios,
    /// A computer.
    Desktop,
    /// A browser.
    Web,
}

/// Which service carries pushes to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushService {
    /// Firebase Cloud Messaging.
    Fcm,
    /// Apple's, to PushKit.
    ApnsVoip,
}

/// Answer of the routes that only confirm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// A sentence, part A's.
    pub message: String,
    /// Part B: the call after the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallSnapshot>,
}

/// Answer to `POST /{id}/ringing` (part B).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RingingResponse {
    /// The call's revision.
    pub rev: Rev,
    /// Ring time that is left, in milliseconds.
    pub ring_expires_in_ms: u64,
    /// A waiting token, for the one device that may join ahead.
    pub join_ahead: Option<RoomAccess>,
}

/// What a device needs to join a room.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RoomAccess {
    /// Lets the device in.
    pub livekit_token: Secret,
    /// Where the room is.
    pub livekit_url: String,
}

/// Answer to `POST /{id}/token` (part B).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenResponse {
    /// Full grants after the accept, a waiting token before it.
    #[serde(flatten)]
    pub access: RoomAccess,
    /// The revision that the grants were worked out from.
    pub rev: Rev,
}

/// Answer to `GET /active`: the engaged call, else the held one, else the oldest ringing; JSON
/// `null` for none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ActiveCallInfo {
    /// Which call.
    pub call_id: CallId,
    /// The LiveKit room.
    pub room_name: String,
    /// Voice or video.
    pub call_type: CallType,
    /// Ringing, connecting or active.
    pub status: CallStatus,
    /// Caller first.
    pub participants: Vec<CallParticipant>,
    /// When the call was made (also while it rings).
    pub started_at: Timestamp,
    /// Whole seconds since it became active.
    pub duration_seconds: u64,
}

/// Answer to `GET /{id}` (part B).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SnapshotResponse {
    /// The call as it is now.
    #[serde(flatten)]
    pub snapshot: CallSnapshot,
    /// Ring time that is left for who asks, in milliseconds; 0 where it does not ring. To the caller,
    /// until the first accept, the longest of all. None from a server that does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_expires_in_ms: Option<u64>,
}

/// Answer to `GET /sync?known=id:rev,…` (part B): all that a device needs after any silence.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SyncResponse {
    /// The server's clock when it answered.
    pub server_time: Timestamp,
    /// Every call that the member is in or that rings it; and, of the known ones, those that go on
    /// without it.
    pub calls: Vec<SyncCall>,
    /// The known ones that are.
    pub over: Vec<OverCall>,
}

/// A call that is not over, in a [`SyncResponse`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SyncCall {
    /// The call.
    #[serde(flatten)]
    pub snapshot: CallSnapshot,
    /// Ring time that is left for this member, in milliseconds; 0 where it does not ring.
    pub ring_expires_in_ms: u64,
}

/// A call that is over, in a [`SyncResponse`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OverCall {
    /// Which call.
    pub call_id: CallId,
    /// Its last revision.
    pub rev: Rev,
    /// How it ended.
    pub status: CallStatus,
    /// Why. A word of a later version reads as `None`.
    #[serde(default, deserialize_with = "lenient_reason")]
    pub reason: Option<EndReason>,
    /// What lies behind the reason.
    #[serde(default)]
    pub reason_detail: Option<ReasonDetail>,
}

/// One entry of the `known` parameter of `GET /sync`, written `id:rev`.
pub fn known_entry(call: &CallId, rev: Rev) -> String {
    format!("{call}:{rev}")
}

/// Reads the `known` parameter; entries that make no sense are left out.
pub fn parse_known(known: &str) -> Vec<(CallId, Rev)> {
    known
        .split(',')
        .filter_map(|entry| {
            let (call, rev) = entry.rsplit_once(':')?;
            Some((call.parse().ok()?, Rev(rev.parse().ok()?)))
        })
        .collect()
}

/// Body of an answer that refuses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Part A: a sentence, or a list of validation errors.
    pub detail: serde_json::Value,
    /// Part B: a stable word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// Part B: the call now, for those who may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallSnapshot>,
}

/// Stable words for refusals (part B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 403: no credentials.
    NotAuthenticated,
    /// 401: the token is bad or has expired.
    InvalidToken,
    /// 401: the token was revoked, or its member disabled: no other token of the member is taken
    /// either.
    Revoked,
    /// 403: the member id cannot stand in a topic.
    BadMemberId,
    /// 422: the body or the query is not of the contract.
    Invalid,
    /// 404: a callee is not known in this church.
    MemberNotFound,
    /// 409: the caller is in another call.
    AlreadyInCall,
    /// 409: every callee is in another call.
    AllBusy,
    /// 409: the call has as many members as a call may have.
    CallFull,
    /// 409: the caller has left its group call, and nobody can ring it back into it.
    CallerLeft,
    /// 409: only a call that was accepted can be held or resumed.
    CannotHold,
    /// 409: the member holds another call; one is all.
    AlreadyHolding,
    /// 409: both called each other; the other call lives, and is in `call`.
    Glare,
    /// 409: the client-made id belongs to another call.
    CallIdTaken,
    /// 409: this call was cancelled, perhaps before it was made.
    Cancelled,
    /// 404: nothing to cancel yet; the create that comes later is refused.
    CancelRemembered,
    /// 404: no such call, or not the caller's to see.
    CallNotFound,
    /// 404: a reject or cancel that comes too late. 409: a create that repeats, or an invite, of a call that is
    /// over.
    AlreadyHandled,
    /// 409: the call goes on; this is for calls that are over.
    NotOver,
    /// 409: the call no longer takes an accept.
    CannotAccept,
    /// 403: not a participant of the call.
    NotAParticipant,
    /// 409 with Retry-After: another request holds what this one needs.
    Conflict,
    /// 429 with Retry-After: too many calls.
    RateLimited,
    /// 503: the media server did not make the room.
    MediaUnavailable,
    /// 503: the store did not answer.
    Unavailable,
    /// A word of a later version.
    #[serde(other)]
    Other,
}

/// The claims of a member's JWT that the contract names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MemberClaims {
    /// The member, unless `member_id` is there.
    pub sub: String,
    /// Wins over `sub`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<String>,
    /// The church.
    pub session_church_id: String,
    /// `member`.
    pub role: String,
    /// `member`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Expiry, seconds since 1970.
    pub exp: u64,
}

impl MemberClaims {
    /// The member's id as written in the token, before it is checked.
    pub fn member(&self) -> &str {
        self.member_id.as_deref().unwrap_or(&self.sub)
    }
}

/// A member's device in a request: who acts, and on what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// The member.
    pub member_id: MemberId,
    /// Its device; none for a client without `X-Device-Id`, which is its member's one nameless
    /// device.
    pub device_id: Option<DeviceId>,
}
