//! Bodies read field by field, so that a bad one is refused in part A's words:
//! 422 with a list of `{type, loc, msg, input}`.

mod feedback;
mod invite;
mod query;

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use faithcall_protocol::id::{CallId, MemberId};
use faithcall_protocol::media::CallType;
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::{
    CreateCall, EndCall, ErrorCode, MakeWay, PatchHold, PatchParticipant, RegisterDevice,
    RejectCall, RejectReason, RejectScope,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::refusal::Refusal;

pub(super) use query::Parameters;

/// Largest body that is read, in bytes. The largest honest one names a few callees.
pub(super) const MAX_BODY_BYTES: usize = 16 * 1024;

/// A request's body, checked.
pub(super) struct Checked<T>(pub(super) T);

/// A body of the contract.
pub(super) trait Body: Sized {
    /// Nothing stands for `{}`.
    const MAY_BE_MISSING: bool = false;

    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

impl<S: Send + Sync, T: Body> FromRequest<S> for Checked<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let bytes = axum::body::to_bytes(request.into_body(), MAX_BODY_BYTES)
            .await
            .map_err(|_| too_large().into_response())?;
        read(&bytes).map(Self).map_err(IntoResponse::into_response)
    }
}

fn too_large() -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::Invalid,
        "The body is larger than any request needs",
    )
}

/// 422 with these errors.
pub(super) fn invalid(errors: Vec<Value>) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::Invalid, errors)
}

/// One validation error in part A's form.
pub(super) fn error(kind: &str, loc: &[&str], msg: &str, input: &Value) -> Value {
    json!({"type": kind, "loc": loc, "msg": msg, "input": input})
}

fn read<T: Body>(bytes: &[u8]) -> Result<T, Refusal> {
    let null = Value::Null;
    let bytes = if bytes.is_empty() && T::MAY_BE_MISSING {
        b"{}"
    } else {
        bytes
    };
    if bytes.is_empty() {
        let missing = error("missing", &["body"], "Field required", &null);
        return Err(invalid(vec![missing]));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| {
        let bad = error("json_invalid", &["body"], "JSON decode error", &json!({}));
        invalid(vec![bad])
    })?;
    let Value::Object(object) = &value else {
        let msg = "Input should be a valid dictionary or object to extract fields from";
        let kind = "model_attributes_type";
        return Err(invalid(vec![error(kind, &["body"], msg, &value)]));
    };
    let mut fields = Fields {
        object,
        whole: &value,
        errors: Vec::new(),
    };
    let body = T::read(&mut fields);
    match body {
        Some(body) if fields.errors.is_empty() => Ok(body),
        _ => Err(invalid(fields.errors)),
    }
}

/// The fields of one body, and what is wrong with those looked at so far.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    whole: &'a Value,
    errors: Vec<Value>,
}

impl Fields<'_> {
    /// A field that is there and not null.
    fn present(&self, name: &str) -> Option<Value> {
        self.object
            .get(name)
            .filter(|value| !value.is_null())
            .cloned()
    }

    fn fail(&mut self, kind: &str, loc: &[&str], msg: &str, input: &Value) {
        let mut full = vec!["body"];
        full.extend(loc);
        self.errors.push(error(kind, &full, msg, input));
    }

    fn missing(&mut self, name: &str) {
        let whole = self.whole.clone();
        self.fail("missing", &[name], "Field required", &whole);
    }

    /// One of the words that `T` knows, which `expected` lists as part A writes them.
    fn word<T: DeserializeOwned>(&mut self, name: &str, expected: &str) -> Option<T> {
        let value = self.object.get(name)?.clone();
        match serde_json::from_value(value.clone()) {
            Ok(word) => Some(word),
            Err(_) => {
                let bad = json!({
                    "type": "enum",
                    "loc": ["body", name],
                    "msg": format!("Input should be {expected}"),
                    "input": value,
                    "ctx": {"expected": expected},
                });
                self.errors.push(bad);
                None
            }
        }
    }

    fn required_word<T: DeserializeOwned>(&mut self, name: &str, expected: &str) -> Option<T> {
        if !self.object.contains_key(name) {
            self.missing(name);
        }
        self.word(name, expected)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.present(name)? {
            Value::String(text) => Some(text),
            other => {
                let msg = "Input should be a valid string";
                self.fail("string_type", &[name], msg, &other);
                None
            }
        }
    }

    fn bounded_text(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        if text.len() > MAX_REGISTERED_BYTES {
            let msg = format!("String should have at most {MAX_REGISTERED_BYTES} characters");
            self.fail("string_too_long", &[name], &msg, &Value::Null);
            return None;
        }
        Some(text)
    }

    fn switch(&mut self, name: &str) -> Option<bool> {
        match self.present(name)? {
            Value::Bool(switch) => Some(switch),
            other => {
                let msg = "Input should be a valid boolean";
                self.fail("bool_type", &[name], msg, &other);
                None
            }
        }
    }

    fn callees(&mut self) -> Option<Vec<MemberId>> {
        const NAME: &str = "callee_ids";
        let Some(value) = self.object.get(NAME).cloned() else {
            self.missing(NAME);
            return None;
        };
        let Value::Array(entries) = &value else {
            self.fail("list_type", &[NAME], "Input should be a valid list", &value);
            return None;
        };
        if entries.is_empty() {
            let msg = "List should have at least 1 item after validation, not 0";
            self.fail("too_short", &[NAME], msg, &value);
        }
        let mut callees: Vec<MemberId> = Vec::new();
        for (entry, place) in entries.iter().zip(0..) {
            let at = format!("{place}");
            match entry.as_str().map(str::parse::<MemberId>) {
                None => {
                    let msg = "Input should be a valid string";
                    self.fail("string_type", &[NAME, &at], msg, entry);
                }
                Some(Err(bad)) => {
                    let msg = format!("Value error, {bad}");
                    self.fail("value_error", &[NAME, &at], &msg, entry);
                }
                Some(Ok(callee)) if callees.contains(&callee) => {
                    let msg = "Value error, a callee must not be named twice";
                    self.fail("value_error", &[NAME, &at], msg, entry);
                }
                Some(Ok(callee)) => callees.push(callee),
            }
        }
        Some(callees)
    }

    fn call_id(&mut self, name: &str) -> Option<CallId> {
        let text = self.text(name)?;
        let id = call_id(&text);
        if id.is_none() {
            let msg = "Input should be a valid UUID";
            self.fail("uuid_parsing", &[name], msg, &Value::String(text));
        }
        id
    }

    /// What is there, of two fields that exclude each other.
    fn excludes(&mut self, name: &str, other: &str) {
        if self.present(name).is_some() && self.present(other).is_some() {
            let msg = format!("Value error, {name} and {other} exclude each other");
            let whole = self.whole.clone();
            self.fail("value_error", &[name], &msg, &whole);
        }
    }
}

impl Body for CreateCall {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let callee_ids = fields.callees();
        let call_type: Option<CallType> = fields.required_word("call_type", "'voice' or 'video'");
        let call_id = fields.call_id("call_id");
        let community_id = fields.text("community_id");
        let subgroup_id = fields.text("subgroup_id");
        Some(Self {
            callee_ids: callee_ids?,
            call_type: call_type?,
            call_id,
            community_id,
            subgroup_id,
        })
    }
}

/// The body of an accept: what becomes of the call that the member is in.
pub(super) struct AcceptBody(pub(super) Option<MakeWay>);

impl Body for AcceptBody {
    const MAY_BE_MISSING: bool = true;

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        fields.excludes("hold", "end");
        let hold = fields.call_id("hold").map(MakeWay::Hold);
        let end = fields.call_id("end").map(MakeWay::End);
        Some(Self(hold.or(end)))
    }
}

impl Body for RejectCall {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let reason: Option<RejectReason> = fields.required_word("reason", "'rejected' or 'busy'");
        let scope: Option<RejectScope> = fields.word("scope", "'member' or 'device'");
        Some(Self {
            reason: reason?,
            scope: scope.unwrap_or_default(),
        })
    }
}

impl Body for EndCall {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        const REASONS: &str = "'normal', 'missed', 'rejected', 'busy', 'failed', 'network_error', \
             'timeout' or 'cancelled'";
        let reason = match fields.present("reason") {
            None => None,
            Some(_) => fields.word("reason", REASONS),
        };
        Some(Self { reason })
    }
}

/// The body of a participant's PATCH: its media, and whether it holds the call.
#[derive(Debug)]
pub(super) struct PatchBody {
    pub(super) flags: PatchParticipant,
    pub(super) hold: Option<PatchHold>,
}

impl Body for PatchBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let flags = PatchParticipant {
            is_muted: fields.switch("is_muted"),
            is_video_enabled: fields.switch("is_video_enabled"),
            is_speaker_on: fields.switch("is_speaker_on"),
        };
        let is_on_hold = fields.switch("is_on_hold");
        let hold = fields.call_id("hold");
        if let Some(other) = &hold
            && is_on_hold != Some(false)
        {
            let msg =
                "Value error, a call is held in the place of one that is_on_hold: false resumes";
            let input = Value::String(other.to_string());
            fields.fail("value_error", &["hold"], msg, &input);
        }
        Some(Self {
            flags,
            hold: is_on_hold.map(|is_on_hold| PatchHold { is_on_hold, hold }),
        })
    }
}

/// Longest text in a registration, in bytes. The services' tokens stay far below it.
const MAX_REGISTERED_BYTES: usize = 4096;

impl Body for RegisterDevice {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let platform = fields.required_word("platform", "'android', 'ios', 'desktop' or 'web'");
        let push_kind = match fields.present("push_kind") {
            None => None,
            Some(_) => fields.word("push_kind", "'fcm' or 'apns_voip'"),
        };
        let push_token = fields.bounded_text("push_token");
        if push_token.is_some() != fields.present("push_kind").is_some() {
            let msg = "Value error, push_token and push_kind go together";
            fields.fail("value_error", &["push_kind"], msg, &Value::Null);
        }
        let call_waiting = fields.switch("call_waiting").unwrap_or_default();
        let device_key = fields.bounded_text("device_key");
        Some(Self {
            platform: platform?,
            push_token: push_token.map(Secret::new),
            push_kind,
            call_waiting,
            device_key,
        })
    }
}

/// A call's id, however its UUID is written: one call never has two names.
pub(super) fn call_id(text: &str) -> Option<CallId> {
    Uuid::try_parse(text).ok()?.to_string().parse().ok()
}

/// The refusal of a create that names the caller itself.
pub(super) fn call_to_oneself(caller: &MemberId) -> Refusal {
    let msg = "Value error, a member cannot call itself";
    let input = Value::String(caller.to_string());
    invalid(vec![error(
        "value_error",
        &["body", "callee_ids"],
        msg,
        &input,
    )])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors<T: Body>(body: &str) -> Vec<(String, Value)> {
        let Err(refusal) = read::<T>(body.as_bytes()) else {
            return Vec::new();
        };
        let list = refusal.detail().as_array().unwrap().clone();
        let short = |e: Value| (e["type"].as_str().unwrap().to_owned(), e["loc"].clone());
        list.into_iter().map(short).collect()
    }

    #[test]
    fn every_bad_create_is_named_by_its_field() {
        for (body, kind, loc) in [
            (
                r#"{"call_type":"voice"}"#,
                "missing",
                json!(["body", "callee_ids"]),
            ),
            (
                r#"{"callee_ids":["b"]}"#,
                "missing",
                json!(["body", "call_type"]),
            ),
            (
                r#"{"callee_ids":[],"call_type":"voice"}"#,
                "too_short",
                json!(["body", "callee_ids"]),
            ),
            (
                r#"{"callee_ids":["b","b"],"call_type":"voice"}"#,
                "value_error",
                json!(["body", "callee_ids", "1"]),
            ),
            (
                r#"{"callee_ids":["a/b"],"call_type":"voice"}"#,
                "value_error",
                json!(["body", "callee_ids", "0"]),
            ),
            (
                r#"{"callee_ids":"b","call_type":"voice"}"#,
                "list_type",
                json!(["body", "callee_ids"]),
            ),
            (
                r#"{"callee_ids":["b"],"call_type":"hologram"}"#,
                "enum",
                json!(["body", "call_type"]),
            ),
            (
                r#"{"callee_ids":["b"],"call_type":"voice","call_id":"7"}"#,
                "uuid_parsing",
                json!(["body", "call_id"]),
            ),
            ("[]", "model_attributes_type", json!(["body"])),
            ("{", "json_invalid", json!(["body"])),
            ("", "missing", json!(["body"])),
        ] {
            assert_eq!(
                errors::<CreateCall>(body),
                [(kind.to_owned(), loc)],
                "{body}"
            );
        }
    }

    #[test]
    fn a_call_has_one_name_however_its_uuid_is_written() {
        let one = call_id("6f1c1f9e-3f0a-4c8e-9d8e-0f2f6f3f1a11");
        assert!(one.is_some());
        assert_eq!(call_id("6F1C1F9E-3F0A-4C8E-9D8E-0F2F6F3F1A11"), one);
        assert_eq!(call_id("nowhere"), None);
    }

    #[test]
    fn a_good_body_is_read_whatever_else_it_holds() {
        let body = r#"{"callee_ids":["b"],"call_type":"video","call_id":null,"later":{"x":1}}"#;
        let create = read::<CreateCall>(body.as_bytes()).unwrap();
        assert_eq!(create.call_type, CallType::Video);
        assert_eq!(create.call_id, None);
        assert_eq!(read::<EndCall>(b"{}").unwrap(), EndCall::default());
        assert_eq!(errors::<EndCall>(r#"{"reason":"bored"}"#).len(), 1);
        assert_eq!(errors::<RejectCall>("{}").len(), 1);
        assert_eq!(errors::<PatchBody>(r#"{"is_muted":"yes"}"#).len(), 1);
    }
    #[test]
    fn what_excludes_each_other_or_belongs_together_is_said() {
        const ID: &str = "6f1c1f9e-3f0a-4c8e-9d8e-0f2f6f3f1a11";
        let both = format!(r#"{{"hold":"{ID}","end":"{ID}"}}"#);
        assert_eq!(errors::<AcceptBody>(&both).len(), 1);
        assert_eq!(read::<AcceptBody>(b"").unwrap().0, None);
        let end = read::<AcceptBody>(format!(r#"{{"end":"{ID}"}}"#).as_bytes());
        assert_eq!(end.unwrap().0, Some(MakeWay::End(ID.parse().unwrap())));
        for (is_on_hold, wrong) in [("true", 1), ("false", 0)] {
            let swap = format!(r#"{{"is_on_hold":{is_on_hold},"hold":"{ID}"}}"#);
            assert_eq!(errors::<PatchBody>(&swap).len(), wrong, "{swap}");
        }
        let lone = r#"{"platform":"ios","push_token":"t"}"#;
        assert_eq!(errors::<RegisterDevice>(lone).len(), 1);
        let unknown = r#"{"platform":"toaster"}"#;
        assert_eq!(errors::<RegisterDevice>(unknown).len(), 1);
    }
}
