//! Whole calls, with a media server and the media library.

#[allow(dead_code)] // shared with the rooms' suite, which needs more of them
#[path = "../../rooms/devices.rs"]
mod devices;
mod logs;
mod one_to_one;
mod proxy;
mod recovery;
mod several;
mod traces;
mod world;
