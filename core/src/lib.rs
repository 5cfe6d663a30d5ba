//! The call core that apps embed.

pub mod room;
