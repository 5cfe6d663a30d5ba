//! A device's machine, told one input after another.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod connection;
mod cost;
mod device;
mod durations;
mod ends;
mod group;
mod group_alone;
mod group_leave;
mod group_out;
mod in_the_way;
mod incoming;
mod invites;
mod kit;
mod lagging;
mod late_push;
mod lines;
mod media;
mod others_media;
mod outgoing;
mod own_media;
mod own_media_lost;
mod part_a;
mod property;
mod push_over;
mod races;
mod rare;
mod refusals;
mod rejoin;
mod resync;
mod retries;
mod routing;
mod traces;
