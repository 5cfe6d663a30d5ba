//! What survives: a backend that dies, a broker that forgets, a deadline that nobody was there for.

use std::time::{Duration, Instant, SystemTime};

use faithcall_backend::broker::Broker;
use serde_json::Value;

use crate::backend::{Backend, Phone, id_of};
use crate::broker_client::Peer;
use crate::external_broker::External;

async fn listener(broker: &Broker, member: &str) -> Peer {
    let mut peer = Peer::join(broker, member).await;
    let own = format!("faithflow/c1/member/{member}/#");
    assert!(peer.subscribe(&own).await);
    peer
}

async fn next(peer: &mut Peer) -> Value {
    serde_json::from_str(&peer.next().await.1).unwrap()
}

/// Waits until the ring time of the member's call is over. It is there until its grace is over too.
async fn rung_out(phone: &Phone) {
    loop {
        let synced = phone.get("/sync").await.ok();
        let left = synced["calls"][0]["ring_expires_in_ms"].as_u64();
        if left.expect("a call in its grace") == 0 {
            return;
        }
    }
}

// Broken by an outbox that dies with its process.
#[tokio::test]
async fn race_s1_what_was_committed_is_published_after_a_crash() {
    let external = External::reserve();
    let mut backend = external.backend(&[]).await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let id = id_of(&ann.dial("bob").await.ok());
    backend.crash();

    let broker = external.broker().await;
    let mut bob = listener(&broker, "bob").await;
    backend.run().await;
    let invite = next(&mut bob).await;
    assert_eq!(invite["type"], "call_invite");
    assert_eq!(invite["call_id"], *id);
    assert_eq!(next(&mut bob).await["cause"], "created");
    backend.ready().await;
}

// Broken by sending an invite as it was written.
#[tokio::test]
async fn race_s1_an_invite_whose_time_is_over_is_not_published() {
    let external = External::reserve();
    let mut backend = external
        .backend(&[("FAITHCALL_RING_SECONDS", "0.05")])
        .await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let id = id_of(&ann.dial("bob").await.ok());
    rung_out(&ann).await;
    ann.cancel(&id).await.ok();
    backend.crash();

    let broker = external.broker().await;
    let mut bob = listener(&broker, "bob").await;
    backend.run().await;
    for expected in ["call_update", "call_cancel", "call_update"] {
        assert_eq!(next(&mut bob).await["type"], expected);
    }
}

// Broken by connecting to the broker once only, or not telling of known calls that are over.
#[tokio::test]
async fn race_s2_a_broker_that_comes_back_is_published_to_and_sync_tells_the_rest() {
    let external = External::reserve();
    let broker = external.broker().await;
    let backend = external.backend(&[]).await;
    backend.ready().await;
    broker.shutdown().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let id = id_of(&ann.dial("bob").await.ok());

    let broker = external.broker().await;
    let mut listening = listener(&broker, "bob").await;
    backend.ready().await;
    // Whether the invite came before or after bob was back, bob knows by asking.
    let bob = backend.client("c1", "bob", Some("b1"));
    let synced = bob.get("/sync").await.ok();
    assert_eq!(synced["calls"][0]["call_id"], *id);
    assert!(synced["calls"][0]["ring_expires_in_ms"].as_u64().unwrap() > 0);
    let rev = synced["calls"][0]["rev"].clone();
    ann.cancel(&id).await.ok();
    while next(&mut listening).await["rev"] == rev {}
    let known = format!("/sync?known={id}:1,nonsense,none:7");
    let synced = bob.get(&known).await.ok();
    assert_eq!(synced["calls"], Value::Array(Vec::new()));
    assert_eq!(synced["over"][0]["reason"], "cancelled");
    assert_eq!(synced["over"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_ring_ends_by_the_servers_clock() {
    let backend = Backend::with(&[("FAITHCALL_RING_SECONDS", "0.1")]).await;
    let mut ann = backend.phone("ann", "a1").await;
    let mut bob = backend.phone("bob", "b1").await;
    let id = id_of(&ann.dial("bob").await.ok());
    for phone in [&mut ann, &mut bob] {
        let over = phone.update("ended").await;
        assert_eq!(over["call_id"], *id);
        assert_eq!(over["snapshot"]["status"], "missed");
        assert_eq!(over["by"], Value::Null);
    }
    assert_eq!(bob.signal("/call_status").await["type"], "call_end");
    backend.no_rooms().await;
}

#[tokio::test]
async fn an_accept_without_media_ends_by_the_servers_clock() {
    let backend = Backend::with(&[("FAITHCALL_CONNECT_SECONDS", "0.2")]).await;
    let mut ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let id = id_of(&ann.dial("bob").await.ok());
    bob.accept(&id).await.ok();
    ann.connected(&id).await.ok();
    let over = ann.update("ended").await;
    assert_eq!(over["snapshot"]["status"], "failed");
    assert_eq!(over["snapshot"]["reason"], "timeout");
}

#[tokio::test]
async fn a_deadline_that_passed_while_nobody_ran_is_carried_out_at_the_start() {
    let external = External::reserve();
    let broker = external.broker().await;
    let mut bob = listener(&broker, "bob").await;
    let mut backend = external.backend(&[("FAITHCALL_RING_SECONDS", "0.1")]).await;
    backend.ready().await;
    let ann = backend.client("c1", "ann", Some("a1"));
    let id = id_of(&ann.dial("bob").await.ok());
    assert_eq!(next(&mut bob).await["type"], "call_invite");
    assert_eq!(next(&mut bob).await["cause"], "created");
    backend.crash();
    let deadline = backend.next_deadline().await;
    let left = deadline.duration_since(SystemTime::now());
    tokio::time::sleep(left.unwrap_or_default()).await;
    backend.run().await;
    // What was sent just before the crash may come twice.
    let over = loop {
        let said = next(&mut bob).await;
        if said["type"] == "call_update" && said["rev"] != 1 {
            break said;
        }
    };
    assert_eq!(over["call_id"], *id);
    assert_eq!(over["snapshot"]["status"], "missed");
    backend.no_rooms().await;
}

// Broken by a ring time without its grace.
#[tokio::test]
async fn race_c3_accept_crosses_the_ring_time_out() {
    const GRACE: Duration = Duration::from_secs(2);
    let backend = Backend::with(&[("FAITHCALL_RING_SECONDS", "0.05")]).await;
    let ann = backend.phone("ann", "a1").await;
    let mut bob = backend.phone("bob", "b1").await;

    // After the ring time and within the grace: the accept wins.
    let id = id_of(&ann.dial("bob").await.ok());
    rung_out(&bob).await;
    assert_eq!(
        bob.accept(&id).await.ok()["snapshot"]["status"],
        "connecting"
    );
    ann.end(&id).await.ok();
    bob.update("ended").await;

    // Together with the end of the grace: one winner, and both are told the same.
    let asked = Instant::now();
    let id = id_of(&ann.dial("bob").await.ok());
    let crossing = asked + Duration::from_millis(50) + GRACE;
    tokio::time::sleep_until(crossing.into()).await;
    let accept = bob.accept(&id).await;
    let seen = ann.snapshot(&id).await["status"].clone();
    match accept.status.as_u16() {
        200 => assert_eq!(seen, "connecting"),
        _ => {
            assert_eq!(accept.refusal(), (409, "cannot_accept"));
            assert_eq!(
                accept.body["detail"],
                "Call cannot be accepted (status: missed)"
            );
            assert_eq!(seen, "missed");
        }
    }
}

#[tokio::test]
async fn a_room_that_outlives_its_call_is_deleted() {
    let backend = Backend::with(&[("FAITHCALL_REAPER_SECONDS", "0.1")]).await;
    let ann = backend.phone("ann", "a1").await;
    let made = ann.dial("bob").await.ok();
    ann.cancel(&id_of(&made)).await.ok();
    backend.no_rooms().await;
    let admin = backend.admin();
    // Somebody's refreshed token brought it back.
    let room = made["room_name"].as_str().unwrap();
    admin.create_room(room).await.unwrap();
    backend.no_rooms().await;
    // Rooms that are not ours are left alone.
    admin.create_room("somebody-elses").await.unwrap();
    admin.create_room(room).await.unwrap();
    while admin.list_rooms().await.unwrap() != ["somebody-elses"] {}
}
