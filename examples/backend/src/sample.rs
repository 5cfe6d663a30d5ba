//! A call, and a server without a network, as the tests of stores and workers make them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::ledger::{Call, Found, NewCall, Step, Timeouts, create_call};
use faithcall_protocol::media::CallType;
use faithcall_protocol::redact::Personal;
use faithcall_protocol::signal::Person;

use crate::calls::{CallSettings, Calls, News};
use crate::config::Limits;
use crate::directory::{Directory, Member};
use crate::livekit::LiveKit;
use crate::rooms::Rooms;
use crate::store::{Created, SqliteStore, Store, Write};

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

struct Nobody;

#[async_trait]
impl Directory for Nobody {
    async fn member(&self, _: &ChurchId, _: &MemberId) -> Option<Member> {
        None
    }
}

/// The calls in a store, with nobody in the directory and no media server: no worker runs.
pub(crate) fn calls(store: SqliteStore) -> Calls {
    let livekit = LiveKit::new("http://127.0.0.1:9", "key", &"s".repeat(32)).unwrap();
    Calls {
        store: Arc::new(store),
        directory: Arc::new(Nobody),
        rooms: Arc::new(Rooms::new(livekit, "ws://127.0.0.1:9".to_owned())),
        settings: CallSettings {
            timeouts: Timeouts::default(),
            limits: Limits {
                window: Duration::from_secs(60),
                creates: 1,
                creates_per_pair: 1,
                unanswered_per_pair: 1,
            },
            join_ahead: true,
            push: false,
        },
        news: News::default(),
    }
}

/// Puts a call as it is into the store.
pub(crate) async fn keep(store: &SqliteStore, call: &Call) {
    let write = Write {
        call,
        claims_seen: &[],
        messages: &[],
        pushes: &[],
        room_work: false,
    };
    assert_eq!(store.create(write).await.unwrap(), Created::Done);
}
