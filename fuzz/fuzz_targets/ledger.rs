//! Operations on a server's call, by anybody at any time.
#![no_main]

use faithcall_fuzz::ledger::play;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| play(bytes));
