//! Operations on a device's machine: inputs of the shared vectors in any order, with any times.
#![no_main]

use faithcall_fuzz::machine::play;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| play(bytes));
