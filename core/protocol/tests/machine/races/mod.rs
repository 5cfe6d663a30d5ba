//! The races of the catalogue, as one device sees them: a file a family of rows, each test named by
//! its row. All devices and the server together are in the `world` tests.

mod crossing;
mod devices;
mod ending;
mod glare;
mod order;
mod outages;
mod sessions;
