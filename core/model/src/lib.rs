//! Every state that two pure machines can come into, within bounds.
#![allow(clippy::indexing_slicing, clippy::expect_used)] // A mistake of the model's own stops it.

mod action;
mod afterwards;
pub mod bounds;
mod broken;
mod broker;
mod deadline;
mod happen;
mod invariant;
mod message;
mod moves;
mod names;
mod phone;
mod race;
mod record;
mod room;
mod search;
mod server;
mod show;
mod state;
mod store_step;
mod table;
mod twins;
mod world;

pub use race::ROWS;
pub use search::{Found, search};
