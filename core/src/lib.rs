//! The call core that apps embed.
