//! The worker against a store and a service that fail.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use faithcall_protocol::ledger::{self, Command};
use faithcall_protocol::push::PushKind;
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::{Actor, Platform, PushService, RegisterDevice};
use tempfile::TempDir;

use super::*;
use crate::push::SendError;
use crate::sample::{made, new_call};
use crate::store::{Pushes, SqliteStore, Write};

/// Far more than a push takes: only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes pushes, after it has refused so many.
#[derive(Default)]
struct Service {
    refuses: Mutex<usize>,
    taken: Mutex<VecDeque<Delivery>>,
    news: Notify,
}

#[async_trait]
impl Sender for Service {
    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        {
            let mut refuses = self.refuses.lock().unwrap();
            if *refuses > 0 {
                *refuses -= 1;
                return Err(std::io::Error::other("no").into());
            }
        }
        let delivery = Delivery {
            member: delivery.member.clone(),
            device: delivery.device.clone(),
            push_token: delivery.push_token.clone(),
            push: delivery.push.clone(),
            ..*delivery
        };
        self.taken.lock().unwrap().push_back(delivery);
        self.news.notify_one();
        Ok(())
    }
}

impl Service {
    async fn next(&self) -> Delivery {
        let taken = async {
            loop {
                if let Some(delivery) = self.taken.lock().unwrap().pop_front() {
                    return delivery;
                }
                self.news.notified().await;
            }
        };
        let waited = timeout(PATIENCE, taken).await;
        waited.expect("nothing more is sent")
    }
}

/// A store in which Ann has called Bob at `now`, who has one device of this kind.
async fn called(kind: PushService, now: u64) -> (TempDir, Arc<SqliteStore>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("calls")).await;
    let store = store.unwrap();
    let (church, bob) = ("c1".parse().unwrap(), "bob".parse().unwrap());
    let registration = RegisterDevice {
        platform: Platform::Ios,
        push_token: Some(Secret::new("where-bob-is")),
        push_kind: Some(kind),
        call_waiting: false,
        device_key: None,
    };
    let device = "b1".parse().unwrap();
    let put = store.put_device(&church, &bob, &device, &registration, now);
    put.await.unwrap();
    let step = made(new_call("k1"), now);
    let write = Write {
        call: &step.call,
        claims_seen: &[],
        messages: &[],
        pushes: &step.pushes(None),
        room_work: false,
    };
    store.create(write).await.unwrap();
    (folder, Arc::new(store))
}

#[tokio::test]
async fn what_a_service_refuses_is_sent_again_until_it_is_taken() {
    let (_folder, store) = called(PushService::ApnsVoip, now_ms()).await;
    let service = Arc::new(Service {
        refuses: Mutex::new(1),
        ..Service::default()
    });
    let dyn_store: Arc<dyn Store> = Arc::clone(&store) as _;
    let news = Arc::new(Notify::new());
    let sender: Arc<dyn Sender> = Arc::clone(&service) as _;
    let worker = start(sender, dyn_store, news);
    let delivery = service.next().await;
    assert_eq!(delivery.push_token.expose(), "where-bob-is");
    assert_eq!(delivery.device.as_str(), "b1");
    assert!(matches!(delivery.push.kind, PushKind::Invite { .. }));
    worker.abort();
}

#[tokio::test]
async fn what_has_expired_is_dropped() {
    let (_folder, store) = called(PushService::Fcm, now_ms() - 45_000).await;
    let [seq] = store.unsent_pushes(0).await.unwrap()[..] else {
        panic!("not one push")
    };
    let service = Service::default();
    bring(&service, &*store, seq).await;
    assert!(service.taken.lock().unwrap().is_empty());
    assert!(store.unsent_pushes(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_newer_push_of_a_call_takes_the_place_of_one_that_waits() {
    let (_folder, store) = called(PushService::Fcm, now_ms()).await;
    let id = "k1".parse().unwrap();
    let rings = store.call(&id).await.unwrap().unwrap();
    let command = Command::Cancel {
        actor: Actor {
            member_id: "ann".parse().unwrap(),
            device_id: Some("a1".parse().unwrap()),
        },
    };
    let step = ledger::apply(&rings.call, &command, now_ms()).unwrap();
    let write = Write {
        call: &step.call,
        claims_seen: &[],
        messages: &[],
        pushes: &step.pushes(Some(&rings.call)),
        room_work: false,
    };
    assert!(store.update(&[(rings.version, write)]).await.unwrap());
    let [seq] = store.unsent_pushes(0).await.unwrap()[..] else {
        panic!("not one push")
    };
    let unsent = store.unsent_push(seq).await.unwrap().unwrap();
    assert!(matches!(unsent.order.push.kind, PushKind::Over { .. }));
}
