//! Real servers that tests start on free loopback ports and stop again, and the log that they read.
//!
//! [`LiveKitServer`] runs a `livekit-server` process, [`RoomAdmin`] makes the Twirp calls that a
//! backend would make, and [`mint`] signs the tokens that a backend would sign. [`Log`] keeps what is
//! logged meanwhile.

mod admin;
mod cache;
mod error;
mod livekit;
mod log;
mod ports;
mod relay;
mod token;

pub use admin::{ParticipantInfo, RoomAdmin, TrackInfo};
pub use cache::{cache_folder, livekit_server_binary};
pub use error::ServerError;
pub use livekit::{LiveKitOptions, LiveKitServer};
pub use log::Log;
pub use ports::{free_tcp_port, free_udp_port};
pub use relay::Relay;
pub use token::{Grants, TokenSpec, mint};
