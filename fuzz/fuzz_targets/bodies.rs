//! HTTP bodies, both ways: read or refused; what is read is written to what reads the same.
#![no_main]

use std::fmt::Debug;

use faithcall_protocol::rest::*;
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};

fn read<T: Debug + DeserializeOwned + PartialEq + Serialize>(bytes: &[u8]) {
    let Ok(body) = serde_json::from_slice::<T>(bytes) else {
        return;
    };
    let written = serde_json::to_vec(&body).expect("what was read is written");
    let again: T = serde_json::from_slice(&written).expect("what was written is read");
    assert_eq!(again, body);
}

fuzz_target!(|input: (u8, &[u8])| {
    let (which, bytes) = input;
    match which % 19 {
        0 => read::<CreateCall>(bytes),
        1 => read::<CallResponse>(bytes),
        2 => read::<MakeWay>(bytes),
        3 => read::<InviteRequest>(bytes),
        4 => read::<RejectCall>(bytes),
        5 => read::<EndCall>(bytes),
        6 => read::<PatchParticipant>(bytes),
        7 => read::<PatchHold>(bytes),
        8 => read::<RegisterDevice>(bytes),
        9 => read::<Message>(bytes),
        10 => read::<RingingResponse>(bytes),
        11 => read::<TokenResponse>(bytes),
        12 => read::<Option<ActiveCallInfo>>(bytes),
        13 => read::<HistoryPage>(bytes),
        14 => read::<SyncResponse>(bytes),
        15 => read::<ErrorBody>(bytes),
        16 => read::<MemberClaims>(bytes),
        17 => read::<SnapshotResponse>(bytes),
        _ => {
            if let Ok(text) = std::str::from_utf8(bytes) {
                for (call, rev) in parse_known(text) {
                    assert_eq!(parse_known(&known_entry(&call, rev)), [(call, rev)]);
                }
            }
        }
    }
});
