//! The store's own promises; what calls do with them is seen on the wire.

use faithcall_protocol::ledger::{self, Claim, Command, OVER_KNOWN_MS, Step};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::{Actor, Platform, PushService};
use tempfile::TempDir;

use super::*;
use crate::sample::{made, new_call, person};

const NOW: u64 = 1_800_000_000_000;

async fn store() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("calls")).await;
    (folder, store.unwrap())
}

fn call(id: &str) -> Step {
    made(new_call(id), NOW)
}

fn church() -> ChurchId {
    "c1".parse().unwrap()
}

fn member(id: &str) -> MemberId {
    id.parse().unwrap()
}

fn write<'a>(call: &'a Call, claims_seen: &'a [(MemberId, Claims)]) -> Write<'a> {
    Write {
        call,
        claims_seen,
        messages: &[],
        pushes: &[],
        room_work: false,
    }
}

fn cancelled(call: &Call) -> Call {
    let actor = Actor {
        member_id: member("ann"),
        device_id: Some("a1".parse().unwrap()),
    };
    ledger::apply(call, &Command::Cancel { actor }, NOW)
        .unwrap()
        .call
}

#[tokio::test]
async fn a_call_comes_back_as_it_was_stored() {
    let (_folder, store) = store().await;
    let step = call("k1");
    assert_eq!(
        store.create(write(&step.call, &[])).await.unwrap(),
        Created::Done
    );
    let stored = store.call(step.call.call_id()).await.unwrap().unwrap();
    assert_eq!(stored.call, step.call);
    assert_eq!(
        store.create(write(&step.call, &[])).await.unwrap(),
        Created::IdTaken
    );
    assert_eq!(
        store.next_deadline(NOW).await.unwrap(),
        step.call.next_deadline()
    );
    let deadline = step.call.next_deadline().unwrap();
    assert_eq!(store.next_deadline(deadline).await.unwrap(), None);
    let open = store
        .open_calls_of(&church(), &member("bob"))
        .await
        .unwrap();
    assert_eq!(open, [step.call]);
}

#[tokio::test]
async fn only_the_first_of_two_writes_on_one_reading_is_made() {
    let (_folder, store) = store().await;
    let step = call("k1");
    store.create(write(&step.call, &[])).await.unwrap();
    let read = store.call(step.call.call_id()).await.unwrap().unwrap();
    let over = cancelled(&read.call);
    assert!(
        store
            .update(&[(read.version, write(&over, &[]))])
            .await
            .unwrap()
    );
    // Also where the revision is the same: a note is a write too.
    assert!(
        !store
            .update(&[(read.version, write(&step.call, &[]))])
            .await
            .unwrap()
    );
    assert_eq!(store.next_deadline(0).await.unwrap(), None);
    assert_eq!(store.open_calls().await.unwrap(), []);
}

#[tokio::test]
async fn claims_follow_the_call_and_guard_a_decision() {
    let (_folder, store) = store().await;
    let (first, second) = (call("k1"), call("k2"));
    let seen = [
        (member("ann"), Claims::new()),
        (member("bob"), Claims::new()),
    ];
    store.create(write(&first.call, &seen)).await.unwrap();
    let rung = store.claims(&church(), &member("bob")).await.unwrap();
    assert_eq!(rung, [(first.call.call_id().clone(), Claim::Ringing)]);
    // Decided before the first was there.
    let moved = store.create(write(&second.call, &seen)).await.unwrap();
    assert_eq!(moved, Created::ClaimsMoved);
    assert!(store.call(second.call.call_id()).await.unwrap().is_none());
    let read = store.call(first.call.call_id()).await.unwrap().unwrap();
    let over = cancelled(&read.call);
    store
        .update(&[(read.version, write(&over, &[]))])
        .await
        .unwrap();
    assert_eq!(
        store.create(write(&second.call, &seen)).await.unwrap(),
        Created::Done
    );
}

#[tokio::test]
async fn messages_wait_in_the_order_of_the_commits_until_they_are_sent() {
    let (_folder, store) = store().await;
    let step = call("k1");
    let messages = step.messages("ws://livekit.example");
    let create = Write {
        messages: &messages,
        room_work: true,
        ..write(&step.call, &[])
    };
    store.create(create).await.unwrap();
    let unsent = store.unsent(0, 100).await.unwrap();
    let waiting = unsent.iter().filter_map(|entry| entry.message.clone());
    assert_eq!(waiting.collect::<Vec<_>>(), messages);
    store.sent(&[unsent[0].seq]).await.unwrap();
    let next = &store.unsent(0, 1).await.unwrap()[0].message;
    assert_eq!(next.as_ref(), Some(&messages[1]));
    let work = store.room_work(0).await.unwrap();
    store.room_work_done(&work[0]).await.unwrap();
    assert!(store.room_work(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_holds_nothing_else_up() {
    let (_folder, store) = store().await;
    let (broken, good) = (call("k1"), call("k2"));
    for step in [&broken, &good] {
        let messages = step.messages("ws://livekit.example");
        let create = Write {
            messages: &messages,
            ..write(&step.call, &[])
        };
        store.create(create).await.unwrap();
    }
    let waiting = store.unsent(0, 100).await.unwrap();
    let (first, second) = waiting.split_at(waiting.len() / 2);
    let last = first.last().unwrap().seq;
    let breaks = sqlx::query("UPDATE outbox SET message = '{' WHERE seq <= ?").bind(last);
    breaks.execute(&store.writer).await.unwrap();
    let breaks = sqlx::query("UPDATE calls SET record = '{' WHERE id = 'k1'");
    breaks.execute(&store.writer).await.unwrap();

    let unsent = store.unsent(0, 100).await.unwrap();
    assert_eq!(unsent.len(), waiting.len());
    let readable = unsent.into_iter().filter_map(|entry| entry.message);
    let expected = second.iter().filter_map(|entry| entry.message.clone());
    assert!(readable.eq(expected));
    let bob = member("bob");
    let open_of_bob = store.open_calls_of(&church(), &bob).await.unwrap();
    assert_eq!(open_of_bob, std::slice::from_ref(&good.call));
    assert_eq!(store.open_calls().await.unwrap(), [good.call]);
}

#[tokio::test]
async fn a_member_has_64_remembered_cancels_for_10_minutes() {
    let (_folder, store) = store().await;
    let (church, ann) = (church(), member("ann"));
    for n in 0..65 {
        let id = format!("k{n}").parse().unwrap();
        assert!(
            store
                .remember_cancel(&church, &ann, &id, NOW + n)
                .await
                .unwrap()
        );
    }
    for (id, outcome) in [("k0", Created::Done), ("k64", Created::Cancelled)] {
        let step = call(id);
        assert_eq!(
            store.create(write(&step.call, &[])).await.unwrap(),
            outcome,
            "{id}"
        );
    }
    let first = "k0".parse().unwrap();
    assert!(
        !store
            .remember_cancel(&church, &ann, &first, NOW)
            .await
            .unwrap()
    );
    store
        .prune(0, NOW + 63 + CANCEL_REMEMBERED_MS)
        .await
        .unwrap();
    let step = call("k62");
    assert_eq!(
        store.create(write(&step.call, &[])).await.unwrap(),
        Created::Done
    );
}

#[tokio::test]
async fn of_65_cancels_in_one_millisecond_the_last_is_remembered() {
    let (_folder, store) = store().await;
    let (church, ann) = (church(), member("ann"));
    // Whichever way a table is read, the last is the first or the last of it.
    for ids in [(0..65).collect::<Vec<_>>(), (65..130).rev().collect()] {
        for n in &ids {
            let id = format!("k{n:03}").parse().unwrap();
            let remembered = store.remember_cancel(&church, &ann, &id, NOW).await;
            assert!(remembered.unwrap());
        }
        let last = call(&format!("k{:03}", ids[64]));
        assert_eq!(
            store.create(write(&last.call, &[])).await.unwrap(),
            Created::Cancelled
        );
    }
}

#[tokio::test]
async fn a_key_stands_for_its_call_for_10_minutes_and_64_of_a_member_do() {
    let (_folder, store) = store().await;
    let (church, ann) = (church(), member("ann"));
    let (store, church, ann) = (&store, &church, &ann);
    let keyed = |key: String, body: &str, id: &str, at: u64| {
        let (body, id) = (body.to_owned(), id.parse().unwrap());
        async move {
            let key = CreateKey { key, body };
            let call = store.keyed_call(church, ann, &key, &id, at).await.unwrap();
            call.map(|call| call.to_string())
        }
    };
    let first = || "first".to_owned();
    let of = |id: &str| Some(id.to_owned());
    assert_eq!(keyed(first(), "a", "k1", NOW).await, of("k1"));
    let last = NOW + CREATE_KEY_MS - 1;
    assert_eq!(keyed(first(), "a", "k2", last).await, of("k1"));
    assert_eq!(keyed(first(), "b", "k2", last).await, None);
    assert_eq!(keyed(first(), "b", "k2", last + 1).await, of("k2"));
    for n in 0..64 {
        let (key, id) = (format!("further {n}"), format!("f{n}"));
        assert_eq!(keyed(key, "a", &id, last + 2).await, of(&id));
    }
    assert_eq!(keyed(first(), "a", "k3", last + 3).await, of("k3"));
    store.prune(0, last + 3 + CREATE_KEY_MS).await.unwrap();
    assert_eq!(keyed(first(), "a", "k4", last + 3).await, of("k4"));
}

#[tokio::test]
async fn a_call_is_forgotten_a_while_after_its_end_and_never_before() {
    let (_folder, store) = store().await;
    let step = call("k1");
    store.create(write(&step.call, &[])).await.unwrap();
    let id = step.call.call_id();
    store.prune(u64::MAX, u64::MAX).await.unwrap();
    let read = store.call(id).await.unwrap().unwrap();
    let over = cancelled(&read.call);
    store
        .update(&[(read.version, write(&over, &[]))])
        .await
        .unwrap();
    store.prune(NOW, NOW + OVER_KNOWN_MS).await.unwrap();
    assert!(store.call(id).await.unwrap().is_some());
    store.prune(NOW + 1, NOW + OVER_KNOWN_MS).await.unwrap();
    assert!(store.call(id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls");
    std::fs::write(
        &path,
        "not a database, and longer than its header ".repeat(10),
    )
    .unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err().to_string();
    assert!(error.contains("calls"), "{error}");
}

fn accepted(call: &Call) -> Call {
    let actor = Actor {
        member_id: member("bob"),
        device_id: None,
    };
    ledger::apply(call, &Command::Accept { actor }, NOW)
        .unwrap()
        .call
}

#[tokio::test]
async fn of_two_calls_in_one_write_both_are_written_or_none() {
    let (_folder, store) = store().await;
    let (first, second) = (call("k1"), call("k2"));
    store.create(write(&first.call, &[])).await.unwrap();
    store.create(write(&second.call, &[])).await.unwrap();
    let (taken, ended) = (accepted(&first.call), cancelled(&second.call));
    let stale = [(0, write(&taken, &[])), (1, write(&ended, &[]))];
    assert!(!store.update(&stale).await.unwrap());
    let read = store.call(first.call.call_id()).await.unwrap().unwrap();
    assert_eq!((read.version, read.call), (0, first.call));
    let seen = [(member("bob"), Claims::new())];
    let blind = [(0, write(&taken, &seen)), (0, write(&ended, &[]))];
    assert!(!store.update(&blind).await.unwrap(), "both ring him");
    let good = [(0, write(&taken, &[])), (0, write(&ended, &[]))];
    assert!(store.update(&good).await.unwrap());
    let claims = store.claims(&church(), &member("bob")).await.unwrap();
    assert_eq!(claims, [(taken.call_id().clone(), Claim::Engaged)]);
}

#[tokio::test]
async fn whoever_is_invited_later_finds_the_call() {
    let (_folder, store) = store().await;
    let step = call("k1");
    store.create(write(&step.call, &[])).await.unwrap();
    let invite = Command::Invite {
        actor: Actor {
            member_id: member("ann"),
            device_id: Some("a1".parse().unwrap()),
        },
        callees: vec![person("cleo")],
        busy: Vec::new(),
    };
    let group = ledger::apply(&step.call, &invite, NOW).unwrap().call;
    assert!(store.update(&[(0, write(&group, &[]))]).await.unwrap());
    let open = store.open_calls_of(&church(), &member("cleo")).await;
    assert_eq!(open.unwrap(), [group]);
}

fn registration(push_token: Option<&str>) -> RegisterDevice {
    RegisterDevice {
        platform: Platform::Ios,
        push_token: push_token.map(Secret::new),
        push_kind: push_token.map(|_| PushService::ApnsVoip),
        call_waiting: true,
        device_key: None,
    }
}

#[tokio::test]
async fn a_member_has_16_devices_and_a_push_token_belongs_to_one() {
    let (_folder, store) = store().await;
    let (church, ann, bob) = (church(), member("ann"), member("bob"));
    let names = async |who: &MemberId| {
        let devices = store.devices_of(&church, who).await.unwrap();
        let names = devices.into_iter().map(|(id, _)| id.to_string());
        names.collect::<Vec<_>>()
    };
    for n in 0..17 {
        let id = format!("d{n:02}").parse().unwrap();
        let silent = registration(None);
        let put = store.put_device(&church, &ann, &id, &silent, NOW + n);
        put.await.unwrap();
    }
    let known = names(&ann).await;
    assert_eq!((known.len(), known[0].as_str()), (16, "d01"));
    let id = "d01".parse().unwrap();
    for who in [&ann, &bob] {
        let reached = registration(Some("t"));
        let put = store.put_device(&church, who, &id, &reached, NOW + 20);
        put.await.unwrap();
    }
    assert_eq!(names(&bob).await, ["d01"]);
    assert!(!names(&ann).await.contains(&"d01".to_owned()));
    store.forget_device(&church, &bob, &id).await.unwrap();
    assert_eq!(names(&bob).await, [] as [&str; 0]);
}

#[tokio::test]
async fn the_callees_of_one_call_are_one_attempt_and_each_pair_has_its_own_count() {
    let (_folder, store) = store().await;
    let limits = Limits {
        window: Duration::from_secs(60),
        creates: 2,
        creates_per_pair: 1,
        unanswered_per_pair: 10,
    };
    let count = async |callees: &[&str], at| {
        let callees: Vec<_> = callees.iter().map(|id| member(id)).collect();
        let (church, ann) = (church(), member("ann"));
        let counted = store.count_create(&church, &ann, &callees, &limits, at);
        counted.await.unwrap()
    };
    assert_eq!(count(&["bob", "cleo", "dan"], NOW).await, None);
    assert_eq!(count(&["eve", "cleo"], NOW + 1).await, Some(59_999));
    assert_eq!(count(&["eve"], NOW + 1).await, None);
    assert!(count(&["finn"], NOW + 2).await.is_some());
}
