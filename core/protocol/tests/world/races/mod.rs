//! The races of the catalogue, from both ends: a file a family of rows, each test named by its row.

mod crossing;
mod devices;
mod ending;
mod glare;
mod order;
mod outages;
