//! Where the embedded broker asks us: at the password, at each subscription, at each publication.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use rmqtt::codec::v5::SubscribeAckReason;
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, Priority, Register, ReturnType, Type};
use rmqtt::types::{AuthResult, ConnectInfo, PublishAclResult, SubscribeAclResult};

use super::access;
use super::sessions::Sessions;
use super::{Gate, Role};

/// The hooks that this module answers.
const ASKED: [Type; 4] = [
    Type::ClientAuthenticate,
    Type::ClientConnected,
    Type::ClientSubscribeCheckAcl,
    Type::MessagePublishCheckAcl,
];
const PRIORITY: Priority = 0;

/// Answers the broker's hooks from a [`Gate`].
#[derive(Clone)]
pub(super) struct Hooks {
    pub(super) gate: Arc<dyn Gate>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) context: ServerContext,
}

impl Hooks {
    /// Puts itself into the broker. Nothing else may answer these hooks.
    pub(super) async fn register(&self) -> Box<dyn Register> {
        let register = self.context.extends.hook_mgr().register();
        for hook in ASKED {
            register
                .add_priority(hook, PRIORITY, Box::new(self.clone()))
                .await;
        }
        register.start().await;
        register
    }

    async fn authenticate(&self, connect: &ConnectInfo) -> AuthResult {
        let client_id: &str = connect.client_id();
        // A Will would be published later, past every check of who may say what.
        if connect.last_will().is_some() {
            tracing::info!("refused an MQTT connection that carries a Will");
            return AuthResult::NotAuthorized;
        }
        let username = connect.username().map(|name| &**name).unwrap_or_default();
        let password = connect.password().map(|bytes| std::str::from_utf8(bytes));
        let Some(Ok(password)) = password else {
            return AuthResult::BadUsernameOrPassword;
        };
        let session = self.gate.authenticate(client_id, username, password).await;
        let Some(session) = session else {
            return AuthResult::BadUsernameOrPassword;
        };
        if !access::may_use_client_id(&session, client_id) {
            tracing::info!("refused an MQTT client id that is kept for another member");
            return AuthResult::NotAuthorized;
        }
        let exists = self.context.extends.shared().await.exist(client_id);
        match self.sessions.claim(client_id, session, now_ms(), exists) {
            Ok(()) => AuthResult::Allow(false, None),
            Err(_) => {
                tracing::info!("refused an MQTT client id that another member holds");
                AuthResult::NotAuthorized
            }
        }
    }

    async fn may_subscribe(&self, client_id: &str, filter: &str) -> bool {
        match self.sessions.get(client_id) {
            Some(session) => self.gate.may_subscribe(&session, filter).await,
            None => false,
        }
    }

    async fn may_publish(&self, client_id: &str, publish: &rmqtt::types::Publish) -> bool {
        let Some(session) = self.sessions.get(client_id) else {
            return false;
        };
        if publish.retain && session.role != Role::Backend {
            return false;
        }
        self.gate
            .may_publish(&session, &publish.topic, &publish.payload)
            .await
    }
}

#[async_trait]
impl Handler for Hooks {
    async fn hook(&self, param: &Parameter, acc: Option<HookResult>) -> ReturnType {
        match param {
            Parameter::ClientAuthenticate(connect) => {
                let answer = self.authenticate(connect).await;
                (false, Some(HookResult::AuthResult(answer)))
            }
            Parameter::ClientConnected(session) => {
                self.sessions.established(&session.id.client_id);
                (true, acc)
            }
            Parameter::ClientSubscribeCheckAcl(session, asked) => {
                let answer = if self
                    .may_subscribe(&session.id.client_id, &asked.topic_filter)
                    .await
                {
                    SubscribeAclResult::new_success(asked.opts.qos(), None)
                } else {
                    SubscribeAclResult::new_failure(SubscribeAckReason::NotAuthorized)
                };
                (false, Some(HookResult::SubscribeAclResult(answer)))
            }
            Parameter::MessagePublishCheckAcl(session, publish) => {
                let answer = if self.may_publish(&session.id.client_id, publish).await {
                    PublishAclResult::allow()
                } else {
                    // MQTT 3.1.1 has no negative PUBACK: the message is dropped, the link lives.
                    PublishAclResult::rejected(false, None)
                };
                (false, Some(HookResult::PublishAclResult(answer)))
            }
            _ => (true, acc),
        }
    }
}

/// The wall clock, for tokens' expiry: the only thing here that is a date.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
