//! The routes about calls that are over.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, header};
use faithcall_protocol::rest::{CallFeedback, CallStats, HistoryPage, Message};

use super::body::{Checked, Parameters};
use super::caller::Caller;
use super::refusal::Refusal;
use super::routes::CallInPath;
use crate::service::Service;

type Answer<T> = Result<Json<T>, Refusal>;
type Server = State<Arc<Service>>;
type Asked = Result<Query<HashMap<String, String>>, QueryRejection>;
type KeptAnswer<T> = Result<([(HeaderName, HeaderValue); 1], Json<T>), Refusal>;

/// The member's own app may show what is over for so long without asking again, as part A has it.
/// What goes on is asked for anew each time: there part A's same word would keep a device from
/// the truth.
const KEPT: (HeaderName, HeaderValue) = (
    header::CACHE_CONTROL,
    HeaderValue::from_static("private, max-age=30"),
);

pub(super) async fn history(
    State(service): Server,
    caller: Caller,
    asked: Asked,
) -> KeptAnswer<HistoryPage> {
    let mut parameters = Parameters::new(asked.unwrap_or_default().0);
    let page = parameters.number("page", 1, 1, u32::MAX);
    let page_size = parameters.number("page_size", 20, 1, 100);
    let call_type = parameters.word("call_type", "'voice' or 'video'");
    parameters.check()?;
    let (church, member) = (&caller.signed_in.church, &caller.signed_in.member);
    let found = service
        .calls
        .history(church, member, page, page_size, call_type);
    let page = found.await.map_err(|error| caller.refuse(error))?;
    Ok(([KEPT], Json(page)))
}

pub(super) async fn stats(
    State(service): Server,
    caller: Caller,
    asked: Asked,
) -> KeptAnswer<CallStats> {
    let mut parameters = Parameters::new(asked.unwrap_or_default().0);
    let days = parameters.number("days", 30, 1, 365);
    parameters.check()?;
    let (church, member) = (&caller.signed_in.church, &caller.signed_in.member);
    let stats = service.calls.stats(church, member, days).await;
    let stats = stats.map_err(|error| caller.refuse(error))?;
    Ok(([KEPT], Json(stats)))
}

pub(super) async fn feedback(
    State(service): Server,
    caller: Caller,
    id: CallInPath,
    Checked(feedback): Checked<CallFeedback>,
) -> Answer<Message> {
    let id = id.0.ok_or_else(Refusal::call_not_found)?;
    let (church, member) = (&caller.signed_in.church, &caller.signed_in.member);
    let kept = service.calls.feedback(church, member, &id, &feedback);
    kept.await.map_err(|error| caller.refuse(error))?;
    Ok(Json(Message {
        message: "Feedback kept".to_owned(),
        call: None,
    }))
}
