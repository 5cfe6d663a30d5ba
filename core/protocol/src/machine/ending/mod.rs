//! The end of a call: how it is found out, shown, remembered, and told to the server.

pub(super) mod farewell;
pub(super) mod finish;
pub(super) mod last_word;
pub(super) mod over;
