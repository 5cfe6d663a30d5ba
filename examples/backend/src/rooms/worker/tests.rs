//! Room work against a store that fails and a media server that takes its time.

use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use faithcall_protocol::ledger::{self, Command};
use faithcall_protocol::rest::Actor;
use sqlx::SqlitePool;
use tokio::sync::Semaphore;

use super::*;
use crate::livekit::{LiveKitError, Participant, Permission};
use crate::sample::{made, new_call};
use crate::store::{SqliteStore, Write};

const NOW: u64 = 1_800_000_000_000;

/// A store with one call that rings, and its room work.
async fn ringing(path: &Path) -> (Arc<SqliteStore>, Call) {
    let store = SqliteStore::open(path).await.unwrap();
    let call = made(new_call("k1"), NOW).call;
    store.create(write(&call)).await.unwrap();
    (Arc::new(store), call)
}

fn write(call: &Call) -> Write<'_> {
    Write {
        call,
        claims_seen: &[],
        messages: &[],
        pushes: &[],
        room_work: true,
    }
}

async fn next_work(store: &SqliteStore, after: i64) -> RoomWork {
    store.room_work(after).await.unwrap().remove(0)
}

/// A room with these people; it remembers what was done to it. Somebody is removed once the gate is
/// open, whether or not whoever asked for that still waits.
struct FakeRoom {
    present: Arc<Mutex<Vec<&'static str>>>,
    done: Arc<Mutex<Vec<String>>>,
    gate: Arc<Semaphore>,
    at_the_gate: Notify,
}

impl FakeRoom {
    fn with<const N: usize>(present: [&'static str; N]) -> Arc<Self> {
        Arc::new(Self {
            present: Arc::new(Mutex::new(present.into())),
            done: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            at_the_gate: Notify::new(),
        })
    }

    fn did(&self, what: String) {
        self.done.lock().unwrap().push(what);
    }

    fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }
}

#[async_trait]
impl RoomServer for FakeRoom {
    async fn create_room(&self, _: &str) -> Result<(), LiveKitError> {
        Ok(())
    }
    async fn delete_room(&self, _: &str) -> Result<(), LiveKitError> {
        self.did("delete".to_owned());
        Ok(())
    }
    async fn list_rooms(&self) -> Result<Vec<String>, LiveKitError> {
        Ok(Vec::new())
    }
    async fn list_participants(&self, _: &str) -> Result<Vec<Participant>, LiveKitError> {
        let present = self.present.lock().unwrap();
        let there = present.iter().map(|identity| Participant {
            identity: (*identity).to_owned(),
            session: None,
            is_active: true,
            permission: Some(Permission::default()),
        });
        Ok(there.collect())
    }
    async fn update_permission(
        &self,
        _: &str,
        identity: &str,
        _: &Permission,
    ) -> Result<(), LiveKitError> {
        self.did(format!("update {identity}"));
        Ok(())
    }
    async fn remove_participant(&self, _: &str, identity: &str) -> Result<(), LiveKitError> {
        let (gate, done) = (Arc::clone(&self.gate), Arc::clone(&self.done));
        let (present, identity) = (Arc::clone(&self.present), identity.to_owned());
        let lands = tokio::spawn(async move {
            let _open = gate.acquire().await.unwrap();
            present.lock().unwrap().retain(|there| *there != identity);
            done.lock().unwrap().push(format!("remove {identity}"));
        });
        self.at_the_gate.notify_one();
        lands.await.unwrap();
        Ok(())
    }
}

#[tokio::test]
async fn a_store_that_fails_is_asked_again_and_the_work_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls");
    let (store, _) = ringing(&path).await;
    let work = next_work(&store, 0).await;
    let room = FakeRoom::with(["ann"]);
    let breaks = SqlitePool::connect(path.to_str().unwrap()).await.unwrap();
    let rename = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
    let broken = sqlx::raw_sql(sqlx::AssertSqlSafe(rename("calls", "hidden")));
    broken.execute(&breaks).await.unwrap();

    let go_on = CancellationToken::new();
    let mut job = std::pin::pin!(bring(&*room, &*store, &work, &go_on));
    let gave_up = tokio::time::timeout(RETRY_AFTER / 2, &mut job).await;
    assert!(gave_up.is_err(), "it takes a failed read for an answer");
    let mended = sqlx::raw_sql(sqlx::AssertSqlSafe(rename("hidden", "calls")));
    mended.execute(&breaks).await.unwrap();
    job.await;
    assert_eq!(room.done(), ["update ann"]);
    assert!(store.room_work(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn work_on_a_record_that_cannot_be_read_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls");
    let (store, _) = ringing(&path).await;
    let work = next_work(&store, 0).await;
    let room = FakeRoom::with(["ann"]);
    let breaks = SqlitePool::connect(path.to_str().unwrap()).await.unwrap();
    let broken = sqlx::query("UPDATE calls SET record = '{'");
    broken.execute(&breaks).await.unwrap();
    bring(&*room, &*store, &work, &CancellationToken::new()).await;
    assert!(room.done().is_empty());
    assert_eq!(store.room_work(0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn newer_work_waits_for_the_request_under_way_and_for_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (store, call) = ringing(&folder.path().join("calls")).await;
    let room = FakeRoom::with(["a stranger", "another"]);
    let mut jobs = Jobs::new(room.clone(), store.clone());
    let older = next_work(&store, 0).await;
    let seq = older.seq;
    jobs.begin(older);
    room.at_the_gate.notified().await;

    let read = store.call(call.call_id()).await.unwrap().unwrap();
    let actor = Actor {
        member_id: "ann".parse().unwrap(),
        device_id: Some("a1".parse().unwrap()),
    };
    let over = ledger::apply(&read.call, &Command::Cancel { actor }, NOW);
    let over = over.unwrap().call;
    assert!(store.update(&[(read.version, write(&over))]).await.unwrap());
    jobs.begin(next_work(&store, seq).await);
    let ended = tokio::time::timeout(RETRY_AFTER / 2, jobs.at_work.join_next()).await;
    assert!(ended.is_err(), "a request under way is not waited for");
    assert_eq!(room.done(), Vec::<String>::new());

    room.gate.add_permits(1);
    while jobs.at_work.join_next().await.is_some() {}
    let each_once = ["remove a stranger", "remove another", "delete"];
    assert_eq!(room.done(), each_once);
    assert!(store.room_work(0).await.unwrap().is_empty());
    jobs.forget_ended();
    assert!(jobs.latest.is_empty());
}
