//! The ways in: a command, a signal, a push, what the server is asked on a new connection, the
//! system, and this installation as the server knows it.

pub(super) mod command;
pub(super) mod device;
pub(super) mod push;
pub(super) mod resync;
pub(super) mod signal;
pub(super) mod system;
