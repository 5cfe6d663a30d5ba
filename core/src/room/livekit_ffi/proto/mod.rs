//! The part of LiveKit's FFI protocol that this engine speaks, as `prost` messages.
//!
//! Hand-written: what is not listed is neither sent nor read. Members of a protobuf `oneof` are
//! plain optional fields, which is the same on the wire. Every message and enumeration comes from
//! one macro call that also keeps its shape, and `conformance` compares those shapes with the
//! descriptors that LiveKit ships beside the library.

#[macro_use]
mod macros;

mod audio;
mod ffi;
mod participant;
mod room;
mod stats;
mod track;
mod video;

#[cfg(test)]
mod conformance;

pub(super) use audio::*;
pub(super) use ffi::*;
pub(super) use participant::*;
pub(super) use room::*;
pub(super) use stats::*;
pub(super) use track::*;
pub(super) use video::*;
