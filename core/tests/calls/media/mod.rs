//! Whole calls, with a media server and the media library.

#[allow(dead_code)] // shared with the rooms' suite, which needs more of them
#[path = "../../rooms/devices.rs"]
mod devices;
mod handles;
mod logs;
mod meddler;
pub(crate) mod one_to_one;
pub(crate) mod proxy;
mod quality;
mod races;
mod records;
mod recovery;
mod several;
mod traces;
pub(crate) mod world;
