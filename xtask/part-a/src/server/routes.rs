//! The routes of part A, with the answers of a deployed server.

use std::sync::MutexGuard;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Server;
use super::calls::{Call, Calls, Flags, name_of, person, timestamp};
use super::publisher::MqttMessage;
use super::tokens::{CHURCH, member_of, room_token};

type Answer = Result<Response, Refusal>;

/// Status and `detail`.
struct Refusal(StatusCode, Value);

impl Refusal {
    fn new(status: StatusCode, detail: impl Into<Value>) -> Self {
        Self(status, detail.into())
    }

    /// A validation error in the form of the framework that deployed servers use.
    fn invalid(kind: &str, loc: &[&str], message: &str) -> Self {
        Self(
            StatusCode::UNPROCESSABLE_ENTITY,
            json!([{"type": kind, "loc": loc, "msg": message}]),
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({"detail": self.1}));
        if self.0 == StatusCode::UNAUTHORIZED {
            return (self.0, [("www-authenticate", "Bearer")], body).into_response();
        }
        (self.0, body).into_response()
    }
}

pub(super) fn router(server: Server) -> Router {
    Router::new()
        .route("/api/calls", post(create))
        .route("/api/calls/active", get(active))
        .route("/api/calls/history", get(history))
        .route("/api/calls/{id}/accept", post(accept))
        .route("/api/calls/{id}/reject", post(reject))
        .route("/api/calls/{id}/cancel", post(cancel))
        .route("/api/calls/{id}/connected", post(connected))
        .route("/api/calls/{id}/end", post(end))
        .route("/api/calls/{id}/participant", patch(participant))
        .with_state(server)
}

impl Server {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn member(&self, headers: &HeaderMap) -> Result<String, Refusal> {
        let header = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| Refusal::new(StatusCode::FORBIDDEN, "Not authenticated"))?;
        member_of(&self.config.jwt_secret, header).ok_or_else(|| {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                "Invalid authentication credentials",
            )
        })
    }

    fn publish(&self, leaf: &str, qos: u8, kind: &str, call: &str, mut fields: Value) {
        if let Value::Object(fields) = &mut fields {
            fields.insert("type".into(), kind.into());
            fields.insert("call_id".into(), call.into());
            fields.insert("timestamp".into(), timestamp().into());
        }
        self.publisher.publish(MqttMessage {
            topic: format!("faithflow/{CHURCH}/{leaf}"),
            qos,
            payload: fields,
        });
    }

    fn signal(&self, call: &str, kind: &str, fields: Value) {
        self.publish(&format!("call/{call}/signal"), 2, kind, call, fields);
    }

    /// To each member on its own topic, and once more on the call's.
    fn tell<'a>(
        &self,
        members: impl Iterator<Item = &'a String>,
        leaf: &str,
        call: &str,
        kind: &str,
        fields: Value,
    ) {
        for member in members {
            let leaf = format!("member/{member}/{leaf}");
            self.publish(&leaf, 2, kind, call, fields.clone());
        }
        self.signal(call, kind, fields);
    }

    fn participants(&self, call: &str, kind: &str, fields: Value) {
        self.publish(&format!("call/{call}/participants"), 1, kind, call, fields);
    }

    fn response(&self, call: &Call, member: &str) -> Response {
        Json(json!({
            "call_id": call.id,
            "room_name": call.room(),
            "livekit_token": room_token(&self.config.livekit_key, member, &call.room()),
            "livekit_url": self.config.livekit_url,
            "call_type": call.call_type,
            "participants": call.participants(),
        }))
        .into_response()
    }
}

fn message(text: &str) -> Response {
    Json(json!({"message": text})).into_response()
}

fn body(bytes: &Bytes) -> Result<Value, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::invalid("missing", &["body"], "Field required"));
    }
    serde_json::from_slice(bytes)
        .map_err(|_| Refusal::invalid("json_invalid", &["body"], "JSON decode error"))
}

fn find<'a>(calls: &'a mut Calls, id: &str) -> Result<&'a mut Call, Refusal> {
    calls
        .get(id)
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "Call not found"))
}

/// A call that still rings, if it is one's to handle.
fn find_ringing<'a>(
    calls: &'a mut Calls,
    id: &str,
    is_ones: impl Fn(&Call) -> bool,
) -> Result<&'a mut Call, Refusal> {
    calls
        .get(id)
        .filter(|call| call.status == "ringing" && is_ones(call))
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "Call not found or already handled"))
}

async fn create(State(server): State<Server>, headers: HeaderMap, bytes: Bytes) -> Answer {
    let member = server.member(&headers)?;
    let body = body(&bytes)?;
    server.troubles.before_create().await;
    let response = make_call(&server, member, &body)?;
    server.troubles.after_create().await;
    Ok(response)
}

fn make_call(server: &Server, member: String, body: &Value) -> Answer {
    let callees: Vec<String> = body
        .get("callee_ids")
        .and_then(|ids| serde_json::from_value(ids.clone()).ok())
        .ok_or_else(|| Refusal::invalid("missing", &["body", "callee_ids"], "Field required"))?;
    let call_type = match body.get("call_type").and_then(Value::as_str) {
        Some(word @ ("voice" | "video")) => word.to_owned(),
        _ => {
            return Err(Refusal::invalid(
                "enum",
                &["body", "call_type"],
                "Input should be 'voice' or 'video'",
            ));
        }
    };
    let mut calls = server.calls();
    if let Some(unknown) = callees.iter().find(|c| name_of(c).is_none()) {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            format!("Member {unknown} not found"),
        ));
    }
    if calls.of(&member).is_some() {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "You are already in an active call",
        ));
    }
    if callees.iter().all(|callee| calls.of(callee).is_some()) {
        let names: Vec<_> = callees.iter().filter_map(|c| name_of(c)).collect();
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            format!("All callees are busy: {}", names.join(", ")),
        ));
    }
    let call = Call {
        id: uuid::Uuid::new_v4().to_string(),
        call_type,
        status: "ringing",
        caller: member.clone(),
        callees,
        community: body
            .get("community_id")
            .and_then(Value::as_str)
            .map(str::to_owned),
        started_at: timestamp(),
        connected_at: None,
        duration_seconds: 0,
        end_reason: None,
        flags: Default::default(),
        declined: Vec::new(),
    };
    let invite = json!({
        "room_name": call.room(),
        "call_type": call.call_type,
        "caller": person(&member),
        "callee_ids": call.callees,
        "community_id": call.community,
        "community_name": call.community.as_ref().map(|_| "Youth"),
        "livekit_url": server.config.livekit_url,
    });
    let callees = call.callees.iter();
    server.tell(callees, "incoming_call", &call.id, "call_invite", invite);
    let response = server.response(&call, &member);
    calls.0.push(call);
    Ok(response)
}

async fn accept(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let member = server.member(&headers)?;
    let response = {
        let mut calls = server.calls();
        let call = find(&mut calls, &id)?;
        if !call.callees.contains(&member) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "You are not a participant of this call",
            ));
        }
        if call.status != "ringing" {
            return Err(Refusal::new(
                StatusCode::CONFLICT,
                format!("Call cannot be accepted (status: {})", call.status),
            ));
        }
        call.status = "connecting";
        server.signal(
            &id,
            "call_accept",
            json!({
                "callee_id": member,
                "callee_name": name_of(&member),
                "livekit_token": room_token(&server.config.livekit_key, &member, &call.room()),
            }),
        );
        server.response(call, &member)
    };
    server.troubles.after_accept().await;
    Ok(response)
}

async fn reject(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let member = server.member(&headers)?;
    let (reason, kind, status) = match body(&bytes)?.get("reason").and_then(Value::as_str) {
        Some("rejected") => ("rejected", "call_reject", "rejected"),
        Some("busy") => ("busy", "call_busy", "busy"),
        _ => {
            return Err(Refusal::invalid(
                "missing",
                &["body", "reason"],
                "Field required",
            ));
        }
    };
    let mut calls = server.calls();
    let call = find_ringing(&mut calls, &id, |call| call.callees.contains(&member))?;
    if call.callees.len() == 1 {
        call.status = status;
        call.end_reason = Some(reason.to_owned());
    }
    call.declined.push(member.clone());
    server.signal(
        &id,
        kind,
        json!({"callee_id": member, "callee_name": name_of(&member), "reason": reason}),
    );
    Ok(message("Call rejected"))
}

async fn cancel(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let member = server.member(&headers)?;
    let mut calls = server.calls();
    let call = find_ringing(&mut calls, &id, |call| call.caller == member)?;
    call.status = "ended";
    call.end_reason = Some("cancelled".to_owned());
    let fields = json!({"caller_id": member});
    let callees = call.callees.iter();
    server.tell(callees, "call_status", &id, "call_cancel", fields);
    Ok(message("Call cancelled"))
}

async fn connected(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let member = server.member(&headers)?;
    if let Some(call) = server.calls().get(&id)
        && !call.is_over()
        && call.connected_at.is_none()
    {
        call.status = "active";
        call.connected_at = Some(Instant::now());
        let participant = json!({"id": member, "name": name_of(&member), "avatar": null});
        server.participants(
            &id,
            "participant_joined",
            json!({"participant": participant}),
        );
    }
    Ok(message("Call connected"))
}

async fn end(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let member = server.member(&headers)?;
    let body = body(&bytes)?;
    let reason = body
        .get("reason")
        .and_then(Value::as_str)
        .unwrap_or("normal");
    let mut calls = server.calls();
    let call = find(&mut calls, &id)?;
    if !call.is_over() {
        call.duration_seconds = call.talked();
        call.status = "ended";
        call.end_reason = Some(reason.to_owned());
    }
    let fields = json!({
        "ended_by": member,
        "reason": reason,
        "duration_seconds": call.duration_seconds,
    });
    server.tell(call.members(), "call_status", &id, "call_end", fields);
    Ok(message("Call ended"))
}

async fn participant(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let member = server.member(&headers)?;
    let body = body(&bytes)?;
    let asked = |name: &str| body.get(name).and_then(Value::as_bool);
    if let Some(call) = server.calls().get(&id) {
        let flags = call
            .flags
            .entry(member.clone())
            .or_insert(Flags(false, true, false));
        for (name, kind, flag) in [
            ("is_muted", "participant_muted", &mut flags.0),
            ("is_video_enabled", "participant_video", &mut flags.1),
            ("is_speaker_on", "participant_speaker", &mut flags.2),
        ] {
            if let Some(value) = asked(name) {
                *flag = value;
                server.participants(&id, kind, json!({"participant_id": member, name: value}));
            }
        }
    }
    Ok(message("Participant updated"))
}

async fn active(State(server): State<Server>, headers: HeaderMap) -> Answer {
    let member = server.member(&headers)?;
    let calls = server.calls();
    let info = calls.of(&member).map(|call| {
        json!({
            "call_id": call.id,
            "room_name": call.room(),
            "call_type": call.call_type,
            "status": call.status,
            "participants": call.participants(),
            "started_at": call.started_at,
            "duration_seconds": call.talked(),
        })
    });
    Ok(Json(info).into_response())
}

#[derive(serde::Deserialize)]
struct Paging {
    page: Option<usize>,
    page_size: Option<usize>,
    call_type: Option<String>,
}

async fn history(
    State(server): State<Server>,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Answer {
    let member = server.member(&headers)?;
    let (page, size) = (paging.page.unwrap_or(1), paging.page_size.unwrap_or(20));
    if page < 1 || !(1..=100).contains(&size) {
        return Err(Refusal::invalid(
            "greater_than_equal",
            &["query", "page"],
            "Input should be greater than or equal to 1",
        ));
    }
    let calls = server.calls();
    let found: Vec<Value> = calls
        .0
        .iter()
        .rev()
        .filter(|call| call.has(&member))
        .filter(|call| {
            paging
                .call_type
                .as_ref()
                .is_none_or(|t| *t == call.call_type)
        })
        .map(|call| call.history_item(&member))
        .collect();
    let skip = (page - 1).saturating_mul(size);
    Ok(Json(json!({
        "calls": found.iter().skip(skip).take(size).collect::<Vec<_>>(),
        "total": found.len(),
        "page": page,
        "page_size": size,
        "has_more": found.len() > skip.saturating_add(size),
    }))
    .into_response())
}
