//! How a call ends: one table, shared by SDK and server.

use serde::{Deserialize, Deserializer, Serialize};

/// Where a call stands, in the words of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// Nobody has accepted yet.
    Ringing,
    /// Somebody accepted; not both sides are in the room yet.
    Connecting,
    /// Two members are in the call.
    Active,
    /// Over, in the ordinary way.
    Ended,
    /// Over: nobody answered in time.
    Missed,
    /// Over: declined.
    Rejected,
    /// Over: it could not be carried out.
    Failed,
    /// Over: everybody called was in another call.
    Busy,
}

impl CallStatus {
    /// The word for it on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Connecting => "connecting",
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Missed => "missed",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Busy => "busy",
        }
    }

    /// Nothing follows this status.
    pub fn is_over(self) -> bool {
        match self {
            Self::Ringing | Self::Connecting | Self::Active => false,
            Self::Ended | Self::Missed | Self::Rejected | Self::Failed | Self::Busy => true,
        }
    }
}

/// Why a call is over: the eight words of part A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Somebody hung up.
    Normal,
    /// Nobody answered.
    Missed,
    /// Declined.
    Rejected,
    /// Busy.
    Busy,
    /// It could not be carried out.
    Failed,
    /// Somebody's network went away.
    NetworkError,
    /// It was accepted, but media never came up.
    Timeout,
    /// The caller gave up before an answer.
    Cancelled,
}

impl EndReason {
    /// Nobody answered: it rang out, or the caller gave up.
    pub fn is_unanswered(self) -> bool {
        match self {
            Self::Missed | Self::Cancelled => true,
            Self::Normal
            | Self::Rejected
            | Self::Busy
            | Self::Failed
            | Self::NetworkError
            | Self::Timeout => false,
        }
    }

    /// The word for it on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Missed => "missed",
            Self::Rejected => "rejected",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NetworkError => "network_error",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Reads a reason that may be a word of a later version: unknown words become `None`.
pub(crate) fn lenient_reason<'de, D: Deserializer<'de>>(
    d: D,
) -> Result<Option<EndReason>, D::Error> {
    let word = Option::<serde_json::Value>::deserialize(d)?;
    Ok(word.and_then(|word| serde_json::from_value(word).ok()))
}

/// What lies behind a reason, where the reason alone does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonDetail {
    /// No sign of life within the time that one stays valid, or the longest call was reached.
    Lease,
    /// A token was revoked or a member disabled.
    Revoked,
    /// The room could not be made.
    MediaUnavailable,
    /// A word of a later version.
    #[serde(other)]
    Other,
}

/// What ended a call, as the rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndCause {
    /// The caller took it back.
    CallerCancelled,
    /// The ring deadline passed.
    RingDeadline,
    /// Every callee declined.
    AllRejected,
    /// Every callee was busy.
    AllBusy,
    /// A participant hung up.
    HangUp,
    /// Accepted, but not active in time.
    ConnectDeadline,
    /// The caller while ringing, or a participant later, gave no sign of life.
    Gone,
    /// The longest call was reached.
    LongestCall,
    /// A member's token was revoked, or the member disabled.
    Revoked,
    /// The room could not be made.
    MediaUnavailable,
    /// A participant gave up and said why; see [`EndCause::reported`].
    Reported(EndReason),
}

/// How a call that is over is told: status, reason and detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Outcome {
    /// One of the statuses that are over.
    pub status: CallStatus,
    /// Part A's word.
    pub reason: EndReason,
    /// What lies behind it.
    pub detail: Option<ReasonDetail>,
}

impl EndCause {
    /// The table 'How a call ends' of the contract.
    pub fn outcome(self) -> Outcome {
        use CallStatus as S;
        use EndReason as R;
        use ReasonDetail as D;
        let (status, reason, detail) = match self {
            Self::CallerCancelled => (S::Ended, R::Cancelled, None),
            Self::RingDeadline => (S::Missed, R::Missed, None),
            Self::AllRejected => (S::Rejected, R::Rejected, None),
            Self::AllBusy => (S::Busy, R::Busy, None),
            Self::HangUp => (S::Ended, R::Normal, None),
            Self::ConnectDeadline => (S::Failed, R::Timeout, None),
            Self::Gone => (S::Ended, R::NetworkError, Some(D::Lease)),
            Self::LongestCall => (S::Ended, R::Normal, Some(D::Lease)),
            Self::Revoked => (S::Failed, R::Failed, Some(D::Revoked)),
            Self::MediaUnavailable => (S::Failed, R::Failed, Some(D::MediaUnavailable)),
            Self::Reported(reason) => (reported_status(reason), reason, None),
        };
        Outcome {
            status,
            reason,
            detail,
        }
    }
}

impl EndCause {
    /// What a participant's `POST /end` with this reason means.
    ///
    /// `network_error`, `failed` and `timeout` are taken as said: SDKs of part A give up so. The
    /// words of a call that nobody answered are taken as said while nobody has, and are a hang-up
    /// after that. Nothing said is a hang-up.
    pub fn reported(reason: Option<EndReason>, answered: bool) -> Self {
        use EndReason as R;
        match reason {
            None | Some(R::Normal) => Self::HangUp,
            Some(reason @ (R::NetworkError | R::Failed | R::Timeout)) => Self::Reported(reason),
            Some(R::Missed | R::Rejected | R::Busy | R::Cancelled) if answered => Self::HangUp,
            Some(reason @ (R::Missed | R::Rejected | R::Busy | R::Cancelled)) => {
                Self::Reported(reason)
            }
        }
    }
}

fn reported_status(reason: EndReason) -> CallStatus {
    match reason {
        EndReason::Normal | EndReason::Cancelled | EndReason::NetworkError => CallStatus::Ended,
        EndReason::Failed | EndReason::Timeout => CallStatus::Failed,
        EndReason::Missed => CallStatus::Missed,
        EndReason::Rejected => CallStatus::Rejected,
        EndReason::Busy => CallStatus::Busy,
    }
}
