//! Proof of what was heard.
//!
//! [`features`] reduces sound to what a speech codec keeps, [`compare`] finds a known sound in a
//! received one, [`proof`] says whether the right one arrived.

pub mod compare;
pub mod features;
pub mod proof;
