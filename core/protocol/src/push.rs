//! The payload of a push, in either direction of trust: written by the server, read from outside.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use std::collections::BTreeMap;

use crate::bounds::RING_MS;
use crate::end::EndReason;
use crate::id::{CallId, MemberId, Rev};
use crate::media::CallType;
use crate::redact::Personal;
use crate::rest::PushService;

/// A push as an app's message handler sees it: every value a string.
pub type PushFields = BTreeMap<String, String>;

/// A push of ours.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Push {
    /// Which call.
    pub call_id: CallId,
    /// The call's revision when it was written.
    pub rev: Rev,
    /// What it says.
    pub kind: PushKind,
}

/// What a push says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushKind {
    /// Somebody calls.
    Invite {
        /// Voice or video.
        call_type: CallType,
        /// Who calls.
        caller_id: MemberId,
        /// Its display name.
        caller_name: Personal,
        /// Its picture.
        caller_avatar: Option<Personal>,
        /// Whom it is for: a device may have changed hands.
        callee_id: MemberId,
        /// Ring time left, in milliseconds, counted from arrival; never more than [`RING_MS`].
        ring_expires_in_ms: u64,
    },
    /// The ringing stopped without this device.
    Over {
        /// Why, where it was said and is known.
        reason: Option<EndReason>,
    },
}

/// Why a push is not ours or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PushError {
    /// Not one of ours: leave it to the app's other handlers.
    #[error("not a FaithCall push: hand it to the app's other handlers")]
    NotOurs,
    /// A field is missing or has a value that makes no sense.
    #[error(
        "the push field '{0}' is missing or not of the contract: is the server's version newer than this app's?"
    )]
    Field(&'static str),
}

impl PushKind {
    /// Whether it may be sent that way: an app that PushKit wakes must show a call, so nothing but
    /// calls goes there.
    pub fn goes_by(&self, service: PushService) -> bool {
        match (self, service) {
            (Self::Invite { .. }, PushService::Fcm | PushService::ApnsVoip) => true,
            (Self::Over { .. }, PushService::Fcm) => true,
            (Self::Over { .. }, PushService::ApnsVoip) => false,
        }
    }
}

impl Push {
    /// It is about a call of this member, as far as it says whose: a device may have changed hands.
    pub fn is_for(&self, member: &MemberId) -> bool {
        match &self.kind {
            PushKind::Invite { callee_id, .. } => callee_id == member,
            PushKind::Over { .. } => true,
        }
    }

    /// Writes a push, so that [`Push::parse`] reads it.
    pub fn fields(&self) -> PushFields {
        let mut fields = PushFields::new();
        let mut put = |name: &str, value: String| drop(fields.insert(name.to_owned(), value));
        put("faithcall", "1".to_owned());
        put("call_id", self.call_id.to_string());
        put("rev", self.rev.to_string());
        match &self.kind {
            PushKind::Invite {
                call_type,
                caller_id,
                caller_name,
                caller_avatar,
                callee_id,
                ring_expires_in_ms,
            } => {
                put("type", "call_invite".to_owned());
                put("call_type", call_type.word().to_owned());
                put("caller_id", caller_id.to_string());
                put("caller_name", caller_name.expose().to_owned());
                if let Some(avatar) = caller_avatar {
                    put("caller_avatar", avatar.expose().to_owned());
                }
                put("callee_id", callee_id.to_string());
                put("ring_expires_in_ms", ring_expires_in_ms.to_string());
            }
            PushKind::Over { reason } => {
                put("type", "call_over".to_owned());
                if let Some(reason) = reason {
                    put("reason", reason.word().to_owned());
                }
            }
        }
        fields
    }

    /// Reads a push. Fields that it does not know are left alone.
    pub fn parse(fields: &PushFields) -> Result<Self, PushError> {
        if fields.get("faithcall").map(String::as_str) != Some("1") {
            return Err(PushError::NotOurs);
        }
        let kind = match fields.get("type").map(String::as_str) {
            Some("call_invite") => PushKind::Invite {
                call_type: word(text(fields, "call_type")?).ok_or(PushError::Field("call_type"))?,
                caller_id: parsed(fields, "caller_id")?,
                caller_name: Personal::new(text(fields, "caller_name")?),
                caller_avatar: fields.get("caller_avatar").map(Personal::new),
                callee_id: parsed(fields, "callee_id")?,
                ring_expires_in_ms: parsed::<u64>(fields, "ring_expires_in_ms")?.min(RING_MS),
            },
            Some("call_over") => PushKind::Over {
                reason: fields.get("reason").and_then(|reason| word(reason)),
            },
            _ => return Err(PushError::Field("type")),
        };
        Ok(Self {
            call_id: parsed(fields, "call_id")?,
            rev: Rev(parsed(fields, "rev")?),
            kind,
        })
    }
}

fn text<'a>(fields: &'a PushFields, name: &'static str) -> Result<&'a str, PushError> {
    fields
        .get(name)
        .map(String::as_str)
        .ok_or(PushError::Field(name))
}

/// One of the contract's words; none where it is not known.
fn word<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(text.into()).ok()
}

fn parsed<T: std::str::FromStr>(fields: &PushFields, name: &'static str) -> Result<T, PushError> {
    text(fields, name)?
        .parse()
        .map_err(|_| PushError::Field(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> PushFields {
        [
            ("faithcall", "1"),
            ("type", "call_invite"),
            ("call_id", "c1"),
            ("rev", "3"),
            ("call_type", "video"),
            ("caller_id", "alice"),
            ("caller_name", "Alice"),
            ("callee_id", "bob"),
            ("ring_expires_in_ms", "90000"),
            ("future_field", "x"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into()
    }

    #[test]
    fn an_invite_rings_for_45_seconds_at_most() {
        let push = Push::parse(&invite()).unwrap();
        let PushKind::Invite {
            ring_expires_in_ms, ..
        } = push.kind
        else {
            panic!("{push:?}")
        };
        assert_eq!(ring_expires_in_ms, RING_MS);
    }

    #[test]
    fn a_push_of_somebody_else_is_left_alone() {
        assert_eq!(Push::parse(&PushFields::new()), Err(PushError::NotOurs));
    }

    #[test]
    fn each_missing_field_is_named() {
        for field in [
            "call_id",
            "rev",
            "call_type",
            "caller_id",
            "caller_name",
            "callee_id",
        ] {
            let mut fields = invite();
            fields.remove(field);
            assert_eq!(Push::parse(&fields), Err(PushError::Field(field)));
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let of = |kind| Push {
            call_id: "c1".parse().unwrap(),
            rev: Rev(7),
            kind,
        };
        let invite = |caller_avatar| PushKind::Invite {
            call_type: CallType::Video,
            caller_id: "alice".parse().unwrap(),
            caller_name: Personal::new("Alice"),
            caller_avatar,
            callee_id: "bob".parse().unwrap(),
            ring_expires_in_ms: 44_999,
        };
        let over = |reason| PushKind::Over { reason };
        let reasons = [
            EndReason::Normal,
            EndReason::Missed,
            EndReason::Rejected,
            EndReason::Busy,
            EndReason::Failed,
            EndReason::NetworkError,
            EndReason::Timeout,
            EndReason::Cancelled,
        ];
        let invites = [None, Some(Personal::new("a.jpg"))].map(invite);
        let overs = reasons.map(|reason| over(Some(reason)));
        for kind in invites.into_iter().chain(overs).chain([over(None)]) {
            let push = of(kind);
            assert_eq!(Push::parse(&push.fields()), Ok(push));
        }
    }

    #[test]
    fn an_unknown_reason_is_no_reason() {
        let mut fields = invite();
        fields.insert("type".into(), "call_over".into());
        fields.insert("reason".into(), "abducted".into());
        assert_eq!(
            Push::parse(&fields).unwrap().kind,
            PushKind::Over { reason: None }
        );
    }
}
