//! The phone's devices, made of what [`crate::media`] has.

mod camera;
mod microphone;
mod screen;
mod speaker;

pub(super) use camera::PatternCamera;
pub(super) use microphone::PlayedMicrophone;
pub(super) use screen::{Screen, add_label};
pub(super) use speaker::Speaker;
