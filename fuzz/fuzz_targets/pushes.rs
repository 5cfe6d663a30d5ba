//! A push's payload: any fields with any texts.
#![no_main]

use std::collections::BTreeMap;

use faithcall_protocol::bounds::RING_MS;
use faithcall_protocol::push::{Push, PushKind};
use libfuzzer_sys::fuzz_target;

/// The names of the contract, so that not each has to be guessed.
const NAMES: &[&str] = &[
    "faithcall",
    "type",
    "call_id",
    "rev",
    "call_type",
    "caller_id",
    "caller_name",
    "caller_avatar",
    "callee_id",
    "ring_expires_in_ms",
    "reason",
];

fuzz_target!(|pairs: Vec<(u8, String)>| {
    let mut fields: BTreeMap<String, String> = [
        ("faithcall", "1"),
        ("type", "call_invite"),
        ("call_id", "c1"),
        ("rev", "1"),
        ("call_type", "voice"),
        ("caller_id", "alice"),
        ("caller_name", "Alice"),
        ("callee_id", "bob"),
        ("ring_expires_in_ms", "45000"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, value) in pairs {
        match NAMES.get(usize::from(name)) {
            Some(name) => fields.insert((*name).to_owned(), value),
            None => fields.remove(NAMES[usize::from(name) % NAMES.len()]),
        };
    }
    if let Ok(Push {
        kind: PushKind::Invite {
            ring_expires_in_ms, ..
        },
        ..
    }) = Push::parse(&fields)
    {
        assert!(ring_expires_in_ms <= RING_MS, "no push rings longer");
    }
});
