//! What can be refused, named by what an app can do about it.

use faithcall_protocol::id::CallId;
use faithcall_protocol::machine;
use faithcall_protocol::push::PushError;

use crate::tls::TlsError;
use crate::token::TokenError;

/// Why a client was not connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// There is no token: sign in, or try again, as it says.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No secure connection can be made from this system: correct its certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// HTTP cannot be set up on this system: report it.
    #[error("no HTTP client can be made on this system: report this")]
    NoHttp,
}

/// Why a command was refused. Nothing has changed, nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Another call is going on: end it first.
    #[error("call {0} is going on: end it first")]
    AlreadyInCall(CallId),
    /// The call is over, or never was: draw the screen anew from the snapshot.
    #[error("there is no such call now: it is over, or never was")]
    NoSuchCall,
    /// The call is in another state than this command needs.
    #[error("the call is {0}: this is not possible now")]
    WrongState(&'static str),
    /// A call to oneself.
    #[error("a member cannot call itself")]
    SelfCall,
    /// Another call is held, and one is all: end or resume it first.
    #[error("call {0} is held already: end or resume it first")]
    AlreadyHolding(CallId),
    /// Nobody to be called.
    #[error("name at least one member to call")]
    NoCallee,
    /// The server has no such thing, or has not been reached yet.
    #[error("this server cannot do that, or has not been reached yet")]
    NotOnThisServer,
    /// Signed out: connect again.
    #[error("signed out: connect again first")]
    SignedOut,
}

impl From<machine::CommandError> for CommandError {
    fn from(error: machine::CommandError) -> Self {
        match error {
            machine::CommandError::AlreadyInCall(call) => Self::AlreadyInCall(call),
            machine::CommandError::NoSuchCall => Self::NoSuchCall,
            machine::CommandError::WrongState(state) => Self::WrongState(state),
            machine::CommandError::AlreadyHolding(call) => Self::AlreadyHolding(call),
            machine::CommandError::SelfCall => Self::SelfCall,
            machine::CommandError::NoCallee => Self::NoCallee,
            machine::CommandError::NotOnThisServer => Self::NotOnThisServer,
            machine::CommandError::SignedOut => Self::SignedOut,
        }
    }
}

/// Why a push was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushRefused {
    /// Not a push of ours, or one that cannot be read.
    #[error(transparent)]
    Unreadable(#[from] PushError),
    /// The device has changed hands, and the push is for who had it before: show nothing.
    #[error("the push is for another member than the one signed in: drop it")]
    OtherMember,
    /// Signed out: connect first.
    #[error("signed out: connect again first")]
    SignedOut,
}
