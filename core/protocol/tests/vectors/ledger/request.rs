//! What is asked of a server, and what happens to it: as scenes write it, and as commands.

use faithcall_protocol::id::{CallId, DeviceId, MemberId};
use faithcall_protocol::ledger::{Command, InRoom, RoomHint};
use faithcall_protocol::rest::{Actor, EndCall, PatchParticipant, RejectCall, RejectScope};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One step: a request, or an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) at_ms: u64,
    /// About which call.
    pub(super) call: CallId,
    /// `member/device`, or `member` for a nameless device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<Request>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<Event>,
    #[serde(default)]
    pub(super) expect: Value,
}

/// The routes that change a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    /// `POST /`, with the step's `call` as its `call_id`.
    Create,
    Ringing,
    Accept,
    Reject,
    Cancel,
    Connected,
    End,
    Leave,
    Invite,
    /// `PATCH /participant`, of the flags or of `is_on_hold`.
    Participant,
    /// `GET /{id}`, and whatever else only says that the device is there.
    Get,
}

/// What happens without a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Event {
    /// The room's participant list.
    RoomList {
        asked_at_ms: u64,
        present: Vec<Present>,
    },
    /// LiveKit's webhook says that this identity came.
    RoomJoined {
        identity: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
    },
    /// LiveKit's webhook says that it went.
    RoomLeft {
        identity: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
        client_initiated: bool,
    },
    /// The member may use the server no more.
    Revoked { member_id: MemberId },
    /// The media server did not make the room for the create.
    RoomUnavailable,
    /// The call's deadline is reached.
    Tick,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Present {
    identity: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    is_active: bool,
}

impl Event {
    pub(super) fn command(&self, start_ms: u64) -> Command {
        match self {
            Self::RoomList {
                asked_at_ms,
                present,
            } => Command::RoomList {
                present: present
                    .iter()
                    .map(|seen| InRoom {
                        identity: seen.identity.clone(),
                        session: seen.session.clone(),
                        is_active: seen.is_active,
                    })
                    .collect(),
                asked_at_ms: start_ms + asked_at_ms,
            },
            Self::RoomJoined { identity, session } => Command::RoomHint {
                identity: identity.clone(),
                session: session.clone(),
                hint: RoomHint::Joined,
            },
            Self::RoomLeft {
                identity,
                session,
                client_initiated,
            } => Command::RoomHint {
                identity: identity.clone(),
                session: session.clone(),
                hint: RoomHint::Left {
                    client_initiated: *client_initiated,
                },
            },
            Self::Revoked { member_id } => Command::Revoke {
                member: member_id.clone(),
            },
            Self::RoomUnavailable => Command::RoomUnavailable,
            Self::Tick => Command::Tick,
        }
    }
}

impl Step {
    /// The request or the event, for whoever reads of a difference.
    pub(super) fn what(&self) -> String {
        match (&self.request, &self.event) {
            (Some(request), _) => format!("{request:?}"),
            (None, Some(event)) => format!("{event:?}"),
            (None, None) => "nothing".to_owned(),
        }
    }

    /// Whose device asks.
    pub(super) fn actor(&self) -> Result<Actor, String> {
        actor(self.from.as_deref().ok_or("a request is from somebody")?)
    }

    /// The request's body; none is as good as an empty one.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, String> {
        let body = self.body.clone();
        let body = body.unwrap_or_else(|| Value::Object(Map::new()));
        serde_json::from_value(body).map_err(|error| format!("the body: {error}"))
    }

    /// There is a body that holds or resumes, and so has more to look at than the flags.
    pub(super) fn holds(&self) -> bool {
        let hold = self.body.as_ref().and_then(|body| body.get("is_on_hold"));
        hold.is_some()
    }

    pub(super) fn has_body(&self) -> bool {
        self.body.is_some()
    }

    /// A request that needs no look at other calls. `reachable`: the member's devices with a push
    /// token.
    pub(super) fn command(
        &self,
        request: Request,
        reachable: Vec<DeviceId>,
    ) -> Result<Command, String> {
        let actor = self.actor()?;
        Ok(match request {
            Request::Ringing => Command::Ringing { actor },
            Request::Reject => {
                let RejectCall { reason, scope } = self.body()?;
                let reachable = match scope {
                    RejectScope::Member => Vec::new(),
                    RejectScope::Device => reachable,
                };
                Command::Reject {
                    actor,
                    reason,
                    scope,
                    reachable,
                }
            }
            Request::Cancel => Command::Cancel { actor },
            Request::Connected => Command::Connected { actor },
            Request::End => {
                let EndCall { reason } = self.body()?;
                Command::End { actor, reason }
            }
            Request::Leave => Command::Leave { actor },
            Request::Participant => {
                let flags: PatchParticipant = self.body()?;
                Command::Patch { actor, flags }
            }
            Request::Get => Command::Heard { actor },
            Request::Create | Request::Accept | Request::Invite => {
                return Err("asked of the member's other calls too".to_owned());
            }
        })
    }
}

/// `member/device`, or `member`.
pub(super) fn actor(text: &str) -> Result<Actor, String> {
    let (member, device) = match text.split_once('/') {
        Some((member, device)) => (member, Some(device)),
        None => (text, None),
    };
    let told = |error: &dyn std::fmt::Display| format!("{text}: {error}");
    let device = device.map(str::parse).transpose();
    Ok(Actor {
        member_id: member.parse().map_err(|error| told(&error))?,
        device_id: device.map_err(|error| told(&error))?,
    })
}
