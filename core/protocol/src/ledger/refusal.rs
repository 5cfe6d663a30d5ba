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
    /// A deadline of the call, or of one that is to make way, has passed and was not carried out
    /// yet: apply `Tick` first.
    #[error("a deadline of the call is to be carried out first")]
    Overdue,
    /// A create, an accept or a resume by a member that is in another call, which does not make
    /// way.
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
    /// A create that repeats, of a call that is over for another reason; or an invite to a call
    /// that is over.
    #[error("the call is over")]
    Over,
    /// A create or an invite would make the call larger than [`super::MAX_MEMBERS`].
    #[error("the call has as many members as a call may have")]
    CallFull,
    /// An invite names the caller, who has left. It is not listed among the invitees, and nothing
    /// rings it back: it makes a new call.
    #[error("the caller has left the call")]
    CallerLeft,
    /// Nobody has accepted yet: there is nothing to hold.
    #[error("a call that was not accepted cannot be held")]
    CannotHold,
    /// The member holds another call, and may hold one.
    #[error("the member holds another call")]
    AlreadyHolding,
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
                format!("Call cannot be accepted (status: {})", status.word())
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
            | Self::Over
            | Self::CallFull
            | Self::CallerLeft
            | Self::CannotHold
            | Self::AlreadyHolding => self.answer().2.to_owned(),
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
            | Self::Over
            | Self::CallerLeft
            | Self::CannotHold => true,
            Self::CallNotFound
            | Self::CancelRemembered
            | Self::AlreadyInCall
            | Self::AllBusy { .. }
            | Self::CallIdTaken
            | Self::CallFull
            | Self::AlreadyHolding => false,
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
            Self::Over => (409, E::AlreadyHandled, "Call is over already"),
            Self::CallFull => (409, E::CallFull, "A call has 32 members at most"),
            Self::CallerLeft => (
                409,
                E::CallerLeft,
                "The caller has left this call and cannot be invited back",
            ),
            Self::CannotHold => (409, E::CannotHold, "The call has not been accepted yet"),
            Self::AlreadyHolding => (409, E::AlreadyHolding, "You hold another call already"),
        }
    }
}
