//! Why the server did not do what an app asked of it outside any call.

/// Why a question about calls that are over was not answered. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Signed out: connect again.
    #[error("signed out: connect again first")]
    SignedOut,
    /// No answer, or none that makes sense: try again when there is a network. What was sent may
    /// have arrived.
    #[error("the server did not answer: check the network, then try again")]
    NoAnswer,
    /// The token was refused, and so was a fresh one, or there was none: sign in again.
    #[error("the token was refused: ask the user to sign in again")]
    Unauthenticated,
    /// The server can do nothing now: try again later.
    #[error("the server is busy: try again later")]
    Busy {
        /// Not before so many milliseconds have passed, where it said so.
        retry_after_ms: Option<u64>,
    },
    /// There is no such call, or it is not this member's.
    #[error("there is no such call of this member")]
    NoSuchCall,
    /// The member did not take the call.
    #[error("this member was not in the call")]
    TookNoPart,
    /// The call goes on: ask after its end.
    #[error("the call goes on: ask after its end")]
    NotOver,
    /// A value is outside the range that the method's documentation names: correct it.
    #[error("a value is outside its range: see the method's documentation")]
    OutOfRange,
    /// A part-A server has no such thing: do not offer it there.
    #[error("this server has no such thing")]
    NotOnThisServer,
    /// Refused in a way that the contract does not know: report it.
    #[error("the server refused with status {0}: report this")]
    Refused(u16),
}
