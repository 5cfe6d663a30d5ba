//! Which route a request takes, and how the body of its answer is read.

use faithcall_protocol::machine::{Reply, Request};
use faithcall_protocol::rest::{BASE_PATH, DEVICES_PATH, known_entry};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

/// A request as HTTP sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route<'a> {
    pub(super) verb: Verb,
    /// `/api/calls`, for devices `/api/devices`.
    pub(super) base: &'static str,
    /// Below it.
    pub(super) segments: Vec<&'a str>,
    pub(super) query: Option<String>,
    /// JSON.
    pub(super) body: Option<Vec<u8>>,
    /// For logs: the route without what is particular to this request.
    pub(super) name: &'static str,
}

pub(super) fn route(request: &Request) -> Route<'_> {
    use Verb::{Delete, Get, Patch, Post, Put};
    match request {
        Request::Create(body) => with(Post, vec![], Some(json(body)), "create"),
        Request::Accept { call_id, make_way } => {
            let body = make_way.as_ref().map(json);
            with(Post, vec![call_id.as_str(), "accept"], body, "accept")
        }
        Request::Reject { call_id, body } => with(
            Post,
            vec![call_id.as_str(), "reject"],
            Some(json(body)),
            "reject",
        ),
        Request::Cancel { call_id } => with(Post, vec![call_id.as_str(), "cancel"], None, "cancel"),
        Request::Connected { call_id } => {
            with(Post, vec![call_id.as_str(), "connected"], None, "connected")
        }
        Request::End { call_id, body } => {
            with(Post, vec![call_id.as_str(), "end"], Some(json(body)), "end")
        }
        Request::Leave { call_id } => with(Post, vec![call_id.as_str(), "leave"], None, "leave"),
        Request::Invite { call_id, body } => with(
            Post,
            vec![call_id.as_str(), "invite"],
            Some(json(body)),
            "invite",
        ),
        Request::Hold { call_id, body } => with(
            Patch,
            vec![call_id.as_str(), "participant"],
            Some(json(body)),
            "hold",
        ),
        Request::Patch { call_id, body } => with(
            Patch,
            vec![call_id.as_str(), "participant"],
            Some(json(body)),
            "participant",
        ),
        Request::Active => with(Get, vec!["active"], None, "active"),
        Request::Get { call_id } => with(Get, vec![call_id.as_str()], None, "get"),
        Request::Sync { known } => {
            let known: Vec<String> = known
                .iter()
                .map(|(call, rev)| known_entry(call, *rev))
                .collect();
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("known", &known.join(","))
                .finish();
            Route {
                query: Some(query),
                ..with(Get, vec!["sync"], None, "sync")
            }
        }
        Request::Ringing { call_id } => {
            with(Post, vec![call_id.as_str(), "ringing"], None, "ringing")
        }
        Request::Token { call_id } => with(Post, vec![call_id.as_str(), "token"], None, "token"),
        Request::History => Route {
            query: Some("page=1".to_owned()),
            ..with(Get, vec!["history"], None, "history")
        },
        Request::Register { device_id, body } => Route {
            base: DEVICES_PATH,
            ..with(Put, vec![device_id.as_str()], Some(json(body)), "register")
        },
        Request::Forget { device_id } => Route {
            base: DEVICES_PATH,
            ..with(Delete, vec![device_id.as_str()], None, "forget")
        },
    }
}

pub(super) fn with<'a>(
    verb: Verb,
    segments: Vec<&'a str>,
    body: Option<Vec<u8>>,
    name: &'static str,
) -> Route<'a> {
    Route {
        verb,
        base: BASE_PATH,
        segments,
        query: None,
        body,
        name,
    }
}

/// The bodies of the contract always have a form in JSON.
pub(super) fn json<T: Serialize>(body: &T) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

/// Reads the body of a 2xx. `None`: not of the contract.
pub(super) fn reply(request: &Request, body: &[u8]) -> Option<Reply> {
    Some(match request {
        Request::Create(_) | Request::Accept { .. } => Reply::Call(read(body)?),
        Request::Reject { .. }
        | Request::Cancel { .. }
        | Request::Connected { .. }
        | Request::End { .. }
        | Request::Leave { .. }
        | Request::Invite { .. }
        | Request::Hold { .. }
        | Request::Register { .. }
        | Request::Forget { .. }
        | Request::Patch { .. } => Reply::Message(read(body)?),
        Request::Active => Reply::Active(read(body)?),
        Request::Get { .. } => Reply::Snapshot(read(body)?),
        Request::Sync { .. } => Reply::Sync(read(body)?),
        Request::Ringing { .. } => Reply::Ringing(read(body)?),
        Request::Token { .. } => Reply::Token(read(body)?),
        Request::History => Reply::History(read(body)?),
    })
}

/// `None`: not what was expected; the log says where, and not what.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    match serde_json::from_slice(body) {
        Ok(value) => Some(value),
        Err(error) => {
            // The error's own words may quote the body.
            let (line, column) = (error.line(), error.column());
            tracing::warn!(line, column, "an answer that is not of the contract");
            None
        }
    }
}
