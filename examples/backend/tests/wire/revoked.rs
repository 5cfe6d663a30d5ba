//! S4 of the catalogue of races: a member that is disabled while it is in a call, and one that signs
//! in on a second device. What breaks each is said beside it.

use std::fs;
use std::time::{Duration, Instant};

use faithcall_backend::livekit::RoomServer;
use reqwest::header::WWW_AUTHENTICATE;
use rumqttc::{ConnectReturnCode, MqttOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::backend::{Backend, CHURCH, Phone, id_of};
use crate::broker_client::Peer;
use crate::livekit_peer::Silent;

/// What the contract allows, from the change of the file to the end of the call.
const OUT_WITHIN: Duration = Duration::from_secs(10);

/// The members' file.
struct Roll(TempDir);

impl Roll {
    fn new() -> Self {
        let roll = Self(TempDir::new().unwrap());
        roll.disable(&[]);
        roll
    }

    fn path(&self) -> String {
        self.0.path().join("members.json").display().to_string()
    }

    /// Disables these members, and nobody else.
    fn disable(&self, disabled: &[&str]) {
        let member = |id: &&str| json!({"id": id, "name": id, "church": CHURCH, "disabled": disabled.contains(id)});
        let all: Vec<Value> = ["ann", "bob", "cleo"].iter().map(member).collect();
        let new = self.0.path().join("new.json");
        fs::write(&new, Value::from(all).to_string()).unwrap();
        fs::rename(new, self.path()).unwrap();
    }

    async fn backend(&self) -> Backend {
        let settings = [
            ("FAITHCALL_DEV_MEMBERS", ""),
            ("FAITHCALL_MEMBERS_FILE", &self.path()),
        ];
        Backend::with(&settings).await
    }
}

async fn in_the_room(backend: &Backend, answer: &Value) -> Silent {
    let token = answer["livekit_token"].as_str().unwrap();
    Silent::enter(&backend.livekit, token).await.unwrap()
}

async fn connects(backend: &Backend, phone: &Phone) -> Result<(), ConnectReturnCode> {
    let broker = backend.running().broker_addresses().unwrap().tcp.unwrap();
    let client_id = format!("fc:{}:another", phone.member);
    let mut options = MqttOptions::new(client_id, broker.ip().to_string(), broker.port());
    options.set_credentials(&phone.member, &phone.token);
    Peer::connect(options).await.map(drop)
}

// Broken by a server that looks at the directory only when somebody signs in.

#[tokio::test]
async fn race_s4_who_is_disabled_in_a_call_is_out_of_it() {
    let roll = Roll::new();
    let backend = roll.backend().await;
    let mut ann = backend.phone("ann", "a1").await;
    let mut bob = backend.phone("bob", "b1").await;
    let id = id_of(&ann.dial("bob").await.ok());
    let room = in_the_room(&backend, &bob.accept(&id).await.ok()).await;
    connects(&backend, &bob).await.unwrap();

    let changed = Instant::now();
    roll.disable(&["bob"]);
    let over = ann.update("ended").await;
    assert!(changed.elapsed() < OUT_WITHIN, "{:?}", changed.elapsed());
    let end = &over["snapshot"];
    assert_eq!(end["status"], "failed");
    assert_eq!(end["reason"], "failed");
    assert_eq!(end["reason_detail"], "revoked");
    assert_eq!(over["by"], Value::Null);
    room.closed().await;
    bob.hung_up().await;
    assert!(changed.elapsed() < OUT_WITHIN, "{:?}", changed.elapsed());

    let refused = bob.get("/active").await;
    assert_eq!(refused.refusal(), (401, "revoked"));
    assert_eq!(refused.headers[WWW_AUTHENTICATE], "Bearer");
    let at_the_broker = connects(&backend, &bob).await;
    assert_eq!(at_the_broker, Err(ConnectReturnCode::BadUserNamePassword));
    assert_eq!(ann.dial("bob").await.refusal(), (404, "member_not_found"));

    roll.disable(&[]);
    while bob.get("/active").await.status == 401 {}
    connects(&backend, &bob).await.unwrap();
}

// Broken by ending the group, or by leaving the member in the room.

#[tokio::test]
async fn race_s4_a_group_goes_on_without_who_is_disabled() {
    let roll = Roll::new();
    let backend = roll.backend().await;
    let mut ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let cleo = backend.phone("cleo", "c1").await;
    let body = json!({"callee_ids": ["bob", "cleo"], "call_type": "voice"});
    let made = ann.post("", Some(body)).await.ok();
    let id = id_of(&made);
    let _ann_stays = in_the_room(&backend, &made).await;
    let bobs = in_the_room(&backend, &bob.accept(&id).await.ok()).await;
    let _cleo_stays = in_the_room(&backend, &cleo.accept(&id).await.ok()).await;

    roll.disable(&["bob"]);
    let told = ann.update("left").await;
    let status = told["snapshot"]["status"].as_str().unwrap().to_owned();
    assert!(
        ["connecting", "active"].contains(&status.as_str()),
        "{status}"
    );
    bobs.closed().await;
    let refused = bob.get(&format!("/{id}")).await;
    assert_eq!(refused.refusal(), (401, "revoked"));
    cleo.snapshot(&id).await;
    let room = made["room_name"].as_str().unwrap();
    let present = backend.rooms().list_participants(room).await.unwrap();
    let mut present: Vec<_> = present.into_iter().map(|p| p.identity).collect();
    present.sort();
    assert_eq!(present, ["ann", "cleo"]);
}

// Broken by a second device that is taken for the first one's return.

#[tokio::test]
async fn race_s4_a_sign_in_on_a_second_device_changes_nothing() {
    let backend = Backend::start().await;
    let mut ann = backend.phone("ann", "a1").await;
    let mut bob = backend.phone("bob", "b1").await;
    let id = id_of(&ann.dial("bob").await.ok());
    bob.accept(&id).await.ok();
    let before = ann.snapshot(&id).await;

    let tablet = backend.phone("bob", "b2").await;
    assert_eq!(tablet.get("/active").await.ok()["call_id"], *id);
    let synced = tablet.get("/sync").await.ok();
    assert_eq!(synced["calls"][0]["rev"], before["rev"]);
    assert_eq!(tablet.snapshot(&id).await, before);
    assert_eq!(ann.snapshot(&id).await, before);
    // The first device still hears, and nothing was told meanwhile.
    ann.end(&id).await.ok();
    for phone in [&mut ann, &mut bob] {
        let over = phone.update("ended").await;
        assert_eq!(
            over["rev"].as_u64(),
            before["rev"].as_u64().map(|rev| rev + 1)
        );
    }
}
