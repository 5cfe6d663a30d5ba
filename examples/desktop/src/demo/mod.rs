//! Calls between real phones, played and checked.

pub mod report;
