//! The harness around the call core: made-up devices, a phone for scripts, and the demo.
//!
//! [`media`] makes sound and pictures that can be recognised again, [`analysis`] recognises them,
//! [`phone`] is a whole phone without a screen, [`demo`] plays calls between such phones, and
//! [`replay`] shows what one was told and did.

pub mod analysis;
mod colour;
pub mod demo;
pub mod media;
pub mod phone;
pub mod replay;
