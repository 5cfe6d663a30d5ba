//! A seeded world for testing calls: members, their devices, a server, and links that lose,
//! delay, repeat and reorder.
//!
//! Every device runs the real [machine](faithcall_protocol::machine), the server the real
//! [ledger](faithcall_protocol::ledger). What is around them is played: a store, an outbox, a
//! broker that delivers at least once within a connection, requests and answers that get lost, a
//! media server that forwards by permissions, its webhooks and lists, and push that is late, lost
//! or double. Processes die at any step and come back. All of it runs in one thread and in
//! virtual time: half a minute of ringing takes microseconds, and the same seed and script give
//! the same world, message by message.
//!
//! # A scene of your own
//! [`World::builder`] peoples a world. People act ([`World::call`], [`World::accept`], …), time
//! passes ([`World::run_ms`], [`World::settle`]), nature strikes ([`World::cut`],
//! [`World::kill`], [`World::restart_broker`], …), and you look at what each device shows
//! ([`World::view`], [`World::events`]) and at what the server has ([`World::server_call`]).
//! [`World::check`] says whether any [`Invariant`] was broken, and shows the seed and what
//! happened if one was.
//!
//! ```
//! use faithcall_sim::{Link, World};
//!
//! // Every signal comes twice, and one answer in three is lost.
//! let links = Link {
//!     repeats_signal_one_in: 1,
//!     loses_answer_one_in: 3,
//!     ..Link::default()
//! };
//! let mut world = World::builder(1)
//!     .device("ann", "phone")
//!     .device("bob", "phone")
//!     .links(links)
//!     .build();
//! let call = world.call("ann", &["bob"]);
//! world.run_ms(10_000);
//! world.accept("bob", &call);
//! world.run_ms(30_000);
//!
//! world.heal();
//! world.settle();
//! assert_eq!(world.rang("bob", &call), 1);
//! world.check().unwrap();
//! ```
//!
//! # Scenes by chance
//! [`scene::play`] makes a whole scene from one number: who is there, what they do, and what goes
//! wrong. `cargo xtask sim --seeds 100000` plays that many on every processor and counts the
//! [`Fault`]s and the [`Race`]s that happened; `cargo xtask sim --seed S` shows one of them, line
//! by line.
//!
//! # What it does not play
//! A server of part A; sound and pictures themselves; two servers at one store.

mod chance;
mod device;
mod fault;
mod invariant;
mod link;
mod media;
mod queue;
mod race;
pub mod scene;
mod server;
mod timeline;
mod world;

pub use faithcall_protocol as protocol;
pub use fault::Fault;
pub use invariant::{Broken, Invariant, Violation};
pub use link::{Backstage, Link};
pub use race::Race;
pub use timeline::Entry;
pub use world::{Builder, World};
