//! On a deployed server, which lacks part B: what the device makes up for.

mod accept;
mod bounds;
mod create;
mod ends;
mod group;
mod listening;
mod lost_accept;
mod lost_create;
