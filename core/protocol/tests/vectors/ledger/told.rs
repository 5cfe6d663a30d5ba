//! What a step of the ledger asks of a server, as scenes write it.

use std::collections::BTreeMap;

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{
    Call, Claim, Effect, Grants, Message, PushOrder, RoomTask, Step, claims, entitled, snapshot,
};
use serde_json::{Map, Value, json};

use super::server::ServerConfig;
use crate::json::{changed, without_nulls};

/// Stands in a message for the snapshot that is in the call's view.
const AS_IN_VIEW: &str = "as in view";

/// What each call's view was.
#[derive(Default)]
pub(super) struct Told(BTreeMap<CallId, Value>);

impl Told {
    /// All of one change.
    pub(super) fn change(
        &mut self,
        before: Option<&Call>,
        step: &Step,
        config: &ServerConfig,
    ) -> Value {
        let id = step.call.call_id();
        let start = config.start_ms();
        let effect = match step.effect {
            Effect::Unchanged => "unchanged",
            Effect::Noted => "noted",
            Effect::Committed => "committed",
        };
        let mut change = Map::new();
        change.insert("call".to_owned(), json!(id));
        change.insert("effect".to_owned(), json!(effect));
        let view = view(step, start);
        let shown = self.0.entry(id.clone()).or_insert_with(|| json!({}));
        if let Some(patch) = changed(shown, &view) {
            change.insert("view".to_owned(), patch);
        }
        let messages = messages(step.messages(&config.livekit_url), &view["snapshot"], start);
        let pushes: Vec<_> = step.pushes(before).iter().map(|p| push(p, start)).collect();
        for (name, list) in [("messages", messages), ("pushes", pushes)] {
            if !list.is_empty() {
                change.insert(name.to_owned(), Value::Array(list));
            }
        }
        if let Some(task) = step.room_task() {
            let word = match task {
                RoomTask::Reconcile => "reconcile",
                RoomTask::Delete => "delete",
            };
            change.insert("room".to_owned(), json!(word));
        }
        *shown = view;
        Value::Object(change)
    }
}

/// All that a server goes by after the step.
fn view(step: &Step, start_ms: u64) -> Value {
    let call = &step.call;
    let may = |grants: Grants| match grants == Grants::FULL {
        true => "all",
        false => "wait",
    };
    let entitled: BTreeMap<_, _> = entitled(call)
        .into_iter()
        .map(|(identity, grants)| (identity, may(grants)))
        .collect();
    let word = |claim| match claim {
        Claim::Engaged => "engaged",
        Claim::Held => "held",
        Claim::Ringing => "ringing",
    };
    let claims: BTreeMap<_, _> = claims(call)
        .into_iter()
        .map(|(member, claim)| (member, word(claim)))
        .collect();
    without_nulls(&json!({
        "snapshot": snapshot(call, step.at_ms),
        "entitled": entitled,
        "claims": claims,
        "deadline_ms": call.next_deadline().map(|at| at - start_ms),
    }))
}

/// Messages in their order; one that goes to several topics, one after another, stands once.
fn messages(messages: Vec<Message>, snapshot: &Value, start_ms: u64) -> Vec<Value> {
    let mut told: Vec<(Vec<String>, Value, Option<u64>)> = Vec::new();
    for message in messages {
        let mut payload = without_nulls(&message.envelope);
        if payload.get("snapshot") == Some(snapshot) {
            payload["snapshot"] = AS_IN_VIEW.into();
        }
        let until = message.ring_until_ms.map(|at| at - start_ms);
        let topic = message.topic.to_string();
        match told.last_mut() {
            Some((topics, same, same_until)) if *same == payload && *same_until == until => {
                topics.push(topic);
            }
            _ => told.push((vec![topic], payload, until)),
        }
    }
    let told = told.into_iter();
    told.map(|(topics, payload, until)| {
        without_nulls(&json!({ "topics": topics, "payload": payload, "ring_until_ms": until }))
    })
    .collect()
}

fn push(order: &PushOrder, start_ms: u64) -> Value {
    without_nulls(&json!({
        "to": order.member_id,
        "but": order.but,
        "expires_at_ms": order.expires_at_ms - start_ms,
        "payload": order.push.fields(),
    }))
}
