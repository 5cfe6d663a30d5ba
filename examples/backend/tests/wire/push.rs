//! Pushes, as they would be sent: written into a folder by the dry run.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::{Event, Input, Machine, MachineConfig, Output};
use faithcall_protocol::push::{Push, PushFields, PushKind};
use faithcall_protocol::signal;
use faithcall_protocol::signal::topic::{Channel, Topic};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::backend::{Backend, CHURCH, PATIENCE, Phone, id_of};
use crate::group::call_group;
use crate::waiting::registers;

/// The folder of the dry run.
pub(crate) struct Folder {
    dir: TempDir,
    read: HashSet<PathBuf>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            read: HashSet::new(),
        }
    }

    pub(crate) async fn backend(&self) -> Backend {
        Backend::with(&[("FAITHCALL_PUSH_DIR", self.dir.path().to_str().unwrap())]).await
    }

    /// The files that were not read yet, in no order.
    fn news(&mut self) -> Vec<Value> {
        let files = std::fs::read_dir(self.dir.path()).unwrap();
        let whole = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "json"));
        let new: Vec<_> = whole.filter(|path| !self.read.contains(path)).collect();
        self.read.extend(new.iter().cloned());
        let read = |path: PathBuf| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        new.into_iter().map(read).collect()
    }

    /// The next pushes, in the order of their devices. Fails where others come too.
    pub(crate) async fn next(&mut self, devices: &[&str]) -> Vec<Value> {
        let mut came = Vec::new();
        let all = async {
            while came.len() < devices.len() {
                came.extend(self.news());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, all).await;
        came.sort_by_key(|push| push["device_id"].to_string());
        let to: Vec<_> = came.iter().map(|push| push["device_id"].as_str()).collect();
        let expected: Vec<_> = devices.iter().map(|device| Some(*device)).collect();
        assert_eq!(to, expected, "{waited:?}");
        came
    }
}

fn fcm(token: &str) -> Value {
    json!({"platform": "android", "push_token": token, "push_kind": "fcm"})
}

fn apns(token: &str) -> Value {
    json!({"platform": "ios", "push_token": token, "push_kind": "apns_voip"})
}

/// What an app's handler is given, read as an SDK reads it.
pub(crate) fn payload(push: &Value) -> Push {
    let fields = match push["service"].as_str().unwrap() {
        "fcm" => &push["request"]["message"]["data"],
        _ => &push["request"]["payload"],
    };
    let fields = fields.as_object().unwrap().iter();
    let texts = fields.filter(|(name, _)| *name != "aps");
    let fields: PushFields = texts
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    Push::parse(&fields).unwrap()
}

/// Each device that is told of an end, with the reason.
fn overs(pushes: &[Value]) -> Vec<Option<EndReason>> {
    let over = |push: &Value| match payload(push).kind {
        PushKind::Over { reason } => reason,
        PushKind::Invite { .. } => panic!("an invite: {push}"),
    };
    pushes.iter().map(over).collect()
}

/// Bob has two phones and a tablet; only the first phone listens on MQTT.
pub(crate) async fn bobs_devices(backend: &Backend) -> Phone {
    let bob = backend.phone("bob", "b1").await;
    registers(&bob, "b1", fcm("token-b1")).await;
    registers(&bob, "b2", fcm("token-b2")).await;
    registers(&bob, "b3", apns("token-b3")).await;
    // No push reaches this one.
    registers(&bob, "b4", json!({"platform": "web"})).await;
    bob
}

#[tokio::test]
async fn every_device_of_who_is_called_is_woken_and_no_other() {
    let mut folder = Folder::new();
    let backend = folder.backend().await;
    let ann = backend.phone("ann", "a1").await;
    registers(&ann, "a1", fcm("token-a1")).await;
    let bob = bobs_devices(&backend).await;
    let made = ann.dial("bob").await.ok();
    let id = id_of(&made);
    let pushes = folder.next(&["b1", "b2", "b3"]).await;
    for push in &pushes {
        assert_eq!(push["member_id"], "bob");
        let Push { call_id, rev, kind } = payload(push);
        assert_eq!((call_id.as_str(), rev.0), (&*id, 1));
        let PushKind::Invite {
            caller_id,
            caller_name,
            callee_id,
            ring_expires_in_ms,
            ..
        } = kind
        else {
            panic!("not an invite: {push}")
        };
        assert_eq!(
            (caller_id.as_str(), caller_name.expose()),
            ("ann", "Ann Ames")
        );
        assert_eq!(callee_id.as_str(), "bob");
        assert!((35_000..=45_000).contains(&ring_expires_in_ms));
        for token in [&made["livekit_token"], &json!(bob.token)] {
            assert!(!push.to_string().contains(token.as_str().unwrap()));
        }
    }
    let to_phone = &pushes[0]["request"]["message"];
    assert_eq!(to_phone["token"], "token-b1");
    assert_eq!(to_phone["android"]["priority"], "HIGH");
    let left_ms: f64 = to_phone["data"]["ring_expires_in_ms"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let ttl = to_phone["android"]["ttl"].as_str().unwrap();
    let ttl: f64 = ttl.strip_suffix('s').unwrap().parse().unwrap();
    assert!((ttl * 1_000.0 - left_ms).abs() < 1.0, "{ttl} {left_ms}");
    let to_tablet = &pushes[2]["request"];
    assert_eq!(to_tablet["path"], "/3/device/token-b3");
    let headers = &to_tablet["headers"];
    assert_eq!(headers["apns-priority"], "10");
    assert_eq!(headers["apns-push-type"], "voip");
    assert_eq!(headers["apns-collapse-id"], *id);
    let initiated = made["snapshot"]["initiated_at"].as_str().unwrap();
    let initiated = faithcall_protocol::timestamp::Timestamp::parse(initiated).unwrap();
    let deadline = (initiated.unix_ms() + 45_000) / 1_000;
    assert_eq!(headers["apns-expiration"], deadline.to_string());
}

#[tokio::test]
async fn whoever_did_not_stop_the_ringing_is_told_that_it_stopped() {
    let mut folder = Folder::new();
    let backend = folder.backend().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = bobs_devices(&backend).await;
    let all = ["b1", "b2", "b3"];

    let id = id_of(&ann.dial("bob").await.ok());
    folder.next(&all).await;
    bob.accept(&id).await.ok();
    // Nothing over PushKit, and nothing to the device that accepted.
    let pushes = folder.next(&["b2"]).await;
    assert_eq!(overs(&pushes), [None]);
    // The ring was over before the call is.
    bob.end(&id).await.ok();

    let id = id_of(&ann.dial("bob").await.ok());
    folder.next(&all).await;
    bob.reject(&id, "rejected").await.ok();
    assert_eq!(
        overs(&folder.next(&["b2"]).await),
        [Some(EndReason::Rejected)]
    );

    let id = id_of(&ann.dial("bob").await.ok());
    folder.next(&all).await;
    ann.cancel(&id).await.ok();
    let pushes = folder.next(&["b1", "b2"]).await;
    assert_eq!(overs(&pushes), [Some(EndReason::Cancelled); 2]);
    assert_eq!(payload(&pushes[0]).rev.0, 2);
}

#[tokio::test]
async fn one_who_missed_a_group_that_goes_on_is_told_so_alone() {
    let mut folder = Folder::new();
    let backend = folder.backend().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    let cleo = backend.phone("cleo", "c1").await;
    registers(&bob, "b1", fcm("token-b1")).await;
    registers(&cleo, "c1", fcm("token-c1")).await;
    let id = id_of(&call_group(&ann, &["bob", "cleo"]).await.ok());
    folder.next(&["b1", "c1"]).await;
    let tablet = backend.client("c1", "cleo", Some("c2"));
    tablet.reject(&id, "busy").await.ok();
    assert_eq!(overs(&folder.next(&["c1"]).await), [Some(EndReason::Busy)]);
    let again = json!({"callee_ids": ["cleo"]});
    ann.post(&format!("/{id}/invite"), Some(again)).await.ok();
    let pushes = folder.next(&["c1"]).await;
    assert!(matches!(payload(&pushes[0]).kind, PushKind::Invite { .. }));
}

#[tokio::test]
async fn a_push_that_the_crash_kept_back_is_sent_after_it() {
    let mut folder = Folder::new();
    let mut backend = folder.backend().await;
    let ann = backend.phone("ann", "a1").await;
    let _bob = bobs_devices(&backend).await;
    // A folder that takes nothing, as a service that is down.
    let path = folder.dir.path().to_owned();
    let away = path.with_extension("away");
    std::fs::rename(&path, &away).unwrap();
    let id = id_of(&ann.dial("bob").await.ok());
    backend.crash();
    std::fs::rename(&away, &path).unwrap();
    backend.run().await;
    for push in folder.next(&["b1", "b2", "b3"]).await {
        assert_eq!(payload(&push).call_id.as_str(), id);
    }
}

#[tokio::test]
async fn a_device_that_signed_out_is_not_woken() {
    let mut folder = Folder::new();
    let backend = folder.backend().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = bobs_devices(&backend).await;
    let gone = bob.request(reqwest::Method::DELETE, "/../devices/b2", None);
    gone.await.ok();
    ann.dial("bob").await.ok();
    folder.next(&["b1", "b3"]).await;
}

/// Bob's machine, signed in.
pub(crate) fn machine() -> Machine {
    let (bob, church) = ("bob".parse().unwrap(), CHURCH.parse().unwrap());
    let config = MachineConfig::new(bob, church, "b1".parse().unwrap(), 7);
    let mut machine = Machine::new(config);
    machine.handle(0, Input::SignedIn);
    machine
}

fn by_mqtt(channel: Channel, payload: &Value) -> Input {
    let payload = serde_json::to_vec(payload).unwrap();
    Input::Signal {
        topic: Topic::new(&CHURCH.parse().unwrap(), channel),
        envelope: Box::new(signal::decode(&payload).unwrap()),
    }
}

/// How often it rings, and how often a push is shown without a ring.
fn shown(machine: &mut Machine, inputs: impl IntoIterator<Item = Input>) -> (usize, usize) {
    let outputs = inputs
        .into_iter()
        .flat_map(|input| machine.handle(1, input));
    outputs.fold((0, 0), |(rings, silent), output| match output {
        Output::Event(Event::Incoming { .. }) => (rings + 1, silent),
        Output::Event(Event::PushWithoutRing { .. }) => (rings, silent + 1),
        _ => (rings, silent),
    })
}

// Broken by forgetting calls that are over.
#[tokio::test]
async fn race_p1_the_push_comes_after_the_cancel() {
    let mut folder = Folder::new();
    let backend = folder.backend().await;
    let ann = backend.phone("ann", "a1").await;
    let mut bob = bobs_devices(&backend).await;
    let id = id_of(&ann.dial("bob").await.ok());
    let invite = payload(&folder.next(&["b1", "b2", "b3"]).await[0]);
    ann.cancel(&id).await.ok();
    let over = payload(&folder.next(&["b1", "b2"]).await[0]);
    let cancelled = bob.update("ended").await;
    let member = "bob".parse().unwrap();
    let cancelled = by_mqtt(Channel::CallUpdate(member), &cancelled);
    for end in [cancelled, Input::Push(over)] {
        let late = Input::Push(invite.clone());
        assert_eq!(shown(&mut machine(), [end, late]), (0, 1));
    }
    assert_eq!(bob.snapshot(&id).await["reason"], "cancelled");
}

// Broken by not knowing a call by its id.
#[tokio::test]
async fn race_p2_push_and_mqtt_both_bring_the_invite() {
    let mut folder = Folder::new();
    let backend = folder.backend().await;
    let ann = backend.phone("ann", "a1").await;
    let mut bob = bobs_devices(&backend).await;
    ann.dial("bob").await.ok();
    let pushed = payload(&folder.next(&["b1", "b2", "b3"]).await[0]);
    let invite = bob.signal("/incoming_call").await;
    assert_eq!(invite["rev"], pushed.rev.0);
    let by_mqtt = || by_mqtt(Channel::IncomingCall("bob".parse().unwrap()), &invite);
    let by_push = || Input::Push(pushed.clone());
    for both in [[by_push(), by_mqtt()], [by_mqtt(), by_push()]] {
        assert_eq!(shown(&mut machine(), both), (1, 0));
    }
}
