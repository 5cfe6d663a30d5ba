//! The call core's events as lines of the journal.

use faithcall::{Attempt, Elsewhere, Ended, Event, MediaSource, Side, Timings};
use serde_json::{Value, json};

/// The line's `event`, and its fields. No names of people: they have no place in a log.
pub(super) fn line(event: &Event) -> (&'static str, Value) {
    match event {
        Event::Outgoing {
            call_id,
            callees,
            call_type,
        } => (
            "outgoing",
            json!({ "call_id": call_id, "callees": callees, "call_type": call_type }),
        ),
        Event::CallIdChanged { from, to } => {
            ("call_id_changed", json!({ "call_id": to, "from": from }))
        }
        Event::Placed { call_id } => ("placed", json!({ "call_id": call_id })),
        Event::RemoteRinging { call_id } => ("remote_ringing", json!({ "call_id": call_id })),
        Event::InviteeChanged {
            call_id,
            member,
            state,
        } => (
            "invitee_changed",
            json!({ "call_id": call_id, "member": member, "state": state }),
        ),
        Event::Incoming {
            call_id,
            caller,
            call_type,
            ring_expires_in_ms,
        } => (
            "incoming",
            json!({
                "call_id": call_id,
                "caller": caller.member_id,
                "call_type": call_type,
                "ring_expires_in_ms": ring_expires_in_ms,
            }),
        ),
        Event::Missed {
            call_id,
            caller,
            call_type,
        } => (
            "missed",
            json!({ "call_id": call_id, "caller": caller.member_id, "call_type": call_type }),
        ),
        Event::PushWithoutRing {
            call_id,
            caller,
            call_type,
        } => (
            "push_without_ring",
            json!({ "call_id": call_id, "caller": caller.member_id, "call_type": call_type }),
        ),
        Event::Connecting { call_id } => ("connecting", json!({ "call_id": call_id })),
        Event::Active { call_id } => ("active", json!({ "call_id": call_id })),
        Event::Reconnecting { call_id, who } => (
            "reconnecting",
            json!({ "call_id": call_id, "who": side(who) }),
        ),
        Event::Reconnected { call_id, who } => (
            "reconnected",
            json!({ "call_id": call_id, "who": side(who) }),
        ),
        Event::HoldChanged {
            call_id,
            who,
            on_hold,
        } => (
            "hold_changed",
            json!({ "call_id": call_id, "who": side(who), "on_hold": on_hold }),
        ),
        Event::Rejoinable(call) => (
            "rejoinable",
            json!({ "call_id": call.call_id, "call_type": call.call_type }),
        ),
        Event::NotRejoinable { call_id } => ("not_rejoinable", json!({ "call_id": call_id })),
        Event::Ended {
            call_id,
            ended: end,
            timings,
        } => ("ended", ended(call_id.as_str(), end, Some(timings))),
        Event::EndConfirmed {
            call_id,
            ended: end,
        } => ("end_confirmed", ended(call_id.as_str(), end, None)),
        Event::InCallElsewhere { call_id } => ("in_call_elsewhere", json!({ "call_id": call_id })),
        Event::MediaChanged {
            call_id,
            source,
            on,
        } => (
            "media_changed",
            json!({ "call_id": call_id, "source": media(*source), "on": on }),
        ),
        Event::MediaFailed {
            call_id,
            source,
            problem,
        } => (
            "media_failed",
            json!({
                "call_id": call_id,
                "source": media(*source),
                "message": problem.to_string(),
            }),
        ),
        Event::QualityChanged {
            call_id,
            who,
            quality,
        } => (
            "quality_changed",
            json!({ "call_id": call_id, "who": side(who), "quality": quality }),
        ),
        Event::PictureChanged { call_id, picture } => (
            "picture_changed",
            json!({ "call_id": call_id, "picture": picture }),
        ),
        Event::PeerMediaChanged {
            call_id,
            member,
            source,
            on,
        } => (
            "peer_media_changed",
            json!({ "call_id": call_id, "member": member, "source": media(*source), "on": on }),
        ),
        Event::FirstMedia {
            call_id,
            member,
            source,
        } => (
            "first_media",
            json!({ "call_id": call_id, "member": member, "source": media(*source) }),
        ),
        Event::CommandFailed {
            call_id,
            what,
            failure,
        } => (
            "command_failed",
            json!({
                "call_id": call_id,
                "what": match what {
                    Attempt::Start => "start",
                    Attempt::Accept => "accept",
                    Attempt::Invite => "invite",
                    Attempt::Hold => "hold",
                },
                "message": failure.to_string(),
            }),
        ),
        Event::AuthNeeded => (
            "auth_needed",
            json!({ "message": "the server refuses the token: start again with a valid one" }),
        ),
        Event::SignedOut => ("signed_out", json!({})),
    }
}

fn ended(call_id: &str, ended: &Ended, timings: Option<&Timings>) -> Value {
    json!({
        "call_id": call_id,
        "status": ended.status,
        "reason": ended.reason,
        "reason_detail": ended.detail,
        "by": ended.by,
        "elsewhere": ended.elsewhere.map(|elsewhere| match elsewhere {
            Elsewhere::Answered => "answered_elsewhere",
            Elsewhere::Declined => "declined_elsewhere",
            Elsewhere::Busy => "busy_elsewhere",
        }),
        "confirmed": ended.confirmed,
        "timings": timings,
    })
}

fn side(side: &Side) -> &str {
    match side {
        Side::Me => "me",
        Side::Peer(member) => member.as_str(),
    }
}

fn media(source: MediaSource) -> &'static str {
    match source {
        MediaSource::Microphone => "microphone",
        MediaSource::Camera => "camera",
    }
}
