//! The access table: who may subscribe to and publish what on the broker.
//!
//! | who | subscribe | publish |
//! |---|---|---|
//! | member M of church C | `faithflow/C/member/M/…`; `faithflow/C/call/{id}/…` while M takes part in {id} | `faithflow/C/call/{id}/signal`: its own call_ringing, while it rings |
//! | the backend | everything | everything |
//! | anyone else, any other filter | refused | refused |
//!
//! [`subscribe`] and [`publish`] are pure; what they cannot know (is this member in that call?) they
//! ask for by name, and [`Access::granted`] puts the question to [`Participants`].

use async_trait::async_trait;
use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::signal::topic::{self, Channel, Topic};
use faithcall_protocol::signal::{self, Signal};

use super::{Role, Session};

/// What the table says before anybody looked at a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Granted, whatever the state of any call.
    Allowed,
    /// Never granted.
    Refused,
    /// Granted while the member takes part in this call.
    WhileTakingPart(CallId),
    /// Granted while this call rings the member.
    WhileRung(CallId),
}

/// What the table must know about calls. Asked at each subscription and publication that needs it,
/// so an answer is about now; an error of the store is a `false`.
#[async_trait]
pub trait Participants: Send + Sync {
    /// Whether the member is in this call now, or it rings the member: not one that declined or left
    /// it, and not once it is over.
    async fn takes_part(&self, church: &ChurchId, member: &MemberId, call: &CallId) -> bool;
    /// Whether the member is an invitee of this call whose ring goes on.
    async fn is_rung(&self, church: &ChurchId, member: &MemberId, call: &CallId) -> bool;
}

/// Whether this session may subscribe to `filter`: the whole answer, calls included.
pub async fn may_subscribe(session: &Session, filter: &str, calls: &dyn Participants) -> bool {
    match &session.role {
        Role::Backend => true,
        Role::Member { church, member } => {
            let access = subscribe(church, member, filter);
            access.granted(church, member, calls).await
        }
    }
}

/// Whether this session may publish `payload` on `topic`: the whole answer, calls included.
pub async fn may_publish(
    session: &Session,
    topic: &str,
    payload: &[u8],
    calls: &dyn Participants,
) -> bool {
    match &session.role {
        Role::Backend => true,
        Role::Member { church, member } => {
            let access = publish(church, member, topic, payload);
            access.granted(church, member, calls).await
        }
    }
}

/// Whether this session may connect with this client id.
///
/// `fc:{member}:{device}` is kept for that member. Any other id is free for all; which member holds
/// it at the moment is known to the broker, not here.
pub fn may_use_client_id(session: &Session, client_id: &str) -> bool {
    let Some(rest) = client_id.strip_prefix("fc:") else {
        return !client_id.is_empty();
    };
    match &session.role {
        Role::Backend => false,
        Role::Member { member, .. } => rest
            .strip_prefix(member.as_str())
            .and_then(|rest| rest.strip_prefix(':'))
            .is_some_and(|device| !device.is_empty()),
    }
}

/// What a member may subscribe to: its own tree, and the tree of a call that it takes part in.
pub fn subscribe(church: &ChurchId, member: &MemberId, filter: &str) -> Access {
    let mut levels = filter.split('/');
    if levels.next() != Some(topic::ROOT) || levels.next() != Some(church.as_str()) {
        return Access::Refused;
    }
    let (kind, owner, below) = (levels.next(), levels.next(), levels.next());
    match (kind, owner, below) {
        (Some("member"), Some(owner), Some(_)) if owner == member.as_str() => Access::Allowed,
        // An id holds no wildcard, so that a filter over many calls is no call's.
        (Some("call"), Some(call), Some(_)) => match call.parse() {
            Ok(call) => Access::WhileTakingPart(call),
            Err(_) => Access::Refused,
        },
        _ => Access::Refused,
    }
}

/// What a member may publish: that it really rings, said by itself on that call's topic.
pub fn publish(church: &ChurchId, member: &MemberId, topic: &str, payload: &[u8]) -> Access {
    let Ok(topic) = topic.parse::<Topic>() else {
        return Access::Refused;
    };
    let Ok(said) = signal::decode(payload) else {
        return Access::Refused;
    };
    match (topic.channel, said.signal) {
        (Channel::Signal(call), Signal::CallRinging(who))
            if topic.church == *church && said.call_id == call && who.callee_id == *member =>
        {
            Access::WhileRung(call)
        }
        _ => Access::Refused,
    }
}

impl Access {
    /// The answer for this member now.
    pub async fn granted(
        self,
        church: &ChurchId,
        member: &MemberId,
        calls: &dyn Participants,
    ) -> bool {
        match self {
            Self::Allowed => true,
            Self::Refused => false,
            Self::WhileTakingPart(call) => calls.takes_part(church, member, &call).await,
            Self::WhileRung(call) => calls.is_rung(church, member, &call).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann_subscribes(filter: &str) -> Access {
        subscribe(&"c1".parse().unwrap(), &"ann".parse().unwrap(), filter)
    }

    fn ann_publishes(topic: &str, payload: &str) -> Access {
        let (church, member) = ("c1".parse().unwrap(), "ann".parse().unwrap());
        publish(&church, &member, topic, payload.as_bytes())
    }

    fn said(kind: &str, call: &str, callee: &str) -> String {
        format!(
            r#"{{"type":"{kind}","call_id":"{call}","timestamp":"2026-11-22T15:24:51","callee_id":"{callee}","callee_name":"A"}}"#
        )
    }

    fn session(member: Option<&str>) -> Session {
        let role = match member {
            None => Role::Backend,
            Some(member) => Role::Member {
                church: "c1".parse().unwrap(),
                member: member.parse().unwrap(),
            },
        };
        Session {
            role,
            expires_at_ms: None,
        }
    }

    #[test]
    fn a_member_reads_its_own_tree() {
        for own in [
            "faithflow/c1/member/ann/#",
            "faithflow/c1/member/ann/+",
            "faithflow/c1/member/ann/incoming_call",
        ] {
            assert_eq!(ann_subscribes(own), Access::Allowed, "{own}");
        }
    }

    #[test]
    fn a_member_reads_a_call_while_it_takes_part() {
        for filter in ["faithflow/c1/call/k1/#", "faithflow/c1/call/k1/signal"] {
            let asked = Access::WhileTakingPart("k1".parse().unwrap());
            assert_eq!(ann_subscribes(filter), asked, "{filter}");
        }
    }

    #[test]
    fn every_other_filter_is_refused() {
        for foreign in [
            "",
            "#",
            "+/+/member/ann/#",
            "faithflow/#",
            "faithflow/c1/#",
            "faithflow/c1/member/#",
            "faithflow/c1/member/+/incoming_call",
            "faithflow/c1/member/ann",
            "faithflow/c1/member/bob/#",
            "faithflow/c1/member/annabel/#",
            "faithflow/c2/member/ann/#",
            "faithflow/+/member/ann/#",
            "faithflow/c1/call/+/signal",
            "faithflow/c1/call/#",
            "faithflow/c1/call/k1",
            "faithflow/c2/call/k1/#",
            "$share/g/faithflow/c1/member/ann/#",
            "$exclusive/faithflow/c1/member/ann/#",
            "$SYS/#",
            "/faithflow/c1/member/ann/#",
        ] {
            assert_eq!(ann_subscribes(foreign), Access::Refused, "{foreign}");
        }
    }

    #[test]
    fn a_member_says_that_it_rings_itself() {
        let own = said("call_ringing", "k1", "ann");
        let asked = Access::WhileRung("k1".parse().unwrap());
        assert_eq!(ann_publishes("faithflow/c1/call/k1/signal", &own), asked);
    }

    #[test]
    fn every_other_publication_is_refused() {
        let signal = "faithflow/c1/call/k1/signal";
        for (topic, payload) in [
            (signal, said("call_ringing", "k1", "bob")),
            (signal, said("call_ringing", "k2", "ann")),
            (signal, said("call_accept", "k1", "ann")),
            (signal, "not json".to_owned()),
            (
                "faithflow/c2/call/k1/signal",
                said("call_ringing", "k1", "ann"),
            ),
            (
                "faithflow/c1/call/k1/participants",
                said("call_ringing", "k1", "ann"),
            ),
            (
                "faithflow/c1/member/ann/incoming_call",
                said("call_ringing", "k1", "ann"),
            ),
            ("$SYS/x", said("call_ringing", "k1", "ann")),
        ] {
            let access = ann_publishes(topic, &payload);
            assert_eq!(access, Access::Refused, "{topic} {payload}");
        }
    }

    #[test]
    fn a_kept_client_id_is_for_its_member_only() {
        let ann = session(Some("ann"));
        assert!(may_use_client_id(&ann, "fc:ann:phone"));
        assert!(may_use_client_id(&ann, "some-app-77"));
        for refused in ["fc:bob:phone", "fc:annabel:phone", "fc:ann:", "fc:ann", ""] {
            assert!(!may_use_client_id(&ann, refused), "{refused}");
        }
        assert!(!may_use_client_id(&session(None), "fc:ann:phone"));
    }

    struct Calls {
        takes_part: bool,
        is_rung: bool,
    }

    #[async_trait]
    impl Participants for Calls {
        async fn takes_part(&self, _: &ChurchId, _: &MemberId, _: &CallId) -> bool {
            self.takes_part
        }
        async fn is_rung(&self, _: &ChurchId, _: &MemberId, _: &CallId) -> bool {
            self.is_rung
        }
    }

    #[tokio::test]
    async fn each_question_about_a_call_is_the_right_one() {
        let part = Calls {
            takes_part: true,
            is_rung: false,
        };
        let rung = Calls {
            takes_part: false,
            is_rung: true,
        };
        let (ann, filter) = (session(Some("ann")), "faithflow/c1/call/k1/signal");
        let ringing = said("call_ringing", "k1", "ann");
        assert!(may_subscribe(&ann, filter, &part).await);
        assert!(!may_subscribe(&ann, filter, &rung).await);
        assert!(may_publish(&ann, filter, ringing.as_bytes(), &rung).await);
        assert!(!may_publish(&ann, filter, ringing.as_bytes(), &part).await);
    }

    #[tokio::test]
    async fn the_backend_may_do_everything() {
        let nobody = Calls {
            takes_part: false,
            is_rung: false,
        };
        assert!(may_subscribe(&session(None), "#", &nobody).await);
        assert!(may_publish(&session(None), "faithflow/x", b"", &nobody).await);
    }
}
