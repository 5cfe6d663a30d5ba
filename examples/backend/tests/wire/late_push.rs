//! A late push starts the app that was killed in that very call: what its machine makes of the
//! server's answers, and what the server is asked.

use faithcall_protocol::machine::{
    Answer, Command, Effect, Event, Failure, Input, Machine, Output, Reply, Request,
};
use faithcall_protocol::rest::{RejectReason, RejectScope};
use serde_json::{Value, json};

use crate::backend::{self, Backend, Phone, id_of};
use crate::push::{Folder, bobs_devices, machine, payload};

/// Ann and Bob's phone are in a call; its app was killed, and its push comes now.
struct Woken {
    _backend: Backend,
    bob: Phone,
    id: String,
    machine: Machine,
    /// What the machine was told and asks for, in order.
    outputs: Vec<Output>,
}

impl Woken {
    async fn new() -> Self {
        let mut folder = Folder::new();
        let backend = folder.backend().await;
        let ann = backend.phone("ann", "a1").await;
        let bob = bobs_devices(&backend).await;
        let id = id_of(&ann.dial("bob").await.ok());
        let push = payload(&folder.next(&["b1", "b2", "b3"]).await[0]);
        bob.accept(&id).await.ok();
        let mut machine = machine();
        let outputs = machine.handle(1, Input::Push(push));
        let rings = |output: &Output| matches!(output, Output::Event(Event::Incoming { .. }));
        assert!(outputs.iter().any(rings), "what a call screen needs");
        Self {
            _backend: backend,
            bob,
            id,
            machine,
            outputs,
        }
    }

    fn give(&mut self, input: Input) {
        self.outputs.extend(self.machine.handle(1, input));
    }

    /// Carries out what the machine asks for until it asks for nothing; gives back what was asked,
    /// and what was told.
    async fn carried_out(&mut self) -> (Vec<Request>, Vec<Event>) {
        let (mut asked, mut told) = (Vec::new(), Vec::new());
        while !self.outputs.is_empty() {
            match self.outputs.remove(0) {
                Output::Event(event) => told.push(event),
                Output::Effect(Effect::Request { id, request }) => {
                    let result = answered(&self.bob, &request).await;
                    asked.push(request);
                    let answer = Answer {
                        faithcall_header: true,
                        date: None,
                        result,
                    };
                    self.give(Input::Answer { id, answer });
                }
                other => panic!("{other:?}"),
            }
        }
        (asked, told)
    }
}

/// What the server answers to a request of the machine.
async fn answered(bob: &Phone, request: &Request) -> Result<Reply, Failure> {
    fn read<T: serde::de::DeserializeOwned>(body: Value) -> Box<T> {
        Box::new(serde_json::from_value(body).unwrap())
    }
    let post = |route: String, body: Option<Value>| async move { bob.post(&route, body).await };
    let (answer, reply): (backend::Answer, fn(Value) -> Reply) = match request {
        Request::Get { call_id } => {
            let answer = bob.get(&format!("/{call_id}")).await;
            (answer, |body| Reply::Snapshot(read(body)))
        }
        Request::Ringing { call_id } => {
            let answer = post(format!("/{call_id}/ringing"), None).await;
            (answer, |body| Reply::Ringing(read(body)))
        }
        Request::Reject { call_id, body } => {
            let answer = post(format!("/{call_id}/reject"), Some(json!(body))).await;
            (answer, |body| Reply::Message(read(body)))
        }
        Request::End { call_id, body } => {
            let answer = post(format!("/{call_id}/end"), Some(json!(body))).await;
            (answer, |body| Reply::Message(read(body)))
        }
        other => panic!("{other:?}"),
    };
    if answer.status == 200 {
        return Ok(reply(answer.body));
    }
    Err(Failure::Status {
        status: answer.status.as_u16(),
        body: Some(read(answer.body)),
        retry_after_ms: None,
    })
}

// Broken by letting it ring on, or offering nothing.
#[tokio::test]
async fn race_p4_the_ring_is_taken_back_and_the_call_goes_on() {
    let mut woken = Woken::new().await;
    let (asked, told) = woken.carried_out().await;
    for request in &asked {
        let only_asks = matches!(request, Request::Get { .. } | Request::Ringing { .. });
        assert!(only_asks, "{request:?}");
    }
    let [Event::Incoming { .. }, Event::Rejoinable(offer)] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(offer.call_id.as_str(), woken.id);
    assert_eq!(woken.bob.snapshot(&woken.id).await["status"], "connecting");
}

// Broken by asking how it ended instead.
#[tokio::test]
async fn race_p4_a_decline_before_the_answer_hangs_up() {
    let mut woken = Woken::new().await;
    let call_id = woken.id.parse().unwrap();
    woken.give(Input::Command(Command::Reject {
        call_id,
        reason: RejectReason::Rejected,
        scope: RejectScope::Member,
    }));
    woken.carried_out().await;
    let call = woken.bob.snapshot(&woken.id).await;
    assert_eq!(
        (&call["status"], &call["reason"]),
        (&json!("ended"), &json!("normal"))
    );
    assert_eq!(call["ended_by"], "bob");
}
