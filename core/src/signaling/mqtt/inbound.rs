//! Messages from the broker, judged before anything acts on them.

use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::signal::topic::{Channel, Topic};
use faithcall_protocol::signal::{self, DecodeError, Envelope};
use rumqttc::Publish;

/// Reads a message; `None` for what a member of this church has no business with.
pub(super) fn read(
    message: &Publish,
    church: &ChurchId,
    member: &MemberId,
) -> Option<(Topic, Envelope)> {
    // Nothing of the contract is retained: a retained invite would ring at every sign-in.
    if message.retain {
        tracing::debug!("a retained message was left alone");
        return None;
    }
    let topic: Topic = message.topic.parse().ok()?;
    let envelope = match signal::decode(&message.payload) {
        Ok(envelope) => envelope,
        Err(error) => {
            // The decoder's own words may quote the message.
            let (line, column) = match &error {
                DecodeError::TooLarge(_) => (0, 0),
                DecodeError::Malformed(json) => (json.line(), json.column()),
            };
            tracing::warn!(line, column, bytes = message.payload.len(), "not a signal");
            return None;
        }
    };
    let mine = topic.church == *church
        && match &topic.channel {
            Channel::IncomingCall(m) | Channel::CallStatus(m) | Channel::CallUpdate(m) => {
                m == member
            }
            Channel::Signal(call) | Channel::Participants(call) => *call == envelope.call_id,
        };
    if !mine {
        tracing::warn!("a signal on a topic that is not its own was dropped");
        return None;
    }
    Some((topic, envelope))
}

#[cfg(test)]
mod tests {
    use rumqttc::QoS;

    use super::*;

    fn message(topic: &str, json: &str) -> Publish {
        Publish::new(topic, QoS::AtLeastOnce, json)
    }

    fn reads(message: &Publish) -> bool {
        read(message, &"c".parse().unwrap(), &"ruth".parse().unwrap()).is_some()
    }

    const CANCEL: &str = r#"{"type":"call_cancel","call_id":"1","timestamp":"2026-11-22T15:24:51","caller_id":"boas"}"#;

    #[test]
    fn a_signal_counts_only_on_its_own_topic() {
        assert!(reads(&message(
            "faithflow/c/member/ruth/call_status",
            CANCEL
        )));
        assert!(reads(&message("faithflow/c/call/1/signal", CANCEL)));
        for foreign in [
            "faithflow/c/member/boas/call_status",
            "faithflow/d/member/ruth/call_status",
            "faithflow/c/call/2/signal",
            "faithflow/c/other",
        ] {
            assert!(!reads(&message(foreign, CANCEL)), "{foreign}");
        }
    }

    #[test]
    fn a_retained_message_and_nonsense_are_dropped() {
        let mut retained = message("faithflow/c/member/ruth/call_status", CANCEL);
        retained.retain = true;
        assert!(!reads(&retained));
        assert!(!reads(&message("faithflow/c/member/ruth/call_status", "{")));
    }
}
