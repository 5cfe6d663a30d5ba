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
//! [`World::builder`] peoples a world. People act, time passes, nature strikes, you look at what
//! each device shows, and [`World::check`] says whether any [`Invariant`] was broken. Two devices
//! ring; one accepts, and the other's accept is lost:
//!
//! ```
//! use faithcall_sim::World;
//! use faithcall_sim::protocol::machine::{CallState, Elsewhere};
//!
//! let mut world = World::builder(1)
//!     .device("ann", "phone")
//!     .device("bob", "phone")
//!     .device("bob", "tablet")
//!     .build();
//! let call = world.call("ann", &["bob"]);
//! world.run_ms(2_000);
//! assert!(world.rings("bob/phone", &call) && world.rings("bob/tablet", &call));
//!
//! world.accept("bob/phone", &call);
//! world.lose_requests("bob/tablet", 1);
//! world.accept("bob/tablet", &call);
//! world.settle();
//!
//! assert_eq!(world.state("bob/phone", &call), Some(CallState::Active));
//! let ended = world.ended("bob/tablet", &call).unwrap();
//! assert_eq!(ended.elsewhere, Some(Elsewhere::Answered));
//! world.check().unwrap();
//! ```
//!
//! A phone that sleeps is reached by push only, which comes 40 s late; its process dies while it
//! rings; and its clock is wrong by seven hours:
//!
//! ```
//! use faithcall_sim::{Link, World};
//!
//! let mut world = World::builder(1)
//!     .device("ann", "phone")
//!     .device("bob", "phone")
//!     .pushes(true)
//!     .clock_ahead("bob/phone", 7 * 3_600_000)
//!     .build();
//! world.set_link("bob/phone", Link { push_ms: 40_000, ..Link::default() });
//! world.cut_signals("bob/phone");
//!
//! let call = world.call("ann", &["bob"]);
//! assert!(world.run_until(60_000, |world| world.rings("bob/phone", &call)));
//! assert_eq!(world.now_ms() / 1_000, 41);
//!
//! world.kill("bob/phone");
//! world.settle();
//! assert!(world.ended("ann/phone", &call).is_some());
//! world.check().unwrap();
//! ```
//!
//! More of them, to be read and run, are in `examples/scenes.rs`.
//!
//! | what | how |
//! |---|---|
//! | members and devices, pushes, call waiting (of one: [`Builder::call_waiting_of`]), clocks | [`Builder`] |
//! | calls of two and of many, by voice or with cameras | [`World::call`], [`World::video_call`], [`World::call_as`] |
//! | answers | [`World::accept`], [`World::reject`] (on every device of the member), [`World::reject_here`] (on this one) |
//! | the end | [`World::cancel`], [`World::end`], [`World::leave`] (a group goes on) |
//! | a late invite | [`World::invite`] |
//! | a second call | [`World::accept_and`], [`World::hold`], [`World::resume`], [`World::swap`] |
//! | both call each other (glare) | two [`World::call`]s, the second perhaps by [`World::after`] |
//! | microphone, camera, loudspeaker | [`World::microphone`], [`World::camera`], [`World::speaker`] |
//! | any other command of an app | [`World::command`]; what was refused: [`World::refused`] |
//! | permissions, interruptions, another network | [`World::system`]; a camera that cannot be opened: [`World::media_fails`] |
//! | anything that an engine tells of its room | [`World::room_says`] |
//! | a push or a signal of somebody else, or anything at all | [`World::push`], [`World::input`] |
//! | delay, loss, repetition and reordering by chance | [`Link`], for each device ([`World::set_link`]) or for all ([`Builder::links`]) |
//! | the next messages are lost | [`World::lose_requests`], [`World::lose_answers`], [`World::lose_signals`], [`World::lose_pushes`] |
//! | this very message is lost | [`World::lose_request`], [`World::lose_answer`], [`World::lose_signal`], [`World::lose_push`] |
//! | a push that is late, lost or double | [`Link::push_ms`], [`World::lose_pushes`], [`Link::repeats_push_one_in`]; a device without a token: [`World::pushes_reach`] |
//! | no network | [`World::cut`], [`World::cut_signals`], [`World::cut_requests`], [`World::cut_room`], [`World::restore`]; a room that breaks: [`World::lose_room`] |
//! | processes that die, and come back | [`World::kill`], [`World::stop`], [`World::start`]; what is offered then is in [`World::view`], and taken with [`World::rejoin`] |
//! | a server that commits and tells nobody for a while | [`World::publish_commits`] |
//! | the server dies, also between commit and publishing | [`World::kill_server`], [`World::kill_server_at_commit`], [`World::start_server`] |
//! | the broker forgets every session | [`World::restart_broker`] |
//! | the media server refuses, or forgets every room | [`World::refuse_rooms`], [`World::restart_media`] |
//! | webhooks and lists between the servers | [`Backstage`] |
//! | tokens that expire or are revoked, signing out | [`World::expire_token`], [`World::revoke`], [`World::sign_out`] |
//! | time | [`World::run_ms`], [`World::run_until`], [`World::step`] (whoever is to die may die between any two), [`World::settle`] |
//! | all is well again | [`World::heal`] |
//! | what a device's clock shows, for the times in its view | [`World::clock_ms`] |
//! | what a device shows | [`World::view`], [`World::state`], [`World::events`], [`World::rings`], [`World::ended`] |
//! | whom it hears and sees | [`World::hears`], [`World::sees`] |
//! | what the server has, and who is in a room | [`World::server_call`], [`World::in_room`] |
//! | what happened, line by line | [`World::timeline`]; counted: [`World::faults`], [`World::races`] |
//!
//! # Scenes by chance
//! [`scene::play`] makes a whole scene from one number: who is there, what they do, and what goes
//! wrong. `cargo xtask sim --seeds 100000` plays that many on every processor and counts the
//! [`Fault`]s and the [`Race`]s that happened; `cargo xtask sim --seed S` shows one of them, line
//! by line.
//!
//! # When something fails
//! [`World::check`] fails with [`Broken`], which shows what was wrong, the lines of the
//! [timeline](World::timeline) until then, and how to have all of it again; so does
//! [`scene::prove`]. A test that panics for another reason, as a failed `assert!` does, shows the
//! last lines of every world that it has:
//!
//! ```text
//! thread 'a_call_rings' panicked at tests/calls.rs:12:5:
//! assertion failed: world.rings("bob", &call)
//! seed 1:
//!      1.000  ann/phone      user: StartCall { call_id: call-1, callees: [bob], call_type: Voice }
//!      1.000  ann/phone      asks Create(CreateCall { callee_ids: [bob], … })
//!      1.000  ann/phone      Create is lost on its way
//! seed 1 and the same script bring it about again
//! ```
//!
//! # What it does not play
//! A server of part A, and devices of its apps; sound and pictures themselves; two servers at one
//! store; rate limits; a member directory: whoever is called exists. Call history, statistics and
//! feedback are between a client and its server; no machine has a part in them.

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
