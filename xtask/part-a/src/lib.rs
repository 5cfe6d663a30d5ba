//! Part A of the contract, for tests: [`server`] is a stand-in for a deployed server with its
//! habits, [`app`] is a scripted app of the kind that talks to one.

pub mod app;
pub mod server;
