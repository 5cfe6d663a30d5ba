//! Everything that a request about a call may be refused with, and what is answered then.

use crate::end::CallStatus;
use crate::id::CallId;
use crate::redact::Personal;
use crate::rest::ErrorCode;

/// Why a command changes nothing, or a call is not made.
///
/// [`Refusal::status`], [`Refusal::code`] and [`Refusal::detail`] are the answer; a server adds
/// the call's snapshot where [`Refusal::shows_call`] says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such call (accept, connected, end, participant, and every GET).
    #[error("no such call")]
    CallNotFound,
    /// A reject or a cancel finds nothing to do: no such call, the wrong role, or too late.
    #[error("nothing left to reject or cancel")]
    AlreadyHandled,
    /// A cancel came before its create, and is kept for it.
    #[error("cancelled before it was made")]
    CancelRemembered,
    /// An accept finds the call not ringing, or this member's answer given.
    #[error("the call does not take an accept any more")]
    CannotAccept {
        /// The call's status.
        status: CallStatus,
    },
    /// The member is not in the call; or the call is on another device of it, and this one has
    /// no part in it.
    #[error("not a participant of the call")]
    NotAParticipant,
    /// A deadline of the call has passed and was not carried out yet: apply `Tick` first.
    #[error("a deadline of the call is to be carried out first")]
    Overdue,
    /// A create or an accept by a member that is in another call.
    #[error("the member is in another call")]
    AlreadyInCall,
    /// A create finds every callee in another call.
    #[error("every callee is in another call")]
    AllBusy {
        /// Display names of the callees.
        names: Vec<Personal>,
    },
    /// A create finds that the one callee is calling this very member: that call lives.
    #[error("the callee calls this member at the same moment")]
    Glare {
        /// The call that lives; its snapshot goes into the answer.
        other: CallId,
    },
    /// A create names the id of a call that is not this device's. Nothing of it is shown.
    #[error("the call id is taken")]
    CallIdTaken,
    /// A create of a call that was cancelled, perhaps before it came.
    #[error("the call was cancelled")]
    Cancelled,
    /// A create that repeats, of a call that is over for another reason.
    #[error("the call was made and is over")]
    CreatedAndOver,
}

impl Refusal {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.answer().0
    }

    /// Part B's stable word.
    pub fn code(&self) -> ErrorCode {
        self.answer().1
    }

    /// Part A's sentence. Of [`Refusal::AllBusy`] it holds names: for the answer, not for a log.
    pub fn detail(&self) -> String {
        match self {
            Self::CannotAccept { status } => {
                format!("Call cannot be accepted (status: {})", word(*status))
            }
            Self::AllBusy { names } => {
                let names: Vec<&str> = names.iter().map(Personal::expose).collect();
                format!("All callees are busy: {}", names.join(", "))
            }
            Self::CallNotFound
            | Self::AlreadyHandled
            | Self::CancelRemembered
            | Self::NotAParticipant
            | Self::Overdue
            | Self::AlreadyInCall
            | Self::Glare { .. }
            | Self::CallIdTaken
            | Self::Cancelled
            | Self::CreatedAndOver => self.answer().2.to_owned(),
        }
    }

    /// The answer carries the call's snapshot, for a member of the call: the loser of a race
    /// converges by it.
    pub fn shows_call(&self) -> bool {
        match self {
            Self::AlreadyHandled
            | Self::CannotAccept { .. }
            | Self::NotAParticipant
            | Self::Overdue
            | Self::Glare { .. }
            | Self::Cancelled
            | Self::CreatedAndOver => true,
            Self::CallNotFound
            | Self::CancelRemembered
            | Self::AlreadyInCall
            | Self::AllBusy { .. }
            | Self::CallIdTaken => false,
        }
    }

    /// The one table. Where part A has an answer for the situation, its sentence is used.
    fn answer(&self) -> (u16, ErrorCode, &'static str) {
        use ErrorCode as E;
        match self {
            Self::CallNotFound => (404, E::CallNotFound, "Call not found"),
            Self::AlreadyHandled => (404, E::AlreadyHandled, "Call not found or already handled"),
            Self::CancelRemembered => (
                404,
                E::CancelRemembered,
                "Call not found or already handled",
            ),
            Self::CannotAccept { .. } => (409, E::CannotAccept, "Call cannot be accepted"),
            Self::NotAParticipant => (
                403,
                E::NotAParticipant,
                "You are not a participant of this call",
            ),
            Self::Overdue => (409, E::Conflict, "The call is changing, try again"),
            Self::AlreadyInCall => (409, E::AlreadyInCall, "You are already in an active call"),
            Self::AllBusy { .. } => (409, E::AllBusy, "All callees are busy"),
            Self::Glare { .. } => (409, E::Glare, "You are already in an active call"),
            Self::CallIdTaken => (409, E::CallIdTaken, "This call id is taken"),
            Self::Cancelled => (409, E::Cancelled, "Call was cancelled"),
            Self::CreatedAndOver => (409, E::AlreadyHandled, "Call is over already"),
        }
    }
}

/// The status as the wire writes it.
fn word(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Ringing => "ringing",
        CallStatus::Connecting => "connecting",
        CallStatus::Active => "active",
        CallStatus::Ended => "ended",
        CallStatus::Missed => "missed",
        CallStatus::Rejected => "rejected",
        CallStatus::Failed => "failed",
        CallStatus::Busy => "busy",
    }
}
