//! An MQTT payload: read or refused, never more; what is read can be written and read again.
#![no_main]

use faithcall_protocol::signal::{Signal, decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = decode(bytes) else { return };
    if envelope.signal == Signal::Unknown {
        return;
    }
    let written = encode(&envelope).expect("every signal that is known is written");
    assert_eq!(
        decode(&written).expect("what was written is read"),
        envelope
    );
});
