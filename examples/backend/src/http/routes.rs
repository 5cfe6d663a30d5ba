//! One function a route: reads the request, asks [`crate::calls`], shapes the answer.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use faithcall_protocol::id::{CallId, DeviceId};
use faithcall_protocol::ledger::{self, Call, Command};
use faithcall_protocol::rest::{
    ActiveCallInfo, CallResponse, CreateCall, EndCall, InviteRequest, Message, RegisterDevice,
    RejectCall, RingingResponse, SnapshotResponse, SyncResponse, TokenResponse, parse_known,
};
use serde::Deserialize;

use super::Refusal;
use super::body::{AcceptBody, Checked, PatchBody, call_id, call_to_oneself};
use super::caller::{Caller, IdempotencyKey};
use crate::auth::SignedIn;
use crate::calls::{Admitted, CallError, Create};
use crate::clock::now_ms;
use crate::service::Service;
use crate::store::CreateKey;

/// The call that the path names; `None` for what cannot be an id, which is no call's.
pub(super) struct CallInPath(pub(super) Option<CallId>);

impl<S: Send + Sync> FromRequestParts<S> for CallInPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(text.ok().and_then(|Path(text)| call_id(&text))))
    }
}

type Answer<T> = Result<Json<T>, Refusal>;
type Server = State<Arc<Service>>;

pub(super) async fn create(
    State(service): Server,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    Checked(body): Checked<CreateCall>,
) -> Answer<CallResponse> {
    if body.callee_ids.contains(&caller.signed_in.member) {
        return Err(call_to_oneself(&caller.signed_in.member));
    }
    let key = key.map(|key| CreateKey {
        key,
        // What a body holds can always be written as JSON.
        body: serde_json::to_string(&body).unwrap_or_default(),
    });
    let create = Create {
        key,
        church: caller.signed_in.church.clone(),
        caller: caller.actor(),
        callees: body.callee_ids,
        call_type: body.call_type,
        call_id: body.call_id,
        community_id: body.community_id,
    };
    let admitted = service.calls.create(create).await;
    let admitted = admitted.map_err(|error| caller.refuse(error))?;
    Ok(call_response(&caller, admitted))
}

pub(super) async fn accept(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
    Checked(AcceptBody(make_way)): Checked<AcceptBody>,
) -> Answer<CallResponse> {
    let id = id.0.ok_or_else(Refusal::call_not_found)?;
    let church = &caller.signed_in.church;
    let actor = caller.actor();
    let admitted = service.calls.accept(church, &id, &actor, make_way.as_ref());
    let admitted = admitted.await.map_err(|error| caller.refuse(error))?;
    Ok(call_response(&caller, admitted))
}

pub(super) async fn reject(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
    Checked(body): Checked<RejectCall>,
) -> Answer<Message> {
    let id = id.0.ok_or_else(Refusal::already_handled)?;
    let church = &caller.signed_in.church;
    let done = service
        .calls
        .reject(church, &id, &caller.actor(), body)
        .await;
    // Part A does not tell a call that is not there from one that is over.
    let call = done.map_err(|error| match error {
        CallError::Refused {
            refusal: ledger::Refusal::CallNotFound,
            ..
        } => Refusal::already_handled(),
        other => caller.refuse(other),
    })?;
    Ok(message(&caller, "Call rejected", &call))
}

pub(super) async fn cancel(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
) -> Answer<Message> {
    let id = id.0.ok_or_else(Refusal::already_handled)?;
    let church = &caller.signed_in.church;
    let cancelled = service.calls.cancel(church, &id, &caller.actor()).await;
    let call = cancelled.map_err(|error| caller.refuse(error))?;
    Ok(message(&caller, "Call cancelled", &call))
}

pub(super) async fn connected(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
) -> Answer<Message> {
    let actor = caller.actor();
    let call = apply(&service, &caller, id, Command::Connected { actor }).await?;
    if !call.is_over() {
        let looked = service.calls.look_at_room(call.call_id()).await;
        looked.map_err(|error| caller.refuse(error))?;
    }
    Ok(message(&caller, "Call connected", &call))
}

pub(super) async fn end(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
    Checked(body): Checked<EndCall>,
) -> Answer<Message> {
    let command = Command::End {
        actor: caller.actor(),
        reason: body.reason,
    };
    let call = apply(&service, &caller, id, command).await?;
    Ok(message(&caller, "Call ended", &call))
}

pub(super) async fn leave(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
) -> Answer<Message> {
    let actor = caller.actor();
    let call = apply(&service, &caller, id, Command::Leave { actor }).await?;
    Ok(message(&caller, "Call left", &call))
}

pub(super) async fn invite(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
    Checked(body): Checked<InviteRequest>,
) -> Answer<Message> {
    let id = id.0.ok_or_else(Refusal::call_not_found)?;
    let (church, actor) = (&caller.signed_in.church, caller.actor());
    let invited = service.calls.invite(church, &id, &actor, &body);
    let call = invited.await.map_err(|error| caller.refuse(error))?;
    Ok(message(&caller, "Members invited", &call))
}

pub(super) async fn participant(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
    Checked(PatchBody { flags, hold }): Checked<PatchBody>,
) -> Answer<Message> {
    let SignedIn { church, member, .. } = &caller.signed_in;
    let admitted = service.patches.admit(church, member);
    admitted.map_err(Refusal::too_many_changes)?;
    if let (Some(id), Some(hold)) = (&id.0, &hold) {
        let (church, actor) = (&caller.signed_in.church, caller.actor());
        let held = service.calls.hold(church, id, &actor, hold);
        held.await.map_err(|error| caller.refuse(error))?;
    }
    let command = Command::Patch {
        actor: caller.actor(),
        flags,
    };
    let call = apply(&service, &caller, id, command).await?;
    Ok(message(&caller, "Participant updated", &call))
}

pub(super) async fn ringing(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
) -> Answer<RingingResponse> {
    let actor = caller.actor();
    let command = Command::Ringing {
        actor: actor.clone(),
    };
    let call = apply(&service, &caller, id, command).await?;
    let join_ahead = service.calls.join_ahead(&call, &actor);
    let join_ahead = join_ahead.map_err(|error| caller.refuse(error))?;
    let (member, now) = (&actor.member_id, now_ms());
    let response = ledger::ringing_response(&call, member, join_ahead, now);
    Ok(Json(response))
}

pub(super) async fn token(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
) -> Answer<TokenResponse> {
    let id = id.0.ok_or_else(Refusal::call_not_found)?;
    let church = &caller.signed_in.church;
    let admitted = service.calls.token(church, &id, &caller.actor()).await;
    let admitted = admitted.map_err(|error| caller.refuse(error))?;
    Ok(Json(TokenResponse {
        access: admitted.access,
        rev: admitted.call.rev(),
    }))
}

pub(super) async fn active(
    State(service): Server,
    caller: Caller,
) -> Answer<Option<ActiveCallInfo>> {
    let signed_in = &caller.signed_in;
    let active = service.calls.active(&signed_in.church, &signed_in.member);
    Ok(Json(active.await.map_err(|error| caller.refuse(error))?))
}

#[derive(Default, Deserialize)]
pub(super) struct SyncQuery {
    #[serde(default)]
    known: String,
}

pub(super) async fn sync(
    State(service): Server,
    caller: Caller,
    query: Result<Query<SyncQuery>, QueryRejection>,
) -> Answer<SyncResponse> {
    let signed_in = &caller.signed_in;
    // Like an entry that makes no sense: nothing is known, and all is told.
    let Query(query) = query.unwrap_or_default();
    let known = parse_known(&query.known);
    let synced = service
        .calls
        .sync(&signed_in.church, &signed_in.member, &known);
    Ok(Json(synced.await.map_err(|error| caller.refuse(error))?))
}

pub(super) async fn call(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
) -> Answer<SnapshotResponse> {
    let actor = caller.actor();
    let call = apply(&service, &caller, id, Command::Heard { actor }).await?;
    let member = &caller.signed_in.member;
    Ok(Json(ledger::snapshot_response(&call, member, now_ms())))
}

/// The device that the path names.
#[derive(Deserialize)]
pub(super) struct DevicePath {
    device_id: DeviceId,
}

type DeviceInPath = Result<Path<DevicePath>, PathRejection>;

pub(super) async fn register(
    State(service): Server,
    caller: Caller,
    device: DeviceInPath,
    Checked(body): Checked<RegisterDevice>,
) -> Answer<Message> {
    let Path(DevicePath { device_id }) = device.map_err(|_| Refusal::bad_device_id())?;
    let SignedIn { church, member, .. } = &caller.signed_in;
    let registered = service.calls.register(church, member, &device_id, &body);
    registered.await.map_err(|error| caller.refuse(error))?;
    Ok(done("Device registered"))
}

pub(super) async fn unregister(
    State(service): Server,
    caller: Caller,
    device: DeviceInPath,
) -> Answer<Message> {
    let Path(DevicePath { device_id }) = device.map_err(|_| Refusal::bad_device_id())?;
    let SignedIn { church, member, .. } = &caller.signed_in;
    let forgotten = service.calls.unregister(church, member, &device_id);
    forgotten.await.map_err(|error| caller.refuse(error))?;
    Ok(done("Device forgotten"))
}

fn done(text: &str) -> Json<Message> {
    Json(Message {
        message: text.to_owned(),
        call: None,
    })
}

async fn apply(
    service: &Service,
    caller: &Caller,
    id: CallInPath,
    command: Command,
) -> Result<Call, Refusal> {
    let id = id.0.ok_or_else(Refusal::call_not_found)?;
    let applied = service.calls.apply(&caller.signed_in.church, &id, &command);
    applied.await.map_err(|error| caller.refuse(error))
}

fn message(caller: &Caller, text: &str, call: &Call) -> Json<Message> {
    Json(ledger::confirmation(text, call, &caller.actor(), now_ms()))
}

fn call_response(caller: &Caller, admitted: Admitted) -> Json<CallResponse> {
    let Admitted { call, access } = admitted;
    let (actor, now) = (caller.actor(), now_ms());
    Json(ledger::call_response(&call, &actor, access, now))
}
