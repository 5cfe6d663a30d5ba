//! The wire contract and the two pure machines.
