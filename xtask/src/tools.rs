//! The tools that FaithCall's tests and demo stand on: pinned, fetched once into the user's cache folder,
//! checked each time they are used.

mod cache;
mod cargo_tools;
mod livekit_server;
mod media_library;
mod packages;
mod progress;
mod python_sdk;

pub(crate) use cache::folder as cache_folder;
pub(crate) use cargo_tools::CargoTool;
pub(crate) use livekit_server::path as livekit_server;
pub(crate) use media_library::{descriptors, path as media_library};
pub(crate) use packages::pip_is_here;
pub(crate) use progress::Show;
pub(crate) use python_sdk::folder as python_sdk;
