//! The harness around the call core: made-up devices, a phone for scripts, and the demo.
//!
//! [`media`] makes sound and pictures that can be recognised again, [`analysis`] recognises them,
//! [`phone`] is a whole phone without a screen, and [`demo`] plays calls between such phones.

pub mod analysis;
pub mod demo;
pub mod media;
pub mod phone;
