//! Who may enter the broker inside this process, and do what there.

use std::sync::Arc;

use async_trait::async_trait;
use faithcall_protocol::id::{CallId, ChurchId, MemberId};
use faithcall_protocol::ledger::{self, Call};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::snapshot::Role as CallRole;

use crate::auth::Tokens;
use crate::broker::access::{self, Participants};
use crate::broker::{Gate, Role, Session};
use crate::clock::now_ms;
use crate::directory::Directory;
use crate::store::Store;

/// Lets in members with their tokens, and the backend with a password of this run.
pub(crate) struct CallGate {
    pub(crate) tokens: Tokens,
    pub(crate) backend: (String, Secret),
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) calls: StoredCalls,
}

/// Who is in which call, by the store.
pub(crate) struct StoredCalls(pub(crate) Arc<dyn Store>);

#[async_trait]
impl Gate for CallGate {
    async fn authenticate(&self, _: &str, username: &str, password: &str) -> Option<Session> {
        let (name, secret) = &self.backend;
        if username == name {
            return (password == secret.expose()).then_some(Session {
                role: Role::Backend,
                expires_at_ms: None,
            });
        }
        let signed_in = self.tokens.check(password).ok()?;
        if signed_in.member.as_str() != username {
            return None;
        }
        let session = Session {
            expires_at_ms: Some(signed_in.expires_at_ms),
            role: Role::Member {
                church: signed_in.church,
                member: signed_in.member,
            },
        };
        self.still_admits(&session).await.then_some(session)
    }

    async fn still_admits(&self, session: &Session) -> bool {
        match &session.role {
            Role::Backend => true,
            Role::Member { church, member } => self.directory.admits(church, member).await,
        }
    }

    async fn may_subscribe(&self, session: &Session, filter: &str) -> bool {
        access::may_subscribe(session, filter, &self.calls).await
    }

    async fn may_publish(&self, session: &Session, topic: &str, payload: &[u8]) -> bool {
        access::may_publish(session, topic, payload, &self.calls).await
    }
}

impl StoredCalls {
    async fn call(&self, church: &ChurchId, id: &CallId) -> Option<Call> {
        match self.0.call(id).await {
            Ok(stored) => stored
                .map(|stored| stored.call)
                .filter(|call| call.church_id() == church),
            Err(error) => {
                tracing::warn!(%error, "the broker's question about a call was not answered");
                None
            }
        }
    }
}

#[async_trait]
impl Participants for StoredCalls {
    async fn takes_part(&self, church: &ChurchId, member: &MemberId, call: &CallId) -> bool {
        let call = self.call(church, call).await;
        call.is_some_and(|call| {
            let claims = ledger::claims(&call);
            claims.iter().any(|(who, _)| who == member)
        })
    }

    async fn is_rung(&self, church: &ChurchId, member: &MemberId, call: &CallId) -> bool {
        let call = self.call(church, call).await;
        call.is_some_and(|call| {
            call.role_of(member) == Some(CallRole::Callee)
                && ledger::ring_expires_in_ms(&call, member, now_ms()) > 0
        })
    }
}
