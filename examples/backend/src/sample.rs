//! A call as the tests of stores and workers make it.

use faithcall_protocol::ledger::{Found, NewCall, Step, Timeouts, create_call};
use faithcall_protocol::media::CallType;
use faithcall_protocol::redact::Personal;
use faithcall_protocol::signal::Person;

pub(crate) fn person(id: &str) -> Person {
    Person {
        id: id.parse().unwrap(),
        name: Personal::new(id),
        avatar: None,
    }
}

/// Ann of church c1 calls Bob from her device a1.
pub(crate) fn new_call(id: &str) -> NewCall {
    NewCall {
        call_id: id.parse().unwrap(),
        church_id: "c1".parse().unwrap(),
        call_type: CallType::Voice,
        caller: person("ann"),
        caller_device: Some("a1".parse().unwrap()),
        callees: vec![person("bob")],
        community_id: None,
        allow_join_ahead: true,
        timeouts: Timeouts::default(),
    }
}

/// Makes a call of members who have no other one.
pub(crate) fn made(new: NewCall, now_ms: u64) -> Step {
    let found = Found {
        same_id: None,
        same_key: false,
        cancel_remembered: false,
        claiming: &[],
        call_waiting: &[],
    };
    create_call(new, &found, now_ms).unwrap()
}
