//! A whole phone without a screen: told by its command line and by standard input, telling by
//! lines of JSON.

mod args;
mod command;
mod devices;
mod event;
mod handset;
mod history;
mod journal;
mod run;

pub use args::PhoneArgs;
pub use run::{PhoneError, run};
